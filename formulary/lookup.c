/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan covers, read from the current generation: one get for each product. */
#include "base/store.h"
#include "formulary/bins.h"
#include "formulary/formulary.h"
#include "formulary/generation.h"
#include "formulary/keys.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One generation, open. */
struct reading {
	struct store *store;
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
	store_free(reading->store);
	reading->store = NULL;
}

/* A generation without its report was not finished: CURRENT cannot name one unless someone else wrote it. */
static bool finished(struct store *store, struct fault *fault)
{
	struct store_row row;
	struct arena arena;
	bool ok;

	arena_init(&arena, 64 * 1024);
	ok = store_get(store, KEY_REPORT, &arena, &row, fault);
	if (ok && !row.found)
		ok = fault_set(fault, FAULT_STORE_CORRUPT, "formulary");
	arena_done(&arena);
	return ok;
}

static bool reading_open(struct reading *reading, const char *directory, int number, struct fault *fault)
{
	char path[GENERATION_PATH];

	*reading = (struct reading){ .number = number };
	snprintf(reading->name, sizeof(reading->name), "%0*d", GENERATION_DIGITS, number);
	if (!generation_path(directory, number, path, fault) || !store_open_read(path, &reading->store, fault))
		return false;
	if (finished(reading->store, fault) && bins_load(&reading->bins, reading->store, fault))
		return true;
	store_free(reading->store);
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
	struct formulary_key key;
	struct store_row row;

	*found = false;
	key_product(&key, plan, ndc);
	if (!key.fits)
		return true;
	if (!store_get(formulary->now.store, key_text(&key), arena, &row, fault))
		return false;
	if (!row.found)
		return true;
	*out = (struct coverage){ 0 };
	if (!record_unpack(&coverage_record, out, arena, row.value, fault))
		return false;
	*found = true;
	return true;
}
