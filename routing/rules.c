/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the routing rules: a table that a pharmacist can review, checked word by word when it is loaded, so that no
   request ever meets a rule that cannot be applied. */
#include "routing/rules.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RULES_MEMORY = 64 << 20, /* bytes for the compiled table: two sets of rows for each member, and a few times the file */
	CONDITIONS_MAX = 16,     /* more than any rule has use for */
	VALUES_MAX = 200,        /* of one condition, such as a list of HCPCS codes */
};

/* The columns of a row, in order. `of` is the row of route_decision that limits what may stand in it. */
enum column { COL_ID, COL_CONDITIONS, COL_TRACK, COL_BACKEND, COL_PRIOR_AUTH, COL_CITATION, COL_SENTENCE, COLUMNS };

static const struct {
	const char *name, *of;
	bool need;
} columns[COLUMNS] = {
	[COL_ID] = { "id", "rule", true },
	[COL_CONDITIONS] = { "conditions", NULL, true },
	[COL_TRACK] = { "track", "track", true },
	[COL_BACKEND] = { "backend", "backend", true },
	[COL_PRIOR_AUTH] = { "prior_auth", NULL, true },
	[COL_CITATION] = { "citation", "citation", false },
	[COL_SENTENCE] = { "sentence", "sentence", true },
};

static const struct {
	const char *word;
	enum rule_prior_auth means;
} prior_auth_words[] = {
	{ "no", PRIOR_AUTH_NO },
	{ "yes", PRIOR_AUTH_YES },
	{ "formulary", PRIOR_AUTH_FORMULARY },
};

static bool too_large(struct fault *fault)
{
	return fault_set(fault, FAULT_TOO_LARGE, "rules");
}

/* A flag that is not set cannot be told from one nobody filled in, so a rule may only ask for `true`. */
static bool value_fits(const struct field *field, struct text value, struct fault *fault)
{
	struct field one = *field;

	if (field->kind == FIELD_FLAG)
		return text_is(value, "true") || fault_set(fault, FAULT_BAD_CODE, "");
	if (field->kind == FIELD_TEXTS) {
		one.kind = FIELD_TEXT; /* one value of a member that takes several */
		one.max = field->item_max;
	}
	/* "C50*": what begins so */
	if (one.kind == FIELD_TEXT && value.n > 1 && value.at[value.n - 1] == '*')
		value.n--;
	if (memchr(value.at, '*', value.n))
		return fault_set(fault, FAULT_BAD_TEXT, "");
	return field_check_text(&one, value, fault);
}

/* key=value1,value2 or key=* */
static bool read_condition(struct text word, struct arena *arena, struct rule_condition *out, struct fault *fault)
{
	struct text rest = word, key = text_cut(&rest, '=');
	struct text *values = NULL;

	out->field = evidence_field(key);
	if (!out->field)
		return fault_set(fault, FAULT_UNKNOWN_ELEMENT, "");
	if (!rest.n)
		return fault_set(fault, FAULT_MISSING, out->field->member);
	if (text_is(rest, "*"))
		return true;
	while (text_there(rest)) {
		struct text value = text_cut(&rest, ','), *item;

		if (!value.n)
			return fault_set(fault, FAULT_MISSING, out->field->member);
		if (!value_fits(out->field, value, fault))
			return fault_under(fault, text_of(out->field->member), -1);
		if (out->values_n == VALUES_MAX)
			return fault_set(fault, FAULT_TOO_DEEP, out->field->member);
		item = arena_push(arena, (void **)&values, &out->values_n, sizeof(*values));
		if (!item)
			return too_large(fault);
		*item = value;
	}
	out->values = values;
	return true;
}

/* from=2025-01-01, until=2025-12-31; *taken says whether the word is one of them */
static bool read_day(struct text word, struct rule *rule, bool *taken, struct fault *fault)
{
	struct text key = text_cut(&word, '=');
	const char *name = text_is(key, "from") ? "from" : "until";
	struct text *day = text_is(key, "from") ? &rule->from : &rule->until;
	const struct field *date = record_field(&route_question_record, "date");

	*taken = text_is(key, name);
	if (!*taken)
		return true;
	if (text_there(*day))
		return fault_set(fault, FAULT_REPEATED, name);
	if (!word.n)
		return fault_set(fault, FAULT_MISSING, name);
	if (!field_check_text(date, word, fault))
		return fault_under(fault, text_of(name), -1);
	*day = word;
	return !text_there(rule->from) || !text_there(rule->until) || text_compare(rule->from, rule->until) <= 0 ||
		fault_set(fault, FAULT_RULE, "until");
}

bool rule_read_conditions(struct text cell, struct arena *arena, struct rule *rule, struct fault *fault)
{
	struct rule_condition *conditions = NULL;

	if (text_is(cell, "*"))
		return true;
	while (text_there(cell)) {
		struct text word = text_cut(&cell, ' ');
		struct rule_condition *item;
		bool taken = false;

		if (!word.n)
			continue;
		if (!read_day(word, rule, &taken, fault))
			return false;
		if (taken)
			continue;
		if (rule->conditions_n == CONDITIONS_MAX)
			return fault_set(fault, FAULT_TOO_DEEP, "");
		item = arena_push(arena, (void **)&conditions, &rule->conditions_n, sizeof(*item));
		if (!item)
			return too_large(fault);
		if (!read_condition(word, arena, item, fault))
			return false;
		for (size_t i = 0; i + 1 < rule->conditions_n; i++)
			if (conditions[i].field == item->field)
				return fault_set(fault, FAULT_REPEATED, item->field->member);
	}
	rule->conditions = conditions;
	return true;
}

/* `routed` stands for the backend of the question, so the row must ask for one. */
static bool check_backend(struct rule *rule, struct fault *fault)
{
	rule->routed = text_is(rule->backend, "routed");
	for (size_t i = 0; rule->routed && i < rule->conditions_n; i++)
		if (strcmp(rule->conditions[i].field->member, "backend") == 0)
			return true;
	return !rule->routed || fault_set(fault, FAULT_RULE, "backend");
}

/* "formulary", "formulary ask" */
static bool read_prior_auth(struct text cell, struct rule *rule, struct fault *fault)
{
	struct text ask = cell, word = text_cut(&ask, ' ');

	rule->ask = text_is(text_trim(text_there(ask) ? ask : text_lit("")), "ask");
	if (text_there(ask) && !rule->ask)
		return fault_set(fault, FAULT_BAD_CODE, "");
	for (size_t i = 0; i < sizeof(prior_auth_words) / sizeof(*prior_auth_words); i++)
		if (text_is(word, prior_auth_words[i].word)) {
			rule->prior_auth = prior_auth_words[i].means;
			return true;
		}
	return fault_set(fault, FAULT_BAD_CODE, "");
}

/* Cuts a line into its cells; the words between them are checked against the record the decision will be. */
static bool cut_cells(struct text line, struct text cells[COLUMNS], struct fault *fault)
{
	for (int i = 0; i < COLUMNS; i++) {
		const struct field *limit = columns[i].of ? record_field(&route_decision_record, columns[i].of) : NULL;

		assert(limit || !columns[i].of);
		cells[i] = text_trim(text_cut(&line, '|'));
		if (columns[i].need && !cells[i].n)
			return fault_set(fault, FAULT_MISSING, columns[i].name);
		if (limit && cells[i].n && !field_check_text(limit, cells[i], fault))
			return fault_under(fault, text_of(columns[i].name), -1);
	}
	return !text_there(line) || fault_set(fault, FAULT_UNKNOWN_ELEMENT, "sentence");
}

static bool read_row(struct text line, struct rules *rules, int line_number, struct fault *fault)
{
	struct text cells[COLUMNS];
	struct rule *rule;

	if (!cut_cells(line, cells, fault))
		return false;
	/* A row after one that always matches could never be reached. */
	if (rules->n && rule_always(&rules->rows[rules->n - 1]))
		return fault_set(fault, FAULT_RULE, "conditions");
	rule = arena_push(&rules->arena, (void **)&rules->rows, &rules->n, sizeof(*rule));
	if (!rule)
		return too_large(fault);
	*rule = (struct rule){ .id = cells[COL_ID], .track = cells[COL_TRACK], .backend = cells[COL_BACKEND],
		.citation = cells[COL_CITATION].n ? cells[COL_CITATION] : TEXT_NONE,
		.sentence = cells[COL_SENTENCE], .line = line_number };
	if (!rule_read_conditions(cells[COL_CONDITIONS], &rules->arena, rule, fault))
		return fault_under(fault, text_lit("conditions"), -1);
	if (!check_backend(rule, fault))
		return false;
	if (!read_prior_auth(cells[COL_PRIOR_AUTH], rule, fault))
		return fault_under(fault, text_lit("prior_auth"), -1);
	return true;
}

/* No two rows have one name: decisions and log lines speak of them by it. */
static bool check_ids(struct rules *rules, int *line, struct fault *fault)
{
	size_t slots = 2;
	uint32_t *rows; /* by name: number of the row, from 1 */

	while (slots < rules->n * 2)
		slots *= 2;
	rows = arena_alloc(&rules->arena, slots * sizeof(*rows));
	if (!rows)
		return too_large(fault);
	for (size_t row = 0; row < rules->n; row++) {
		size_t i = text_hash(rules->rows[row].id) & (slots - 1);

		for (; rows[i]; i = (i + 1) & (slots - 1))
			if (text_equal(rules->rows[rows[i] - 1].id, rules->rows[row].id)) {
				*line = rules->rows[row].line;
				return fault_set(fault, FAULT_REPEATED, "id");
			}
		rows[i] = (uint32_t)row + 1;
	}
	return true;
}

static bool read_rows(struct text file, struct rules *rules, int *line, struct fault *fault)
{
	struct text rest = arena_text(&rules->arena, file);
	char *version = arena_alloc(&rules->arena, 17);

	*line = 0;
	if (!text_there(rest) || !version)
		return too_large(fault);
	snprintf(version, 17, "%016llx", (unsigned long long)text_hash(rest));
	rules->version = (struct text){ version, 16 };
	while (text_there(rest)) {
		struct text row = text_trim(text_cut(&rest, '\n'));

		++*line;
		if (row.n && row.at[0] != '#' && !read_row(row, rules, *line, fault))
			return false;
	}
	if (!check_ids(rules, line, fault))
		return false;
	/* Every request must end somewhere, and where nothing is known that is a question, not a guess. */
	if (!rules->n || !rule_always(&rules->rows[rules->n - 1]))
		return fault_set(fault, FAULT_RULE, "conditions");
	if (!text_is(rules->rows[rules->n - 1].track, "UNDETERMINED"))
		return fault_set(fault, FAULT_RULE, "track");
	return true;
}

bool rules_read(struct text file, struct rules **out, int *line, struct fault *fault)
{
	struct rules *rules;

	*out = NULL;
	*line = 0;
	if (file.n > RULES_BYTES_MAX)
		return too_large(fault);
	if (!text_utf8(file))
		return fault_set(fault, FAULT_BAD_TEXT, "rules");
	rules = calloc(1, sizeof(*rules));
	if (!rules) {
		fputs("dualtrack: out of memory\n", stderr);
		abort();
	}
	arena_init(&rules->arena, RULES_MEMORY);
	if (!read_rows(file, rules, line, fault)) {
		rules_free(rules);
		return false;
	}
	if (!rules_compile(rules)) {
		rules_free(rules);
		*line = 0;
		return too_large(fault);
	}
	*out = rules;
	return true;
}

struct text rules_backend(const struct rules *rules, size_t i, int *line)
{
	if (i >= rules->n)
		return TEXT_NONE;
	*line = rules->rows[i].line;
	return rules->rows[i].backend;
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	arena_done(&rules->arena);
	free(rules);
}
