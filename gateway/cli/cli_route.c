/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack route: why an order takes the track it takes, for a pharmacist at a terminal. */
#include "base/json.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/cli_route.h"
#include "gateway/sandbox/sandbox.h"
#include "gateway/config/says.h"

#include <stdio.h>
#include <string.h>

enum { FILE_MAX_BYTES = 1 << 20, SAYS_BYTES_MAX = 4 << 20, ARENA_MAX = 512 << 20 /* lint of thousands of rows */ };

int cli_route_rules(const char *file, struct arena *arena, struct rules **rules)
{
	struct fault fault;
	struct text body = file ? cli_read(file, RULES_BYTES_MAX, arena) : sandbox_rules();
	int line;

	if (!text_there(body))
		return CLI_FAILED;
	if (!rules_read(body, rules, &line, &fault)) {
		char where[1100];

		snprintf(where, sizeof(where), line ? "%s:%d" : "%s", file ? file : "built-in rules", line);
		cli_complain(where, &fault);
		return CLI_WRONG;
	}
	return CLI_OK;
}

/* -- explain -- */

static void print_evidence(const struct route_decision *decision, struct buffer *out)
{
	if (decision->evidence_n)
		buffer_lit(out, "\nevidence\n");
	for (size_t i = 0; i < decision->evidence_n; i++) {
		const struct route_evidence *item = &decision->evidence[i];

		buffer_format(out, "  %-9.*s %3d  %-28.*s %.*s", TEXT_ARGS(item->outcome), (int)item->strength, TEXT_ARGS(item->says),
			TEXT_ARGS(item->source));
		if (item->date.n)
			buffer_format(out, ", %.*s", TEXT_ARGS(item->date));
		if (item->citation.n)
			buffer_format(out, " (%.*s)", TEXT_ARGS(item->citation));
		buffer_add_char(out, '\n');
	}
}

static void print_trials(const struct route_explanation *explanation, struct buffer *out)
{
	buffer_lit(out, "\nrules, in order\n");
	for (size_t i = 0; i < explanation->tried_n; i++) {
		const struct route_trial *trial = &explanation->tried[i];

		buffer_format(out, "  %4d %-22.*s ", (int)trial->line, TEXT_ARGS(trial->rule));
		if (!trial->member.n)
			buffer_lit(out, "decides\n");
		else
			buffer_format(out, "no: %.*s wants %.*s, %s%.*s\n", TEXT_ARGS(trial->member), TEXT_ARGS(trial->wanted),
				text_is(trial->verdict, "CONFLICT") ? "sources contradict each other" :
				trial->known.n ? "is " : "is not known", TEXT_ARGS(trial->known));
	}
	if (explanation->otherwise.n)
		buffer_format(out, "  without it %.*s would decide: %.*s\n", TEXT_ARGS(explanation->otherwise), TEXT_ARGS(explanation->otherwise_track));
}

void cli_route_print(const struct route_explanation *explanation, struct buffer *out)
{
	const struct route_decision *decision = explanation->decision;

	buffer_format(out, "track       %.*s\nbackend     %.*s\nbecause     %.*s\nrule        %.*s\n", TEXT_ARGS(decision->track),
		TEXT_ARGS(decision->backend), TEXT_ARGS(decision->sentence), TEXT_ARGS(decision->rule));
	if (decision->citation.n)
		buffer_format(out, "citation    %.*s\n", TEXT_ARGS(decision->citation));
	buffer_format(out, "prior auth  %s\nconfidence  %.*s%s\n", decision->prior_authorization ? "needed" : "not known to be needed",
		TEXT_ARGS(decision->confidence), decision->conflict ? ", and something says otherwise" : "");
	if (decision->ask.n)
		buffer_format(out, "ask for     %.*s\n", TEXT_ARGS(decision->ask));
	if (decision->programme.n)
		buffer_format(out, "programme   %.*s\n", TEXT_ARGS(decision->programme));
	buffer_format(out, "rules       version %.*s\n", TEXT_ARGS(decision->version));
	print_evidence(decision, out);
	print_trials(explanation, out);
}

/* Words of the command line, or of files: a word without '=' that is no kind of evidence names a file with one word or more a line. */
static bool gather(int argc, char **argv, struct arena *arena, struct buffer *words)
{
	for (int i = 0; i < argc; i++) {
		struct text word = text_of(argv[i]), body;

		if (!cli_route_is_file(argv[i])) {
			buffer_add(words, word);
			buffer_add_char(words, ' ');
			continue;
		}
		body = cli_read(argv[i], FILE_MAX_BYTES, arena);
		if (!text_there(body))
			return false;
		while (text_there(body)) {
			struct text line = text_trim(text_cut(&body, '\n'));

			if (line.n && line.at[0] != '#') {
				buffer_add(words, line);
				buffer_add_char(words, ' ');
			}
		}
	}
	return !words->failed;
}

static int read_lists(const char *name, struct text file, struct sayings **out)
{
	char where[1100];
	struct fault fault;
	int line;

	if (!text_there(file))
		return CLI_FAILED;
	if (sayings_read(file, out, &line, &fault))
		return CLI_OK;
	snprintf(where, sizeof(where), "%s:%d", name, line);
	cli_complain(where, &fault);
	return CLI_WRONG;
}

/* What lists say of the order, as in a gateway; the question points into them from now on. */
static int add_lists(const char *says, struct sayings *lists[SAYS], struct route_question *question, struct arena *arena)
{
	int code = says ? read_lists("built-in lists", sandbox_says(), &lists[0]) : CLI_OK;

	if (code == CLI_OK && says && strcmp(says, "built-in") != 0)
		code = read_lists(says, cli_read(says, SAYS_BYTES_MAX, arena), &lists[1]);
	return code != CLI_OK || config_says_say(lists, question, arena) ? code : CLI_FAILED;
}

static int explain(int argc, char **argv, const struct cli_route *options, struct arena *arena)
{
	struct route_question question = { 0 };
	struct route_explanation explanation;
	struct sayings *lists[SAYS] = { NULL };
	struct rules *rules = NULL;
	struct buffer words, out;
	struct fault fault;
	int code = cli_route_rules(options->rules, arena, &rules);

	if (code != CLI_OK)
		return code;
	buffer_init(&words, arena, 1024);
	buffer_init(&out, arena, 16384);
	if (!gather(argc, argv, arena, &words)) {
		code = CLI_FAILED;
	} else if (!route_words_read(buffer_text(&words), arena, &question, &fault)) {
		cli_complain("order", &fault);
		cli_explain(&route_question_record, &fault);
		code = CLI_WRONG;
	} else {
		code = add_lists(options->says, lists, &question, arena);
	}
	if (code == CLI_OK) {
		route_explain(rules, &question, arena, &explanation);
		if (options->json)
			json_write(&route_explanation_record, &explanation, &out), buffer_add_char(&out, '\n');
		else
			cli_route_print(&explanation, &out);
		cli_put(buffer_text(&out));
	}
	config_says_free(lists);
	rules_free(rules);
	return code;
}

bool cli_route_is_file(const char *word)
{
	return strcmp(word, "-") == 0 || strchr(word, '/') || (!strchr(word, '=') && !(word[0] >= 'A' && word[0] <= 'Z'));
}

int cli_route(const struct cli_command *command, int argc, char **argv)
{
	struct cli_route how = { 0 };
	const struct cli_option options[] = {
		{ "rules", "FILE", "routing rules; without it those that are built in", &how.rules, NULL },
		{ "says", "FILE", "explain: what lists say counts too, as in a gateway: those that are built in, and those of FILE (`built-in`: no others)", &how.says, NULL },
		{ "json", NULL, "explain: as JSON", NULL, &how.json },
		{ "all", NULL, "lint: each overlap and gap too, which then count as faults", NULL, &how.all },
		{ "in", "DIR", "diff, misses, replay: case store that is looked into; it may be in use", &how.in, NULL },
	};
	struct arena arena;
	int code = cli_parse(command, options, sizeof(options) / sizeof(*options), &argc, argv);

	if (code != CLI_GO_ON)
		return code;
	arena_init(&arena, ARENA_MAX);
	if (argc >= 2 && strcmp(argv[0], "explain") == 0)
		code = explain(argc - 1, argv + 1, &how, &arena);
	else if (argc >= 1 && argc <= 2 && strcmp(argv[0], "lint") == 0)
		code = cli_route_lint(argc == 2 ? argv[1] : how.rules, &how, &arena);
	else if (argc >= 2 && strcmp(argv[0], "test") == 0)
		code = cli_route_test(argc - 1, argv + 1, &how, &arena);
	else if (argc >= 3 && strcmp(argv[0], "diff") == 0 && (how.in || argc > 3))
		code = cli_route_diff(argc - 1, argv + 1, &how, &arena);
	else if (argc == 1 && strcmp(argv[0], "misses") == 0 && how.in)
		code = cli_route_misses(&how, &arena);
	else if (argc == 2 && strcmp(argv[0], "replay") == 0 && how.in)
		code = cli_route_replay(argv[1], &how, &arena);
	else
		code = cli_misused(command, "explain ORDER, lint [FILE], test CASES, diff OLD NEW with --in DIR or CASES, misses --in DIR or replay CASE --in DIR is needed");
	arena_done(&arena);
	return code;
}
