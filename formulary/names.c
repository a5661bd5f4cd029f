/* SPDX-License-Identifier: Apache-2.0 */
/* An open hash table that doubles when it is half full. */
#include "formulary/names.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 1024 };

void names_init(struct names *names, size_t limit)
{
	*names = (struct names){ 0 };
	arena_init(&names->arena, limit);
}

void names_done(struct names *names)
{
	free(names->slots);
	arena_done(&names->arena);
	*names = (struct names){ 0 };
}

static struct name *slot_of(struct name *slots, size_t slots_n, struct text name)
{
	size_t at = text_hash(name) & (slots_n - 1);

	while (text_there(slots[at].name) && !text_equal(slots[at].name, name))
		at = (at + 1) & (slots_n - 1);
	return &slots[at];
}

struct name *names_find(const struct names *names, struct text name)
{
	struct name *slot = names->slots_n ? slot_of(names->slots, names->slots_n, name) : NULL;

	return slot && text_there(slot->name) ? slot : NULL;
}

static void grow(struct names *names)
{
	size_t wanted = names->slots_n ? names->slots_n * 2 : FIRST_SLOTS;
	struct name *slots = calloc(wanted, sizeof(*slots));

	if (!slots)
		abort();
	for (size_t i = 0; i < names->slots_n; i++)
		if (text_there(names->slots[i].name))
			*slot_of(slots, wanted, names->slots[i].name) = names->slots[i];
	free(names->slots);
	names->slots = slots;
	names->slots_n = wanted;
}

struct name *names_add(struct names *names, struct text name, struct text about, bool *fresh)
{
	struct name *slot = names_find(names, name);
	struct name added;

	*fresh = !slot;
	if (slot)
		return slot;
	added = (struct name){ arena_text(&names->arena, name), arena_text(&names->arena, about) };
	if (!text_there(added.name) || (text_there(about) && !text_there(added.about)))
		return NULL;
	if (names->used * 2 >= names->slots_n)
		grow(names);
	names->used++;
	slot = slot_of(names->slots, names->slots_n, name);
	*slot = added;
	return slot;
}
