/* SPDX-License-Identifier: Apache-2.0 */
/* Reads labelled cases, decides them and keeps the score by programme. */
#include "routing/labels.h"

enum { LABELS_MAX = 100000, LABELS_FILE_MAX = 16 << 20 };

static bool read_label(struct text line, struct arena *arena, struct route_label *label, struct fault *fault)
{
	enum { ID, WORDS, TRACK, RULE, CITATION, COLUMNS };
	static const struct {
		const char *name;
		bool need;
	} columns[COLUMNS] = { { "id", true }, { "words", true }, { "track", true }, { "rule", false }, { "citation", true } };
	struct text cells[COLUMNS];

	for (int i = 0; i < COLUMNS; i++) {
		cells[i] = text_trim(text_cut(&line, '|'));
		if (columns[i].need && !cells[i].n)
			return fault_set(fault, FAULT_MISSING, columns[i].name);
	}
	if (text_there(line))
		return fault_set(fault, FAULT_UNKNOWN_ELEMENT, "citation");
	if (!field_check_text(record_field(&route_decision_record, "track"), cells[TRACK], fault))
		return fault_under(fault, text_lit("track"), -1);
	*label = (struct route_label){ .id = cells[ID], .words = cells[WORDS], .track = cells[TRACK], .citation = cells[CITATION],
		.rule = cells[RULE].n ? cells[RULE] : TEXT_NONE };
	if (text_is(label->words, "*")) /* nothing is known */
		return true;
	return route_words_read(label->words, arena, &label->question, fault) || fault_under(fault, text_lit("words"), -1);
}

bool route_labels_read(struct text file, struct arena *arena, struct route_labels *out, int *line, struct fault *fault)
{
	*line = 0;
	*out = (struct route_labels){ NULL, 0 };
	if (file.n > LABELS_FILE_MAX)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!text_utf8(file))
		return fault_set(fault, FAULT_BAD_TEXT, "");
	while (text_there(file)) {
		struct text row = text_trim(text_cut(&file, '\n'));
		struct route_label label, *item;

		++*line;
		if (!row.n || row.at[0] == '#')
			continue;
		if (out->n == LABELS_MAX)
			return fault_set(fault, FAULT_TOO_LARGE, "");
		if (!read_label(row, arena, &label, fault))
			return false;
		label.line = *line;
		item = arena_push(arena, (void **)&out->at, &out->n, sizeof(*item));
		if (!item)
			return fault_set(fault, FAULT_TOO_LARGE, "");
		*item = label;
	}
	return true;
}

bool route_label_holds(const struct route_label *label, const struct rules *rules, struct arena *arena, struct route_decision *decision)
{
	route_decide(rules, &label->question, arena, decision);
	return text_equal(decision->track, label->track) && (!text_there(label->rule) || text_equal(decision->rule, label->rule));
}

void route_score_add(struct route_score scores[ROUTE_SCORES_MAX], const struct route_label *label, bool good)
{
	struct text programme = label->question.programme.n ? label->question.programme : text_lit("-");
	size_t i = 0;

	while (i + 1 < ROUTE_SCORES_MAX && scores[i].all && !text_equal(scores[i].programme, programme))
		i++;
	scores[i].programme = programme;
	scores[i].all++;
	scores[i].good += good;
}
