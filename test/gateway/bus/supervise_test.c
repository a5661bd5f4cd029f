/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor over shell scripts that stand in for roles. */
#include "gateway/bus/supervise.h"
#include "test/case.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];

static void on_hangup(void *arg, struct supervisor *supervisor)
{
	supervise_configure(supervisor);
}

static void on_configured(void *arg, struct supervisor *supervisor, size_t taken, const char *kept)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/configured", directory);
	out = fopen(path, "a");
	if (out) {
		fprintf(out, "%zu taken, not by (%s)\n", taken, kept);
		fclose(out);
	}
}

/* Starts a supervisor in a process of its own; each role runs `script` with its name as $1 and `directory` as $2. */
static pid_t supervise(const char *script)
{
	static const struct peer peers[] = { { ROLE_PAYER, 0 }, { ROLE_EDGE, 0 }, { ROLE_WORKER, 1 } };
	pid_t pid;

	snprintf(directory, sizeof(directory), "/tmp/dt-sup.XXXXXX");
	cr_assert_not_null(mkdtemp(directory));
	pid = fork();
	if (pid == 0) {
		char shell[] = "/bin/sh", option[] = "-c", name[] = "sh";
		char *argv[] = { shell, option, (char *)script, name, NULL, directory, NULL };
		struct supervise_setup setup = { .peers = peers, .peers_n = 3, .program = shell, .argv = argv, .name_at = 4,
			.hangup = on_hangup, .configured = on_configured };
		sigset_t set;

		sigemptyset(&set);
		sigaddset(&set, SIGTERM);
		sigaddset(&set, SIGHUP);
		sigprocmask(SIG_BLOCK, &set, NULL);
		setup.signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
		_exit(supervise_run(&setup));
	}
	return pid;
}

/* True when `file` in the directory has this many lines that contain `word`, within three seconds. */
static bool lines(const char *file, const char *word, int want)
{
	char path[128], line[256];

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	for (int i = 0; i < 300; i++) {
		FILE *in = fopen(path, "r");
		int n = 0;

		while (in && fgets(line, sizeof(line), in))
			n += strstr(line, word) != NULL;
		if (in)
			fclose(in);
		if (n >= want)
			return true;
		poll(NULL, 0, 10);
	}
	return false;
}

static int ended(pid_t pid)
{
	char command[128];
	int status = 0;

	cr_assert_eq(waitpid(pid, &status, 0), pid);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	cr_expect_eq(system(command), 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void send_signal(const char *pid_file, int signal_number)
{
	char path[128], line[32] = "";
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", directory, pid_file);
	in = fopen(path, "r");
	cr_assert(in && fgets(line, sizeof(line), in));
	fclose(in);
	cr_assert(atoi(line) > 1 && kill((pid_t)atoi(line), signal_number) == 0);
}

#define ROLE_SCRIPT                                                                                                  \
	"echo $$ > $2/$1.pid; echo start >> $2/$1.log; echo ready >&3; "                                             \
	"while read line <&3; do echo \"$1 $line\" >> $2/$1.log; echo \"$1 $line\" >> $2/all.log; "                   \
	"[ \"$line\" = stop ] && exit 0; done"

CASE(supervise, a_dead_role_is_started_again_and_the_others_hear_of_it)
{
	pid_t pid = supervise(ROLE_SCRIPT);
	char path[128], line[80], order[200] = "";
	FILE *in;

	cr_expect(lines("worker.1.log", "start", 1) && lines("edge.0.log", "start", 1) && lines("payer.0.pid", "", 1));
	send_signal("worker.1.pid", SIGKILL);
	cr_expect(lines("edge.0.log", "gone worker.1", 1));
	cr_expect(lines("payer.0.log", "gone worker.1", 1));
	cr_expect(lines("worker.1.log", "start", 2));
	poll(NULL, 0, 50);
	kill(pid, SIGTERM);
	cr_expect(lines("all.log", "payer.0 stop", 1));
	snprintf(path, sizeof(path), "%s/all.log", directory);
	in = fopen(path, "r");
	cr_assert_not_null(in);
	while (fgets(line, sizeof(line), in))
		if (strstr(line, "stop"))
			strncat(order, line, sizeof(order) - strlen(order) - 1);
	fclose(in);
	cr_expect_str_eq(order, "edge.0 stop\nworker.1 stop\npayer.0 stop\n");
	cr_expect_eq(ended(pid), 0);
}

CASE(supervise, a_role_that_cannot_run_as_configured_ends_it)
{
	pid_t pid = supervise("[ $1 = payer.0 ] && exit 2; " ROLE_SCRIPT);

	cr_expect_eq(ended(pid), SUPERVISE_CONFIG_EXIT);
}

static int lines_now(const char *file, const char *word)
{
	char path[128], line[256];
	int n = 0;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	in = fopen(path, "r");
	while (in && fgets(line, sizeof(line), in))
		n += strstr(line, word) != NULL;
	if (in)
		fclose(in);
	return n;
}

CASE(supervise, once_all_was_well_a_role_that_cannot_start_is_tried_again_and_the_others_stay)
{
	pid_t pid = supervise("[ $1 = payer.0 ] && [ -e $2/broken ] && echo refused >> $2/$1.log && exit 2; " ROLE_SCRIPT);
	char path[128];
	FILE *out;

	cr_expect(lines("worker.1.log", "start", 1) && lines("edge.0.log", "start", 1) && lines("payer.0.log", "start", 1));
	poll(NULL, 0, 200); /* they have said that they are ready */
	snprintf(path, sizeof(path), "%s/broken", directory);
	out = fopen(path, "w");
	cr_assert(out && fclose(out) == 0);
	send_signal("payer.0.pid", SIGKILL);
	cr_expect(lines("payer.0.log", "refused", 3));
	cr_expect_eq(unlink(path), 0);
	cr_expect(lines("payer.0.log", "start", 2));
	cr_expect_eq(lines_now("edge.0.log", "start"), 1);
	kill(pid, SIGTERM);
	cr_expect_eq(ended(pid), 0);
}

CASE(supervise, a_stop_signal_to_the_whole_group_does_not_stop_the_roles_out_of_order)
{
	pid_t pid = supervise(ROLE_SCRIPT);

	cr_expect(lines("worker.1.log", "start", 1) && lines("edge.0.log", "start", 1) && lines("payer.0.pid", "", 1));
	poll(NULL, 0, 50);
	send_signal("worker.1.pid", SIGTERM);
	send_signal("payer.0.pid", SIGTERM);
	poll(NULL, 0, 200);
	cr_expect_eq(lines_now("edge.0.log", "gone"), 0);
	kill(pid, SIGTERM);
	cr_expect(lines("all.log", "payer.0 stop", 1));
	cr_expect_eq(ended(pid), 0);
}

CASE(supervise, a_changed_configuration_is_said_to_all_and_their_answers_counted)
{
	pid_t pid = supervise("echo $$ > $2/$1.pid; echo start >> $2/$1.log; echo ready >&3; while read line n <&3; do "
			      "[ \"$line\" = config ] && { if [ -e $2/die.$1 ]; then rm $2/die.$1; exit 1; fi; "
			      "if [ -e $2/keep.$1 ]; then echo kept $n >&3; else echo configured 99 >&3; echo configured $n >&3; fi; }; "
			      "[ \"$line\" = stop ] && exit 0; done");
	static const char *const wishes[] = { NULL, "keep.edge.0", "die.worker.1" };
	static const char *const told[] = { "3 taken, not by ()", "2 taken, not by (edge.0)", "2 taken, not by ()" };
	char path[128];
	FILE *out;

	cr_expect(lines("worker.1.log", "start", 1) && lines("edge.0.log", "start", 1) && lines("payer.0.log", "start", 1));
	for (size_t i = 0; i < sizeof(wishes) / sizeof(*wishes); i++) {
		if (wishes[i]) {
			snprintf(path, sizeof(path), "%s/%s", directory, wishes[i]);
			out = fopen(path, "w");
			cr_assert(out && fclose(out) == 0);
		}
		kill(pid, SIGHUP);
		cr_expect(lines("configured", told[i], 1), "%s", told[i]);
		if (i == 1)
			cr_expect_eq(unlink(path), 0);
	}
	cr_expect(lines("worker.1.log", "start", 2), "the one that died starts again");
	kill(pid, SIGTERM);
	cr_expect_eq(ended(pid), 0);
}

CASE(supervise, its_death_is_the_death_of_its_roles)
{
	pid_t pid = supervise(ROLE_SCRIPT);
	char path[128], line[32] = "";
	FILE *in;
	int left = -1;

	cr_assert(lines("edge.0.pid", "", 1));
	snprintf(path, sizeof(path), "%s/edge.0.pid", directory);
	in = fopen(path, "r");
	cr_assert(in && fgets(line, sizeof(line), in));
	fclose(in);
	kill(pid, SIGKILL);
	ended(pid);
	for (int i = 0; i < 200 && (left = kill((pid_t)atoi(line), 0)) == 0; i++)
		poll(NULL, 0, 10);
	cr_expect_eq(left, -1);
}
