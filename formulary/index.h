/* SPDX-License-Identifier: Apache-2.0 */
/* What a generation holds besides rows, in memory: its lists, and the owners of rows, found by what they are called. */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "formulary/records.h"

struct table;

enum {
	INDEX_LISTS_MAX = 1000000,
	INDEX_OWNERS_MAX = 4000000,
};

/* Numbers found by a hash. */
struct index_slots {
	uint32_t *at; /* 0 free */
	size_t n, used;
};

struct index {
	struct arena arena;
	struct formulary_list *lists; /* by number; its number is 0 where there is none */
	struct owner_row *owners;     /* the same */
	size_t lists_n, lists_room, owners_n, owners_room; /* greatest number + 1 */
	struct index_slots list_slots, owner_slots;
};

void index_init(struct index *index);
/* Reads lists and owners of a generation into an empty index. FAULT_STORE_CORRUPT, FAULT_TOO_LARGE. */
bool index_load(struct index *index, struct table *table, struct fault *fault) fault_check;
void index_done(struct index *index);

/* The number of an owner; 0 when there is none. */
uint32_t index_owner(const struct index *index, struct text source, struct text kind, struct text id);
/* The same, given a fresh number when it has none; 0 past the limit. Texts are copied. */
uint32_t index_add_owner(struct index *index, struct text source, struct text kind, struct text id);

/* Notes that rows of this owner are under product keys that begin with `letter`. False past the memory of the index. */
bool index_owner_note(struct index *index, uint32_t number, char letter);
/* False: no row of this owner is under such a product key. */
bool index_owner_under(const struct index *index, uint32_t number, char letter);

/* The list with this number, NULL when there is none. */
struct formulary_list *index_list(const struct index *index, uint32_t number);
/* The list of this source, kind, subtype, list_id and effective_date; NULL when there is none. */
struct formulary_list *index_same_list(const struct index *index, const struct formulary_list *like);
/* Adds a list under a fresh number; NULL past the limit. Texts are copied. Pointers to lists do not live past this. */
struct formulary_list *index_add_list(struct index *index, const struct formulary_list *list);

/* True when both are one list, apart from the day from which they count. */
bool index_list_alike(const struct formulary_list *a, const struct formulary_list *b);
/* The lists alike, one after the other: `after` 0 gives the first, 0 comes after the last. */
uint32_t index_alike(const struct index *index, const struct formulary_list *list, uint32_t after);
/* True when the list has begun on this day (CCYYMMDD) and not ended. */
bool index_list_begun(const struct formulary_list *list, struct text day);
/* Fills `counts` (lists_n flags) with which lists count on this day: begun, not ended, and none alike begun later. */
void index_counts(const struct index *index, struct text day, bool *counts);
