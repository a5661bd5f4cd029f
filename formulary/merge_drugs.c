/* SPDX-License-Identifier: Apache-2.0 */
/* Each product is noted when it is first met; which were met is a table of hashes, 16 bytes each. */
#include "formulary/merge_drugs.h"

#include "formulary/keys.h"

#include <stdlib.h>

enum {
	SORT_MEMORY = 16 << 20,
	ROW_ARENA = 16 << 20,
	FIRST_SLOTS = 4096,
};

struct merge_drugs {
	struct sort *sort;
	struct arena arena; /* of one row */
	uint64_t *seen;     /* 0: free */
	size_t seen_n, used;
};

struct merge_drugs *merge_drugs_new(const char *directory)
{
	struct merge_drugs *drugs = calloc(1, sizeof(*drugs));

	if (!drugs || !(drugs->seen = calloc(FIRST_SLOTS, sizeof(*drugs->seen))))
		abort();
	drugs->seen_n = FIRST_SLOTS;
	drugs->sort = sort_new(directory, SORT_MEMORY);
	arena_init(&drugs->arena, ROW_ARENA);
	return drugs;
}

void merge_drugs_free(struct merge_drugs *drugs)
{
	if (!drugs)
		return;
	sort_free(drugs->sort);
	arena_done(&drugs->arena);
	free(drugs->seen);
	free(drugs);
}

/* True the first time. */
static bool put_hash(uint64_t *slots, size_t n, uint64_t hash)
{
	size_t at = hash & (n - 1);

	while (slots[at] && slots[at] != hash)
		at = (at + 1) & (n - 1);
	if (slots[at])
		return false;
	slots[at] = hash;
	return true;
}

static bool first_time(struct merge_drugs *drugs, struct text product)
{
	uint64_t hash = text_hash(product) | 1;

	if (2 * drugs->used >= drugs->seen_n) {
		uint64_t *wider = calloc(2 * drugs->seen_n, sizeof(*wider));

		if (!wider)
			abort();
		for (size_t i = 0; i < drugs->seen_n; i++)
			if (drugs->seen[i])
				put_hash(wider, 2 * drugs->seen_n, drugs->seen[i]);
		free(drugs->seen);
		drugs->seen = wider;
		drugs->seen_n *= 2;
	}
	if (!put_hash(drugs->seen, drugs->seen_n, hash))
		return false;
	drugs->used++;
	return true;
}

/* What the row calls the product. */
static bool describe(struct merge_drugs *drugs, struct text kind, struct text value, struct text *description, struct fault *fault)
{
	struct status_row status = { 0 };
	struct coverage coverage = { 0 };

	if (text_is(kind, "STATUS")) {
		if (!record_unpack(&status_row_record, &status, &drugs->arena, value, fault))
			return false;
		*description = status.description;
		return true;
	}
	if (!record_unpack(&coverage_record, &coverage, &drugs->arena, value, fault))
		return false;
	*description = coverage.description;
	return true;
}

bool merge_drugs_note(struct merge_drugs *drugs, struct text kind, struct text key, struct text value, struct fault *fault)
{
	enum { HEAD = 1 + 4 }; /* class, owner */
	struct name_row row = { 0 };
	struct formulary_key to;
	struct buffer packed;
	const char *end;

	if (!text_is(kind, "STATUS") && !text_is(kind, "PRODUCT"))
		return true;
	end = memchr(key.at + HEAD, 0x1f, key.n - HEAD);
	if (!end)
		return true;
	row.product = (struct text){ key.at + HEAD, (size_t)(end - key.at) - HEAD };
	if (!first_time(drugs, row.product))
		return true;
	arena_reset(&drugs->arena);
	if (!describe(drugs, kind, value, &row.description, fault))
		return false;
	key_start(&to, ROW_DRUG);
	key_add(&to, row.product);
	buffer_init(&packed, &drugs->arena, 256);
	record_pack(&name_row_record, &row, &packed);
	return sort_add(drugs->sort, key_text(&to), buffer_text(&packed), fault);
}

bool merge_drugs_put(struct merge_drugs *drugs, struct table_build *out, struct fault *fault)
{
	struct text key, value;
	bool there;

	for (;;) {
		if (!sort_next(drugs->sort, &key, &value, &there, fault))
			return false;
		if (!there)
			return true;
		if (!table_build_put(out, key, value, fault))
			return false;
	}
}
