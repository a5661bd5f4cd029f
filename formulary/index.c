/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and owners of a generation in memory, found by hash. */
#include "formulary/index.h"

#include "base/table.h"
#include "formulary/keys.h"

#include <stdlib.h>
#include <string.h>

#define INDEX_BYTES ((size_t)2 << 30) /* the greatest index there may be: its limits above at some 400 bytes each */

void index_init(struct index *index)
{
	*index = (struct index){ 0 };
	arena_init(&index->arena, INDEX_BYTES);
}

void index_done(struct index *index)
{
	arena_done(&index->arena);
	free(index->lists);
	free(index->owners);
	free(index->list_slots.at);
	free(index->owner_slots.at);
	*index = (struct index){ 0 };
}

static uint64_t mix(uint64_t hash, struct text t)
{
	return (hash ^ text_hash(t)) * 0x9e3779b97f4a7c15U;
}

static uint64_t owner_hash(const struct owner_row *owner)
{
	return mix(mix(mix(0, owner->source), owner->kind), owner->id) >> 20;
}

static bool owner_same(const struct owner_row *a, const struct owner_row *b)
{
	return text_equal(a->id, b->id) && text_equal(a->kind, b->kind) && text_equal(a->source, b->source);
}

/* Lists alike share a hash, so that those of other dates are found beside them. */
static uint64_t list_hash(const struct formulary_list *list)
{
	return mix(mix(mix(mix(0, list->source), list->kind), list->subtype), list->list_id) >> 20;
}

bool index_list_alike(const struct formulary_list *a, const struct formulary_list *b)
{
	return text_equal(a->list_id, b->list_id) && text_equal(a->subtype, b->subtype) && text_equal(a->kind, b->kind) &&
	       text_equal(a->source, b->source);
}

static void slots_put(struct index_slots *slots, uint64_t hash, uint32_t number)
{
	size_t at = hash & (slots->n - 1);

	while (slots->at[at])
		at = (at + 1) & (slots->n - 1);
	slots->at[at] = number;
	slots->used++;
}

/* Doubles a table that is half full. True: it is empty now and wants every number again. */
static bool slots_grow(struct index_slots *slots)
{
	if (slots->n > 2 * slots->used)
		return false;
	slots->n = slots->n ? 2 * slots->n : 64;
	free(slots->at);
	slots->at = calloc(slots->n, sizeof(*slots->at));
	if (!slots->at)
		abort();
	slots->used = 0;
	return true;
}

static void note_owner(struct index *index, uint32_t number)
{
	if (slots_grow(&index->owner_slots)) {
		for (uint32_t i = 1; i < index->owners_n; i++)
			if (index->owners[i].number)
				slots_put(&index->owner_slots, owner_hash(&index->owners[i]), i);
		return;
	}
	slots_put(&index->owner_slots, owner_hash(&index->owners[number]), number);
}

static void note_list(struct index *index, uint32_t number)
{
	if (slots_grow(&index->list_slots)) {
		for (uint32_t i = 1; i < index->lists_n; i++)
			if (index->lists[i].number)
				slots_put(&index->list_slots, list_hash(&index->lists[i]), i);
		return;
	}
	slots_put(&index->list_slots, list_hash(&index->lists[number]), number);
}

/* Room for an item under this number; everything up to it is zeroed. */
static void *grown(void *items, size_t *n, size_t *room, size_t number, size_t size)
{
	if (number >= *room) {
		size_t wanted = *room ? *room : 16;

		while (wanted <= number)
			wanted *= 2;
		items = reallocarray(items, wanted, size);
		if (!items)
			abort();
		memset((char *)items + *room * size, 0, (wanted - *room) * size);
		*room = wanted;
	}
	if (*n <= number)
		*n = number + 1;
	return items;
}

static bool put_owner(struct index *index, const struct owner_row *owner)
{
	uint32_t number = (uint32_t)owner->number;

	if (owner->number >= INDEX_OWNERS_MAX)
		return false;
	index->owners = grown(index->owners, &index->owners_n, &index->owners_room, number, sizeof(*index->owners));
	index->owners[number] = *owner;
	note_owner(index, number);
	return true;
}

static bool put_list(struct index *index, const struct formulary_list *list)
{
	uint32_t number = (uint32_t)list->number;

	if (list->number >= INDEX_LISTS_MAX)
		return false;
	index->lists = grown(index->lists, &index->lists_n, &index->lists_room, number, sizeof(*index->lists));
	index->lists[number] = *list;
	note_list(index, number);
	return true;
}

/* The rows of one class; the table lives as long as its texts are used, but the index may outlive it, so they are copied. */
static bool load_class(struct index *index, struct table *table, enum row_class class, struct fault *fault)
{
	char prefix = (char)class;
	struct text key, value;
	struct table_walk walk;
	bool ok = true;

	table_walk(table, (struct text){ &prefix, 1 }, TEXT_NONE, &walk);
	while (ok && table_walk_next(&walk, &key, &value)) {
		struct formulary_list list = { 0 };
		struct owner_row owner = { 0 };
		struct text kept = arena_text(&index->arena, value);

		if (!text_there(kept))
			ok = fault_set(fault, FAULT_TOO_LARGE, "");
		else if (class == ROW_LIST)
			ok = record_unpack(&formulary_list_record, &list, &index->arena, kept, fault) &&
			     (put_list(index, &list) || fault_set(fault, FAULT_TOO_LARGE, ""));
		else
			ok = record_unpack(&owner_row_record, &owner, &index->arena, kept, fault) &&
			     (put_owner(index, &owner) || fault_set(fault, FAULT_TOO_LARGE, ""));
	}
	if (!ok) {
		struct fault ignored; /* the first fault is the one to tell */

		(void)table_walk_end(&walk, &ignored);
		return false;
	}
	return table_walk_end(&walk, fault);
}

bool index_load(struct index *index, struct table *table, struct fault *fault)
{
	return load_class(index, table, ROW_LIST, fault) && load_class(index, table, ROW_OWNER, fault);
}

/* -- owners -- */

uint32_t index_owner(const struct index *index, struct text source, struct text kind, struct text id)
{
	struct owner_row like = { .source = source, .kind = kind, .id = id };
	const struct index_slots *slots = &index->owner_slots;

	if (!slots->n)
		return 0;
	for (size_t at = owner_hash(&like) & (slots->n - 1); slots->at[at]; at = (at + 1) & (slots->n - 1))
		if (owner_same(&index->owners[slots->at[at]], &like))
			return slots->at[at];
	return 0;
}

uint32_t index_add_owner(struct index *index, struct text source, struct text kind, struct text id)
{
	uint32_t number = index_owner(index, source, kind, id);
	struct owner_row owner;

	if (number)
		return number;
	owner = (struct owner_row){ .number = index->owners_n ? (int64_t)index->owners_n : 1,
		.source = arena_text(&index->arena, source), .kind = arena_text(&index->arena, kind),
		.id = arena_text(&index->arena, id) };
	if (!text_there(owner.id) || !put_owner(index, &owner))
		return 0;
	return (uint32_t)owner.number;
}

bool index_owner_note(struct index *index, uint32_t number, char letter)
{
	struct text *names = &index->owners[number].names;
	char *more;

	if (names->n && memchr(names->at, letter, names->n))
		return true;
	more = arena_alloc(&index->arena, names->n + 1);
	if (!more)
		return false;
	if (names->n)
		memcpy(more, names->at, names->n);
	more[names->n] = letter;
	*names = (struct text){ more, names->n + 1 };
	return true;
}

bool index_owner_under(const struct index *index, uint32_t number, char letter)
{
	struct text names = index->owners[number].names;

	return !names.n || memchr(names.at, letter, names.n);
}

/* -- lists -- */

struct formulary_list *index_list(const struct index *index, uint32_t number)
{
	return number < index->lists_n && index->lists[number].number ? &index->lists[number] : NULL;
}

struct formulary_list *index_same_list(const struct index *index, const struct formulary_list *like)
{
	const struct index_slots *slots = &index->list_slots;

	if (!slots->n)
		return NULL;
	for (size_t at = list_hash(like) & (slots->n - 1); slots->at[at]; at = (at + 1) & (slots->n - 1)) {
		struct formulary_list *list = &index->lists[slots->at[at]];

		if (list->number && index_list_alike(list, like) && text_equal(list->effective_date, like->effective_date))
			return list;
	}
	return NULL;
}

struct formulary_list *index_add_list(struct index *index, const struct formulary_list *list)
{
	struct formulary_list copy = *list;
	struct buffer packed;

	copy.number = index->lists_n ? (int64_t)index->lists_n : 1;
	buffer_init(&packed, &index->arena, 256);
	record_pack(&formulary_list_record, &copy, &packed);
	copy = (struct formulary_list){ 0 };
	if (packed.failed ||
		!record_unpack(&formulary_list_record, &copy, &index->arena, buffer_text(&packed), &(struct fault){ 0 }) ||
		!put_list(index, &copy))
		return NULL;
	return &index->lists[copy.number];
}

/* -- which lists count -- */

bool index_list_begun(const struct formulary_list *list, struct text day)
{
	return (!list->effective_date.n || text_compare(list->effective_date, day) <= 0) &&
	       (!list->expiration_date.n || text_compare(day, list->expiration_date) <= 0);
}

uint32_t index_alike(const struct index *index, const struct formulary_list *list, uint32_t after)
{
	const struct index_slots *slots = &index->list_slots;
	bool passed = after == 0;

	for (size_t at = list_hash(list) & (slots->n - 1); slots->n && slots->at[at]; at = (at + 1) & (slots->n - 1)) {
		const struct formulary_list *other = &index->lists[slots->at[at]];

		if (passed && other->number && index_list_alike(other, list))
			return slots->at[at];
		passed |= slots->at[at] == after;
	}
	return 0;
}

static bool later_alike(const struct index *index, const struct formulary_list *list, struct text day)
{
	for (uint32_t i = index_alike(index, list, 0); i; i = index_alike(index, list, i))
		if (index_list_begun(&index->lists[i], day) &&
			text_compare(index->lists[i].effective_date, list->effective_date) > 0)
			return true;
	return false;
}

void index_counts(const struct index *index, struct text day, bool *counts)
{
	for (size_t i = 0; i < index->lists_n; i++) {
		const struct formulary_list *list = &index->lists[i];

		counts[i] = list->number && index_list_begun(list, day) && !later_alike(index, list, day);
	}
}
