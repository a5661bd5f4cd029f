/* SPDX-License-Identifier: Apache-2.0 */
/* The BIN lines of a generation: read once in key order, then found by binary search. */
#include "formulary/bins.h"

#include "formulary/keys.h"

enum { BINS_BYTES = 256 << 20 }; /* BINS_MAX lines of the greatest length, with room for the array's doubling */

bool bins_load(struct bins *bins, struct table *table, struct fault *fault)
{
	char prefix = (char)ROW_BIN;
	struct table_walk walk;
	struct text key, value;
	bool ok = true;

	table_walk(table, (struct text){ &prefix, 1 }, TEXT_NONE, &walk);
	arena_init(&bins->arena, BINS_BYTES);
	bins->lines = NULL;
	bins->n = 0;
	while (ok && table_walk_next(&walk, &key, &value)) {
		struct text kept = arena_text(&bins->arena, value);
		struct bins_entry *entry =
			bins->n < BINS_MAX && text_there(kept)
				? arena_push(&bins->arena, (void **)&bins->lines, &bins->n, sizeof(*bins->lines))
				: NULL;

		if (entry)
			entry->list = key_list(key);
		ok = entry ? record_unpack(&bin_line_record, &entry->line, &bins->arena, kept, fault)
			   : fault_set(fault, FAULT_TOO_LARGE, "bin");
	}
	if (!ok) {
		struct fault ignored; /* the first fault is the one to tell */

		(void)table_walk_end(&walk, &ignored);
		bins_done(bins);
		return false;
	}
	if (!table_walk_end(&walk, fault)) {
		bins_done(bins);
		return false;
	}
	return true;
}

void bins_done(struct bins *bins)
{
	arena_done(&bins->arena);
	bins->lines = NULL;
	bins->n = 0;
}

/* The order of the keys, part by part: 0x1f between the parts sorts below every character of a part. */
static int compare(const struct bin_line *line, struct text bin, struct text pcn, struct text group)
{
	int order = text_compare(line->bin, bin);

	if (order == 0)
		order = text_compare(line->pcn, pcn);
	if (order == 0)
		order = text_compare(line->group, group);
	return order;
}

/* The first of those that count; lines of one BIN, PCN and group, from lists of several publishers or dates, stand side by side. */
static const struct bin_line *find(const struct bins *bins, const bool *counts, struct text bin, struct text pcn, struct text group)
{
	size_t low = 0, high = bins->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&bins->lines[middle].line, bin, pcn, group) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < bins->n && compare(&bins->lines[low].line, bin, pcn, group) == 0; low++)
		if (counts[bins->lines[low].list])
			return &bins->lines[low].line;
	return NULL;
}

const struct bin_line *bins_find(const struct bins *bins, const bool *counts, struct text bin, struct text pcn, struct text group)
{
	const struct {
		struct text pcn, group;
	} tries[] = { { pcn, group }, { TEXT_NONE, group }, { pcn, TEXT_NONE }, { TEXT_NONE, TEXT_NONE } };

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		const struct bin_line *line = find(bins, counts, bin, tries[i].pcn, tries[i].group);

		if (line)
			return line;
	}
	return NULL;
}
