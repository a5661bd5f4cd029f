/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack case: what the store knows of its cases, for whoever runs the gateway; names no patient and no clinical reason. Works while
   the gateway runs: the store is opened for reading only, as it is on disk at that moment. */
#include "gateway/cli/cli.h"

#include "base/clock.h"
#include "gateway/config/config.h"
#include "routing/case_store.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	ATTEMPTS = 5,              /* a running gateway may put its files in order while they are being opened */
	OUTPUT_MAX = 1 << 30,      /* bytes: some millions of cases */
	SCRATCH_MAX = 64 << 20,    /* bytes for one value; a message is at most 1 MiB */
};

struct looking {
	struct store *store;
	struct arena arena, scratch; /* what is printed; one value */
	struct buffer out;
	int64_t now_ms;
	struct text wanted_state; /* list: absent, any */
	bool overdue;
	struct text case_id; /* show */
	size_t found;
};

static void add_time(struct looking *look, int64_t at_ms)
{
	if (at_ms)
		buffer_add(&look->out, clock_format(at_ms, false, &look->scratch));
	else
		buffer_add_char(&look->out, '-');
}

/* A clock that stands still while the prescriber owes an answer is moved on by that time when it runs again. */
static bool is_overdue(const struct pa_case *at, int64_t now_ms)
{
	return at->due_ms && !at->decided_ms && !at->paused_ms && at->due_ms < now_ms;
}

static struct text or_dash(struct text value)
{
	return value.n ? value : text_lit("-");
}

/* Calls `look_at` for everything under the prefix. */
static bool walk(struct looking *look, const char *prefix,
	bool (*look_at)(struct looking *look, struct text key, struct text value, struct fault *fault), struct fault *fault)
{
	struct store_walk *at = store_walk_new(look->store, text_of(prefix), TEXT_NONE);
	struct text key, value;
	struct fault ending;
	bool good = true;

	while (good && store_walk_next(at, &key, &value)) {
		arena_reset(&look->scratch);
		good = look_at(look, key, value, fault);
	}
	if (store_walk_free(at, &ending))
		return good;
	*fault = ending;
	return false;
}

/* -- list -- */

static bool list_one(struct looking *look, struct text key, struct text value, struct fault *fault)
{
	struct pa_case at = { 0 };
	bool overdue;

	if (!record_unpack(&pa_case_record, &at, &look->scratch, value, fault))
		return false;
	overdue = is_overdue(&at, look->now_ms);
	if ((text_there(look->wanted_state) && !text_equal(at.state, look->wanted_state)) || (look->overdue && !overdue))
		return true;
	look->found++;
	buffer_format(&look->out, "%-36.*s %-16.*s %-9.*s %-20.*s ", TEXT_ARGS(at.case_id), TEXT_ARGS(at.state),
		TEXT_ARGS(text_is(at.priority, "X") ? text_lit("expedited") : text_lit("standard")), TEXT_ARGS(or_dash(at.programme)));
	add_time(look, at.opened_ms);
	buffer_add_char(&look->out, ' ');
	add_time(look, at.due_ms);
	buffer_add(&look->out, text_of(overdue ? " overdue\n" : at.breached_ms ? " was overdue\n" : "\n"));
	return true;
}

static bool list(struct looking *look, struct fault *fault)
{
	buffer_format(&look->out, "%-36s %-16s %-9s %-20s %-20s %s\n", "case", "state", "priority", "programme", "opened", "due");
	return walk(look, "c/", list_one, fault);
}

/* -- show -- */

static void line(struct looking *look, const char *name, struct text value)
{
	if (value.n)
		buffer_format(&look->out, "%-12s %.*s\n", name, TEXT_ARGS(value));
}

static void time_line(struct looking *look, const char *name, int64_t at_ms)
{
	if (at_ms)
		line(look, name, clock_format(at_ms, false, &look->scratch));
}

static bool show_decision(struct looking *look, struct text packed, struct fault *fault)
{
	struct route_decision decision = { 0 };

	if (!packed.n)
		return true;
	if (!record_unpack(&route_decision_record, &decision, &look->scratch, packed, fault))
		return false;
	line(look, "track", decision.track);
	line(look, "because", decision.sentence);
	line(look, "rule", decision.rule);
	return true;
}

/* What was said in one standard and has no place in the other: names from the tables, which docs/bridge.md tells how to read. */
static void show_losses(struct looking *look, const struct text *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		line(look, "lost", paths[i]);
}

static bool show_case(struct looking *look, const struct pa_case *at, struct fault *fault)
{
	line(look, "case", at->case_id);
	line(look, "state", at->state);
	line(look, "prescriber", at->partner);
	line(look, "reference", at->pa_reference_id);
	line(look, "backend", at->backend.n ? at->backend : text_lit("house"));
	line(look, "its case", at->backend_case_id);
	line(look, "appeal", at->appeal_case_id);
	line(look, "priority", text_is(at->priority, "X") ? text_lit("expedited") : text_lit("standard"));
	line(look, "plan", at->plan);
	line(look, "programme", at->programme);
	line(look, "clock", at->clock);
	time_line(look, "opened", at->opened_ms);
	time_line(look, "changed", at->changed_ms);
	time_line(look, "due", at->due_ms);
	if (is_overdue(at, look->now_ms))
		line(look, "overdue", text_lit("yes"));
	time_line(look, "breached", at->breached_ms);
	time_line(look, "decided", at->decided_ms);
	time_line(look, "answer by", at->reply_by_ms);
	time_line(look, "appeal by", at->appeal_by_ms);
	show_losses(look, at->losses, at->losses_n);
	for (size_t i = 0; i < at->misses_n; i++)
		buffer_format(&look->out, "%-12s %.*s at %.*s, where rule %.*s of version %.*s had sent it\n", "not decided", TEXT_ARGS(at->misses[i].track),
			TEXT_ARGS(at->misses[i].backend), TEXT_ARGS(at->misses[i].rule), TEXT_ARGS(at->misses[i].version));
	return show_decision(look, at->decision, fault);
}

/* Of a PAS case that is asked in SCRIPT they stand with what was submitted. */
static bool show_script(struct looking *look, struct text case_id, struct fault *fault)
{
	struct case_store cases = { .store = look->store };
	struct pa_script script = { 0 };
	bool found;

	if (!case_store_read(&cases, case_script_key(case_id, &look->scratch), &pa_script_record, &script, &look->scratch, &found, fault))
		return false;
	if (!found)
		return true;
	line(look, "asked as", script.reference);
	line(look, "questions", script.form_url);
	show_losses(look, script.losses, script.losses_n);
	return true;
}

/* Rows are not found by their case: all that wait are looked through. */
static bool show_row(struct looking *look, struct text key, struct text value, struct fault *fault)
{
	struct outbox_row row = { 0 };
	const char *what;

	if (!record_unpack(&outbox_row_record, &row, &look->scratch, value, fault))
		return false;
	if (!text_equal(row.case_id, look->case_id))
		return true;
	what = text_is(row.kind, "DELIVER") ? "to deliver" : text_is(row.kind, "AWAIT") ? "awaited" :
		text_is(row.kind, "CLOCK") ? "clock" : "asked";
	buffer_format(&look->out, "%-12s %.*s from ", what, TEXT_ARGS(or_dash(row.event)));
	add_time(look, row.due_ms);
	buffer_add_char(&look->out, '\n');
	return true;
}

static bool show_entry(struct looking *look, struct text key, struct text value, struct fault *fault)
{
	struct audit_entry entry = { 0 };
	unsigned char chain[SHA256_BYTES];
	struct text packed;

	if (!case_audit_split(value, chain, &packed))
		return fault_set(fault, FAULT_STORE_CORRUPT, "audit");
	if (!memmem(packed.at, packed.n, look->case_id.at, look->case_id.n)) /* most are about other cases: not worth unpacking */
		return true;
	if (!record_unpack(&audit_entry_record, &entry, &look->scratch, packed, fault))
		return false;
	if (!text_equal(entry.case_id, look->case_id))
		return true;
	add_time(look, entry.at_ms);
	buffer_format(&look->out, " %.*s", TEXT_ARGS(entry.what));
	if (entry.event.n)
		buffer_format(&look->out, " %.*s", TEXT_ARGS(entry.event));
	if (entry.version && entry.event.n) /* without an event the state stayed */
		buffer_format(&look->out, " %.*s -> %.*s", TEXT_ARGS(entry.before.n ? entry.before : text_lit("NEW")),
			TEXT_ARGS(entry.after));
	if (entry.fault.n)
		buffer_format(&look->out, " %.*s", TEXT_ARGS(entry.fault));
	if (entry.message_id.n)
		buffer_format(&look->out, " message %.*s", TEXT_ARGS(entry.message_id));
	if (entry.trace.n)
		buffer_format(&look->out, " trace %.*s", TEXT_ARGS(entry.trace));
	buffer_add_char(&look->out, '\n');
	return true;
}

static bool show(struct looking *look, struct fault *fault)
{
	struct case_store cases = { .store = look->store };
	struct pa_case at = { 0 };
	bool found;

	if (!case_store_read(&cases, case_key(look->case_id, &look->arena), &pa_case_record, &at, &look->arena, &found, fault))
		return false;
	look->found = found;
	if (!found)
		return true;
	if (!show_case(look, &at, fault) || !show_script(look, at.case_id, fault) || !walk(look, "o/", show_row, fault))
		return false;
	buffer_add_char(&look->out, '\n');
	return walk(look, "a/", show_entry, fault);
}

/* -- both -- */

static int look_at(const char *directory, struct looking *look, bool (*how)(struct looking *look, struct fault *fault))
{
	struct fault fault = { 0 };
	struct stat about;
	bool good = false;

	if (stat(directory, &about) || !S_ISDIR(about.st_mode)) {
		fprintf(stderr, "dualtrack: %s: no such directory\n", directory);
		return CLI_FAILED;
	}
	arena_init(&look->arena, OUTPUT_MAX);
	arena_init(&look->scratch, SCRATCH_MAX);
	look->now_ms = clock_now().wall_ms;
	for (int i = 0; i < ATTEMPTS && !good; i++) {
		arena_reset(&look->arena);
		buffer_init(&look->out, &look->arena, 65536);
		look->found = 0;
		good = store_open_read(directory, &look->store, &fault) && how(look, &fault);
		store_free(look->store);
		look->store = NULL;
	}
	if (good && look->out.failed)
		good = fault_set(&fault, FAULT_TOO_LARGE, "");
	if (!good) {
		cli_complain(directory, &fault);
		fputs("dualtrack: the store could not be read as it is now; if a gateway is writing to it, try again\n", stderr);
	} else if (look->found || how == list) {
		cli_put(buffer_text(&look->out));
	}
	return good ? CLI_OK : CLI_FAILED;
}

/* The directory that --store names, else the configuration; TEXT_NONE after saying why there is none. */
static struct text store_named(const struct cli_command *command, const char *directory, const char *file, struct arena *arena, int *code)
{
	struct config_problems problems;
	struct config *config;

	*code = CLI_USAGE;
	if (directory)
		return text_of(directory);
	if (!config_load(file, NULL, arena, &config, &problems)) {
		config_complain(stderr, &problems);
		return TEXT_NONE;
	}
	if (config->store.n)
		return config->store;
	*code = cli_misused(command, "--store DIR is needed, or --config FILE that names a store; `dualtrack up` prints its store's");
	return TEXT_NONE;
}

int cli_case(const struct cli_command *command, int argc, char **argv)
{
	const char *directory = NULL, *file = NULL, *state = NULL;
	struct looking look = { .store = NULL };
	const struct cli_option options[] = {
		{ "store", "DIR", "directory of the case store; default: what the configuration says", &directory, NULL },
		{ "config", "FILE", "configuration file", &file, NULL },
		{ "state", "STATE", "list: only cases in this state, such as DENIED", &state, NULL },
		{ "overdue", NULL, "list: only cases whose decision is overdue", NULL, &look.overdue },
	};
	int code = cli_parse(command, options, sizeof(options) / sizeof(*options), &argc, argv);
	enum case_state known;
	struct arena arena;
	struct text named;
	char path[4096];
	bool shows;

	if (code != CLI_GO_ON)
		return code;
	shows = argc == 2 && strcmp(argv[0], "show") == 0;
	if (!shows && (argc != 1 || strcmp(argv[0], "list") != 0))
		return cli_misused(command, "list or show ID is needed");
	if (shows && (state || look.overdue))
		return cli_misused(command, "--state and --overdue are for list");
	look.wanted_state = state ? text_of(state) : TEXT_NONE;
	if (state && !case_state_of(look.wanted_state, &known))
		return cli_misused(command, "no such state; `dualtrack print states` lists them");
	look.case_id = shows ? text_of(argv[1]) : TEXT_NONE;
	arena_init(&arena, 4 << 20);
	named = store_named(command, directory, file, &arena, &code);
	if (text_there(named)) {
		code = look_at(text_to_z(named, path, sizeof(path)), &look, shows ? show : list);
		if (code == CLI_OK && shows && !look.found) {
			fprintf(stderr, "dualtrack: no case %s in there\n", argv[1]);
			code = CLI_WRONG;
		}
		arena_done(&look.scratch);
		arena_done(&look.arena);
	}
	arena_done(&arena);
	return code;
}
