/* SPDX-License-Identifier: Apache-2.0 */
/* The parent of the roles on one host. */
#include "gateway/bus/supervise.h"

#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROL_FD = 3, LINE_MAX_BYTES = 256, NAME_BYTES = 24 };

struct child {
	struct peer peer;
	char name[NAME_BYTES];
	pid_t pid;   /* 0: not running */
	int pid_fd, control_fd;
	bool ready;
	bool asked; /* to read its configuration again, and has not answered */
	int64_t started_ms, restart_ms, backoff_ms;
	char line[LINE_MAX_BYTES];
	size_t line_n;
};

struct supervisor {
	const struct supervise_setup *setup;
	struct child children[SUPERVISE_CHILDREN_MAX];
	size_t n;
	bool told_ready, stopping, signalled;
	size_t stop_step; /* which kind of the stop order is being stopped */
	int64_t stop_by_ms;
	int exit_code;
	int64_t config_number, config_by_ms; /* of the last supervise_configure; by_ms 0: all have answered */
	size_t config_taken;
	char config_kept[SUPERVISE_CHILDREN_MAX * NAME_BYTES]; /* their names */
};

/* The edge first, so that nothing new comes; the ledger last, so that what the others still say is stored. */
static const enum role_kind stop_order[] = { ROLE_EDGE, ROLE_WORKER, ROLE_PAYER, ROLE_COURIER, ROLE_LEDGER };

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* In the new process: only what is safe between fork and exec. */
static void become(const struct supervisor *supervisor, const struct child *child, int control_fd, pid_t parent)
{
	sigset_t none;

	/* The end of the supervisor is the end of its roles: nobody would start them again or stop them in order. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(3);
	/* dup2 onto itself would leave close-on-exec set */
	if (control_fd == CONTROL_FD ? fcntl(CONTROL_FD, F_SETFD, 0) : dup2(control_fd, CONTROL_FD) < 0)
		_exit(3);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_IGN); /* Ctrl-C and SIGTERM may reach the whole group; the supervisor says when to stop */
	signal(SIGTERM, SIG_IGN);
	supervisor->setup->argv[supervisor->setup->name_at] = (char *)child->name;
	execv(supervisor->setup->program, supervisor->setup->argv);
	_exit(3);
}

static void start(struct supervisor *supervisor, struct child *child, int64_t now_ms)
{
	int pair[2];
	pid_t parent = getpid();

	child->started_ms = now_ms;
	child->restart_ms = 0;
	child->ready = false;
	child->asked = false;
	child->line_n = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		perror("dualtrack: socketpair");
		abort();
	}
	child->pid = fork();
	if (child->pid < 0) { /* no process to be had right now: as if it had died */
		child->pid = 0;
		close(pair[0]);
		close(pair[1]);
		child->restart_ms = now_ms + SUPERVISE_BACKOFF_MOST_MS;
		return;
	}
	if (child->pid == 0)
		become(supervisor, child, pair[1], parent);
	close(pair[1]);
	child->control_fd = pair[0];
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	child->pid_fd = pidfd_open(child->pid, 0);
	if (child->pid_fd < 0) {
		perror("dualtrack: pidfd_open");
		abort();
	}
	fcntl(child->pid_fd, F_SETFD, FD_CLOEXEC);
	log_event(LEVEL_INFO, "supervise.start", log_id("peer", text_of(child->name)), log_number("pid", child->pid));
}

static void tell(struct child *child, const char *line)
{
	/* A child that does not read is dead or about to be; MSG_NOSIGNAL because it may be gone already. */
	if (child->pid && child->control_fd >= 0 && send(child->control_fd, line, strlen(line), MSG_NOSIGNAL) < 0)
		return;
}

static size_t running(const struct supervisor *supervisor, int kind)
{
	size_t n = 0;

	for (size_t i = 0; i < supervisor->n; i++)
		n += supervisor->children[i].pid && (kind < 0 || supervisor->children[i].peer.kind == (enum role_kind)kind);
	return n;
}

static void begin_stop(struct supervisor *supervisor, int64_t now_ms)
{
	if (supervisor->stopping)
		return;
	supervisor->stopping = true;
	supervisor->stop_by_ms = now_ms + SUPERVISE_STOP_MS;
	for (size_t i = 0; i < supervisor->n; i++)
		if (supervisor->children[i].peer.kind == stop_order[0])
			tell(&supervisor->children[i], "stop\n");
}

/* Goes on to the next kind when all of this one have ended, and kills what does not end. */
static void go_on_stopping(struct supervisor *supervisor, int64_t now_ms)
{
	while (supervisor->stop_step < ROLE_KINDS && running(supervisor, (int)stop_order[supervisor->stop_step]) == 0) {
		supervisor->stop_by_ms = now_ms + SUPERVISE_STOP_MS;
		if (++supervisor->stop_step == ROLE_KINDS)
			return;
		for (size_t i = 0; i < supervisor->n; i++)
			if (supervisor->children[i].peer.kind == stop_order[supervisor->stop_step])
				tell(&supervisor->children[i], "stop\n");
	}
	if (now_ms < supervisor->stop_by_ms)
		return;
	for (size_t i = 0; i < supervisor->n; i++) {
		struct child *child = &supervisor->children[i];

		if (child->pid && child->peer.kind == stop_order[supervisor->stop_step]) {
			log_event(LEVEL_ERROR, "supervise.kill", log_id("peer", text_of(child->name)));
			kill(child->pid, SIGKILL);
		}
	}
	supervisor->stop_by_ms = now_ms + SUPERVISE_STOP_MS;
}

/* -- a changed configuration -- */

void supervise_configure(struct supervisor *supervisor)
{
	char line[40];

	snprintf(line, sizeof(line), "config %lld\n", (long long)++supervisor->config_number);
	supervisor->config_by_ms = clock_now().mono_ms + SUPERVISE_CONFIGURE_MS;
	supervisor->config_taken = 0;
	supervisor->config_kept[0] = '\0';
	for (size_t i = 0; i < supervisor->n; i++) {
		struct child *child = &supervisor->children[i];

		child->asked = child->pid != 0; /* one that is not running starts with it */
		tell(child, line);
	}
}

static void not_taken(struct supervisor *supervisor, struct child *child)
{
	size_t n = strlen(supervisor->config_kept);

	child->asked = false;
	snprintf(supervisor->config_kept + n, sizeof(supervisor->config_kept) - n, "%s%s", n ? " " : "", child->name);
}

/* "configured 7" or "kept 7"; an answer to an earlier question than the last is none. */
static void hear_config(struct supervisor *supervisor, struct child *child, const char *line)
{
	bool taken = strncmp(line, "configured ", 11) == 0;

	if (!child->asked || strtoll(line + (taken ? 11 : 5), NULL, 10) != supervisor->config_number)
		return;
	child->asked = false;
	supervisor->config_taken += taken;
	if (!taken)
		not_taken(supervisor, child);
}

static void see_to_config(struct supervisor *supervisor, int64_t now_ms)
{
	bool late = now_ms >= supervisor->config_by_ms;

	if (!supervisor->config_by_ms)
		return;
	for (size_t i = 0; i < supervisor->n; i++) {
		if (supervisor->children[i].asked && !late)
			return;
		if (supervisor->children[i].asked)
			not_taken(supervisor, &supervisor->children[i]);
	}
	supervisor->config_by_ms = 0;
	if (supervisor->setup->configured)
		supervisor->setup->configured(supervisor->setup->arg, supervisor, supervisor->config_taken, supervisor->config_kept);
}

static void reap(struct supervisor *supervisor, struct child *child, int64_t now_ms)
{
	char line[LINE_MAX_BYTES];
	int status = 0, code;

	if (waitpid(child->pid, &status, WNOHANG) != child->pid)
		return;
	code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	child->pid = 0;
	child->asked = false;
	close_fd(&child->pid_fd);
	close_fd(&child->control_fd);
	snprintf(line, sizeof(line), "gone %s\n", child->name);
	for (size_t i = 0; i < supervisor->n; i++)
		tell(&supervisor->children[i], line);
	log_event(supervisor->stopping && code == 0 ? LEVEL_INFO : LEVEL_WARN, "supervise.ended",
		log_id("peer", text_of(child->name)), log_number("code", code));
	/* Once all was well a file that is being edited, or a store that is damaged, is the trouble of one role: it is tried again. */
	if (code == SUPERVISE_CONFIG_EXIT && !supervisor->told_ready) {
		supervisor->exit_code = code;
		begin_stop(supervisor, now_ms);
	}
	if (supervisor->stopping)
		return;
	if (now_ms - child->started_ms >= SUPERVISE_GOOD_MS || !child->backoff_ms)
		child->backoff_ms = SUPERVISE_BACKOFF_MS;
	child->restart_ms = now_ms + child->backoff_ms;
	child->backoff_ms *= 2;
	if (child->backoff_ms > SUPERVISE_BACKOFF_MOST_MS)
		child->backoff_ms = SUPERVISE_BACKOFF_MOST_MS;
}

/* -- what the roles say -- */

static void hear_line(struct supervisor *supervisor, struct child *child, char *line)
{
	char *scheme, *address;

	if (strcmp(line, "ready") == 0) {
		child->ready = true;
		for (size_t i = 0; i < supervisor->n; i++)
			if (!supervisor->children[i].ready)
				return;
		if (!supervisor->told_ready && supervisor->setup->ready)
			supervisor->setup->ready(supervisor->setup->arg);
		supervisor->told_ready = true;
	} else if (strncmp(line, "listening ", 10) == 0 && supervisor->setup->listening) {
		scheme = line + 10;
		address = strchr(scheme, ' ');
		if (!address)
			return;
		*address++ = '\0';
		supervisor->setup->listening(supervisor->setup->arg, scheme, address);
	} else if (strncmp(line, "configured ", 11) == 0 || strncmp(line, "kept ", 5) == 0) {
		hear_config(supervisor, child, line);
	}
}

static void hear(struct supervisor *supervisor, struct child *child)
{
	ssize_t n = recv(child->control_fd, child->line + child->line_n, sizeof(child->line) - 1 - child->line_n, 0);
	char *from = child->line, *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close_fd(&child->control_fd); /* its end shows in its pidfd */
		return;
	}
	child->line_n += (size_t)n;
	child->line[child->line_n] = '\0';
	while ((end = strchr(from, '\n'))) {
		*end = '\0';
		hear_line(supervisor, child, from);
		from = end + 1;
	}
	child->line_n -= (size_t)(from - child->line);
	memmove(child->line, from, child->line_n);
	if (child->line_n == sizeof(child->line) - 1)
		child->line_n = 0; /* no line of ours is so long */
}

/* -- running -- */

static int64_t next_time(const struct supervisor *supervisor, int64_t now_ms)
{
	int64_t next = now_ms + 1000;

	if (supervisor->stopping && supervisor->stop_by_ms < next)
		next = supervisor->stop_by_ms;
	for (size_t i = 0; i < supervisor->n && !supervisor->stopping; i++)
		if (supervisor->children[i].restart_ms && supervisor->children[i].restart_ms < next)
			next = supervisor->children[i].restart_ms;
	return next > now_ms ? next - now_ms : 0;
}

/* A hangup that somebody sent is a wish; one that the kernel sends says that the terminal is gone. */
static void take_signal(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;

	if (read(supervisor->setup->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP && info.ssi_code <= 0 && supervisor->setup->hangup) {
		supervisor->setup->hangup(supervisor->setup->arg, supervisor);
		return;
	}
	supervisor->signalled = true;
	begin_stop(supervisor, clock_now().mono_ms);
}

static void wait_for_news(struct supervisor *supervisor)
{
	struct pollfd fds[1 + 2 * SUPERVISE_CHILDREN_MAX + SUPERVISE_WATCH_MAX];
	const struct supervise_setup *setup = supervisor->setup;
	size_t n = 0, watched;

	fds[n++] = (struct pollfd){ supervisor->signalled ? -1 : supervisor->setup->signal_fd, POLLIN, 0 };
	for (size_t i = 0; i < supervisor->n; i++) {
		fds[n++] = (struct pollfd){ supervisor->children[i].pid_fd, POLLIN, 0 };
		fds[n++] = (struct pollfd){ supervisor->children[i].control_fd, POLLIN, 0 };
	}
	watched = n;
	for (size_t i = 0; i < setup->watch_n; i++)
		fds[n++] = (struct pollfd){ supervisor->stopping ? -1 : setup->watch[i], POLLIN, 0 };
	if (poll(fds, n, (int)next_time(supervisor, clock_now().mono_ms)) < 0)
		return;
	if (fds[0].revents)
		take_signal(supervisor);
	for (size_t i = 0; i < supervisor->n; i++) {
		if (fds[2 + 2 * i].revents && supervisor->children[i].control_fd >= 0)
			hear(supervisor, &supervisor->children[i]);
		if (fds[1 + 2 * i].revents)
			reap(supervisor, &supervisor->children[i], clock_now().mono_ms);
	}
	for (size_t i = 0; i < setup->watch_n; i++)
		if (fds[watched + i].revents)
			setup->woken(setup->arg, supervisor, i);
}

int supervise_run(const struct supervise_setup *setup)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));
	int code;

	if (!supervisor)
		abort();
	assert(setup->peers_n <= SUPERVISE_CHILDREN_MAX && setup->watch_n <= SUPERVISE_WATCH_MAX);
	supervisor->setup = setup;
	supervisor->n = setup->peers_n;
	for (size_t i = 0; i < setup->peers_n; i++) {
		struct child *child = &supervisor->children[i];

		child->peer = setup->peers[i];
		child->pid_fd = child->control_fd = -1;
		snprintf(child->name, sizeof(child->name), "%s.%d", role_kind_name(child->peer.kind), child->peer.index);
		start(supervisor, child, clock_now().mono_ms);
	}
	while (!supervisor->stopping || running(supervisor, -1)) {
		int64_t now_ms;

		wait_for_news(supervisor);
		now_ms = clock_now().mono_ms;
		see_to_config(supervisor, now_ms);
		if (supervisor->stopping)
			go_on_stopping(supervisor, now_ms);
		for (size_t i = 0; i < supervisor->n && !supervisor->stopping; i++) {
			struct child *child = &supervisor->children[i];

			if (child->restart_ms && now_ms >= child->restart_ms)
				start(supervisor, child, now_ms);
		}
	}
	code = supervisor->exit_code;
	free(supervisor);
	return code;
}
