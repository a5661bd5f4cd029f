/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan covers, read from the current generation: one get for each product. */
#include "formulary/answer.h"
#include "formulary/ndc.h"
#include "formulary/reading.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { CLASS_MAX = 20 }; /* others of a class that are looked at, as many as a coverage has room for */

static void reading_done(struct reading *reading)
{
	bins_done(&reading->bins);
	index_done(&reading->index);
	table_free(reading->table);
	free(reading->counts);
	reading->table = NULL;
	reading->counts = NULL;
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

/* Which lists count is worked out once a day. */
static void know_day(struct reading *reading, struct text day)
{
	if (reading->counts && text_is(day, reading->day))
		return;
	free(reading->counts);
	reading->counts = calloc(reading->index.lists_n + 1, sizeof(*reading->counts));
	if (!reading->counts)
		abort();
	index_counts(&reading->index, day, reading->counts);
	text_to_z(day, reading->day, sizeof(reading->day));
}

enum { ROWS_PATH = GENERATION_PATH + sizeof(GENERATION_FILE) + 1 };

static bool rows_path(const char *directory, int number, char file[ROWS_PATH], struct fault *fault)
{
	char path[GENERATION_PATH];

	if (!generation_path(directory, number, path, fault))
		return false;
	snprintf(file, ROWS_PATH, "%s/%s", path, GENERATION_FILE);
	return true;
}

static bool reading_open(struct reading *reading, const char *directory, int number, struct fault *fault)
{
	char file[ROWS_PATH];
	struct stat about;

	*reading = (struct reading){ .number = number };
	snprintf(reading->name, sizeof(reading->name), "%0*d", GENERATION_DIGITS, number);
	if (!rows_path(directory, number, file, fault))
		return false;
	if (stat(file, &about))
		return fault_set(fault, FAULT_FILE, "formulary");
	reading->device = about.st_dev;
	reading->inode = about.st_ino;
	if (!table_open(file, &reading->table, fault))
		return false;
	index_init(&reading->index);
	reading->counts = NULL;
	if (finished(reading->table, fault) && index_load(&reading->index, reading->table, fault) &&
		bins_load(&reading->bins, reading->table, fault)) {
		know_day(reading, TEXT_NONE);
		return true;
	}
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

/* The file that is open cannot give its inode to another. */
static bool same_generation(const struct formulary *formulary, int number)
{
	char file[ROWS_PATH];
	struct stat about;
	struct fault ignored;

	if (number != formulary->now.number || !rows_path(formulary->directory, number, file, &ignored))
		return false;
	return stat(file, &about) != 0 || (about.st_dev == formulary->now.device && about.st_ino == formulary->now.inode);
}

bool formulary_refresh(struct formulary *formulary, bool *changed, struct fault *fault)
{
	struct reading newer;
	int number;

	*changed = false;
	if (!generation_current(formulary->directory, &number, fault))
		return false;
	if (same_generation(formulary, number))
		return true;
	if (!open_current(&newer, formulary->directory, number, fault))
		return false;
	know_day(&newer, text_of(formulary->now.day));
	reading_done(&formulary->now);
	formulary->now = newer;
	*changed = true;
	return true;
}

bool formulary_rollback(const char *directory, int *number, struct fault *fault)
{
	return generation_rollback(directory, number, fault);
}

void formulary_free(struct formulary *formulary)
{
	if (!formulary)
		return;
	reading_done(&formulary->now);
	free(formulary);
}

void formulary_day(struct formulary *formulary, int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	char day[9];

	gmtime_r(&seconds, &tm);
	strftime(day, sizeof(day), "%Y%m%d", &tm);
	know_day(&formulary->now, text_of(day));
}

struct text formulary_generation(const struct formulary *formulary)
{
	return text_of(formulary->now.name);
}

struct text formulary_plan(const struct formulary *formulary, struct text bin, struct text pcn, struct text group)
{
	const struct bin_line *line = bins_find(&formulary->now.bins, formulary->now.counts, bin, pcn, group);

	return line ? line->plan : TEXT_NONE;
}

struct text formulary_programme(const struct formulary *formulary, struct text bin, struct text pcn, struct text group)
{
	const struct bin_line *line = bins_find(&formulary->now.bins, formulary->now.counts, bin, pcn, group);

	return line ? line->programme : TEXT_NONE;
}

/* What the lists of the plan say, when it has any. */
static bool lookup_lists(const struct formulary *formulary, struct text plan, const struct product_name *name, struct arena *arena,
	struct coverage *out, bool *found, struct fault *fault)
{
	struct product_answer *answer = arena_new(arena, struct product_answer);

	if (!answer)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!formulary_answer(formulary, plan, name, arena, answer, found, fault))
		return false;
	return !*found || (formulary_coverage_of(answer, name, arena, out, found, fault) &&
				  formulary_candidates(formulary, answer, arena, out, fault));
}

static uint32_t plan_file_owner(const struct formulary *formulary, struct text plan)
{
	return index_owner(&formulary->now.index, text_lit("plan-file"), text_lit("PRODUCT"), plan);
}

/* The row of a plan file's product. */
static bool lookup_row(const struct formulary *formulary, uint32_t owner, struct text product, struct arena *arena, struct coverage *out,
	bool *found, struct fault *fault)
{
	struct formulary_key key;
	struct table_walk walk;
	struct text at, value;

	key_body(&key, ROW_PRODUCT, owner, product);
	table_walk(formulary->now.table, key_text(&key), TEXT_NONE, &walk);
	*found = table_walk_next(&walk, &at, &value);
	if (!table_walk_end(&walk, fault))
		return false;
	if (!*found)
		return true;
	*out = (struct coverage){ 0 };
	return record_unpack(&coverage_record, out, arena, value, fault);
}

static bool lookup(const struct formulary *formulary, struct text plan, const struct product_name *asked, struct arena *arena,
	struct coverage *out, bool *found, struct fault *fault)
{
	uint32_t owner = plan_file_owner(formulary, plan);
	char key[PRODUCT_KEY_MAX], digits[NDC_DIGITS + 1];
	struct product_name name = *asked;

	*found = false;
	if (!ndc_normal(name.ndc, digits))
		return true; /* it may be several products: none of them is guessed */
	if (name.ndc.n != NDC_DIGITS)
		name.ndc = arena_text(arena, text_of(digits));
	if (!text_there(name.ndc))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!owner)
		return lookup_lists(formulary, plan, &name, arena, out, found, fault);
	return lookup_row(formulary, owner, product_ndc(name.ndc, key), arena, out, found, fault);
}

bool formulary_lookup(const struct formulary *formulary, struct text plan, struct text ndc, struct arena *arena,
	struct coverage *out, bool *found, struct fault *fault)
{
	return lookup(formulary, plan, &(struct product_name){ .ndc = ndc }, arena, out, found, fault);
}

/* -- others of its class -- */

static bool add_of_class(const struct formulary *formulary, uint32_t owner, struct text packed, struct arena *arena, struct coverage *out,
	struct fault *fault)
{
	struct alternative_row row = { 0 };
	struct alternative *to;
	struct coverage other;
	bool found;

	if (!record_unpack(&alternative_row_record, &row, arena, packed, fault) ||
		!lookup_row(formulary, owner, row.product, arena, &other, &found, fault))
		return false;
	if (!found || text_equal(other.ndc, out->ndc))
		return true;
	to = arena_push(arena, (void **)&out->alternatives, &out->alternatives_n, sizeof(*to));
	if (!to)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	*to = (struct alternative){ .ndc = other.ndc, .description = other.description, .tier = other.tier, .unit = other.unit,
		.limits = other.limits, .prices = other.prices, .prices_n = other.prices_n, .policy = other.policy, .status = other.status,
		.rxcui = other.rxcui, .same_class = 1 };
	return true;
}

static bool lookup_class(const struct formulary *formulary, uint32_t owner, struct arena *arena, struct coverage *out, struct fault *fault)
{
	struct formulary_key key;
	struct table_walk walk;
	struct text at, value;
	bool ok = true;

	key_body(&key, ROW_CLASS, owner, out->drug_class);
	table_walk_apart(formulary->now.table, key_text(&key), TEXT_NONE, &walk);
	while (ok && out->alternatives_n < CLASS_MAX && table_walk_next(&walk, &at, &value))
		ok = add_of_class(formulary, owner, value, arena, out, fault);
	return table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) && ok;
}

bool formulary_lookup_to_price(const struct formulary *formulary, struct text plan, struct text ndc, struct text rxcui, struct arena *arena,
	struct coverage *out, bool *found, struct fault *fault)
{
	uint32_t owner = plan_file_owner(formulary, plan);

	if (!lookup(formulary, plan, &(struct product_name){ .ndc = ndc, .rxcui = rxcui }, arena, out, found, fault))
		return false;
	return !*found || !owner || out->alternatives_n || !out->drug_class.n || lookup_class(formulary, owner, arena, out, fault);
}
