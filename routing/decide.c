/* SPDX-License-Identifier: Apache-2.0 */
/* Which benefit pays for this drug, for this patient, in this setting: the first rule whose conditions all hold, and
   everything it rests on, what speaks against it included. */
#include "routing/rules.h"

#include <assert.h>
#include <string.h>

static const char *const outcome_names[] = { "USED", "AGREES", "CONTEXT", "OVERRULED", "CONFLICT", "EXPIRED" };

/* True when one of the rule's conditions asked about this member. */
static bool rule_used(const struct rule *rule, const struct field *field)
{
	for (size_t i = 0; i < rule->conditions_n; i++)
		if (rule->conditions[i].field == field)
			return true;
	return false;
}

/* What became of an item once the rule is known. */
static enum outcome outcome_of(const struct rule *rule, const struct fact *fact, const struct evidence *item, bool first)
{
	struct text track = evidence_track(item->field, item->value);

	if (item->outcome != OUTCOME_CONTEXT)
		return item->outcome;
	if (rule_used(rule, item->field))
		return first || fact->n > 1 ? OUTCOME_USED : OUTCOME_AGREES;
	if (text_there(track) && !text_is(rule->track, "UNDETERMINED"))
		return text_equal(track, rule->track) ? OUTCOME_AGREES : OUTCOME_OVERRULED;
	return OUTCOME_CONTEXT;
}

/* "place_of_service 11", appended at *at. */
static struct text says(const struct evidence *item, char **at)
{
	size_t name = strlen(item->field->member);
	struct text words = { *at, name + 1 + item->value.n };

	memcpy(*at, item->field->member, name);
	(*at)[name] = ' ';
	memcpy(*at + name + 1, item->value.at, item->value.n);
	*at += words.n;
	return words;
}

static void tell_evidence(const struct rule *rule, const struct facts *facts, struct arena *arena, struct route_decision *out)
{
	size_t room = 0;
	char *words;

	for (size_t i = 0; i < facts->items_n; i++)
		room += strlen(facts->items[i].field->member) + 1 + facts->items[i].value.n;
	words = room ? arena_alloc(arena, room) : NULL;
	out->evidence = words ? arena_alloc(arena, facts->items_n * sizeof(*out->evidence)) : NULL;
	if (!out->evidence)
		return;
	out->evidence_n = facts->items_n;
	for (size_t i = 0; i < facts->items_n; i++) {
		const struct evidence *item = &facts->items[i];
		const struct evidence_row *row = evidence_row(item->kind);
		bool first = i == 0 || facts->items[i - 1].member != item->member || facts->items[i - 1].outcome == OUTCOME_EXPIRED;
		enum outcome outcome = outcome_of(rule, &facts->of[item->member], item, first);

		out->evidence[i] = (struct route_evidence){ .source = text_of(row->source), .says = says(item, &words),
			.outcome = text_of(outcome_names[outcome]), .strength = row->strength, .date = item->date,
			.citation = item->citation.n ? item->citation : *row->citation ? text_of(row->citation) : TEXT_NONE };
		out->conflict |= outcome == OUTCOME_OVERRULED || outcome == OUTCOME_CONFLICT;
	}
}

static const struct fact *fact_of(const struct facts *facts, const struct field *field)
{
	return &facts->of[field - route_question_record.fields];
}

/* By the weakest fact that the rule rests on; one step less when a source says otherwise that counts for as much as that. */
static struct text confidence(const struct rule *rule, const struct route_decision *decision, const struct facts *facts)
{
	enum { PUBLISHED = 60, PRESUMED = 40 };
	static const char *const steps[] = { "HIGH", "MEDIUM", "LOW" };
	int weakest = 100, step;
	bool contested = false;

	if (text_is(decision->track, "UNDETERMINED") || rule_always(rule))
		return text_lit("NONE");
	for (size_t i = 0; i < rule->conditions_n; i++) {
		const struct fact *fact = fact_of(facts, rule->conditions[i].field);

		if (fact->strength < weakest)
			weakest = fact->strength;
	}
	for (size_t i = 0; i < decision->evidence_n; i++)
		contested |= decision->evidence[i].strength >= weakest &&
			(text_is(decision->evidence[i].outcome, "OVERRULED") || text_is(decision->evidence[i].outcome, "CONFLICT"));
	step = (weakest < PUBLISHED) + (weakest < PRESUMED) + contested;
	return text_of(steps[step > 2 ? 2 : step]);
}

static struct text known(const struct facts *facts, const char *member)
{
	const struct field *field = evidence_field(text_of(member));

	assert(field);
	return fact_of(facts, field)->n ? fact_of(facts, field)->values[0] : TEXT_NONE;
}

void route_decide_from(const struct rules *rules, const struct facts *facts, const struct route_question *question,
	const struct rule *rule, struct arena *arena, struct route_decision *out)
{
	*out = (struct route_decision){ .track = rule->track, .backend = rule->routed ? known(facts, "backend") : rule->backend, .rule = rule->id,
		.sentence = rule->sentence, .citation = rule->citation, .version = rules->version, .hcpcs = known(facts, "hcpcs"),
		.programme = known(facts, "programme") };
	out->ask_first = rule->ask;
	switch (rule->prior_auth) {
	case PRIOR_AUTH_NO:
		break;
	case PRIOR_AUTH_YES:
		out->prior_authorization = 1;
		break;
	case PRIOR_AUTH_FORMULARY:
		out->prior_authorization = text_there(known(facts, "prior_authorization"));
		break;
	}
	tell_evidence(rule, facts, arena, out);
	out->confidence = confidence(rule, out, facts);
	if (text_is(rule->track, "UNDETERMINED") || text_is(rule->track, "BOTH_BY_SITE")) {
		const struct field *waits = rules_waiting(rules, facts, question->date, (size_t)(rule - rules->rows));

		out->ask = waits ? text_of(waits->member) : TEXT_NONE;
	}
	out->question = arena_new(arena, struct route_question);
	if (out->question)
		*out->question = *question;
}

void route_decide(const struct rules *rules, const struct route_question *question, struct arena *arena,
	struct route_decision *out)
{
	struct facts facts;
	const struct rule *rule;

	evidence_weigh(question, &facts);
	rule = rules_match(rules, &facts, question->date, 0, arena);
	assert(rule); /* rules_read refuses a table without a last row that always matches */
	route_decide_from(rules, &facts, question, rule, arena, out);
}
