/* SPDX-License-Identifier: Apache-2.0 */
/* Any PAS request for one drug becomes a SCRIPT message, and that a PAS request again, which says all that the first one did, but for what the loss reports
   name: each value is found again where it stood, or its row of the map says that it is said in another way. Requests are made of random SCRIPT ones, and then
   say random things that only FHIR can say. DUALTRACK_SEED=n begins at another seed, DUALTRACK_ROUNDS=n makes so many. */
#include "fhir-bridge/script/map.h"
#include "fhir-bridge/resolve.h"
#include "fhir-bridge/script/to_script.h"
#include "fhir-bridge/walk.h"
#include "test/case.h"
#include "test/property/bridge_any.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 1000, MEMORY = 128 << 20, PATH = 300, ADDED = 4, DEPTH = 12 };

static uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *z = getenv(name);

	return z ? strtoull(z, NULL, 10) : otherwise;
}

/* -- a request that says more than SCRIPT can -- */

static size_t size_of(const struct field *field)
{
	switch (field->kind) {
	case FIELD_GROUP:
	case FIELD_LIST:
	case FIELD_TEXTS:
	case FIELD_CODES:
		return sizeof(void *);
	case FIELD_FLAG:
	case FIELD_COUNT:
		return sizeof(int64_t);
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_RAW:
		return sizeof(struct text);
	}
	__builtin_unreachable();
}

static struct fhir_bundle *read_again(const struct fhir_bundle *bundle, struct arena *arena)
{
	struct fhir_bundle *again;
	struct fault fault;
	struct buffer json;

	buffer_init(&json, arena, 16384);
	fhir_write(bundle, &json);
	return pas_read(buffer_text(&json), PAS_SUBMIT, PAS_2_2_1, arena, &again, &fault) ? again : NULL;
}

/* A record somewhere in the resource. */
static void *somewhere(struct any *any, const struct record **record, void *rec)
{
	for (int depth = 0; depth < 4; depth++) {
		const struct field *field = &(*record)->fields[any_below(any, (*record)->n)];

		if (!field_there(field, rec) || (field->kind != FIELD_GROUP && field->kind != FIELD_LIST))
			continue;
		rec = field->kind == FIELD_GROUP ? *(void **)field_at(field, rec) :
						   *(char **)field_at(field, rec) + any_below(any, *field_count_at(field, rec)) * field->of->size;
		*record = field->of;
	}
	return rec;
}

/* One more element that was not said, if the request may then still be sent. */
static struct fhir_bundle *say_more(struct any *any, struct fhir_bundle *bundle)
{
	struct fhir_held held = fhir_held(bundle->entry[any_below(any, bundle->entry_n)].resource);
	const struct record *record = held.record;
	void *rec = somewhere(any, &record, (void *)held.resource), *other;
	const struct field *field = &record->fields[any_below(any, record->n)];
	struct fhir_bundle *again;

	if (field_there(field, rec) || text_in_list(field->wire, "id contained implicitRules reference _criteria"))
		return bundle;
	any->budget = 20;
	other = any_record(any, record);
	memcpy(field_at(field, rec), field_at(field, other), size_of(field));
	if (size_of(field) == sizeof(void *) && field->kind != FIELD_GROUP && field->kind != FIELD_FLAG && field->kind != FIELD_COUNT)
		*field_count_at(field, rec) = *field_count_at(field, other);
	again = read_again(bundle, any->arena);
	if (again)
		return again;
	memset(field_at(field, rec), 0, size_of(field));
	if (size_of(field) == sizeof(void *) && field->kind != FIELD_GROUP && field->kind != FIELD_FLAG && field->kind != FIELD_COUNT)
		*field_count_at(field, rec) = 0;
	return bundle;
}

/* -- every value and where it stands -- */

struct leaf {
	char path[PATH];
	struct text value;
};
struct leaves {
	struct leaf *at;
	size_t n;
	struct arena *arena;
	char path[PATH];
	size_t length;
};

static void go_through(struct leaves *leaves, const struct record *record, const void *rec, int depth);

static void add(struct leaves *leaves, struct text value)
{
	struct leaf *leaf = arena_push(leaves->arena, (void **)&leaves->at, &leaves->n, sizeof(*leaf));

	cr_assert(leaf);
	memcpy(leaf->path, leaves->path, leaves->length);
	leaf->path[leaves->length] = '\0';
	leaf->value = text_trim(value);
}

static void go_down(struct leaves *leaves, const struct field *field, const void *item, int depth)
{
	switch (field->kind) {
	case FIELD_GROUP:
	case FIELD_LIST:
		go_through(leaves, field->of, item, depth + 1);
		break;
	case FIELD_FLAG:
	case FIELD_COUNT:
		break;
	case FIELD_TEXTS:
	case FIELD_CODES:
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_RAW:
		add(leaves, *(const struct text *)item);
		break;
	}
}

/* The path is that of a loss report: an extension goes by its URL where a row knows it, but here by its plain name. */
static void go_through(struct leaves *leaves, const struct record *record, const void *rec, int depth)
{
	for (size_t i = 0; i < record->n && depth < DEPTH; i++) {
		const struct field *field = &record->fields[i];
		size_t before = leaves->length, n = 1, size = 0;
		const char *at = field_at(field, rec);

		if (!field_there(field, rec))
			continue;
		leaves->length += (size_t)snprintf(leaves->path + before, PATH - before, "%s%.*s", before ? "." : "", TEXT_ARGS(field_name(field)));
		cr_assert_lt(leaves->length, PATH);
		if (field->kind == FIELD_LIST || field->kind == FIELD_TEXTS || field->kind == FIELD_CODES) {
			n = *field_count_at(field, rec);
			size = field->kind == FIELD_LIST ? field->of->size : sizeof(struct text);
		}
		if (size || field->kind == FIELD_GROUP)
			at = *(char *const *)at;
		for (size_t k = 0; k < n; k++)
			go_down(leaves, field, at + k * size, depth);
		leaves->length = before;
	}
}

/* Of every resource but the claim before, which was told of then. */
static struct leaves leaves_of(const struct fhir_bundle *bundle, struct arena *arena)
{
	struct leaves leaves = { .arena = arena };

	for (size_t i = 0; i < bundle->entry_n; i++)
		if (!i || !bundle->entry[i].resource->claim)
			go_through(&leaves, &fhir_resource_record, bundle->entry[i].resource, 0);
	return leaves;
}

/* -- what the map says of it -- */

/* A path without what stands in brackets of any kind. */
static struct text plain(struct text path, char room[PATH])
{
	size_t n = 0;
	int open = 0;

	for (size_t i = 0; i < path.n && n < PATH; i++) {
		open += path.at[i] == '{' || path.at[i] == '(';
		if (!open)
			room[n++] = path.at[i];
		open -= path.at[i] == '}' || path.at[i] == ')';
	}
	return (struct text){ room, n };
}

static bool begins_with(struct text path, struct text with)
{
	return path.n >= with.n && memcmp(path.at, with.at, with.n) == 0 && (path.n == with.n || memchr("/.", path.at[with.n], 2));
}

static bool related(struct text one, struct text other)
{
	return begins_with(one, other) || begins_with(other, one);
}

/* Whether one of the longest rows says that it is carried as it is. */
static bool is_same(struct text path, bool *known)
{
	size_t best = 0;
	bool same = false;

	*known = false;
	for (size_t i = 0; i < map_to_script.n; i++) {
		char room[PATH];
		struct text from = plain(text_of(map_to_script.rows[i].from), room);

		if (!begins_with(path, from) || from.n < best || map_to_script.rows[i].how == MAP_LOST)
			continue;
		same = (from.n == best && same) || map_to_script.rows[i].how == MAP_SAME;
		best = from.n;
		*known = true;
	}
	return same;
}

static bool is_told(struct text path, const struct loss *there, const struct loss *back)
{
	char room[PATH];

	for (size_t i = 0; i < there->n; i++)
		if (related(path, plain(there->paths[i], room)))
			return true;
	for (size_t i = 0; i < back->n; i++) {
		struct text lost = back->paths[i];

		(void)text_cut(&lost, '/'); /* Body */
		(void)text_cut(&lost, '/'); /* and the message */
		for (size_t k = 0; k < map_to_pas.n; k++)
			if (related(lost, text_of(map_to_pas.rows[k].from)) && related(path, plain(text_of(map_to_pas.rows[k].to), room)))
				return true;
	}
	return false;
}

static bool is_found(const struct leaves *in, const struct leaf *leaf)
{
	for (size_t i = 0; i < in->n; i++)
		if (text_equal(in->at[i].value, leaf->value) && strcmp(in->at[i].path, leaf->path) == 0)
			return true;
	return false;
}

/* What the second request is bound to say in its own words: the names and numbers of a request, and whatever a URL or system is only the key of. */
static bool is_its_own(struct text path)
{
	struct text last = path;

	for (size_t i = 0; i < path.n; i++)
		if (path.at[i] == '.')
			last = (struct text){ path.at + i + 1, path.n - i - 1 };
	return text_in_list(last, "url system reference use");
}

static void compare(const struct leaves *was, const struct leaves *is, const struct loss *there, const struct loss *back, uint64_t seed, size_t *found)
{
	for (size_t i = 0; i < was->n; i++) {
		struct text path = text_of(was->at[i].path);
		bool known, same = is_same(path, &known);

		if (!was->at[i].value.n || is_told(path, there, back) || memmem(path.at, path.n, "xtension.", 9))
			continue;
		cr_assert(known, "DUALTRACK_SEED=%llu: %s has no row, and nothing tells that it is lost", (unsigned long long)seed, was->at[i].path);
		if (!same || is_its_own(path))
			continue;
		cr_assert(is_found(is, &was->at[i]), "DUALTRACK_SEED=%llu: %s does not come back, and nothing tells so", (unsigned long long)seed, was->at[i].path);
		(*found)++;
	}
}

/* False when SCRIPT must have what it does not say. */
static bool there_and_back(struct any *any, const struct fhir_bundle *was, uint64_t seed, size_t *found)
{
	const struct claim_about about = { .identifier = text_lit("claim-9"), .received_ms = INT64_C(1795339800000), .hcpcs = TEXT_NONE };
	const struct script_asking asking = { .step = SCRIPT_INITIATE, .stamp = text_lit(""), .to = text_lit("P:EXAMPLE"), .from = text_lit("D:EXAMPLE"),
		.message_id = text_lit("m"), .pa_reference_id = text_lit("REF-1"), .wall_ms = INT64_C(1795339800000) };
	struct loss there = { 0 }, back = { 0 };
	struct script_message *script;
	struct fhir_bundle *is;
	struct leaves all, again;
	struct fault fault = { 0 };

	if (!script_request_of(was, &asking, any->arena, &script, &there, &fault)) {
		cr_assert_eq(fault_row(fault.code)->mend, MEND_SENDER, "DUALTRACK_SEED=%llu: %s %s", (unsigned long long)seed, fault_row(fault.code)->name, fault.path);
		return false;
	}
	cr_assert(fhir_claim_of(script, &about, any->arena, &is, &back, &fault), "DUALTRACK_SEED=%llu: %s", (unsigned long long)seed, fault.path);
	is = read_again(is, any->arena);
	cr_assert(is, "DUALTRACK_SEED=%llu", (unsigned long long)seed);
	all = leaves_of(was, any->arena);
	again = leaves_of(is, any->arena);
	compare(&all, &again, &there, &back, seed, found);
	return true;
}

CASE(bridge_back_property, any_claim_says_the_same_after_script_but_for_what_is_told)
{
	uint64_t first = number_of("DUALTRACK_SEED", 1), rounds = number_of("DUALTRACK_ROUNDS", ROUNDS);
	size_t found = 0, told = 0, more = 0;
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (uint64_t seed = first; seed < first + rounds; seed++) {
		const struct claim_about about = { .identifier = text_lit("claim-1"), .received_ms = INT64_C(1795339800000) };
		struct bridge_any made;
		struct fhir_bundle *bundle, *before;
		struct fault fault = { 0 };
		struct loss ignored;
		struct any any;

		arena_reset(&arena);
		any_init(&any, seed, ANY_JSON, &arena);
		do
			bridge_any(&any, &made);
		while (made.step != SCRIPT_INITIATE);
		cr_assert(fhir_claim_of(made.message, &about, &arena, &bundle, &ignored, &fault), "DUALTRACK_SEED=%llu: %s", (unsigned long long)seed, fault.path);
		bundle = read_again(bundle, &arena);
		cr_assert(bundle, "DUALTRACK_SEED=%llu", (unsigned long long)seed);
		for (int i = 0; i < ADDED; i++) {
			before = bundle;
			bundle = say_more(&any, bundle);
			more += bundle != before;
		}
		told += there_and_back(&any, bundle, seed, &found);
	}
	cr_expect(told > rounds / 2 && found > rounds * 10 && more > rounds / 4, "%zu of %zu told, %zu values found, %zu things more", told, (size_t)rounds, found, more);
	arena_done(&arena);
}
