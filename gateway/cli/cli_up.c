/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack up: all roles on this host, from nothing to a start message. */
#include "base/log.h"
#include "formulary/formulary.h"
#include "gateway/cli/cli_example.h"
#include "gateway/config/config.h"
#include "gateway/edge/listen.h"
#include "gateway/config/reload.h"
#include "gateway/sandbox/sandbox.h"
#include "gateway/cli/sandbox_client.h"
#include "gateway/bus/supervise.h"
#include "gateway/bus/wire.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_BYTES = 1024, OPTIONS_MAX = 40, OPTION_NAME = 40, ADDRESSES_MAX = 2 };

struct up {
	struct config *config;
	const char *file;
	char scratch[PATH_BYTES]; /* "" : none was needed */
	char run[PATH_BYTES], store[PATH_BYTES], formulary[PATH_BYTES];
	char client_config[PATH_BYTES], client_key[PATH_BYTES]; /* of the sandbox; "": none */
	bool store_goes, sandbox_plan;
	struct reload reload; /* with a file only */
	char addresses[ADDRESSES_MAX][160];
	struct peer peers[SUPERVISE_CHILDREN_MAX]; /* the roles of this host */
	size_t peers_n;
	int signal_fd;
};

/* -- which roles -- */

/* With [host] entries those that have this host's key; without, all. */
static bool here(const struct config *config, const char *own_key, struct peer peer)
{
	struct peer named;

	if (!config->hosts_n)
		return peer.index < (peer.kind == ROLE_WORKER ? config->workers : 1);
	for (size_t i = 0; i < config->hosts_n; i++)
		if (peer_of(config->hosts[i].role, &named) && named.kind == peer.kind && named.index == peer.index)
			return text_is(config->hosts[i].public_key, own_key);
	return false;
}

static bool choose_roles(struct up *up)
{
	/* Those who listen first: the others then find them at once. */
	static const enum role_kind order[] = { ROLE_PAYER, ROLE_COURIER, ROLE_LEDGER, ROLE_EDGE, ROLE_WORKER };
	char own_key[WIRE_KEY] = "";
	struct fault fault;

	if (up->config->hosts_n && !wire_own_key(up->config, own_key, &fault)) {
		fprintf(stderr, "dualtrack: curve_secret: must be a file with one CURVE secret key that only its owner may read; "
				"`dualtrack key FILE` makes one\n");
		return false;
	}
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		for (int index = 0; index < PEERS_MAX && up->peers_n < SUPERVISE_CHILDREN_MAX; index++)
			if (here(up->config, own_key, (struct peer){ order[i], index }))
				up->peers[up->peers_n++] = (struct peer){ order[i], index };
	if (!up->peers_n)
		fprintf(stderr, "dualtrack: no [host] has the public key of this host's curve_secret, which is %s\n", own_key);
	return up->peers_n > 0;
}

static bool runs(const struct up *up, enum role_kind kind)
{
	for (size_t i = 0; i < up->peers_n; i++)
		if (up->peers[i].kind == kind)
			return true;
	return false;
}

/* -- directories -- */

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *walk)
{
	(void)about;
	(void)type;
	(void)walk;
	return remove(path);
}

static void clean_up(const struct up *up)
{
	if (*up->scratch && nftw(up->scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS))
		fprintf(stderr, "dualtrack: %s could not be removed\n", up->scratch);
}

static bool make_scratch(struct up *up)
{
	const char *temporary = getenv("TMPDIR");

	if (*up->scratch)
		return true;
	if (snprintf(up->scratch, sizeof(up->scratch), "%s/dualtrack.XXXXXX", temporary && *temporary ? temporary : "/tmp") <
			(int)sizeof(up->scratch) &&
		mkdtemp(up->scratch))
		return true;
	fprintf(stderr, "dualtrack: %s: %s\n", up->scratch, strerror(errno));
	up->scratch[0] = '\0';
	return false;
}

/* A directory of our own below the scratch directory; also told to the roles, as the configuration's `key`. */
static bool below_scratch(struct up *up, const char *name, const char *variable, char *out)
{
	int n;

	if (!make_scratch(up))
		return false;
	n = snprintf(out, PATH_BYTES, "%s/%s", up->scratch, name);
	if (n < 0 || n >= PATH_BYTES || mkdir(out, 0700)) {
		fprintf(stderr, "dualtrack: %s: %s\n", out, strerror(errno));
		return false;
	}
	return !variable || setenv(variable, out, 1) == 0;
}

/* In a process of its own: the store's engine starts threads and keeps memory, and the supervisor shall have neither. */
static bool load_aside(const struct up *up, const char *file)
{
	struct load_report report;
	struct fault fault;
	int64_t line;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (formulary_load(file, up->formulary, NULL, NULL, &report, &line, &fault))
			_exit(CLI_OK);
		cli_complain(file, &fault);
		_exit(CLI_FAILED);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		fprintf(stderr, "dualtrack: %s\n", strerror(errno));
		return false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == CLI_OK;
}

static bool load_sandbox(struct up *up)
{
	char file[PATH_BYTES + 16];
	FILE *out;
	bool good;

	if (!below_scratch(up, "formulary", "DUALTRACK_FORMULARY", up->formulary))
		return false;
	snprintf(file, sizeof(file), "%s/plan.jsonl", up->scratch);
	out = fopen(file, "we");
	good = out && fwrite(sandbox_plan().at, 1, sandbox_plan().n, out) == sandbox_plan().n;
	if (!out || fclose(out) || !good) {
		fprintf(stderr, "dualtrack: %s: %s\n", file, strerror(errno));
		return false;
	}
	return load_aside(up, file);
}

/* The sandbox has a client of its own, unless others could reach it or there is a configuration to name clients in. */
static bool register_client(struct up *up)
{
	if (up->file || up->config->open || !runs(up, ROLE_EDGE) || !config_loopback(up->config->listen) || !config_loopback(up->config->listen_tls))
		return true;
	return sandbox_client(up->scratch, up->client_config, up->client_key, PATH_BYTES);
}

/* The directory of the sockets is ours for as long as this process lives: a second gateway in it would take the first one's sockets. */
static bool take_run(const struct up *up)
{
	int fd = open(up->run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		if (errno == ENOENT && mkdir(up->run, 0700) == 0)
			return take_run(up);
		fprintf(stderr, "dualtrack: %s: %s\n", up->run, strerror(errno));
		return false;
	}
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		fprintf(stderr, "dualtrack: %s: another gateway runs there\n", up->run);
		close(fd);
		return false;
	}
	return true; /* the descriptor stays open, and with it the lock */
}

/* The directories as configured, or temporary ones. Returns the exit code to end with, or CLI_GO_ON. */
static int prepare(struct up *up, const char *run)
{
	char current[PATH_BYTES + 16];

	if (run)
		snprintf(up->run, sizeof(up->run), "%s", run);
	else if (!below_scratch(up, "run", NULL, up->run))
		return CLI_FAILED;
	if (!take_run(up))
		return CLI_USAGE;
	up->store_goes = runs(up, ROLE_LEDGER) && !up->config->store.n;
	if (!runs(up, ROLE_LEDGER)) {
		up->store[0] = '\0';
	} else if (up->store_goes) {
		if (!below_scratch(up, "store", "DUALTRACK_STORE", up->store))
			return CLI_FAILED;
	} else if (mkdir(text_to_z(up->config->store, up->store, sizeof(up->store)), 0700) && errno != EEXIST) {
		fprintf(stderr, "dualtrack: %s: %s\n", up->store, strerror(errno));
		return CLI_USAGE;
	}
	if (!runs(up, ROLE_WORKER) && !runs(up, ROLE_PAYER))
		return CLI_GO_ON;
	up->sandbox_plan = !up->config->formulary.n;
	if (up->sandbox_plan)
		return load_sandbox(up) && register_client(up) ? CLI_GO_ON : CLI_FAILED;
	text_to_z(up->config->formulary, up->formulary, sizeof(up->formulary));
	snprintf(current, sizeof(current), "%s/CURRENT", up->formulary);
	if (access(current, R_OK)) {
		fprintf(stderr, "dualtrack: %s: no formulary is loaded; `dualtrack formulary load FILE --into %s` makes one\n",
			up->formulary, up->formulary);
		return CLI_USAGE;
	}
	return CLI_GO_ON;
}

/* -- the start message -- */

static void on_listening(void *arg, const char *scheme, const char *address)
{
	struct up *up = arg;
	size_t i = strcmp(scheme, "https") == 0;

	snprintf(up->addresses[i], sizeof(up->addresses[i]), "%s://%s", scheme, address);
}

static void on_ready(void *arg)
{
	const struct up *up = arg;
	bool sandbox = up->sandbox_plan && !up->config->payer.n;
	/* On every line, so that none of them can be read without it. */
	const char *open = up->config->open ? "   [OPEN: /fhir asks nobody for a token]" : "";

	printf("dualtrack " DUALTRACK_VERSION " is ready%s%s\n", sandbox ? ": sandbox with made-up plans, members and prices" : "", open);
	for (size_t i = 0; i < ADDRESSES_MAX; i++)
		if (*up->addresses[i])
			printf("  address    %s%s\n", up->addresses[i], open);
	if (*up->store)
		printf("  store      %s%s%s\n", up->store, up->store_goes ? " (temporary: removed at the end)" : "", open);
	if (*up->formulary)
		printf("  formulary  %s%s%s\n", up->formulary, up->sandbox_plan ? " (built in)" : "", open);
	if (*up->client_key)
		printf("  client     sandbox; dualtrack token --key %s --to %s\n", up->client_key, up->addresses[!*up->addresses[0]]);
	printf("  stop       Ctrl-C%s\n", open);
	fflush(stdout);
}

/* -- running -- */

static int stop_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void on_hangup(void *arg, struct supervisor *supervisor)
{
	struct up *up = arg;

	reload_hangup(&up->reload, supervisor);
}

static void on_woken(void *arg, struct supervisor *supervisor, size_t i)
{
	struct up *up = arg;

	reload_woken(&up->reload, supervisor, i);
}

static void on_configured(void *arg, struct supervisor *supervisor, size_t taken, const char *kept)
{
	struct up *up = arg;

	reload_configured(&up->reload, supervisor, taken, kept);
}

static int run(struct up *up)
{
	char program[] = "dualtrack";
	char role[] = "role", run_option[] = "--run", control[] = "--control", three[] = "3", config[] = "--config";
	char *file = up->file ? up->reload.current : *up->client_config ? up->client_config : NULL;
	char *argv[] = { program, role, NULL, run_option, up->run, control, three, file ? config : NULL, file, NULL };
	struct supervise_setup setup = { .peers = up->peers, .peers_n = up->peers_n, .program = "/proc/self/exe", .argv = argv, .name_at = 2, .ready = on_ready,
		.listening = on_listening, .arg = up };

	if (up->file) {
		setup.hangup = on_hangup;
		setup.woken = on_woken;
		setup.configured = on_configured;
		setup.watch = up->reload.watch;
		setup.watch_n = RELOAD_WATCH;
	}
	setup.signal_fd = up->signal_fd;
	log_open("supervisor", config_log_level(up->config));
	return supervise_run(&setup);
}

/* Said before anything is started: an address in use is the commonest reason why a gateway does not come up. */
static bool can_listen(struct text address, const char *key)
{
	struct fault fault;
	int fd;

	if (!address.n)
		return true;
	if (!listen_on(address, key, &fd, &fault)) {
		fprintf(stderr, "dualtrack: cannot listen on %.*s (%s): %s\n", TEXT_ARGS(address), key, strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

static bool can_be_reached(const struct up *up)
{
	return !runs(up, ROLE_EDGE) || (can_listen(up->config->listen, "listen") && can_listen(up->config->listen_tls, "listen_tls"));
}

/* open is a switch of its own. */
static bool optional(const struct field *field)
{
	return config_single(field) && strcmp(field->member, "open") != 0;
}

/* Every key with one value is also an option: --listen-tls sets listen_tls. They reach the roles through the environment. */
static size_t config_options(struct cli_option *options, char (*names)[OPTION_NAME], const char **values, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < config_record.n; i++) {
		const struct field *field = &config_record.fields[i];

		if (!optional(field))
			continue;
		assert(n < room);
		text_to_z(field_name(field), names[n], OPTION_NAME);
		for (char *c = names[n]; *c; c++)
			*c = *c == '_' ? '-' : *c;
		options[n] = (struct cli_option){ names[n], field->kind == FIELD_COUNT ? "N" : field->kind == FIELD_FLAG ? "true|false" : "VALUE",
			field->doc, &values[n], NULL };
		n++;
	}
	return n;
}

static void set_environment(const char **values)
{
	size_t n = 0;
	char variable[80];

	for (size_t i = 0; i < config_record.n; i++) {
		if (!optional(&config_record.fields[i]))
			continue;
		config_variable(&config_record.fields[i], variable, sizeof(variable));
		if (values[n])
			setenv(variable, values[n], 1);
		n++;
	}
}

/* The value of --listen; NULL when it was not given. */
static const char *listen_given(const struct cli_option *options, const char *const *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(options[i].name, "listen") == 0)
			return values[i];
	return NULL;
}

int cli_up(const struct cli_command *command, int argc, char **argv)
{
	struct cli_option options[OPTIONS_MAX];
	char names[OPTIONS_MAX][OPTION_NAME];
	const char *values[OPTIONS_MAX] = { 0 }, *run_dir = NULL, *example = NULL;
	bool open = false;
	struct up up = { 0 };
	struct config_problems problems;
	struct arena arena;
	size_t n = config_options(options, names, values, OPTIONS_MAX - 4);
	int code;

	options[n++] = (struct cli_option){ "config", "FILE", "configuration file; `dualtrack print config` tells its keys", &up.file, NULL };
	options[n++] = (struct cli_option){ "run", "DIR", "directory of the bus's sockets; default a temporary one", &run_dir, NULL };
	options[n++] = (struct cli_option){ "example", "NAME", "two-pbms, two-payers: two gateways, one the remote PBM or the payer of the other; only --listen goes with it",
		&example, NULL };
	options[n++] = (struct cli_option){ "open", NULL, "ask nobody for a token at /fhir, /cds-services and /route: for trying things out, on loopback addresses only", NULL, &open };
	code = cli_parse(command, options, n, &argc, argv);
	if (code != CLI_GO_ON)
		return code;
	if (argc)
		return cli_misused(command, "only options are taken");
	umask(077);
	if (example)
		return cli_example(command, example, listen_given(options, values, n));
	up.signal_fd = stop_signals();
	set_environment(values);
	if (open)
		setenv("DUALTRACK_OPEN", "true", 1);
	arena_init(&arena, 64 << 20);
	if (!config_load(up.file, NULL, &arena, &up.config, &problems)) {
		config_complain(stderr, &problems);
		code = CLI_USAGE;
	} else if (!choose_roles(&up) || !can_be_reached(&up)) {
		code = CLI_USAGE;
	} else {
		config_warn(stderr, up.config, clock_now().wall_ms);
		code = prepare(&up, run_dir);
		if (code == CLI_GO_ON && up.file && !reload_init(&up.reload, up.file, up.run))
			code = CLI_FAILED;
		if (code == CLI_GO_ON)
			code = run(&up);
		reload_done(&up.reload);
	}
	clean_up(&up);
	arena_done(&arena);
	return code;
}
