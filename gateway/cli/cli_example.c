/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack up --example NAME: more than one gateway, set up to talk to each other, from nothing and on this host. */
#include "gateway/cli/cli_example.h"

#include "base/crypto.h"
#include "gateway/access/client_keys.h"
#include "gateway/cli/cli.h"
#include "gateway/config/config.h"
#include "gateway/sandbox/sandbox.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_BYTES = 600, GATEWAYS = 2, PORT_MAX = 65534 };

struct example {
	char folder[PATH_BYTES];
	char host[100];
	int port; /* of the first gateway; the second has the next one */
	pid_t pids[GATEWAYS];
};

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *walk)
{
	(void)about;
	(void)type;
	(void)walk;
	return remove(path);
}

static bool failed(const char *what)
{
	fprintf(stderr, "dualtrack: %s: %s\n", what, strerror(errno));
	return false;
}

/* The remote PBM has the sandbox's plans and members under a BIN of its own. */
static struct text with_bin(struct text file, struct arena *arena)
{
	static const char ours[] = "\"999999\"", theirs[] = "\"999998\"";
	struct text copy = arena_text(arena, file);
	char *at = (char *)copy.at, *end = at + copy.n;

	while (at && (at = memmem(at, (size_t)(end - at), ours, strlen(ours))))
		memcpy(at, theirs, strlen(theirs));
	return copy;
}

static bool write_file(const struct example *example, const char *name, struct text content)
{
	char path[PATH_BYTES + 40];
	FILE *out;
	bool good;

	snprintf(path, sizeof(path), "%s/%s", example->folder, name);
	out = fopen(path, "we");
	good = out && fwrite(content.at, 1, content.n, out) == content.n;
	return (out && fclose(out) == 0 && good) || failed(path);
}

/* The files alone say how each of them is set up. */
void cli_forget_environment(void)
{
	char variable[80];

	for (size_t i = 0; i < config_record.n; i++)
		if (config_single(&config_record.fields[i])) {
			config_variable(&config_record.fields[i], variable, sizeof(variable));
			unsetenv(variable);
		}
}

static pid_t start(const struct example *example, char *argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		cli_forget_environment();
		if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && setenv("TMPDIR", example->folder, 1) == 0)
			execv("/proc/self/exe", argv);
		failed("/proc/self/exe");
		_exit(CLI_FAILED);
	}
	if (pid < 0)
		failed("fork");
	return pid;
}

static bool load_formulary(const struct example *example)
{
	char file[PATH_BYTES + 40], into[PATH_BYTES + 40];
	char program[] = "dualtrack", word[] = "formulary", load[] = "load", option[] = "--into";
	char *argv[] = { program, word, load, file, option, into, NULL };
	int status = 0;
	pid_t pid;

	snprintf(file, sizeof(file), "%s/plan.jsonl", example->folder);
	snprintf(into, sizeof(into), "%s/formulary", example->folder);
	if (mkdir(into, 0700))
		return failed(into);
	pid = start(example, argv);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == CLI_OK;
}

static bool write_pbms(const struct example *example, struct arena *arena)
{
	struct buffer house, remote;

	buffer_init(&house, arena, 1024);
	buffer_format(&house,
		"# The gateway that prescribers talk to. BIN 999999 is decided here, BIN 999998 by the remote PBM.\n"
		"listen = %s:%d\nworkers = 1\n\n"
		"[backend]\nname = remote\nid = PY:REMOTEPBM\nour_id = ZZZ:GATEWAY\nscript = http://127.0.0.1:%d/ncpdp/script\n"
		"rtpb = http://127.0.0.1:%d/ncpdp/rtpb\n\n[route]\nbin = 999998\nbackend = remote\n",
		example->host, example->port, example->port + 1, example->port + 1);
	buffer_init(&remote, arena, 1024);
	buffer_format(&remote,
		"# The remote PBM: it knows the gateway as its partner and posts later answers to it.\n"
		"listen = 127.0.0.1:%d\nworkers = 1\nformulary = %s/formulary\npayer = %s/payer.json\n\n"
		"[partner]\nname = gateway\nid = ZZZ:GATEWAY\ncallback = http://127.0.0.1:%d/ncpdp/script\n",
		example->port + 1, example->folder, example->folder, example->port);
	return write_file(example, "gateway.conf", buffer_text(&house)) && write_file(example, "remote.conf", buffer_text(&remote)) &&
		write_file(example, "plan.jsonl", with_bin(sandbox_plan(), arena)) &&
		write_file(example, "payer.json", with_bin(sandbox_payer(), arena)) && load_formulary(example);
}

/* The client that the first gateway is at the payer: keys made for it, and a key of the address at which it is notified. */
static bool make_client(const struct example *example, struct arena *arena, struct text *notify_key)
{
	char prefix[PATH_BYTES + 20], failed_file[CLIENT_KEYS_NAME_MAX];
	unsigned char random[16];

	crypto_random(random, sizeof(random));
	*notify_key = crypto_hex(random, sizeof(random), arena);
	snprintf(prefix, sizeof(prefix), "%s/gateway", example->folder);
	return client_keys_make(prefix, CRYPTO_ES384, failed_file) || failed(failed_file);
}

static bool write_payers(const struct example *example, struct arena *arena)
{
	struct buffer house, remote;
	struct text key;

	if (!make_client(example, arena, &key))
		return false;
	buffer_init(&house, arena, 2048);
	buffer_format(&house,
		"# The gateway that prescribers and providers talk to, without tokens. What the medical benefit pays is decided by the payer.\n"
		"listen = %s:%d\nworkers = 1\nopen = true\npublic_url = http://127.0.0.1:%d\nsigning_key = %s/gateway.pem\n\n"
		"[backend]\nname = payer\nid = PY:REMOTEPAYER\nour_id = ZZZ:GATEWAY\nfhir = http://127.0.0.1:%d/fhir\n"
		"cds = http://127.0.0.1:%d/cds-services\nclient_id = gateway\norganizations = 1999999001\nnotify_key = %.*s\n\n"
		"[route]\nbenefit = MEDICAL\nbackend = payer\n",
		example->host, example->port, example->port, example->folder, example->port + 1, example->port + 1, TEXT_ARGS(key));
	buffer_init(&remote, arena, 1024);
	buffer_format(&remote,
		"# The payer: it knows the gateway as a client with keys of its own, and notifies it of later decisions.\n"
		"listen = 127.0.0.1:%d\nworkers = 1\n\n"
		"[client]\nid = gateway\njwks = %s/gateway.jwks.json\nscopes = system/*.cruds\nendpoint = http://127.0.0.1:%d\n",
		example->port + 1, example->folder, example->port);
	return write_file(example, "gateway.conf", buffer_text(&house)) && write_file(example, "remote.conf", buffer_text(&remote));
}

static const struct kind {
	const char *name, *first, *second; /* what each gateway does */
	bool (*write)(const struct example *example, struct arena *arena);
	bool loopback; /* the first asks nobody for a token */
} kinds[] = {
	{ "two-pbms", "BIN 999999 is decided here, BIN 999998 is asked of the other one", "the remote PBM of BIN 999998", write_pbms, false },
	{ "two-payers", "the pharmacy benefit is decided here, the medical benefit is asked of the other one by Da Vinci PAS", "the payer of the medical benefit",
		write_payers, true },
};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static bool start_all(struct example *example)
{
	static const char *const files[GATEWAYS] = { "remote.conf", "gateway.conf" };
	char program[] = "dualtrack", word[] = "up", option[] = "--config", file[PATH_BYTES + 40];
	char *argv[] = { program, word, option, file, NULL };

	for (int i = 0; i < GATEWAYS; i++) {
		snprintf(file, sizeof(file), "%s/%s", example->folder, files[i]);
		example->pids[i] = start(example, argv);
		if (example->pids[i] < 0)
			return false;
	}
	return true;
}

static void stop_all(const struct example *example)
{
	for (int i = 0; i < GATEWAYS; i++)
		if (example->pids[i] > 0)
			kill(example->pids[i], SIGTERM);
}

/* Until a stop signal or the end of either; the exit code of the first that did not end well. */
static int wait_all(struct example *example, const sigset_t *signals)
{
	int code = CLI_OK, status, left = GATEWAYS;
	bool stopping = false;

	while (left) {
		int signal = sigwaitinfo(signals, NULL);
		pid_t pid;

		if (signal < 0 && errno != EINTR)
			return CLI_FAILED;
		stopping |= signal > 0 && signal != SIGCHLD;
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
			for (int i = 0; i < GATEWAYS; i++)
				if (example->pids[i] == pid) {
					example->pids[i] = 0;
					left--;
					stopping = true; /* one without the other is no example */
				}
			if (code == CLI_OK)
				code = WIFEXITED(status) ? WEXITSTATUS(status) : CLI_FAILED;
		}
		if (stopping)
			stop_all(example);
	}
	return code;
}

static int run(struct example *example, const struct kind *kind)
{
	struct arena arena;
	sigset_t signals;
	bool good;

	sigemptyset(&signals);
	for (size_t i = 0; i < 4; i++)
		sigaddset(&signals, (const int[]){ SIGTERM, SIGINT, SIGHUP, SIGCHLD }[i]);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	arena_init(&arena, 16 << 20);
	good = kind->write(example, &arena);
	arena_done(&arena);
	if (!good)
		return CLI_FAILED;
	printf("two gateways on this host, their configurations in %s (removed at the end)\n"
	       "  http://%s:%d  %s\n"
	       "  http://127.0.0.1:%d  %s\n",
		example->folder, example->host, example->port, kind->first, example->port + 1, kind->second);
	fflush(stdout);
	good = start_all(example);
	if (!good)
		stop_all(example);
	return good ? wait_all(example, &signals) : CLI_FAILED;
}

/* "127.0.0.1:8080", with a port that has a next one. */
static bool read_address(const char *listen, struct example *out)
{
	const char *colon = strrchr(listen, ':');
	int64_t port;

	if (!colon || colon == listen || (size_t)(colon - listen) >= sizeof(out->host) ||
		!text_to_int(text_of(colon + 1), &port) || port < 1 || port > PORT_MAX)
		return false;
	text_to_z((struct text){ listen, (size_t)(colon - listen) }, out->host, sizeof(out->host));
	out->port = (int)port;
	return true;
}

int cli_example(const struct cli_command *command, const char *name, const char *listen)
{
	const char *temporary = getenv("TMPDIR");
	struct example example = { .port = 0 };
	const struct kind *kind = NULL;
	int code;

	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(name, kinds[i].name) == 0)
			kind = &kinds[i];
	if (!kind)
		return cli_misused(command, "the examples are: two-pbms, two-payers");
	if (!read_address(listen ? listen : "127.0.0.1:8080", &example))
		return cli_misused(command, "the example needs --listen ADDRESS:PORT with a port below 65535; the second gateway takes the next one");
	if (kind->loopback && !config_loopback(text_of(listen ? listen : "127.0.0.1:8080")))
		return cli_misused(command, "this example asks nobody for a token, so it needs a --listen of this host alone");
	snprintf(example.folder, sizeof(example.folder), "%s/dualtrack.XXXXXX", temporary && *temporary ? temporary : "/tmp");
	if (!mkdtemp(example.folder)) {
		failed(example.folder);
		return CLI_FAILED;
	}
	code = run(&example, kind);
	if (nftw(example.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS))
		fprintf(stderr, "dualtrack: %s could not be removed\n", example.folder);
	return code;
}
