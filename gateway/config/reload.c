/* SPDX-License-Identifier: Apache-2.0 */
/* Both sides of a reload. The name they meet under is made from the file's path: an abstract socket, so that nothing is left lying
   about, and only for the user that runs the gateway and for root. */
#include "gateway/config/reload.h"

#include "base/log.h"
#include "gateway/cli/cli.h"
#include "gateway/config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KNOCK, CHECKED, FILE_BYTES_MAX = 4 << 20, LINE_BYTES = 512, MEMORY = 64 << 20 };

/* -- where they meet -- */

static bool meeting_point(const char *file, struct sockaddr_un *address, socklen_t *n)
{
	char copy[PATH_MAX], path[PATH_MAX + NAME_MAX + 2];
	const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;

	/* Of the directory only: the file itself may be a link that is turned to another one to change it. */
	snprintf(copy, sizeof(copy), "%.*s", slash ? (int)(slash - file + 1) : 1, slash ? file : ".");
	if (!realpath(copy, path) || strlen(name) > NAME_MAX)
		return false;
	snprintf(path + strlen(path), NAME_MAX + 2, "/%s", name);
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
		(size_t)snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "dualtrack-reload-%016" PRIx64, text_hash(text_of(path))));
	return true;
}

static bool trusted(int fd)
{
	struct ucred who;
	socklen_t n = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && (who.uid == geteuid() || who.uid == 0);
}

/* -- the file of the roles -- */

/* A role that starts again reads what is in force, not what is being edited. */
static bool copy_file(const char *from, const char *to)
{
	struct arena arena;
	struct text body;
	struct fault fault;
	FILE *out = NULL;
	bool good;

	arena_init(&arena, FILE_BYTES_MAX + (1 << 20));
	errno = 0;
	good = file_bytes(text_of(from), FILE_BYTES_MAX, "", &arena, &body, &fault);
	if (good)
		out = fopen(to, "we");
	good = out && fwrite(body.at, 1, body.n, out) == body.n;
	good = (!out || fclose(out) == 0) && good;
	arena_done(&arena);
	return good;
}

bool reload_init(struct reload *reload, const char *file, const char *run_dir)
{
	struct config_problems problems;
	struct sockaddr_un address;
	socklen_t n;
	int fd;

	*reload = (struct reload){ .file = file, .watch = { -1, -1 }, .client_fd = -1 };
	snprintf(reload->current, sizeof(reload->current), "%s/config", run_dir);
	snprintf(reload->next, sizeof(reload->next), "%s/config.next", run_dir);
	if (!copy_file(file, reload->next) || rename(reload->next, reload->current)) {
		fprintf(stderr, "dualtrack: %s: %s\n", reload->current, strerror(errno));
		return false;
	}
	arena_init(&reload->arena, MEMORY);
	if (!config_load(reload->current, file, &reload->arena, &reload->started, &problems)) {
		config_complain(stderr, &problems);
		return false;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || !meeting_point(file, &address, &n) || bind(fd, (struct sockaddr *)&address, n) || listen(fd, 4)) {
		/* another gateway runs from the same file: SIGHUP still reaches this one */
		log_event(LEVEL_WARN, "reload.unreachable", log_number("errno", errno));
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	reload->watch[KNOCK] = fd;
	return true;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void reload_done(struct reload *reload)
{
	if (!reload->file)
		return;
	close_fd(&reload->watch[KNOCK]);
	close_fd(&reload->watch[CHECKED]);
	close_fd(&reload->client_fd);
	unlink(reload->next);
	unlink(reload->current);
	arena_done(&reload->arena);
}

/* -- one reload -- */

static void say(int fd, const char *line)
{
	/* Whoever asked may be gone: then nobody is told. */
	if (fd >= 0 && send(fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

/* In a process of its own: a large payer file takes memory and seconds, and the supervisor has to see to its roles. */
static int check(const struct reload *reload)
{
	struct config_problems problems;
	struct config *config;
	struct arena arena;
	bool good;

	arena_init(&arena, MEMORY);
	good = config_load(reload->next, reload->file, &arena, &config, &problems);
	if (good) {
		config_check_change(reload->started, config, reload->file, &problems);
		config_check_files(config, &problems);
	}
	config_complain(stderr, &problems);
	return problems.all ? CLI_USAGE : CLI_OK;
}

static void finish(struct reload *reload, struct supervisor *supervisor, int code, const char *what)
{
	char line[LINE_BYTES + 80];

	snprintf(line, sizeof(line), "dualtrack: %s: %s\n", reload->file, what);
	if (reload->client_fd < 0)
		fputs(line, stderr);
	else
		say(reload->client_fd, line);
	log_event(code ? LEVEL_ERROR : LEVEL_INFO, "reload.done", log_number("code", code));
	snprintf(line, sizeof(line), "exit %d\n", code);
	say(reload->client_fd, line);
	close_fd(&reload->client_fd);
	reload->under_way = false;
	if (reload->again)
		reload_hangup(reload, supervisor);
}

static void begin(struct reload *reload, struct supervisor *supervisor, int client_fd)
{
	reload->client_fd = client_fd;
	reload->under_way = true;
	reload->again = false;
	if (!copy_file(reload->file, reload->next)) {
		finish(reload, supervisor, CLI_USAGE, "the file cannot be read; nothing was changed");
		return;
	}
	reload->checker = fork();
	if (reload->checker == 0) {
		if (client_fd >= 0)
			dup2(client_fd, STDERR_FILENO);
		_exit(check(reload));
	}
	if (reload->checker > 0)
		reload->watch[CHECKED] = pidfd_open(reload->checker, 0);
	if (reload->checker < 0 || reload->watch[CHECKED] < 0)
		finish(reload, supervisor, CLI_FAILED, "no process could be started to check it; nothing was changed");
}

static void checked(struct reload *reload, struct supervisor *supervisor)
{
	int status = 0, code;

	if (waitpid(reload->checker, &status, WNOHANG) != reload->checker)
		return;
	reload->checker = 0;
	close_fd(&reload->watch[CHECKED]);
	code = WIFEXITED(status) ? WEXITSTATUS(status) : CLI_FAILED;
	if (code != CLI_OK)
		finish(reload, supervisor, code, "nothing was changed");
	else if (rename(reload->next, reload->current))
		finish(reload, supervisor, CLI_FAILED, "could not be put into the run directory; nothing was changed");
	else
		supervise_configure(supervisor);
}

void reload_configured(struct reload *reload, struct supervisor *supervisor, size_t taken, const char *kept)
{
	char what[LINE_BYTES];

	if (!*kept)
		snprintf(what, sizeof(what), "is in force, in %zu roles", taken);
	else
		snprintf(what, sizeof(what), "is in force in %zu roles, but not in these, whose log says why: %.300s", taken, kept);
	finish(reload, supervisor, *kept ? CLI_FAILED : CLI_OK, what);
}

void reload_hangup(struct reload *reload, struct supervisor *supervisor)
{
	if (reload->under_way)
		reload->again = true;
	else
		begin(reload, supervisor, -1);
}

static void knocked(struct reload *reload, struct supervisor *supervisor)
{
	int fd = accept4(reload->watch[KNOCK], NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (!trusted(fd)) {
		close(fd);
	} else if (reload->under_way) {
		say(fd, "dualtrack: another reload is under way; try again\nexit 3\n");
		close(fd);
	} else {
		begin(reload, supervisor, fd);
	}
}

void reload_woken(struct reload *reload, struct supervisor *supervisor, size_t i)
{
	if (i == KNOCK && reload->watch[KNOCK] >= 0)
		knocked(reload, supervisor);
	if (i == CHECKED && reload->watch[CHECKED] >= 0)
		checked(reload, supervisor);
}

/* -- who asks -- */

int reload_ask(const char *file)
{
	struct sockaddr_un address;
	char line[LINE_BYTES];
	socklen_t n;
	FILE *in;
	int fd, code = CLI_FAILED;

	if (!meeting_point(file, &address, &n)) {
		fprintf(stderr, "dualtrack: %s: %s\n", file, strerror(errno));
		return CLI_USAGE;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, n)) {
		fprintf(stderr, "dualtrack: %s: no gateway runs that was started with this file (`dualtrack up --config %s`)\n", file, file);
		if (fd >= 0)
			close(fd);
		return CLI_FAILED;
	}
	in = fdopen(fd, "r");
	if (!in) {
		close(fd);
		return CLI_FAILED;
	}
	while (fgets(line, sizeof(line), in))
		if (sscanf(line, "exit %d", &code) != 1)
			fputs(line, stderr);
	fclose(in);
	return code;
}
