/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of names. Files say the same of one product plan after plan, so what was put before is remembered, as far as a small table goes;
   what is put again all the same is one row in the end (merge.c). */
#include "formulary/describe.h"

#include "formulary/merge.h"
#include "formulary/terms.h"

#include <stdlib.h>

enum { DESCRIPTION_MAX = 105 }; /* characters, as in name_row */

static struct text shortened(struct text t)
{
	size_t characters = 0, i = 0;

	for (; i < t.n; i++)
		if (((unsigned char)t.at[i] & 0xc0) != 0x80 && ++characters > DESCRIPTION_MAX)
			break;
	return (struct text){ t.at, i };
}

static bool put_before(struct builder *builder, struct text product, struct text description)
{
	uint64_t hash = text_hash(product) * 31 + text_hash(description);
	uint64_t *slot;

	if (!builder->described && !(builder->described = calloc(DESCRIBED_SLOTS, sizeof(*builder->described))))
		abort();
	slot = &builder->described[hash % DESCRIBED_SLOTS];
	if (*slot == hash)
		return true;
	*slot = hash;
	return false;
}

bool builder_describe(struct builder *builder, struct text product, struct text description, struct fault *fault)
{
	struct name_row name = { .product = product, .description = shortened(description) };
	struct formulary_list list = { .kind = text_lit("NAME"), .list_id = text_lit("names") };
	struct builder_row row = { .class = ROW_NAME, .apart = product, .record = &name_row_record, .rec = &name };
	struct terms words;

	if (!description.n || put_before(builder, product, name.description))
		return true;
	if (!builder_list(builder, &list, builder->action, &row.list, fault))
		return false;
	terms_of(name.description, &words);
	for (size_t i = 0; i < words.count; i++) {
		row.body = terms_at(&words, i);
		if (terms_stored(row.body) && !builder_row(builder, &row, fault))
			return false;
	}
	return true;
}
