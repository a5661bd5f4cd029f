/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled rules against the naive walk through them, over tables and questions by lot. */
#include "routing/rules.h"
#include "test/routing/tables.h"

#include <stdlib.h>
#include <string.h>

enum { MEMORY = 32 << 20, TABLES = 300, QUESTIONS = 60 };

/* Some members of each kind, with values that overlap as prefixes. */
static const struct {
	const char *member;
	const char *values[8];
	bool open;
} lots[] = {
	{ "plan", { "A", "AB", "ABC", "B", "BA" }, true },
	{ "benefit", { "PHARMACY", "MEDICAL", "BOTH" }, false },
	{ "hcpcs", { "J1", "J12", "J123", "Q1", "Q12" }, true },
	{ "diagnosis", { "C50", "C501", "C509", "D05", "E11", "E119" }, true },
	{ "prior_therapy", { "X", "XY", "Z" }, true },
	{ "device", { "NEBULIZER", "SYRINGE", "PEN" }, false },
	{ "prior_authorization", { "true" }, false },
	{ "place_of_service", { "11", "12", "1", "22" }, true },
	{ "told", { "PHARMACY", "MEDICAL" }, false },
};
enum { LOTS = sizeof(lots) / sizeof(*lots) };

static const char *lot_value(size_t lot, unsigned *seed)
{
	size_t n = 0;

	while (n < 8 && lots[lot].values[n])
		n++;
	return lots[lot].values[(size_t)rand_r(seed) % n];
}

static struct text any_table(struct arena *arena, size_t rows, unsigned *seed)
{
	struct buffer out;

	buffer_init(&out, arena, 4096);
	for (size_t row = 0; row < rows; row++) {
		bool some = false;

		buffer_format(&out, "r%zu | ", row);
		for (size_t lot = 0; lot < LOTS; lot++) {
			if (rand_r(seed) % 4)
				continue;
			buffer_format(&out, "%s=", lots[lot].member);
			if (rand_r(seed) % 5 == 0)
				buffer_add_char(&out, '*');
			else
				for (int k = rand_r(seed) % 3; k >= 0; k--)
					buffer_format(&out, "%s%s%s", lot_value(lot, seed), lots[lot].open && rand_r(seed) % 3 == 0 ? "*" : "", k ? "," : "");
			buffer_add_char(&out, ' ');
			some = true;
		}
		if (rand_r(seed) % 6 == 0 || !some)
			buffer_format(&out, "from=2026-0%d-01 ", 1 + rand_r(seed) % 5);
		if (rand_r(seed) % 6 == 0)
			buffer_format(&out, "until=2026-0%d-01 ", 5 + rand_r(seed) % 4);
		buffer_format(&out, "| %s | house | no | | why\n", rand_r(seed) % 2 ? "PHARMACY" : "MEDICAL");
	}
	buffer_lit(&out, "last | * | UNDETERMINED | house | no | | what?\n");
	return buffer_text(&out);
}

static struct route_question any_question(struct arena *arena, unsigned *seed)
{
	struct buffer words;

	buffer_init(&words, arena, 400);
	for (size_t lot = 0; lot < LOTS; lot++) {
		if (rand_r(seed) % 2)
			continue;
		buffer_format(&words, "%s=%s", lots[lot].member, lot_value(lot, seed));
		if ((lot == 3 || lot == 4) && rand_r(seed) % 2)
			buffer_format(&words, ",%s", lot_value(lot, seed));
		buffer_add_char(&words, ' ');
	}
	if (rand_r(seed) % 2)
		buffer_format(&words, "date=2026-0%d-01 ", 1 + rand_r(seed) % 9);
	for (int i = rand_r(seed) % 4; i > 0; i--) {
		size_t lot = (size_t)rand_r(seed) % LOTS;

		buffer_format(&words, "%s:%s=%s ", rand_r(seed) % 2 ? "EARLIER" : "CROSSWALK", lots[lot].member, lot_value(lot, seed));
	}
	buffer_add_char(&words, '\0');
	return question_of_words(buffer_text(&words).at, arena);
}

static const struct rule *walk(const struct rules *rules, const struct facts *facts, struct text date, size_t from)
{
	for (size_t row = from; row < rules->n; row++) {
		const struct rule *rule = &rules->rows[row];
		size_t held = 0;

		while (held < rule->conditions_n &&
			rule_condition_holds(&rule->conditions[held], &facts->of[rule->conditions[held].field - route_question_record.fields]))
			held++;
		if (held == rule->conditions_n && rule_in_force(rule, date))
			return rule;
	}
	return NULL;
}

CASE(index, decides_as_the_walk_does)
{
	unsigned seed = 2026;
	size_t early = 0;

	for (int table = 0; table < TABLES; table++) {
		struct arena arena;
		struct rules *rules;
		size_t rows = table % 10 == 0 ? 300 : 1 + (size_t)rand_r(&seed) % 130;

		arena_init(&arena, MEMORY);
		rules = rules_of_text(any_table(&arena, rows, &seed));
		for (int i = 0; i < QUESTIONS; i++) {
			struct route_question question = any_question(&arena, &seed);
			struct facts facts;
			const struct rule *found;
			size_t from = (size_t)rand_r(&seed) % rules->n;

			evidence_weigh(&question, &facts);
			found = rules_match(rules, &facts, question.date, 0, &arena);
			cr_assert_eq(found, walk(rules, &facts, question.date, 0), "table %d question %d", table, i);
			cr_assert_eq(rules_match(rules, &facts, question.date, from, &arena), walk(rules, &facts, question.date, from));
			early += found != &rules->rows[rules->n - 1];
		}
		rules_free(rules);
		arena_done(&arena);
	}
	cr_expect_gt(early, 1000, "most questions must meet a row");
}

CASE(index, explains_each_row_up_to_the_one_that_decides)
{
	static const char file[] = "a | plan=A benefit=BOTH | MEDICAL | house | no | | why\n"
				   "b | diagnosis=C* from=2026-01-01 | MEDICAL | house | no | | why\n"
				   "c | told=MEDICAL | MEDICAL | house | no | | why\n"
				   "d | place_of_service=* | MEDICAL | house | no | | why\n"
				   "e | diagnosis=C5* | PHARMACY | house | no | | why\n"
				   "z | * | UNDETERMINED | house | no | | what?";
	static const char *const verdicts[] = { "FAILS", "NOT_IN_FORCE", "CONFLICT", "UNKNOWN", "DECIDES" };
	struct arena arena;
	struct rules *rules;
	struct route_question question;
	struct route_explanation explanation;
	struct fault fault;

	arena_init(&arena, MEMORY);
	rules = rules_of_text(text_of(file));
	question = question_of_words("plan=B diagnosis=E119,C50911 date=2025-12-31 CRD_COVERED CRD_OTHER_BENEFIT", &arena);
	route_explain(rules, &question, &arena, &explanation);
	cr_assert_eq(explanation.tried_n, 5);
	for (size_t i = 0; i < 5; i++)
		cr_expect(text_is(explanation.tried[i].verdict, verdicts[i]), "%zu: %.*s", i, TEXT_ARGS(explanation.tried[i].verdict));
	cr_expect(text_is(explanation.tried[0].member, "plan") && text_is(explanation.tried[0].wanted, "A") && text_is(explanation.tried[0].known, "B"));
	cr_expect(text_is(explanation.decision->rule, "e") && text_is(explanation.otherwise, "z"));
	cr_expect(record_check(&route_explanation_record, &explanation, &fault), "%s", fault.path);
	rules_free(rules);
	arena_done(&arena);
}
