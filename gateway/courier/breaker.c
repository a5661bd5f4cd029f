/* SPDX-License-Identifier: Apache-2.0 */
/* Which partners are left alone for a while. */
#include "gateway/courier/breaker.h"

#include <string.h>

static struct breaker *row_of(struct breakers *breakers, struct text partner)
{
	for (size_t i = 0; i < BREAKERS_MAX; i++)
		if (*breakers->rows[i].partner && text_is(partner, breakers->rows[i].partner))
			return &breakers->rows[i];
	return NULL;
}

bool breaker_open(const struct breakers *breakers, struct text partner, int64_t mono_ms)
{
	const struct breaker *row = row_of((struct breakers *)breakers, partner);

	return row && mono_ms < row->open_until_ms;
}

/* A free place, or that of the partner whose pause ended longest ago: it is remembered anew when it fails again. */
static struct breaker *new_row(struct breakers *breakers)
{
	struct breaker *oldest = &breakers->rows[0];

	for (size_t i = 0; i < BREAKERS_MAX; i++) {
		if (!*breakers->rows[i].partner)
			return &breakers->rows[i];
		if (breakers->rows[i].open_until_ms < oldest->open_until_ms)
			oldest = &breakers->rows[i];
	}
	return oldest;
}

void breaker_note(struct breakers *breakers, struct text partner, bool answered, int64_t mono_ms)
{
	struct breaker *row = row_of(breakers, partner);

	if (answered) {
		if (row)
			*row = (struct breaker){ 0 };
		return;
	}
	if (!row) {
		row = new_row(breakers);
		*row = (struct breaker){ 0 };
		text_to_z(partner, row->partner, sizeof(row->partner));
	}
	if (++row->failures < BREAKER_FAILURES || mono_ms < row->open_until_ms)
		return; /* the others that were under way when it opened say nothing new */
	row->pause_ms = row->pause_ms ? row->pause_ms * 2 : BREAKER_FIRST_MS;
	if (row->pause_ms > BREAKER_MOST_MS)
		row->pause_ms = BREAKER_MOST_MS;
	row->open_until_ms = mono_ms + row->pause_ms;
}
