/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the table of what lists say, checked word by word, and finds the rows that an order meets. */
#include "routing/says.h"

#include "routing/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_BYTES_MAX = 4 << 20,   /* all contractors' lists of self-administered drugs together take less than a tenth */
	MEMORY = 128 << 20,         /* the compiled table */
	SAYS_MAX = 8,               /* things that one row says */
	SAID_MAX = 64,              /* of a question: route.def */
};

/* Who answers for a member says so when asked, and no list can say it for them. */
#define LISTS "SAD_LIST LAW CARVE_OUT PLAN_RULE CONFIGURATION FORMULARY PART_D_FILE COMPENDIUM"

struct saying {
	struct route_said said[SAYS_MAX];
	size_t n;
};

struct sayings {
	struct rules rules; /* the conditions of each row, with their index; nothing else of it is used */
	struct saying *rows;
	size_t n;
};

/* "KIND:member=value" */
static bool read_word(struct text word, struct text citation, struct saying *out, struct fault *fault)
{
	struct text value = word, kind = text_cut(&value, ':'), member = text_cut(&value, '=');
	struct route_said *said = &out->said[out->n];
	struct route_question one = { .said = said, .said_n = 1 };

	if (!text_in_list(kind, LISTS))
		return fault_set(fault, FAULT_BAD_CODE, "kind");
	if (!member.n || !value.n)
		return fault_set(fault, FAULT_MISSING, "value");
	*said = (struct route_said){ .kind = kind, .member = member, .value = value, .citation = citation };
	out->n++;
	return evidence_check(&one, fault);
}

static bool read_says(struct text cell, struct text citation, struct saying *out, struct fault *fault)
{
	while (text_there(cell)) {
		struct text word = text_cut(&cell, ' ');

		if (!word.n)
			continue;
		if (out->n == SAYS_MAX)
			return fault_set(fault, FAULT_TOO_DEEP, "");
		if (!read_word(word, citation, out, fault))
			return false;
	}
	return true;
}

enum column { COL_ID, COL_CONDITIONS, COL_SAYS, COL_CITATION, COLUMNS };
static const char *const columns[COLUMNS] = { "id", "conditions", "says", "citation" };

static bool cut_cells(struct text line, struct text cells[COLUMNS], struct fault *fault)
{
	const struct field *citation = record_field(&route_said_record, "citation");

	for (int i = 0; i < COLUMNS; i++) {
		cells[i] = text_trim(text_cut(&line, '|'));
		if (!cells[i].n)
			return fault_set(fault, FAULT_MISSING, columns[i]);
	}
	if (text_there(line))
		return fault_set(fault, FAULT_UNKNOWN_ELEMENT, "citation");
	return field_check_text(citation, cells[COL_CITATION], fault) || fault_under(fault, text_lit("citation"), -1);
}

static bool read_row(struct text line, struct sayings *sayings, int number, struct fault *fault)
{
	struct arena *arena = &sayings->rules.arena;
	struct text cells[COLUMNS];
	struct rule *rule;
	struct saying *row;

	if (!cut_cells(line, cells, fault))
		return false;
	rule = arena_push(arena, (void **)&sayings->rules.rows, &sayings->rules.n, sizeof(*rule));
	row = arena_push(arena, (void **)&sayings->rows, &sayings->n, sizeof(*row));
	if (!rule || !row)
		return fault_set(fault, FAULT_TOO_LARGE, "says");
	*rule = (struct rule){ .id = cells[COL_ID], .line = number };
	if (!rule_read_conditions(cells[COL_CONDITIONS], arena, rule, fault))
		return fault_under(fault, text_lit("conditions"), -1);
	if (!rule->conditions_n) /* what is said of every order is said of none */
		return fault_set(fault, FAULT_MISSING, "conditions");
	return read_says(cells[COL_SAYS], cells[COL_CITATION], row, fault) || fault_under(fault, text_lit("says"), -1);
}

static bool read_rows(struct text file, struct sayings *sayings, int *line, struct fault *fault)
{
	struct text rest = arena_text(&sayings->rules.arena, file);

	if (!text_there(rest))
		return fault_set(fault, FAULT_TOO_LARGE, "says");
	while (text_there(rest)) {
		struct text row = text_trim(text_cut(&rest, '\n'));

		++*line;
		if (row.n && row.at[0] != '#' && !read_row(row, sayings, *line, fault))
			return false;
	}
	*line = 0;
	for (size_t i = 0; i < sayings->n; i++)
		for (size_t k = 0; k < sayings->rows[i].n; k++) {
			sayings->rows[i].said[k].date = sayings->rules.rows[i].from;
			sayings->rows[i].said[k].until = sayings->rules.rows[i].until;
		}
	return !sayings->n || rules_compile(&sayings->rules) || fault_set(fault, FAULT_TOO_LARGE, "says");
}

bool sayings_read(struct text file, struct sayings **out, int *line, struct fault *fault)
{
	struct sayings *sayings;

	*out = NULL;
	*line = 0;
	if (file.n > FILE_BYTES_MAX)
		return fault_set(fault, FAULT_TOO_LARGE, "says");
	if (!text_utf8(file))
		return fault_set(fault, FAULT_BAD_TEXT, "says");
	sayings = calloc(1, sizeof(*sayings));
	if (!sayings) {
		fputs("dualtrack: out of memory\n", stderr);
		abort();
	}
	arena_init(&sayings->rules.arena, MEMORY);
	if (!read_rows(file, sayings, line, fault)) {
		sayings_free(sayings);
		return false;
	}
	*out = sayings;
	return true;
}

void sayings_free(struct sayings *sayings)
{
	if (!sayings)
		return;
	arena_done(&sayings->rules.arena);
	free(sayings);
}

size_t sayings_n(const struct sayings *sayings)
{
	return sayings->n;
}

/* Two lists may say the same. */
static bool said_before(const struct route_question *question, const struct route_said *said)
{
	for (size_t i = 0; i < question->said_n; i++)
		if (text_equal(question->said[i].kind, said->kind) && text_equal(question->said[i].member, said->member) &&
			text_equal(question->said[i].value, said->value))
			return true;
	return false;
}

static bool say(const struct saying *row, struct route_question *question, struct arena *arena)
{
	for (size_t i = 0; i < row->n; i++) {
		struct route_said *said;

		if (question->said_n == SAID_MAX || said_before(question, &row->said[i]))
			continue;
		said = arena_push(arena, (void **)&question->said, &question->said_n, sizeof(*said));
		if (!said)
			return false;
		*said = row->said[i];
	}
	return true;
}

bool sayings_say(const struct sayings *sayings, const struct route_question *question, struct route_question *out, struct arena *arena)
{
	struct facts *facts = arena_new(arena, struct facts);
	const struct rule *rule;

	if (!facts)
		return false;
	if (!sayings->n)
		return true;
	evidence_weigh(question, facts);
	for (size_t at = 0; (rule = rules_match(&sayings->rules, facts, question->date, at, arena)); at++) {
		at = (size_t)(rule - sayings->rules.rows);
		if (!say(&sayings->rows[at], out, arena))
			return false;
	}
	return true;
}
