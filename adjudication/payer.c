/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the payer file and finds plans, members and policies in it. */
#include "adjudication/house.h"
#include "adjudication/part_d.h"
#include "adjudication/payer.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdlib.h>

#define DAY_MS INT64_C(86400000)

enum { PAYER_BYTES = 256 << 20 }; /* a file of JSON_BODY_MAX grows about tenfold in memory */

/* One thing and what it is found by. A member is found by plan and cardholder id. */
struct payer_name {
	struct text first, second;
	const void *what;
};

static int compare(const void *a, const void *b)
{
	const struct payer_name *x = a, *y = b;
	int order = text_compare(x->first, y->first);

	return order ? order : text_compare(x->second, y->second);
}

static struct payer_name *index_new(struct arena *arena, size_t n)
{
	/* one more, so that an empty list has an address too */
	return arena_alloc(arena, (n + 1) * sizeof(struct payer_name));
}

/* Each pharmacy of a plan's network by both of its ids. */
static bool index_network(struct house *house)
{
	const struct house_file *file = &house->file;
	size_t most = 0;

	for (size_t i = 0; i < file->plans_n; i++)
		most += 2 * file->plans[i].network_n;
	house->network = index_new(&house->arena, most);
	if (!house->network)
		return false;
	for (size_t i = 0; i < file->plans_n; i++)
		for (size_t k = 0; k < file->plans[i].network_n; k++) {
			const struct house_place *place = &file->plans[i].network[k];
			const struct text ids[] = { place->ncpdp_id, place->npi };

			for (size_t n = 0; n < sizeof(ids) / sizeof(ids[0]); n++)
				if (text_there(ids[n]))
					house->network[house->network_n++] = (struct payer_name){ file->plans[i].name, ids[n], place };
		}
	qsort(house->network, house->network_n, sizeof(struct payer_name), compare);
	return true;
}

/* Insulins and vaccines by each of their names. */
static bool index_special(struct house *house)
{
	const struct house_file *file = &house->file;

	house->special = index_new(&house->arena, 2 * file->special_n);
	if (!house->special)
		return false;
	for (size_t i = 0; i < file->special_n; i++) {
		const struct house_special *special = &file->special[i];

		if (text_there(special->ndc))
			house->special[house->special_n++] = (struct payer_name){ text_lit("NDC"), special->ndc, special };
		if (text_there(special->rxcui))
			house->special[house->special_n++] = (struct payer_name){ text_lit("RXCUI"), special->rxcui, special };
	}
	qsort(house->special, house->special_n, sizeof(struct payer_name), compare);
	return true;
}

static bool index_all(struct house *house)
{
	const struct house_file *file = &house->file;

	house->plans = index_new(&house->arena, file->plans_n);
	house->members = index_new(&house->arena, file->members_n);
	house->policies = index_new(&house->arena, file->policies_n);
	if (!house->plans || !house->members || !house->policies)
		return false;
	for (size_t i = 0; i < file->plans_n; i++)
		house->plans[i] = (struct payer_name){ file->plans[i].name, TEXT_NONE, &file->plans[i] };
	for (size_t i = 0; i < file->members_n; i++)
		house->members[i] = (struct payer_name){ file->members[i].plan, file->members[i].cardholder_id,
			&file->members[i] };
	for (size_t i = 0; i < file->policies_n; i++)
		house->policies[i] = (struct payer_name){ file->policies[i].id, TEXT_NONE, &file->policies[i] };
	qsort(house->plans, file->plans_n, sizeof(struct payer_name), compare);
	qsort(house->members, file->members_n, sizeof(struct payer_name), compare);
	qsort(house->policies, file->policies_n, sizeof(struct payer_name), compare);
	return index_network(house) && index_special(house);
}

/* Where the first one of this name stands, or would. */
static size_t lower_bound(const struct payer_name *names, size_t n, const struct payer_name *wanted)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&names[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const void *find(const struct payer_name *names, size_t n, struct text name)
{
	struct payer_name wanted = { .first = name };
	size_t at = lower_bound(names, n, &wanted);

	return text_there(name) && at < n && compare(&names[at], &wanted) == 0 ? names[at].what : NULL;
}

const struct house_plan *payer_plan(const struct house *house, struct text name)
{
	return find(house->plans, house->file.plans_n, name);
}

const struct house_policy *payer_policy(const struct house *house, struct text id)
{
	return find(house->policies, house->file.policies_n, id);
}

const struct house_member *payer_member(const struct house *house, struct text plan, struct text cardholder_id,
	size_t nth)
{
	struct payer_name wanted = { .first = plan, .second = cardholder_id };
	size_t at = lower_bound(house->members, house->file.members_n, &wanted) + nth;

	return at < house->file.members_n && compare(&house->members[at], &wanted) == 0 ? house->members[at].what
											 : NULL;
}

static const void *find_pair(const struct payer_name *names, size_t n, struct text first, struct text second)
{
	struct payer_name wanted = { .first = first, .second = second };
	size_t at = lower_bound(names, n, &wanted);

	return text_there(second) && at < n && compare(&names[at], &wanted) == 0 ? names[at].what : NULL;
}

const struct house_place *payer_in_network(const struct house *house, const struct house_plan *plan, struct text id)
{
	return find_pair(house->network, house->network_n, plan->name, id);
}

struct text payer_special(const struct house *house, struct text ndc, struct text rxcui)
{
	const struct house_special *found = find_pair(house->special, house->special_n, text_lit("NDC"), ndc);

	if (!found)
		found = find_pair(house->special, house->special_n, text_lit("RXCUI"), rxcui);
	return found ? found->kind : TEXT_NONE;
}

bool payer_by_lists(const struct house_plan *plan)
{
	return text_is(plan->cost_sharing, "LISTS");
}

const struct house_tier *payer_tier(const struct house_plan *plan, int64_t tier, struct text pharmacy)
{
	for (size_t i = 0; i < plan->tiers_n; i++)
		if (plan->tiers[i].tier == tier && text_equal(plan->tiers[i].pharmacy, pharmacy))
			return &plan->tiers[i];
	return NULL;
}

static bool no_neighbours_alike(const struct payer_name *names, size_t n, const char *where, struct fault *fault)
{
	for (size_t i = 1; i < n; i++)
		if (compare(&names[i - 1], &names[i]) == 0)
			return fault_set(fault, FAULT_REPEATED, where);
	return true;
}

/* Members under one cardholder id are told apart by their person code. */
static bool members_apart(const struct house *house, struct fault *fault)
{
	const struct payer_name *names = house->members;

	for (size_t i = 0; i < house->file.members_n; i++)
		for (size_t k = i; k-- > 0 && compare(&names[k], &names[i]) == 0;) {
			const struct house_member *a = names[k].what, *b = names[i].what;

			if (!text_there(a->person_code) || text_equal(a->person_code, b->person_code)) {
				fault_set(fault, FAULT_REPEATED, "person_code");
				return fault_under(fault, text_lit("members"), (int)(b - house->file.members));
			}
		}
	return true;
}

static bool members_have_plans(const struct house *house, struct fault *fault)
{
	for (size_t i = 0; i < house->file.members_n; i++)
		if (!payer_plan(house, house->file.members[i].plan)) {
			fault_set(fault, FAULT_RULE, "plan");
			return fault_under(fault, text_lit("members"), (int)i);
		}
	return true;
}

static bool read_into(struct house *house, struct text file, struct fault *fault)
{
	struct json_notes notes = { 0 };
	struct text kept;

	arena_init(&house->arena, PAYER_BYTES);
	kept = arena_text(&house->arena, file);
	if (!text_there(kept))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!json_read(&house_file_record, &house->file, kept, &house->arena, &notes, fault) ||
		!record_check(&house_file_record, &house->file, fault))
		return false;
	/* A misspelt condition must not quietly decide otherwise. */
	if (notes.unknown)
		return fault_set(fault, FAULT_UNKNOWN_ELEMENT, notes.unknown_at);
	if (!index_all(house))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	return no_neighbours_alike(house->plans, house->file.plans_n, "plans", fault) &&
	       no_neighbours_alike(house->policies, house->file.policies_n, "policies", fault) &&
	       no_neighbours_alike(house->special, house->special_n, "special", fault) && members_have_plans(house, fault) && members_apart(house, fault) && payer_check(&house->file, fault);
}

bool house_read(struct text file, struct house **out, struct fault *fault)
{
	struct house *house = calloc(1, sizeof(*house));

	if (!house)
		abort();
	if (!read_into(house, file, fault)) {
		house_free(house);
		return false;
	}
	*out = house;
	return true;
}

void house_free(struct house *house)
{
	if (!house)
		return;
	part_d_free(house->part_d);
	arena_done(&house->arena);
	free(house);
}

bool house_read_part_d(struct house *house, struct text table, int *line, struct fault *fault)
{
	struct part_d_years *years;

	if (!part_d_read(table, &years, line, fault))
		return false;
	part_d_free(house->part_d);
	house->part_d = years;
	return true;
}

int64_t payer_day_ms(struct text date, int64_t otherwise)
{
	struct fault ignored;
	int64_t when;

	/* the table has checked it: it is a date when it is there */
	return text_there(date) && clock_parse(date, &when, &ignored) ? when : otherwise;
}

bool payer_within_days(struct text first, struct text last, int64_t wall_ms)
{
	return payer_day_ms(first, wall_ms) <= wall_ms && wall_ms - payer_day_ms(last, wall_ms) < DAY_MS;
}

bool payer_e4(struct text decimal, int64_t *e4)
{
	bool minus = decimal.n && decimal.at[0] == '-', point = false;
	int64_t value = 0;
	int decimals = 0;
	size_t i = decimal.n && (minus || decimal.at[0] == '+') ? 1 : 0, digits = 0;

	for (; i < decimal.n; i++) {
		char c = decimal.at[i];

		if (c == '.' && !point) {
			point = true;
			continue;
		}
		if (c < '0' || c > '9' || (point && decimals == 4 && c != '0'))
			return false;
		digits++;
		if (point && decimals == 4)
			continue; /* a trailing zero */
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, c - '0', &value))
			return false;
		decimals += point;
	}
	for (; decimals < 4; decimals++)
		if (__builtin_mul_overflow(value, 10, &value))
			return false;
	*e4 = minus ? -value : value;
	return digits > 0;
}
