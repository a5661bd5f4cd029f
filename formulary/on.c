/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for another day than today: the same rows, and other lists that count. */
#include "formulary/reading.h"

#include <string.h>

const struct formulary *formulary_on(const struct formulary *formulary, struct text day, struct arena *arena)
{
	struct formulary *view;

	if (text_is(day, formulary->now.day))
		return formulary;
	view = arena_new(arena, struct formulary);
	if (!view)
		return NULL;
	view->now = formulary->now;
	view->now.counts = arena_alloc(arena, (formulary->now.index.lists_n + 1) * sizeof(*view->now.counts));
	if (!view->now.counts)
		return NULL;
	index_counts(&view->now.index, day, view->now.counts);
	text_to_z(day, view->now.day, sizeof(view->now.day));
	return view;
}
