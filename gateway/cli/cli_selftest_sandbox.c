/* SPDX-License-Identifier: Apache-2.0 */
/* A sandbox gateway in processes of its own, for as long as the self-test runs. */
#include "base/buffer.h"
#include "gateway/access/client_keys.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/cli_example.h"
#include "gateway/cli/cli_selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_MS = 30000, LINE_MAX_BYTES = 4096 };

static bool failed(const char *what)
{
	fprintf(stderr, "dualtrack selftest: %s: %s\n", what, strerror(errno));
	return false;
}

static bool write_config(const struct selftest_sandbox *sandbox, const char *config, const char *endpoint, bool open)
{
	struct arena arena;
	struct buffer lines;
	bool good;

	arena_init(&arena, 1 << 16);
	buffer_init(&lines, &arena, 1024);
	buffer_format(&lines, "listen = 127.0.0.1:0\nworkers = 2\n");
	if (open)
		buffer_format(&lines, "open = true\n");
	buffer_format(&lines, "\n[client]\nid = sandbox\njwks = %s/client.jwks.json\nscopes = system/*.cruds\norganization = EXAMPLE\n", sandbox->folder);
	if (endpoint)
		buffer_format(&lines, "endpoint = %s\n", endpoint);
	good = client_keys_write(config, true, buffer_text(&lines));
	arena_done(&arena);
	return good || failed(config);
}

static void run_gateway(const struct selftest_sandbox *sandbox, char *config, int out)
{
	char program[] = "dualtrack", word[] = "up", option[] = "--config";
	char *argv[] = { program, word, option, config, NULL };
	sigset_t none;
	int log;
	char file[SELFTEST_PATH + 20];

	cli_forget_environment();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	snprintf(file, sizeof(file), "%s/log", sandbox->folder);
	log = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && setenv("TMPDIR", sandbox->folder, 1) == 0 && log >= 0 && dup2(log, STDERR_FILENO) >= 0 &&
		dup2(out, STDOUT_FILENO) >= 0)
		execv("/proc/self/exe", argv);
	failed("/proc/self/exe");
	_exit(CLI_FAILED);
}

/* The start message names the address, and ends with how to stop. */
static bool wait_ready(struct selftest_sandbox *sandbox, int in)
{
	char said[LINE_MAX_BYTES];
	const char *address;
	size_t n = 0;
	struct pollfd fd = { .fd = in, .events = POLLIN };

	while (n < sizeof(said) - 1) {
		ssize_t got = poll(&fd, 1, READY_MS) == 1 ? read(in, said + n, sizeof(said) - 1 - n) : 0;

		if (got <= 0)
			break;
		n += (size_t)got;
		said[n] = '\0';
		address = strstr(said, "address");
		if (!address || !strstr(said, "stop"))
			continue;
		address += strlen("address");
		while (*address == ' ')
			address++;
		text_to_z((struct text){ address, strcspn(address, " \n") }, sandbox->url, sizeof(sandbox->url));
		return true;
	}
	fprintf(stderr, "dualtrack selftest: the sandbox gateway did not get ready; `dualtrack up` says why\n");
	return false;
}

bool selftest_sandbox_start(struct selftest_sandbox *sandbox, const char *endpoint, bool open)
{
	const char *temporary = getenv("TMPDIR");
	char config[SELFTEST_PATH + 40], prefix[SELFTEST_PATH + 40], name[CLIENT_KEYS_NAME_MAX];
	int ends[2];
	bool good;

	snprintf(sandbox->folder, sizeof(sandbox->folder), "%s/dualtrack.XXXXXX", temporary && *temporary ? temporary : "/tmp");
	if (!mkdtemp(sandbox->folder)) {
		failed(sandbox->folder);
		sandbox->folder[0] = '\0';
		return false;
	}
	snprintf(config, sizeof(config), "%s/selftest.conf", sandbox->folder);
	snprintf(prefix, sizeof(prefix), "%s/client", sandbox->folder);
	snprintf(sandbox->key, sizeof(sandbox->key), "%s/client.pem", sandbox->folder);
	if (!client_keys_make(prefix, CRYPTO_ES384, name))
		return failed(name);
	if (!write_config(sandbox, config, endpoint, open))
		return false;
	if (pipe2(ends, O_CLOEXEC))
		return failed("pipe");
	sandbox->pid = fork();
	if (sandbox->pid == 0)
		run_gateway(sandbox, config, ends[1]);
	close(ends[1]);
	good = sandbox->pid > 0 ? wait_ready(sandbox, ends[0]) : failed("fork");
	close(ends[0]);
	return good;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *walk)
{
	(void)about;
	(void)type;
	(void)walk;
	return remove(path);
}

void selftest_sandbox_stop(struct selftest_sandbox *sandbox)
{
	int status;

	if (sandbox->pid > 0) {
		kill(sandbox->pid, SIGTERM);
		waitpid(sandbox->pid, &status, 0);
	}
	if (*sandbox->folder && nftw(sandbox->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS))
		fprintf(stderr, "dualtrack: %s could not be removed\n", sandbox->folder);
}
