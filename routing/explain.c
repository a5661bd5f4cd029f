/* SPDX-License-Identifier: Apache-2.0 */
/* A decision told row by row: which rules came before the one that decided, and on what each of them failed. */
#include "routing/rules.h"

#include <assert.h>

static struct text joined(const struct text *values, size_t n, struct arena *arena)
{
	enum { SHOWN = 30 };
	struct buffer words;

	buffer_init(&words, arena, 64);
	for (size_t i = 0; i < n && i < SHOWN; i++) {
		buffer_add(&words, i ? text_lit(",") : text_lit(""));
		buffer_add(&words, values[i]);
	}
	if (n > SHOWN)
		buffer_lit(&words, ",...");
	return buffer_text(&words);
}

static struct text in_force_words(const struct rule *rule, struct arena *arena)
{
	struct buffer words;

	buffer_init(&words, arena, 40);
	if (text_there(rule->from))
		buffer_format(&words, "from %.*s", TEXT_ARGS(rule->from));
	if (text_there(rule->until))
		buffer_format(&words, "%suntil %.*s", words.n ? " " : "", TEXT_ARGS(rule->until));
	return buffer_text(&words);
}

static void try_row(const struct rule *rule, const struct facts *facts, struct text date, struct arena *arena, struct route_trial *trial)
{
	*trial = (struct route_trial){ .rule = rule->id, .line = rule->line, .verdict = text_lit("DECIDES") };
	if (!rule_in_force(rule, date)) {
		trial->verdict = text_lit("NOT_IN_FORCE");
		trial->member = text_lit("date");
		trial->wanted = in_force_words(rule, arena);
		trial->known = date;
		return;
	}
	for (size_t i = 0; i < rule->conditions_n; i++) {
		const struct rule_condition *condition = &rule->conditions[i];
		const struct fact *fact = &facts->of[condition->field - route_question_record.fields];

		if (rule_condition_holds(condition, fact))
			continue;
		trial->verdict = fact->n ? text_lit("FAILS") : fact->contested ? text_lit("CONFLICT") : text_lit("UNKNOWN");
		trial->member = text_of(condition->field->member);
		trial->wanted = condition->values_n ? joined(condition->values, condition->values_n, arena) : text_lit("*");
		trial->known = fact->n ? joined(fact->values, fact->n, arena) : TEXT_NONE;
		return;
	}
}

void route_explain(const struct rules *rules, const struct route_question *question, struct arena *arena,
	struct route_explanation *out)
{
	const struct rule *rule, *otherwise;
	struct facts facts;
	size_t row;

	*out = (struct route_explanation){ .decision = arena_new(arena, struct route_decision) };
	if (!out->decision)
		return;
	evidence_weigh(question, &facts);
	rule = rules_match(rules, &facts, question->date, 0, arena);
	assert(rule);
	route_decide_from(rules, &facts, question, rule, arena, out->decision);
	row = (size_t)(rule - rules->rows);
	out->tried = arena_alloc(arena, (row + 1) * sizeof(*out->tried));
	for (size_t i = 0; out->tried && i <= row; i++, out->tried_n++)
		try_row(&rules->rows[i], &facts, question->date, arena, &out->tried[i]);
	otherwise = row + 1 < rules->n ? rules_match(rules, &facts, question->date, row + 1, arena) : NULL;
	if (otherwise) {
		out->otherwise = otherwise->id;
		out->otherwise_track = otherwise->track;
	}
}
