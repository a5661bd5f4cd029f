/* SPDX-License-Identifier: Apache-2.0 */
/* Any SCRIPT request becomes a claim that PAS takes, and comes back from it as it was, but for what the loss reports name; and every row of the
   printed map is true of some of them. DUALTRACK_SEED=n begins at another seed, DUALTRACK_ROUNDS=n makes so many. */
#include "fhir-bridge/script/map.h"
#include "fhir-bridge/script/to_script.h"
#include "ncpdp/decimal.h"
#include "ncpdp/sig.h"
#include "test/case.h"
#include "test/property/any.h"
#include "test/property/bridge_any.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 1000, MEMORY = 64 << 20, MOST_ROWS = 400, DAY_CHARACTERS = 10 };

static uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *z = getenv(name);

	return z ? strtoull(z, NULL, 10) : otherwise;
}

/* What was seen of each row of map_to_pas. */
struct row_seen {
	size_t set, same, told;
};

struct comparing {
	struct loss *there, *back; /* of each way */
	const char *name;          /* of the message */
	struct row_seen *seen;
	uint64_t seed;
	char path[300];
	size_t n;
};

static bool begins_with(struct text path, struct text with)
{
	return path.n >= with.n && memcmp(path.at, with.at, with.n) == 0 && (path.n == with.n || memchr("/.[", path.at[with.n], 3));
}

static bool related(struct text one, struct text other)
{
	return begins_with(one, other) || begins_with(other, one);
}

static struct text here(const struct comparing *c)
{
	return (struct text){ c->path, c->n };
}

/* The map leads to answers to what was asked. */
static struct text as_asked(const struct comparing *c, char room[300])
{
	static const char own[] = "Request/UnSolicitedModel";
	const size_t n = sizeof(own) - 1;

	if (!begins_with(here(c), text_of(own)))
		return here(c);
	return (struct text){ room, (size_t)snprintf(room, 300, "Request/SolicitedModel%.*s", (int)(c->n - n), c->path + n) };
}

static bool is_told(const struct comparing *c)
{
	char head[60], room[300];
	struct text place = as_asked(c, room);
	size_t n = (size_t)snprintf(head, sizeof(head), "Body/%s/", c->name);

	for (size_t i = 0; i < c->there->n; i++) {
		struct text path = { c->there->paths[i].at + n, c->there->paths[i].n - n };
		const char *end = memchr(path.at, ']', path.n);

		if (end) /* of a question: what was answered to it */
			path.n = (size_t)(end + 1 - path.at);
		if (related(path, here(c)))
			return true;
	}
	/* what FHIR says and SCRIPT has no place for, at the elements that it would have gone to */
	for (size_t i = 0; i < c->back->n; i++)
		for (size_t k = 0; k < map_to_script.n; k++) {
			struct text from = text_of(map_to_script.rows[k].from), to = text_of(map_to_script.rows[k].to), note = text_of(map_to_script.rows[k].note);

			if (!related(c->back->paths[i], from))
				continue;
			if (to.n && related(to, place))
				return true;
			for (struct text word; text_there(word = text_cut(&note, ' '));) { /* "of the pharmacy Pharmacy/Address;" */
				if (word.n && (word.at[word.n - 1] == ';' || word.at[word.n - 1] == ','))
					word.n--;
				if (word.n > 4 && memchr(word.at, '/', word.n) && related(word, place))
					return true;
			}
		}
	return false;
}

/* What stands there though nothing was said, and says just that. */
static bool is_default(const struct comparing *c, struct text value)
{
	return (text_equal(here(c), text_lit("PAPriorityIndicator")) && text_is(value, "S")) ||
	       (text_equal(here(c), text_lit("BenefitsCoordination/PayerResponsibilityCode")) && text_is(value, "P"));
}

static bool same_value(const struct field *field, struct text one, struct text other)
{
	one = text_trim(one.n ? one : text_lit(""));
	other = text_trim(other.n ? other : text_lit(""));
	if (text_equal(one, other))
		return true;
	return (field->kind == FIELD_DECIMAL || field->kind == FIELD_DIGITS) && one.n && other.n && decimal_is(one) && decimal_is(other) &&
	       decimal_compare(one, other) == 0;
}

/* The longest row that stands for what is looked at; -1: none. */
static int row_of(const struct comparing *c)
{
	size_t best = 0;
	int row = -1;

	for (size_t i = 0; i < map_to_pas.n; i++) {
		struct text from = text_of(map_to_pas.rows[i].from);

		if (begins_with(here(c), from) && from.n > best) {
			best = from.n;
			row = (int)i;
		}
	}
	return row;
}

static void note_row(const struct comparing *c, bool set, bool same)
{
	int row = row_of(c);

	if (row < 0 || !set)
		return;
	c->seen[row].set++;
	c->seen[row].same += same;
	c->seen[row].told += !same;
}

static void differs(const struct comparing *c, bool set)
{
	note_row(c, set, false);
	cr_assert(is_told(c), "DUALTRACK_SEED=%llu: %s/%.*s came back otherwise, and nothing tells so", (unsigned long long)c->seed, c->name, TEXT_ARGS(here(c)));
}

static void compare(struct comparing *c, const struct record *record, const void *a, const void *b);

static void compare_items(struct comparing *c, const struct field *field, const void *a, const void *b)
{
	size_t n = *field_count_at(field, a), m = *field_count_at(field, b);

	for (size_t i = 0; i < n || i < m; i++) {
		size_t before = c->n;

		if (field->of == &answered_question_record)
			c->n += (size_t)snprintf(c->path + c->n, sizeof(c->path) - c->n, "[%zu]", i);
		if (i >= n || i >= m)
			differs(c, i < n);
		else if (field->kind == FIELD_LIST)
			compare(c, field->of, *(char **)field_at(field, a) + i * field->of->size, *(char **)field_at(field, b) + i * field->of->size);
		else if (!same_value(field, (*(struct text **)field_at(field, a))[i], (*(struct text **)field_at(field, b))[i]))
			differs(c, true);
		else
			note_row(c, true, true);
		c->n = before;
	}
}

/* A group of nothing says nothing. */
static bool says_nothing(const struct record *record, const void *rec)
{
	for (size_t i = 0; rec && i < record->n; i++) {
		const struct field *field = &record->fields[i];

		if (field_there(field, rec) && (field->kind != FIELD_GROUP || !says_nothing(field->of, *(void *const *)field_at(field, rec))))
			return false;
	}
	return true;
}

static void compare_field(struct comparing *c, const struct field *field, const void *a, const void *b)
{
	const void *of_a = field_at(field, a), *of_b = field_at(field, b);

	switch (field->kind) {
	case FIELD_GROUP:
		if (*(void *const *)of_a && *(void *const *)of_b)
			compare(c, field->of, *(void *const *)of_a, *(void *const *)of_b);
		else if (!says_nothing(field->of, *(void *const *)of_a) || !says_nothing(field->of, *(void *const *)of_b))
			differs(c, *(void *const *)of_a);
		break;
	case FIELD_LIST:
	case FIELD_TEXTS:
	case FIELD_CODES:
		compare_items(c, field, a, b);
		break;
	case FIELD_FLAG:
	case FIELD_COUNT:
		cr_assert_eq(*(const int64_t *)of_a, *(const int64_t *)of_b);
		break;
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_RAW:
		if (same_value(field, *(const struct text *)of_a, *(const struct text *)of_b))
			note_row(c, field_there(field, a), true);
		else if (field_there(field, a) || !is_default(c, *(const struct text *)of_b))
			differs(c, field_there(field, a));
		break;
	}
}

/* A moment of which the day is left is told where the moment stands. */
static bool is_day_of(const struct record *record, const void *a, const void *b)
{
	const struct date_or_time *was = a, *is = b;

	return record == &date_or_time_record && text_there(was->date_time) && text_there(is->date) &&
	       memcmp(was->date_time.at, is->date.at, DAY_CHARACTERS) == 0;
}

static void compare(struct comparing *c, const struct record *record, const void *a, const void *b)
{
	bool day = is_day_of(record, a, b);

	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];
		struct text name = field_name(field);
		size_t before = c->n;

		if (day && text_is(name, "Date"))
			continue;
		c->n += (size_t)snprintf(c->path + c->n, sizeof(c->path) - c->n, "%s%.*s", c->n ? "/" : "", TEXT_ARGS(name));
		compare_field(c, field, a, b);
		c->n = before;
	}
}

/* There and back. */
static void come_back(struct any *any, struct bridge_any *made, struct row_seen *seen, uint64_t seed)
{
	const struct claim_about about = { .identifier = text_lit("claim-2"), .before = made->before, .received_ms = INT64_C(1795339800000),
		.hcpcs = any_below(any, 2) ? text_lit("J9999") : TEXT_NONE };
	struct script_asking asking = { .step = made->step, .stamp = text_lit(""), .to = text_lit("P:EXAMPLE"), .from = text_lit("D:EXAMPLE"),
		.message_id = text_lit("m"), .pa_reference_id = made->reference, .pa_case_id = made->case_id, .wall_ms = INT64_C(1795339800000) };
	struct loss there = { 0 }, back = { 0 }, read = { 0 };
	struct fhir_bundle *claim, *again;
	struct script_message *script;
	struct form_answers answers = { 0 };
	struct fault fault = { 0 };
	struct buffer json;
	struct make make;
	bool whole = false;

	cr_assert(fhir_claim_of(made->message, &about, any->arena, &claim, &there, &fault), "DUALTRACK_SEED=%llu: %s %s", (unsigned long long)seed,
		fault_row(fault.code)->name, fault.path);
	buffer_init(&json, any->arena, 16384);
	fhir_write(claim, &json);
	cr_assert(pas_read(buffer_text(&json), PAS_SUBMIT, PAS_2_2_1, any->arena, &again, &fault), "DUALTRACK_SEED=%llu: %s %s", (unsigned long long)seed,
		fault_row(fault.code)->name, fault.path);
	make_init(&make, any->arena);
	if (made->step == SCRIPT_SUBMIT) {
		cr_assert(script_answers_in(again, &made->form, &make, &answers, &whole, &read, &fault), "DUALTRACK_SEED=%llu: %s", (unsigned long long)seed, fault.path);
		asking.form = &made->form;
		asking.answers = &answers;
	}
	cr_assert(script_request_of(again, &asking, any->arena, &script, &back, &fault), "DUALTRACK_SEED=%llu: %s %s", (unsigned long long)seed,
		fault_row(fault.code)->name, fault.path);
	if (made->unsolicited) { /* on the way back the payer has asked */
		struct pa_model *model = script->body->pa_request->request;

		model->unsolicited = arena_new(any->arena, struct pa_unsolicited);
		model->unsolicited->question_set = model->solicited->question_set;
		model->solicited = NULL;
	}
	compare(&(struct comparing){ .there = &there, .back = &back, .name = made->name, .seen = seen, .seed = seed }, made->record,
		bridge_any_body(made, made->message), bridge_any_body(made, script));
	bridge_any_judge(seed, buffer_text(&json));
	cr_assert(make_done(&make));
}

CASE(bridge_property, any_request_comes_back_but_for_what_is_told)
{
	static struct row_seen seen[MOST_ROWS];
	uint64_t first = number_of("DUALTRACK_SEED", 1), rounds = number_of("DUALTRACK_ROUNDS", ROUNDS);
	struct arena arena;

	arena_init(&arena, MEMORY);
	cr_assert_leq(map_to_pas.n, MOST_ROWS);
	for (uint64_t seed = first; seed < first + rounds; seed++) {
		struct bridge_any made;
		struct any any;

		arena_reset(&arena);
		any_init(&any, seed, ANY_XML, &arena);
		bridge_any(&any, &made);
		come_back(&any, &made, seen, seed);
	}
	for (size_t i = 0; i < map_to_pas.n && rounds >= ROUNDS; i++) {
		const struct map_row *row = &map_to_pas.rows[i];

		cr_expect(seen[i].set, "%s is never set", row->from);
		if (row->how == MAP_LOST)
			cr_expect(!seen[i].same, "%s is carried, and the map says that it is lost", row->from);
		else if (row->how != MAP_HELD)
			cr_expect(seen[i].same, "%s never comes back, and the map says that it is carried", row->from);
	}
	arena_done(&arena);
}
