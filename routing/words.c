/* SPDX-License-Identifier: Apache-2.0 */
/* A question as a line of words that a person can type, and back: for `route explain`, and for labelled cases. */
#include "routing/evidence.h"
#include "routing/routing.h"

#include <string.h>

static bool too_large(struct fault *fault)
{
	return fault_set(fault, FAULT_TOO_LARGE, "");
}

static bool read_several(struct text values, const struct field *field, struct arena *arena, struct route_question *question,
	struct fault *fault)
{
	while (text_there(values)) {
		struct text value = text_cut(&values, ','), *item;

		if (!value.n)
			return fault_set(fault, FAULT_MISSING, field->member);
		item = arena_push(arena, field_at(field, question), field_count_at(field, question), sizeof(*item));
		if (!item)
			return too_large(fault);
		*item = value;
	}
	return true;
}

static bool read_member(struct text word, struct arena *arena, struct route_question *question, struct fault *fault)
{
	struct text value = word, key = text_cut(&value, '=');
	const struct field *field = evidence_field(key);

	if (!field)
		return fault_set(fault, FAULT_UNKNOWN_ELEMENT, "");
	if (!value.n)
		return fault_set(fault, FAULT_MISSING, field->member);
	if (field_there(field, question))
		return fault_set(fault, FAULT_REPEATED, field->member);
	if (field->kind == FIELD_TEXTS || field->kind == FIELD_CODES)
		return read_several(value, field, arena, question, fault);
	if (field->kind == FIELD_FLAG && !text_is(value, "true"))
		return fault_set(fault, FAULT_BAD_CODE, field->member);
	if (field->kind == FIELD_FLAG)
		*(int64_t *)field_at(field, question) = 1;
	else
		*(struct text *)field_at(field, question) = value;
	return true;
}

/* The part of *word behind the mark, cut off it; TEXT_NONE without the mark. */
static struct text cut_behind(struct text *word, char mark)
{
	const char *at = memrchr(word->at, mark, word->n);
	struct text behind;

	if (!at)
		return TEXT_NONE;
	behind = (struct text){ at + 1, word->n - (size_t)(at + 1 - word->at) };
	word->n = (size_t)(at - word->at);
	return behind;
}

static bool read_said(struct text word, struct arena *arena, struct route_question *question, struct fault *fault)
{
	struct text until = cut_behind(&word, '~'), date = cut_behind(&word, '@'), value = word, kind_name = text_cut(&value, ':'), member;
	enum evidence_kind kind;
	struct route_said *said;

	if (!evidence_kind_of(kind_name, &kind))
		return fault_set(fault, FAULT_BAD_CODE, "said/kind");
	if (!text_there(value))
		value = text_of(evidence_row(kind)->says);
	member = text_cut(&value, '=');
	if (!member.n || !value.n)
		return fault_set(fault, FAULT_MISSING, "said/value");
	said = arena_push(arena, (void **)&question->said, &question->said_n, sizeof(*said));
	if (!said)
		return too_large(fault);
	*said = (struct route_said){ .kind = kind_name, .member = member, .value = value, .date = date, .until = until };
	return true;
}

/* A kind is in capitals, a member is not. */
static bool is_said(struct text word)
{
	return word.n && word.at[0] >= 'A' && word.at[0] <= 'Z';
}

bool route_words_read(struct text words, struct arena *arena, struct route_question *question, struct fault *fault)
{
	while (text_there(words)) {
		struct text word = text_trim(text_cut(&words, ' '));

		if (word.n && !(is_said(word) ? read_said : read_member)(word, arena, question, fault))
			return false;
	}
	return record_check(&route_question_record, question, fault) && evidence_check(question, fault);
}

void route_words_write(const struct route_question *question, struct buffer *out)
{
	size_t begun = out->n;

	for (size_t i = 0; i < route_question_record.n; i++) {
		const struct field *field = &route_question_record.fields[i];

		if (!evidence_member(field) || !field_there(field, question))
			continue;
		buffer_add(out, out->n > begun ? text_lit(" ") : text_lit(""));
		buffer_add(out, text_of(field->member));
		buffer_add_char(out, '=');
		if (field->kind == FIELD_FLAG)
			buffer_lit(out, "true");
		else if (field->kind != FIELD_TEXTS && field->kind != FIELD_CODES)
			buffer_add(out, *(const struct text *)field_at(field, question));
		else
			for (size_t k = 0; k < *field_count_at(field, question); k++) {
				buffer_add(out, k ? text_lit(",") : text_lit(""));
				buffer_add(out, (*(struct text *const *)field_at(field, question))[k]);
			}
	}
	for (size_t i = 0; i < question->said_n; i++) {
		const struct route_said *said = &question->said[i];

		buffer_format(out, "%s%.*s:%.*s=", out->n > begun ? " " : "", TEXT_ARGS(said->kind), TEXT_ARGS(said->member));
		buffer_add(out, said->value);
		if (said->date.n)
			buffer_format(out, "@%.*s", TEXT_ARGS(said->date));
		if (said->until.n)
			buffer_format(out, "~%.*s", TEXT_ARGS(said->until));
	}
}
