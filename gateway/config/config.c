/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and defaulting the configuration, and saying what is wrong with it. */
#include "gateway/config/config.h"

#include "gateway/config/partners.h"
#include "gateway/sandbox/sandbox.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 4 << 20 /* bytes; ten thousand partners with long addresses */ };

#define DAY_MS INT64_C(86400000)
#define WARN_MS (90 * DAY_MS) /* before a version expires: a partner needs a release to change */

static const char environment[] = "environment";

/* -- the file and the environment -- */

/* NULL, or why not. */
static const char *read_whole(const char *name, struct arena *arena, struct text *out)
{
	FILE *in = fopen(name, "re");
	const char *why = NULL;
	struct stat about;
	char *bytes;
	size_t n;

	if (!in)
		return strerror(errno);
	if (fstat(fileno(in), &about))
		why = strerror(errno);
	else if (!S_ISREG(about.st_mode))
		why = "it is not a file";
	else if (about.st_size > FILE_MAX)
		why = "it has more than 4 MiB";
	bytes = why ? NULL : arena_alloc(arena, (size_t)about.st_size + 1);
	n = bytes ? fread(bytes, 1, (size_t)about.st_size, in) : 0;
	fclose(in);
	*out = (struct text){ bytes, n };
	return why ? why : bytes && n == (size_t)about.st_size ? NULL : "it changed while it was read";
}

bool config_single(const struct field *field)
{
	return field->kind != FIELD_LIST && field->kind != FIELD_GROUP;
}

void config_variable(const struct field *field, char *out, size_t size)
{
	int n = snprintf(out, size, "DUALTRACK_%.*s", TEXT_ARGS(field_name(field)));

	for (int i = 0; i < n && (size_t)i < size; i++)
		out[i] = (char)toupper((unsigned char)out[i]);
}

static void read_environment(struct config *config, struct arena *arena, struct config_problems *problems)
{
	for (size_t i = 0; i < config_record.n; i++) {
		const struct field *field = &config_record.fields[i];
		bool number = field->kind == FIELD_COUNT || field->kind == FIELD_FLAG, good = true;
		struct text value;
		struct fault fault;
		char name[80];

		if (!config_single(field))
			continue;
		config_variable(field, name, sizeof(name));
		value = arena_text(arena, text_of(getenv(name)));
		if (!text_there(value))
			continue;
		if (number)
			good = field_parse_number(field, value, field_at(field, config), &fault);
		else if (value.n) /* empty means none, as in the file */
			good = field_check_text(field, value, &fault);
		if (!number)
			*(struct text *)field_at(field, config) = value;
		if (!good)
			config_problem(problems, environment, 0, name, "%s; it is: %s", fault_row(fault.code)->sentence, field->doc);
	}
}

/* -- defaults -- */

/* The built-in versions, but those that the file says something else about. */
static void fill_versions(struct config *config, struct arena *arena)
{
	struct config_file_report *report = arena_new(arena, struct config_file_report);
	struct config *own = arena_new(arena, struct config);
	size_t told = config->versions_n;
	bool good = report && own && config_file_read(&config_record, own, sandbox_versions(), arena, report);

	if (!good)
		abort(); /* config_test reads it: our file is right, and the arena has room */
	for (size_t i = 0; i < own->versions_n; i++) {
		bool replaced = false;
		struct standard_version *row;

		for (size_t j = 0; j < told && !replaced; j++)
			replaced = text_equal(config->versions[j].standard, own->versions[i].standard) &&
				text_equal(config->versions[j].id, own->versions[i].id);
		if (replaced)
			continue;
		row = arena_push(arena, (void **)&config->versions, &config->versions_n, sizeof(*row));
		if (!row)
			abort();
		*row = own->versions[i];
	}
}

static void fill(struct config *config)
{
	if (!text_there(config->listen))
		config->listen = text_lit("127.0.0.1:8080");
	if (!config->formulary_ms)
		config->formulary_ms = 3000;
	if (!config->fhir_ms)
		config->fhir_ms = 10000;
	if (!config->cds_ms)
		config->cds_ms = 4500;
	if (!config->route_ms)
		config->route_ms = 5000;
	if (!config->rtpb_ms)
		config->rtpb_ms = 3000;
	if (!config->script_ms)
		config->script_ms = 10000;
	if (!config->connections)
		config->connections = 4000;
	if (!config->log.n)
		config->log = text_lit("info");
	if (!config->script_version.n)
		config->script_version = text_lit("20170715");
	if (!config->workers)
		config->workers = sysconf(_SC_NPROCESSORS_ONLN);
	if (config->workers > PEERS_MAX)
		config->workers = PEERS_MAX;
	for (size_t i = 0; i < config->backends_n; i++) {
		struct backend *backend = &config->backends[i];

		backend->at_once = backend->at_once ? backend->at_once : 8;
		backend->retries = backend->retries ? backend->retries : 10;
		backend->answer_ms = backend->answer_ms ? backend->answer_ms : backend->mailbox ? 60000 : 3600000;
	}
}

/* -- what is wrong -- */

void config_problem(struct config_problems *problems, const char *from, int line, const char *key, const char *what, ...)
{
	struct config_problem *out = &problems->items[problems->n];
	va_list args;

	problems->all++;
	if (problems->n == CONFIG_PROBLEMS_MAX)
		return;
	problems->n++;
	*out = (struct config_problem){ .line = line };
	snprintf(out->from, sizeof(out->from), "%s", from);
	snprintf(out->key, sizeof(out->key), "%s", key);
	va_start(args, what);
	vsnprintf(out->what, sizeof(out->what), what, args);
	va_end(args);
}

void config_complain(FILE *out, const struct config_problems *problems)
{
	for (size_t i = 0; i < problems->n; i++) {
		const struct config_problem *problem = &problems->items[i];

		fprintf(out, "dualtrack: %s", problem->from);
		if (problem->line)
			fprintf(out, ":%d", problem->line);
		fprintf(out, ": %s%s%s\n", problem->key, *problem->key ? ": " : "", problem->what);
	}
	if (problems->all > problems->n)
		fprintf(out, "dualtrack: and %zu more\n", problems->all - problems->n);
}

/* How many letters to put in, take out or change to get from one word to the other; at most `room` letters of each count. */
static size_t distance(struct text a, struct text b)
{
	enum { ROOM = 40 };
	size_t row[ROOM + 1];

	a.n = a.n < ROOM ? a.n : ROOM;
	b.n = b.n < ROOM ? b.n : ROOM;
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t above = row[j], change = corner + (a.at[i - 1] != b.at[j - 1]);

			row[j] = above < row[j - 1] ? above + 1 : row[j - 1] + 1;
			row[j] = change < row[j] ? change : row[j];
			corner = above;
		}
	}
	return row[b.n];
}

/* The known word most like this one; TEXT_NONE when none is like it. */
static struct text nearest(const struct record *record, struct text word, bool section)
{
	size_t best = word.n < 6 ? 2 : 3;
	struct text found = TEXT_NONE;

	for (size_t i = 0; i < record->n; i++) {
		size_t d = distance(word, field_name(&record->fields[i]));

		if ((record->fields[i].kind == FIELD_LIST) != section || d > best)
			continue;
		if (!text_there(found) || d < best)
			found = field_name(&record->fields[i]);
		best = d;
	}
	return found;
}

/* A word of the file itself, for the one who wrote it: cut short, and nothing that a terminal would take for more than text. */
static const char *printable(struct text word, char out[64])
{
	text_to_z(word, out, 64);
	for (char *c = out; *c; c++)
		*c = (unsigned char)*c < ' ' || *c == 127 ? '?' : *c;
	return out;
}

static void complain_unknown(const struct config_file_problem *problem, const char *file, const char *key, struct config_problems *out)
{
	struct text likely = nearest(&config_record, problem->word, true);
	char word[64];
	bool section = problem->section;

	printable(problem->word, word);
	if (!section)
		likely = nearest(problem->record, problem->word, false);
	if (text_there(likely))
		config_problem(out, file, problem->line, key, section ? "there is no [%s]; did you mean [%.*s]?" : "there is no key '%s' here; did you mean %.*s?",
			word, TEXT_ARGS(likely));
	else if (!section && problem->list && text_equal(nearest(&config_record, problem->word, false), problem->word))
		config_problem(out, file, problem->line, key, "'%s' is a key of the whole file and belongs above the first [section]", word);
	else
		config_problem(out, file, problem->line, key, section ? "there is no [%s]; `dualtrack print config` tells them all" :
			"there is no key '%s' here; `dualtrack print config` tells them all", word);
}

static void complain_of_line(const struct config_file_problem *problem, const char *file, struct arena *arena,
	struct config_problems *out)
{
	struct buffer right;
	char key[FAULT_PATH_MAX], path[FAULT_PATH_MAX];
	struct text list = problem->list ? field_name(problem->list) : TEXT_NONE;
	struct text field = problem->field ? field_name(problem->field) : TEXT_NONE;

	snprintf(key, sizeof(key), "%s%.*s%s%s%.*s", problem->list ? "[" : "", TEXT_ARGS(list), problem->list ? "]" : "",
		problem->list && problem->field ? " " : "", TEXT_ARGS(field));
	snprintf(path, sizeof(path), "%.*s%s%.*s", TEXT_ARGS(list), problem->list ? "/" : "", TEXT_ARGS(field));
	buffer_init(&right, arena, 200);
	if (problem->code == FAULT_UNKNOWN_ELEMENT)
		complain_unknown(problem, file, key, out);
	else if (problem->code == FAULT_CONFIG)
		config_problem(out, file, problem->line, key, "is neither `key = value` nor a [section]");
	else if (problem->code == FAULT_REPEATED && problem->first_line)
		config_problem(out, file, problem->line, key, "is said twice; it was said in line %d before", problem->first_line);
	else if (problem->field && record_expected(&config_record, path, &right) && right.n)
		config_problem(out, file, problem->line, key, "%s; right would be %.*s",
			problem->code == FAULT_MISSING ? "this key is needed here" : fault_row(problem->code)->sentence,
			TEXT_ARGS(buffer_text(&right)));
	else
		config_problem(out, file, problem->line, key, "%s", fault_row(problem->code)->sentence);
}

bool config_load(const char *file, const char *named, struct arena *arena, struct config **out, struct config_problems *problems)
{
	struct config *config = arena_new(arena, struct config);
	struct config_file_report *report = arena_new(arena, struct config_file_report);
	struct text body = TEXT_NONE;
	const char *why = NULL;

	named = named ? named : file;
	problems->n = problems->all = 0;
	if (!config || !report)
		abort(); /* an arena for a configuration has room for its first hundred kilobytes */
	if (file)
		why = read_whole(file, arena, &body);
	if (why) {
		config_problem(problems, named, 0, "", "the file cannot be read: %s", why);
		return false;
	}
	if (file && !config_file_read(&config_record, config, body, arena, report))
		for (size_t i = 0; i < report->problems_n; i++)
			complain_of_line(&report->problems[i], named, arena, problems);
	problems->all += report->problems_all - report->problems_n;
	read_environment(config, arena, problems);
	fill(config);
	fill_versions(config, arena);
	config_check(config, named, report, problems);
	*out = config;
	return problems->all == 0;
}

void config_warn(FILE *out, const struct config *config, int64_t wall_ms)
{
	for (size_t i = 0; i < config->versions_n; i++) {
		const struct standard_version *version = &config->versions[i];
		int64_t until_ms = version_until_ms(version), left = until_ms - wall_ms;

		if (!until_ms || left > WARN_MS)
			continue;
		fprintf(out, "dualtrack: warning: %.*s %.*s expires on %.*s: its messages are refused %s", TEXT_ARGS(version->standard),
			TEXT_ARGS(version->id), TEXT_ARGS(version->expires_on), left > 0 ? "then" : "now");
		fprintf(out, left > 0 ? ", in %lld days\n" : "\n", (long long)(left / DAY_MS));
	}
}

enum fault_level config_log_level(const struct config *config)
{
	return text_is(config->log, "error") ? LEVEL_ERROR : text_is(config->log, "warn") ? LEVEL_WARN : LEVEL_INFO;
}
