/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack role: one role in this process. */
#include "base/log.h"
#include "gateway/cli/cli.h"
#include "gateway/config/config.h"
#include "gateway/bus/loop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONFIG_MEMORY = 64 << 20 }; /* bytes; ten thousand partners with all their lines take a tenth */

/* Patient data is in this memory: no core file, no debugger of another process, nothing that a program it starts could gain,
   files for this user alone. */
static void harden(void)
{
	const struct rlimit none = { 0, 0 };

	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	umask(077);
}

/* Under a supervisor Ctrl-C is for the supervisor, which stops the roles in order; so is a SIGTERM, which a service manager may send to
   the whole group, and which would take the workers away from under the requests in hand. */
static int stop_signals(bool supervised)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (supervised)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The exit code for a fault that ends a start: what only an operator can mend is not tried again. At a start nobody has sent
   anything: what would be the fault of a sender or backend stands in a file of the configuration. */
static int refused(const char *name, const struct fault *fault)
{
	const struct fault_row *row = fault_row(fault->code);

	cli_complain(name, fault);
	log_event(LEVEL_ERROR, "role.refused", log_word("fault", row->name), log_path("path", fault->path));
	return row->mend == MEND_OPERATOR && row->retry ? CLI_FAILED : CLI_USAGE;
}

/* The configurations of this process. What connects and listens keeps the first, for which every later one is the same; the role has
   the current one. */
struct configs {
	const char *file, *name;
	struct arena first, current, next;
};

static const struct config *read_config(void *arg)
{
	struct configs *configs = arg;
	struct config_problems problems;
	struct config *config;

	arena_init(&configs->next, CONFIG_MEMORY);
	if (config_load(configs->file, NULL, &configs->next, &config, &problems)) {
		log_open(configs->name, config_log_level(config));
		return config;
	}
	config_complain(stderr, &problems);
	arena_done(&configs->next);
	return NULL;
}

static void config_taken(void *arg, bool taken)
{
	struct configs *configs = arg;

	arena_done(taken ? &configs->current : &configs->next);
	if (taken)
		configs->current = configs->next;
	configs->next = (struct arena){ 0 };
}

/* Listens, and tells the role where. */
static bool open_door(struct loop_parts *parts, struct role_setup *setup, char *url, size_t size, struct fault *fault)
{
	bool tls;

	if (!serve_new(setup->config, &parts->serve, fault))
		return false;
	tls = !text_there(serve_address(parts->serve, false));
	snprintf(url, size, "%s://%.*s", tls ? "https" : "http", TEXT_ARGS(serve_address(parts->serve, tls)));
	setup->url = url;
	return true;
}

static int run(const struct role_setup *setup, int control_fd, int signal_fd, struct configs *configs)
{
	struct loop_parts parts = { .role = role_of(setup->self.kind), .control_fd = control_fd, .signal_fd = signal_fd,
		.read_config = read_config, .config_taken = config_taken, .config_arg = configs };
	struct role_setup with = *setup;
	struct fault fault = { 0 };
	enum loop_end end = LOOP_STOPPED;
	char name[24], url[200];
	int code = CLI_OK;
	bool started;

	snprintf(name, sizeof(name), "%s.%d", role_kind_name(setup->self.kind), setup->self.index);
	parts.state = calloc(1, parts.role->size);
	if (!parts.state)
		abort();
	started = (setup->self.kind != ROLE_EDGE || open_door(&parts, &with, url, sizeof(url), &fault)) &&
		parts.role->start(parts.state, &with, clock_now(), &fault);
	if (!started || !bus_new(setup->self, setup->config, setup->run_dir, clock_now(), &parts.bus, &fault))
		code = refused(name, &fault);
	if (code == CLI_OK) {
		parts.calls = setup->self.kind == ROLE_COURIER ? calls_new() : NULL;
		end = loop_run(&parts);
		log_event(end == LOOP_STOPPED ? LEVEL_INFO : LEVEL_ERROR, "role.end", log_number("asked", end == LOOP_STOPPED));
	}
	calls_free(parts.calls);
	serve_free(parts.serve);
	bus_free(parts.bus);
	/* After a write in doubt nothing may be flushed in passing. */
	if (started && end == LOOP_STOPPED)
		parts.role->stop(parts.state);
	free(parts.state);
	return end == LOOP_ENDED ? CLI_FAILED : code;
}

int cli_role(const struct cli_command *command, int argc, char **argv)
{
	const char *run_dir = NULL, *file = NULL, *control = NULL;
	const struct cli_option options[] = {
		{ "run", "DIR", "directory of the bus's sockets, for this user alone", &run_dir, NULL },
		{ "config", "FILE", "configuration file", &file, NULL },
		{ "control", "FD", "descriptor of the supervisor's control socket", &control, NULL },
	};
	int code = cli_parse(command, options, sizeof(options) / sizeof(*options), &argc, argv), signal_fd;
	struct role_setup setup = { 0 };
	struct config *config;
	struct config_problems problems;
	struct configs configs = { 0 };
	int64_t control_fd = -1;
	char store[1024];

	if (code != CLI_GO_ON)
		return code;
	if (argc != 1 || !peer_of(text_of(argv[0]), &setup.self) || !run_dir)
		return cli_misused(command, "a role such as worker.1 and --run DIR are needed");
	if (control && !text_to_int(text_of(control), &control_fd))
		return cli_misused(command, "--control takes a number");
	if (!role_of(setup.self.kind))
		return cli_misused(command, "this role is not part of this program");
	harden();
	prctl(PR_SET_NAME, argv[0]); /* as top and ps show it */
	signal_fd = stop_signals(control != NULL);
	log_open(argv[0], LEVEL_INFO);
	configs.file = file;
	configs.name = argv[0];
	arena_init(&configs.first, CONFIG_MEMORY);
	if (!config_load(file, NULL, &configs.first, &config, &problems)) {
		config_complain(stderr, &problems);
		arena_done(&configs.first);
		return CLI_USAGE;
	}
	log_open(argv[0], config_log_level(config));
	if (control_fd >= 0)
		fcntl((int)control_fd, F_SETFL, O_NONBLOCK);
	setup.config = config;
	setup.run_dir = run_dir;
	setup.store_dir = text_to_z(config->store, store, sizeof(store));
	if (setup.self.kind == ROLE_LEDGER && !*setup.store_dir)
		code = cli_misused(command, "the ledger needs a store in its configuration");
	else
		code = run(&setup, (int)control_fd, signal_fd, &configs);
	arena_done(&configs.current);
	arena_done(&configs.first);
	return code;
}
