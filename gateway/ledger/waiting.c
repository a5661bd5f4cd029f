/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of edges that wait for a decision. A list without order: decisions come within milliseconds, so it is short unless the payer
   is away. */
#include "gateway/ledger/waiting.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void waiting_done(struct waiting *waiting)
{
	free(waiting->items);
	*waiting = (struct waiting){ 0 };
}

bool waiting_full(const struct waiting *waiting)
{
	return waiting->n >= WAITING_MOST;
}

static void note_first(struct waiting *waiting)
{
	waiting->first_ms = 0;
	for (size_t i = 0; i < waiting->n; i++)
		if (!waiting->first_ms || waiting->items[i].until_ms < waiting->first_ms)
			waiting->first_ms = waiting->items[i].until_ms;
}

static struct waiting_one take_out(struct waiting *waiting, size_t i)
{
	struct waiting_one one = waiting->items[i];

	waiting->items[i] = waiting->items[--waiting->n];
	if (one.until_ms == waiting->first_ms)
		note_first(waiting);
	return one;
}

void waiting_add(struct waiting *waiting, const struct waiting_one *one)
{
	for (size_t i = 0; i < waiting->n; i++) {
		const struct waiting_one *at = &waiting->items[i];

		if (at->slot == one->slot && strcmp(at->edge, one->edge) == 0 && strcmp(at->trace, one->trace) == 0) {
			take_out(waiting, i);
			break;
		}
	}
	if (waiting->n == waiting->room) {
		waiting->room = waiting->room ? waiting->room * 2 : 64;
		waiting->items = realloc(waiting->items, waiting->room * sizeof(*waiting->items));
		if (!waiting->items)
			abort();
	}
	assert(one->until_ms > 0);
	waiting->items[waiting->n++] = *one;
	if (!waiting->first_ms || one->until_ms < waiting->first_ms)
		waiting->first_ms = one->until_ms;
}

bool waiting_take(struct waiting *waiting, struct text partner, struct text message_id, struct waiting_one *out)
{
	for (size_t i = 0; i < waiting->n; i++)
		if (text_is(message_id, waiting->items[i].message_id) && text_is(partner, waiting->items[i].partner)) {
			*out = take_out(waiting, i);
			return true;
		}
	return false;
}

bool waiting_take_due(struct waiting *waiting, int64_t now_ms, struct waiting_one *out)
{
	if (!waiting->first_ms || now_ms < waiting->first_ms)
		return false;
	for (size_t i = 0; i < waiting->n; i++)
		if (waiting->items[i].until_ms <= now_ms) {
			*out = take_out(waiting, i);
			return true;
		}
	note_first(waiting);
	return false;
}
