/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan covers, read from the current generation: one get for each product. */
#include "base/table.h"
#include "formulary/bins.h"
#include "formulary/formulary.h"
#include "formulary/generation.h"
#include "formulary/index.h"
#include "formulary/keys.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One generation, open. */
struct reading {
	struct table *table;
	struct index index;
	struct bins bins;
	int number;
	char name[16];
};

struct formulary {
	char directory[GENERATION_PATH];
	struct reading now;
};

static void reading_done(struct reading *reading)
{
	bins_done(&reading->bins);
	index_done(&reading->index);
	table_free(reading->table);
	reading->table = NULL;
}

/* A generation without its report was not finished: CURRENT cannot name one unless someone else wrote it. */
static bool finished(struct table *table, struct fault *fault)
{
	struct formulary_key key;
	struct text report;

	key_start(&key, ROW_REPORT);
	return table_get(table, key_text(&key), &report, fault) &&
	       (text_there(report) || fault_set(fault, FAULT_STORE_CORRUPT, "formulary"));
}

static bool reading_open(struct reading *reading, const char *directory, int number, struct fault *fault)
{
	char path[GENERATION_PATH], file[GENERATION_PATH + sizeof(GENERATION_FILE) + 1];

	*reading = (struct reading){ .number = number };
	snprintf(reading->name, sizeof(reading->name), "%0*d", GENERATION_DIGITS, number);
	if (!generation_path(directory, number, path, fault))
		return false;
	snprintf(file, sizeof(file), "%s/%s", path, GENERATION_FILE);
	if (!table_open(file, &reading->table, fault))
		return false;
	index_init(&reading->index);
	if (finished(reading->table, fault) && index_load(&reading->index, reading->table, fault) &&
		bins_load(&reading->bins, reading->table, fault))
		return true;
	index_done(&reading->index);
	table_free(reading->table);
	return false;
}

/* Two loads may finish between our look at CURRENT and the opening, and the second clears that generation away: then there
   is a newer one to open. */
static bool open_current(struct reading *reading, const char *directory, int number, struct fault *fault)
{
	while (!reading_open(reading, directory, number, fault)) {
		struct fault ignored;
		int newer;

		if (!generation_current(directory, &newer, &ignored) || newer == number)
			return false;
		number = newer;
	}
	return true;
}

bool formulary_open(const char *directory, struct formulary **out, struct fault *fault)
{
	struct formulary *formulary;
	int number;

	if (strlen(directory) >= sizeof(formulary->directory))
		return fault_set(fault, FAULT_FILE, "formulary");
	if (!generation_current(directory, &number, fault))
		return false;
	formulary = calloc(1, sizeof(*formulary));
	if (!formulary)
		abort();
	memcpy(formulary->directory, directory, strlen(directory) + 1);
	if (!open_current(&formulary->now, directory, number, fault)) {
		free(formulary);
		return false;
	}
	*out = formulary;
	return true;
}

bool formulary_refresh(struct formulary *formulary, bool *changed, struct fault *fault)
{
	struct reading newer;
	int number;

	*changed = false;
	if (!generation_current(formulary->directory, &number, fault))
		return false;
	if (number == formulary->now.number)
		return true;
	if (!open_current(&newer, formulary->directory, number, fault))
		return false;
	reading_done(&formulary->now);
	formulary->now = newer;
	*changed = true;
	return true;
}

void formulary_free(struct formulary *formulary)
{
	if (!formulary)
		return;
	reading_done(&formulary->now);
	free(formulary);
}

struct text formulary_generation(const struct formulary *formulary)
{
	return text_of(formulary->now.name);
}

struct text formulary_plan(const struct formulary *formulary, struct text bin, struct text pcn, struct text group)
{
	const struct bin_line *line = bins_find(&formulary->now.bins, bin, pcn, group);

	return line ? line->plan : TEXT_NONE;
}

struct text formulary_programme(const struct formulary *formulary, struct text bin, struct text pcn, struct text group)
{
	const struct bin_line *line = bins_find(&formulary->now.bins, bin, pcn, group);

	return line ? line->programme : TEXT_NONE;
}

bool formulary_lookup(const struct formulary *formulary, struct text plan, struct text ndc, struct arena *arena,
	struct coverage *out, bool *found, struct fault *fault)
{
	const struct reading *reading = &formulary->now;
	uint32_t owner = index_owner(&reading->index, text_lit("plan-file"), text_lit("PRODUCT"), plan);
	struct formulary_key key;
	struct table_walk walk;
	struct text at, value, product;
	char name[PRODUCT_KEY_MAX];

	*found = false;
	product = product_ndc(ndc, name);
	if (!owner || !text_there(product))
		return true;
	key_body(&key, ROW_PRODUCT, owner, product);
	table_walk(reading->table, key_text(&key), TEXT_NONE, &walk);
	*found = table_walk_next(&walk, &at, &value);
	if (!table_walk_end(&walk, fault))
		return false;
	if (!*found)
		return true;
	*out = (struct coverage){ 0 };
	return record_unpack(&coverage_record, out, arena, value, fault);
}
