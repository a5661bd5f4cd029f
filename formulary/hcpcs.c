/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the rows of a product or of a HCPCS code, and those of each code found for its payment limits. */
#include "formulary/hcpcs.h"

#include "formulary/asking.h"

enum { HCPCS_MOST = 1000 }; /* rows; the most products of one code were 183 */

struct walk_rows {
	struct asking *asking;
	struct hcpcs_answer *out;
	struct text body;
	bool limits; /* rows that a code has of itself, else those of others */
};

/* A payment limit stands under its code and names the code itself. */
static bool add(struct walk_rows *rows, const struct found *found)
{
	struct hcpcs_answer *out = rows->out;
	struct asking *asking = rows->asking;
	struct hcpcs_row row = { 0 };
	struct answer_hcpcs *item;

	if (!record_unpack(&hcpcs_row_record, &row, asking->arena, found->value, asking->fault))
		return false;
	if (rows->limits != text_equal(row.other, rows->body) || (rows->limits ? out->limits_n : out->hcpcs_n) == HCPCS_MOST)
		return true;
	item = rows->limits ? arena_push(asking->arena, (void **)&out->limits, &out->limits_n, sizeof(*item)) :
			      arena_push(asking->arena, (void **)&out->hcpcs, &out->hcpcs_n, sizeof(*item));
	if (!item || !(item->row = arena_new(asking->arena, struct hcpcs_row)) ||
		!(item->from = arena_new(asking->arena, struct answer_from)))
		return asking_too_large(asking);
	*item->row = row;
	asking_come_from(found, row.line, rows->body, item->from);
	return true;
}

static bool each(struct asking *asking, struct hcpcs_answer *out, struct text body, bool limits)
{
	struct walk_rows rows = { asking, out, body, limits };
	struct formulary_key key;
	struct table_walk walk;
	struct found found;
	bool ok = true;

	key_body(&key, ROW_HCPCS, 0, body);
	if (!key.fits)
		return true;
	table_walk(asking->reading->table, key_text(&key), TEXT_NONE, &walk);
	while (ok && asking_next_row(asking->reading, &walk, &found))
		ok = add(&rows, &found);
	return table_walk_end(&walk, ok ? asking->fault : &(struct fault){ 0 }) && ok;
}

bool formulary_hcpcs(const struct formulary *formulary, const struct product_name *name, struct arena *arena, struct hcpcs_answer *out,
	bool *found, struct fault *fault)
{
	struct asking asking = { .reading = &formulary->now, .arena = arena, .fault = fault };

	*out = (struct hcpcs_answer){ 0 };
	*found = false;
	if (!asking_name_product(&asking, name))
		return false;
	for (size_t i = 0; i < asking.keys_n && !out->hcpcs_n; i++)
		if (!each(&asking, out, asking.keys[i], false))
			return false;
	if (!out->hcpcs_n)
		return true;
	*found = true;
	out->asked = asking.keys[0];
	for (size_t i = 0; i < out->hcpcs_n; i++) {
		bool before = false; /* crosswalks of several kinds may have the code */

		for (size_t k = 0; k < i; k++)
			before |= text_equal(out->hcpcs[k].row->other, out->hcpcs[i].row->other);
		if (!before && !each(&asking, out, out->hcpcs[i].row->other, true))
			return false;
	}
	return true;
}

bool formulary_hcpcs_products(const struct formulary *formulary, struct text code, struct arena *arena, struct hcpcs_answer *out,
	bool *found, struct fault *fault)
{
	struct asking asking = { .reading = &formulary->now, .arena = arena, .fault = fault };
	char body[PRODUCT_KEY_MAX];

	*out = (struct hcpcs_answer){ 0 };
	*found = false;
	if (!text_there(product_hcpcs(code, body)))
		return true;
	out->asked = arena_text(arena, product_hcpcs(code, body));
	if (!text_there(out->asked))
		return asking_too_large(&asking);
	if (!each(&asking, out, out->asked, false) || !each(&asking, out, out->asked, true))
		return false;
	*found = out->hcpcs_n || out->limits_n;
	return true;
}
