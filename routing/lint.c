/* SPDX-License-Identifier: Apache-2.0 */
/* Finds rows that can never decide, rows whose order alone decides between different answers, and questions at a dead end. */
#include "routing/lint.h"

#include "routing/lint_space.h"

const char *lint_kind_name(enum lint_kind kind)
{
	switch (kind) {
	case LINT_NEVER:
		return "never";
	case LINT_OVERLAP:
		return "overlap";
	case LINT_GAP:
		return "gap";
	}
	__builtin_unreachable();
}

static bool add(struct lint_report *report, struct arena *arena, struct lint_finding finding)
{
	struct lint_finding *item;

	switch (finding.kind) {
	case LINT_NEVER:
		report->never++;
		break;
	case LINT_OVERLAP:
		report->overlap++;
		break;
	case LINT_GAP:
		report->gap++;
		break;
	}
	if (report->n == LINT_FINDINGS_MAX)
		return true;
	item = arena_push(arena, (void **)&report->at, &report->n, sizeof(*item));
	if (item)
		*item = finding;
	return item != NULL;
}

/* -- rows that can never decide -- */

static bool find_never(struct lint_space *space, struct lint_report *report, bool *dead, uint64_t *found)
{
	const struct rules *rules = space->rules;

	for (size_t row = 1; row < rules->n; row++) {
		struct lint_finding finding = { .kind = LINT_NEVER, .rule = rules->rows[row].id, .line = rules->rows[row].line };

		if (lint_uncovered(space, space->boxes[row], 0, row, SIZE_MAX, found))
			continue;
		if (space->tired)
			return true;
		dead[row] = true;
		for (size_t before = 0; before < row && !text_there(finding.other); before++)
			if (lint_within(space, space->boxes[row], space->boxes[before])) {
				finding.other = rules->rows[before].id;
				finding.other_line = rules->rows[before].line;
			}
		finding.example = lint_example(space, space->boxes[row]);
		if (!add(report, space->arena, finding))
			return false;
	}
	return true;
}

/* -- rows whose order decides -- */

static bool asks(const struct rule *rule)
{
	return text_is(rule->track, "UNDETERMINED") || text_is(rule->track, "BOTH_BY_SITE");
}

/* A row that asks leaves the decision open: what comes before it may well decide. */
static bool answers_differ(const struct rule *a, const struct rule *b)
{
	return !asks(a) && !asks(b) && (!text_equal(a->track, b->track) || !text_equal(a->backend, b->backend));
}

static bool find_overlaps(struct lint_space *space, struct lint_report *report, const bool *dead, uint64_t *both, uint64_t *found)
{
	const struct rules *rules = space->rules;

	for (size_t a = 0; a < rules->n; a++)
		for (size_t b = a + 1; b < rules->n; b++) {
			struct lint_finding finding = { .kind = LINT_OVERLAP, .rule = rules->rows[a].id, .other = rules->rows[b].id,
				.line = rules->rows[a].line, .other_line = rules->rows[b].line };

			if (dead[a] || dead[b] || !answers_differ(&rules->rows[a], &rules->rows[b]) ||
				!lint_meet(space, space->boxes[a], space->boxes[b]) || lint_within(space, space->boxes[a], space->boxes[b]))
				continue;
			for (size_t w = 0; w < space->words; w++)
				both[w] = space->boxes[a][w] & space->boxes[b][w];
			/* some question that `a` decides, and `b` would if `a` were not there */
			if (!lint_uncovered(space, both, 0, b, a, found)) {
				if (space->tired)
					return true;
				continue;
			}
			finding.example = lint_example(space, found);
			if (!add(report, space->arena, finding))
				return false;
		}
	return true;
}

/* -- dead ends -- */

/* The row's own question, the least that it asks, with another code for one of its conditions. */
static bool neighbour(const struct rule *rule, size_t changed, struct text code, struct arena *arena, struct buffer *words,
	struct route_question *question)
{
	struct fault fault;

	buffer_init(words, arena, 120);
	for (size_t i = 0; i < rule->conditions_n; i++) {
		const struct rule_condition *condition = &rule->conditions[i];
		struct text value = i == changed ? code : condition->values_n ? condition->values[0] : text_lit("9");

		if (value.n > 1 && value.at[value.n - 1] == '*')
			value.n--;
		if (!condition->values_n && condition->field->codes) {
			value = text_of(condition->field->codes);
			value = text_cut(&value, ' ');
		}
		buffer_format(words, "%s%s=", i ? " " : "", condition->field->member);
		buffer_add(words, value);
	}
	if (text_there(rule->from) || text_there(rule->until))
		buffer_format(words, " date=%.*s", TEXT_ARGS(text_there(rule->from) ? rule->from : rule->until));
	*question = (struct route_question){ 0 };
	return route_words_read(buffer_text(words), arena, question, &fault);
}

static bool found_before(const struct lint_report *report, struct text example)
{
	for (size_t i = 0; i < report->n; i++)
		if (report->at[i].kind == LINT_GAP && text_equal(report->at[i].example, example))
			return true;
	return false;
}

static bool try_codes(struct lint_space *space, struct lint_report *report, size_t row, size_t changed)
{
	const struct rules *rules = space->rules;
	const struct rule *rule = &rules->rows[row];
	struct text codes = text_of(rule->conditions[changed].field->codes);

	while (text_there(codes)) {
		struct text code = text_cut(&codes, ' ');
		struct route_question question;
		struct facts facts;
		struct buffer words;

		if (!code.n || !neighbour(rule, changed, code, space->arena, &words, &question))
			continue;
		evidence_weigh(&question, &facts);
		if (rules_match(rules, &facts, question.date, 0, space->arena) != &rules->rows[rules->n - 1] ||
			rules_waiting(rules, &facts, question.date, rules->n - 1) || found_before(report, buffer_text(&words)))
			continue;
		if (!add(report, space->arena, (struct lint_finding){ .kind = LINT_GAP, .rule = rule->id, .line = rule->line, .example = buffer_text(&words) }))
			return false;
	}
	return true;
}

static bool find_gaps(struct lint_space *space, struct lint_report *report)
{
	for (size_t row = 0; row + 1 < space->rules->n; row++)
		for (size_t i = 0; i < space->rules->rows[row].conditions_n && report->n < LINT_FINDINGS_MAX; i++)
			if (space->rules->rows[row].conditions[i].field->kind == FIELD_CODE && !try_codes(space, report, row, i))
				return false;
	return true;
}

bool route_lint(const struct rules *rules, struct arena *arena, struct lint_report *report, struct fault *fault)
{
	struct lint_space space;
	uint64_t *both, *found;
	bool *dead;

	*report = (struct lint_report){ 0 };
	if (!lint_space_make(&space, rules, arena))
		return fault_set(fault, FAULT_TOO_LARGE, "rules");
	both = arena_alloc(arena, space.words * sizeof(*both));
	found = arena_alloc(arena, space.words * sizeof(*found));
	dead = arena_alloc(arena, rules->n * sizeof(*dead));
	if (!both || !found || !dead || !find_never(&space, report, dead, found) || !find_overlaps(&space, report, dead, both, found) ||
		!find_gaps(&space, report))
		return fault_set(fault, FAULT_TOO_LARGE, "rules");
	report->tired = space.tired;
	return true;
}
