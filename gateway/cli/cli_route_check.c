/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack route lint, test, diff: what a pharmacist asks of changed rules before they go live. */
#include "gateway/cli/cli_route.h"
#include "routing/case_store.h"
#include "routing/labels.h"
#include "routing/lint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_MAX_BYTES = 16 << 20,
	SCRATCH_MAX = 64 << 20, /* bytes for one case, and what it is decided to be */
	ATTEMPTS = 5,           /* a running gateway may put its files in order while they are being opened */
};

/* -- lint -- */

static void print_finding(const struct lint_finding *finding)
{
	switch (finding->kind) {
	case LINT_NEVER:
		printf("line %d: %.*s never decides: ", finding->line, TEXT_ARGS(finding->rule));
		if (finding->other_line)
			printf("%.*s (line %d) takes all of it", TEXT_ARGS(finding->other), finding->other_line);
		else
			printf("rows before it together take all of it");
		break;
	case LINT_OVERLAP:
		printf("line %d: %.*s and %.*s (line %d) answer differently, and their order decides", finding->line, TEXT_ARGS(finding->rule),
			TEXT_ARGS(finding->other), finding->other_line);
		break;
	case LINT_GAP:
		printf("line %d: beside %.*s nothing decides, and nothing the order could add would settle it", finding->line, TEXT_ARGS(finding->rule));
		break;
	}
	printf(", such as\n  %.*s\n", TEXT_ARGS(finding->example));
}

int cli_route_lint(const char *file, const struct cli_route *options, struct arena *arena)
{
	struct rules *rules = NULL;
	struct lint_report report;
	struct fault fault;
	int code = cli_route_rules(file, arena, &rules);

	if (code != CLI_OK)
		return code;
	if (route_lint(rules, arena, &report, &fault)) {
		for (size_t i = 0; i < report.n; i++)
			if (report.at[i].kind == LINT_NEVER || options->all)
				print_finding(&report.at[i]);
		printf("%zu that never decide, %zu overlaps, %zu gaps%s\n", report.never, report.overlap, report.gap,
			report.n && !options->all && report.n > report.never ? " (--all shows each)" : "");
		if (report.tired)
			puts("the table is too intricate to look through wholly: there may be more");
		code = report.never || (options->all && report.n) ? CLI_WRONG : CLI_OK;
	} else {
		cli_complain(file ? file : "built-in rules", &fault);
		code = CLI_FAILED;
	}
	rules_free(rules);
	return code;
}

/* -- labelled cases -- */

static bool read_labels(const char *file, struct arena *arena, struct route_labels *labels, int *code)
{
	struct text body = cli_read(file, FILE_MAX_BYTES, arena);
	struct fault fault;
	char where[1100];
	int line;

	*code = CLI_FAILED;
	if (!text_there(body))
		return false;
	*code = CLI_OK;
	if (route_labels_read(body, arena, labels, &line, &fault))
		return true;
	snprintf(where, sizeof(where), line ? "%s:%d" : "%s", file, line);
	cli_complain(where, &fault);
	*code = CLI_WRONG;
	return false;
}

int cli_route_test(int argc, char **argv, const struct cli_route *options, struct arena *arena)
{
	struct route_score scores[ROUTE_SCORES_MAX] = { 0 };
	struct rules *rules = NULL;
	struct arena scratch;
	size_t wrong = 0;
	int code = cli_route_rules(options->rules, arena, &rules);

	arena_init(&scratch, SCRATCH_MAX);
	for (int f = 0; f < argc && code == CLI_OK; f++) {
		struct route_labels labels;

		if (!read_labels(argv[f], arena, &labels, &code))
			break;
		for (size_t i = 0; i < labels.n; i++) {
			const struct route_label *label = &labels.at[i];
			struct route_decision decision;
			bool good;

			arena_reset(&scratch);
			good = route_label_holds(label, rules, &scratch, &decision);
			route_score_add(scores, label, good);
			wrong += !good;
			if (!good)
				printf("%s:%d: %.*s: wanted %.*s%s%.*s, got %.*s by %.*s\n  %.*s\n", argv[f], label->line, TEXT_ARGS(label->id),
					TEXT_ARGS(label->track), label->rule.n ? " by " : "", TEXT_ARGS(label->rule), TEXT_ARGS(decision.track),
					TEXT_ARGS(decision.rule), TEXT_ARGS(label->words));
		}
	}
	for (size_t i = 0; i < ROUTE_SCORES_MAX && scores[i].all; i++)
		printf("%-24.*s %zu of %zu\n", TEXT_ARGS(scores[i].programme), scores[i].good, scores[i].all);
	rules_free(rules);
	arena_done(&scratch);
	return code != CLI_OK ? code : wrong ? CLI_WRONG : CLI_OK;
}

/* -- what changes -- */

struct comparing {
	const struct rules *old, *new;
	struct arena scratch;
	size_t all, changed, without; /* without: cases of before questions were kept */
	struct buffer out;
};

static void compare(struct comparing *c, struct text name, const struct route_question *question)
{
	struct route_decision before, after;

	route_decide(c->old, question, &c->scratch, &before);
	route_decide(c->new, question, &c->scratch, &after);
	c->all++;
	if (text_equal(before.track, after.track) && text_equal(before.backend, after.backend) &&
		before.prior_authorization == after.prior_authorization)
		return;
	c->changed++;
	buffer_format(&c->out, "%-36.*s %.*s by %.*s at %.*s -> %.*s by %.*s at %.*s%s\n", TEXT_ARGS(name), TEXT_ARGS(before.track),
		TEXT_ARGS(before.rule), TEXT_ARGS(before.backend), TEXT_ARGS(after.track), TEXT_ARGS(after.rule), TEXT_ARGS(after.backend),
		before.prior_authorization == after.prior_authorization ? "" :
		after.prior_authorization ? ", prior authorization needed" : ", prior authorization needed no more");
}

static bool compare_stored(struct comparing *c, struct store *store, struct fault *fault)
{
	struct store_walk *walk = store_walk_new(store, text_lit("c/"), TEXT_NONE);
	struct text key, value;
	struct fault ending;
	bool good = true;

	while (good && store_walk_next(walk, &key, &value)) {
		struct route_decision decision = { 0 };
		struct pa_case at = { 0 };

		arena_reset(&c->scratch);
		good = record_unpack(&pa_case_record, &at, &c->scratch, value, fault) &&
			(!at.decision.n || record_unpack(&route_decision_record, &decision, &c->scratch, at.decision, fault));
		if (good && decision.question)
			compare(c, at.case_id, decision.question);
		else
			c->without++;
	}
	if (store_walk_free(walk, &ending))
		return good;
	*fault = ending;
	return false;
}

static int compare_store(struct comparing *c, const char *directory)
{
	struct fault fault = { 0 };
	bool good = false;

	for (int i = 0; i < ATTEMPTS && !good; i++) {
		struct store *store = NULL;

		c->all = c->changed = c->without = c->out.n = 0;
		good = store_open_read(directory, &store, &fault) && compare_stored(c, store, &fault);
		store_free(store);
	}
	if (!good)
		cli_complain(directory, &fault);
	return good ? CLI_OK : CLI_FAILED;
}

static int compare_labels(struct comparing *c, const char *file, struct arena *arena)
{
	struct route_labels labels;
	int code;

	if (!read_labels(file, arena, &labels, &code))
		return code;
	for (size_t i = 0; i < labels.n; i++) {
		arena_reset(&c->scratch);
		compare(c, labels.at[i].id, &labels.at[i].question);
	}
	return CLI_OK;
}

int cli_route_diff(int argc, char **argv, const struct cli_route *options, struct arena *arena)
{
	struct comparing c = { 0 };
	struct rules *old = NULL, *new = NULL;
	int code = cli_route_rules(strcmp(argv[0], "built-in") == 0 ? NULL : argv[0], arena, &old);

	if (code == CLI_OK)
		code = cli_route_rules(strcmp(argv[1], "built-in") == 0 ? NULL : argv[1], arena, &new);
	c.old = old;
	c.new = new;
	arena_init(&c.scratch, SCRATCH_MAX);
	buffer_init(&c.out, arena, 65536);
	if (code == CLI_OK && options->in)
		code = compare_store(&c, options->in);
	for (int i = 2; i < argc && code == CLI_OK; i++)
		code = compare_labels(&c, argv[i], arena);
	if (code == CLI_OK && c.out.failed) {
		fputs("dualtrack: more changes than can be listed\n", stderr);
		code = CLI_FAILED;
	}
	if (code == CLI_OK) {
		cli_put(buffer_text(&c.out));
		printf("%zu of %zu decisions change\n", c.changed, c.all);
		if (c.without)
			printf("%zu cases hold no question, and are not counted\n", c.without);
		code = c.changed ? CLI_WRONG : CLI_OK;
	}
	arena_done(&c.scratch);
	rules_free(old);
	rules_free(new);
	return code;
}
