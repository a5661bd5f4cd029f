/* SPDX-License-Identifier: Apache-2.0 */
/* Which benefit pays for this drug, for this patient, in this setting: the first rule whose conditions all hold, and
   everything it rests on. */
#include "routing/rules.h"

#include <assert.h>
#include <stdio.h>

/* Who told us each member of the question. */
static const struct {
	const char *member, *source;
} sources[] = {
	{ "plan", "order" },
	{ "listed", "formulary" },
	{ "status", "formulary" },
	{ "benefit", "formulary" },
	{ "administered_by", "formulary" },
	{ "route", "formulary" },
	{ "drug_class", "formulary" },
	{ "ndc", "order" },
	{ "hcpcs", "formulary" },
	{ "payer_type", "order" },
	{ "place_of_service", "order" },
	{ "prior_authorization", "formulary" },
	{ "backend", "configuration" },
	{ "routed_by", "configuration" },
};

static bool condition_holds(const struct rule_condition *condition, const struct route_question *question)
{
	const struct text *known;

	if (!field_there(condition->field, question))
		return false;
	if (!condition->values_n || condition->field->kind == FIELD_FLAG)
		return true;
	known = field_at(condition->field, question);
	for (size_t i = 0; i < condition->values_n; i++)
		if (text_equal(*known, condition->values[i]))
			return true;
	return false;
}

static const struct rule *first_match(const struct rules *rules, const struct route_question *question)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct rule *rule = &rules->rows[i];
		size_t held = 0;

		while (held < rule->conditions_n && condition_holds(&rule->conditions[held], question))
			held++;
		if (held == rule->conditions_n)
			return rule;
	}
	return NULL;
}

/* True when one of the rule's conditions asked about this member. */
static bool rule_used(const struct rule *rule, const struct field *field)
{
	for (size_t i = 0; i < rule->conditions_n; i++)
		if (rule->conditions[i].field == field)
			return true;
	return false;
}

static void add_evidence(struct route_decision *out, const char *source, struct text says, struct arena *arena)
{
	struct route_evidence *item = arena_push(arena, (void **)&out->evidence, &out->evidence_n, sizeof(*item));

	if (item)
		*item = (struct route_evidence){ text_of(source), says };
}

static struct text known_as_words(const struct field *field, const struct route_question *question, bool used,
	struct arena *arena)
{
	struct buffer words;

	buffer_init(&words, arena, 120);
	buffer_add(&words, text_of(field->member));
	buffer_add_char(&words, ' ');
	if (field->kind == FIELD_FLAG)
		buffer_lit(&words, "true");
	else
		buffer_add(&words, *(struct text *)field_at(field, question));
	if (used)
		buffer_lit(&words, " (decided)");
	return buffer_text(&words);
}

void route_decide(const struct rules *rules, const struct route_question *question, struct arena *arena,
	struct route_decision *out)
{
	const struct rule *rule = first_match(rules, question);

	assert(rule); /* rules_read refuses a table without a last row that always matches */
	*out = (struct route_decision){ .track = rule->track, .backend = rule->routed ? question->backend : rule->backend, .rule = rule->id,
		.sentence = rule->sentence, .citation = rule->citation, .version = rules->version, .hcpcs = question->hcpcs };
	switch (rule->prior_auth) {
	case PRIOR_AUTH_NO:
		break;
	case PRIOR_AUTH_YES:
		out->prior_authorization = 1;
		break;
	case PRIOR_AUTH_FORMULARY:
		out->prior_authorization = question->prior_authorization;
		break;
	}
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		const struct field *field = record_field(&route_question_record, sources[i].member);

		assert(field);
		if (field_there(field, question))
			add_evidence(out, sources[i].source, known_as_words(field, question, rule_used(rule, field), arena),
				arena);
	}
}
