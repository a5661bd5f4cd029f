/* SPDX-License-Identifier: Apache-2.0 */
/* What members pay by published lists, each example reckoned three times: by hand, by the payer, and cent by cent in a way of its own. */
#include "adjudication/list_share.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>

/* The tables say what is usual first and then what is not. */
#pragma GCC diagnostic ignored "-Woverride-init"

static struct part_d_years *years;
static const struct part_d_year *year_2025, *year_2026;

/* The table that is shipped. */
static void read_years(void)
{
	char bytes[32768];
	FILE *in = fopen(PART_D_FILE, "re");
	size_t n = in ? fread(bytes, 1, sizeof(bytes), in) : 0;
	struct fault fault;
	int line;

	cr_assert(n && n < sizeof(bytes) && fclose(in) == 0);
	cr_assert(part_d_read((struct text){ bytes, n }, &years, &line, &fault), "line %d: %s at %s", line, fault_row(fault.code)->name, fault.path);
	year_2025 = part_d_of(years, 2025);
	year_2026 = part_d_of(years, 2026);
	cr_assert(year_2025 && year_2026);
}

/* -- the same, done otherwise: rows are struck out one reason after the other, cents are counted -- */

enum { NAIVE_ROWS = 8 };

struct naive_rows {
	const struct copay_row *at[NAIVE_ROWS];
	size_t n;
};

static void keep(struct naive_rows *rows, bool (*wanted)(const struct copay_row *, int64_t), int64_t with)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++)
		if (wanted(rows->at[i], with))
			rows->at[n++] = rows->at[i];
	rows->n = n;
}

/* Only if that leaves something. */
static void prefer(struct naive_rows *rows, bool (*wanted)(const struct copay_row *, int64_t), int64_t with)
{
	struct naive_rows some = *rows;

	keep(&some, wanted, with);
	if (some.n)
		*rows = some;
}

static bool initial(const struct copay_row *row, int64_t phase)
{
	return !row->phase.n || row->phase.at[0] == (char)phase;
}

static bool plain(const struct copay_row *row, int64_t unused)
{
	return unused == 0 && !row->days_other && !row->product_type.n;
}

static bool insulin_is(const struct copay_row *row, int64_t yes)
{
	return row->insulin == yes;
}

static bool network_is(const struct copay_row *row, int64_t letter)
{
	return row->network.n ? row->network.at[0] == (char)letter : letter == 0;
}

static bool inside(const struct copay_row *row, int64_t unused)
{
	return unused == 0 && (!row->network.n || row->network.at[0] == 'S');
}

static bool inside_or_preferred(const struct copay_row *row, int64_t unused)
{
	return unused == 0 && !text_is(row->network, "OUT");
}

static bool at_pharmacy(const struct copay_row *row, int64_t letter)
{
	return row->pharmacy.n && row->pharmacy.at[0] == (char)letter;
}

static bool at_it_or_any(const struct copay_row *row, int64_t letter)
{
	return at_pharmacy(row, letter) || !row->pharmacy.n || at_pharmacy(row, 'A');
}

static bool three_months(const struct copay_row *row, int64_t unused)
{
	return unused == 0 && (at_pharmacy(row, 'D') || (at_pharmacy(row, 'R') && row->days_supply > 80 && !row->per_copay));
}

static bool has_room(const struct copay_row *row, int64_t days)
{
	return row->days_supply >= days;
}

static bool has_room_or_repeats(const struct copay_row *row, int64_t days)
{
	return has_room(row, days) || row->per_copay || !row->days_supply;
}

static bool days_are(const struct copay_row *row, int64_t days)
{
	return row->days_supply == days;
}

static bool spent_within(const struct copay_row *row, int64_t spent)
{
	return row->oop_from_cents <= spent && (!row->oop_to_cents || spent <= row->oop_to_cents);
}

static bool from_is(const struct copay_row *row, int64_t from)
{
	return row->oop_from_cents == from;
}

static void naive_days(struct naive_rows *rows, int64_t days)
{
	int64_t least = INT64_MAX, most = 0;

	keep(rows, has_room_or_repeats, days);
	for (size_t i = 0; i < rows->n; i++) {
		if (rows->at[i]->days_supply >= days && rows->at[i]->days_supply < least)
			least = rows->at[i]->days_supply;
		if (rows->at[i]->days_supply > most)
			most = rows->at[i]->days_supply;
	}
	keep(rows, days_are, least < INT64_MAX ? least : most);
}

static struct naive_rows naive_choose(const struct list_fill *fill, char phase, enum standing standing)
{
	struct naive_rows rows = { .n = 0 };
	int64_t from = 0;

	for (size_t i = 0; i < fill->copays_n; i++)
		rows.at[rows.n++] = &fill->copays[i];
	keep(&rows, initial, phase);
	keep(&rows, plain, 0);
	keep(&rows, spent_within, fill->out_of_pocket_met);
	if (!fill->insulin)
		keep(&rows, insulin_is, 0);
	if (standing == STANDING_OUT)
		keep(&rows, network_is, 'O');
	else
		keep(&rows, standing == STANDING_STANDARD ? inside : inside_or_preferred, 0);
	if (fill->way == 'D')
		keep(&rows, three_months, 0);
	else
		keep(&rows, at_it_or_any, fill->way);
	/* what does not fit in the days is no row for any other reason either */
	for (size_t i = rows.n; i-- > 0;)
		if (!has_room_or_repeats(rows.at[i], fill->days)) {
			for (size_t k = i + 1; k < rows.n; k++)
				rows.at[k - 1] = rows.at[k];
			rows.n--;
		}
	prefer(&rows, insulin_is, fill->insulin);
	if (standing == STANDING_PREFERRED)
		prefer(&rows, network_is, 'P');
	if (standing != STANDING_OUT && rows.n && !network_is(rows.at[0], 'P'))
		prefer(&rows, network_is, 'S');
	prefer(&rows, at_pharmacy, fill->way);
	naive_days(&rows, fill->days);
	for (size_t i = 0; i < rows.n; i++)
		if (rows.at[i]->oop_from_cents > from)
			from = rows.at[i]->oop_from_cents;
	keep(&rows, from_is, from);
	if (rows.n && !rows.at[0]->offered && !rows.at[0]->unsaid && standing == STANDING_PREFERRED)
		return naive_choose(fill, phase, STANDING_STANDARD);
	return rows;
}

/* One cent after the other finds its payer. */
struct naive {
	int64_t flat, rate, deductible_left, deductible, copay, base, coinsurance;
	bool flat_now, rate_now, deductible_first;
};

static int64_t naive_percent(int64_t base, int64_t rate)
{
	int64_t whole = 0, part = 0;

	for (int64_t cent = 0; cent < base; cent++)
		for (part += rate; part >= 10000; part -= 10000)
			whole++;
	return whole + (part >= 5000);
}

static int64_t naive_flat(int64_t *purse, int64_t flat)
{
	int64_t paid = 0;

	while (paid < flat && *purse > 0) {
		paid++;
		--*purse;
	}
	return paid;
}

static void naive_turn(struct naive *n, bool now, bool rate_first, int64_t *purse)
{
	bool flat = n->flat_now == now, rate = n->rate_now == now;

	if (rate && rate_first) {
		n->coinsurance = naive_percent(*purse, n->rate);
		*purse -= n->coinsurance;
	}
	if (flat)
		n->copay = naive_flat(purse, n->flat);
	if (rate && !rate_first) {
		n->coinsurance = naive_percent(*purse, n->rate);
		*purse -= n->coinsurance;
	}
}

static bool naive_now(const struct list_fill *fill, const struct copay_row *row)
{
	return row->deductible.n ? row->deductible.at[0] != 'A' : !fill->deductible_where_unsaid;
}

/* A copay and a coinsurance that belong together. */
static bool naive_pair(const struct copay_row *copay, const struct copay_row *coinsurance)
{
	if (copay->phase.n || coinsurance->phase.n || copay->per_copay || coinsurance->per_copay || !coinsurance->offered || !copay->offered)
		return false;
	if (!(copay->tier_name.n || copay->deductible.n) || !text_equal(copay->tier_name, coinsurance->tier_name) || copay->tier != coinsurance->tier)
		return false;
	return copay->rate_e4 == 0 && coinsurance->flat_cents == 0 && text_is(copay->first, "FLAT") && text_is(coinsurance->first, "RATE");
}

static struct cost_share naive_pay(const struct list_fill *fill, const struct naive_rows *rows, bool own_deductible, int64_t cost)
{
	const struct copay_row *row = rows->at[0], *other = NULL, *swap;
	struct naive n = { .deductible_left = fill->deductible - fill->deductible_met };
	bool rate_first = fill->rate_first;
	int64_t purse = cost, periods = 1, left = fill->out_of_pocket_max - fill->out_of_pocket_met, cap;

	for (size_t i = 1; i < rows->n && !other; i++)
		if (naive_pair(row, rows->at[i]) || naive_pair(rows->at[i], row))
			other = rows->at[i];
	if (other && !naive_pair(row, other)) {
		swap = row;
		row = other;
		other = swap;
	}
	while (row->per_copay && periods * row->days_supply < fill->days)
		periods++;
	n.flat = row->flat_cents * periods;
	n.rate = other ? other->rate_e4 : row->rate_e4;
	n.flat_now = naive_now(fill, row);
	n.rate_now = other ? naive_now(fill, other) : n.flat_now;
	n.deductible_first = !n.flat_now || !n.rate_now;
	if (row->flat_cents && row->rate_e4)
		rate_first = text_is(row->first, "RATE");
	if (own_deductible || (fill->part_d && fill->insulin))
		n.deductible_first = false;
	if (row->insulin && row->flat_cents && row->rate_e4 && !row->first.n) {
		n.copay = cost < n.flat ? cost : n.flat;
		n.coinsurance = naive_percent(cost, n.rate);
		*(n.coinsurance < n.copay ? &n.copay : &n.coinsurance) = 0;
	} else {
		naive_turn(&n, true, rate_first, &purse);
		if (n.deductible_first)
			n.deductible = naive_flat(&purse, n.deductible_left);
		naive_turn(&n, false, rate_first, &purse);
	}
	for (; row->max_cents && n.copay + n.coinsurance > row->max_cents;)
		--*(rate_first ? (n.copay ? &n.copay : &n.coinsurance) : (n.coinsurance ? &n.coinsurance : &n.copay));
	for (; n.copay + n.coinsurance < row->min_cents && n.deductible + n.copay + n.coinsurance < cost;)
		++*(n.rate ? &n.coinsurance : &n.copay);
	if (fill->part_d && fill->insulin) {
		cap = 0;
		for (int64_t days = 0; days < fill->days; days += fill->part_d->month_days)
			cap += fill->part_d->insulin_month_cents;
		if (fill->part_d->insulin_rate_e4 && naive_percent(cost, fill->part_d->insulin_rate_e4) < cap)
			cap = naive_percent(cost, fill->part_d->insulin_rate_e4);
		for (; n.copay + n.coinsurance > cap;)
			--*(rate_first ? (n.copay ? &n.copay : &n.coinsurance) : (n.coinsurance ? &n.coinsurance : &n.copay));
	}
	for (; fill->out_of_pocket_max && n.deductible + n.copay + n.coinsurance > (left > 0 ? left : 0);)
		--*(rate_first ? (n.copay ? &n.copay : n.coinsurance ? &n.coinsurance : &n.deductible)
			       : (n.coinsurance ? &n.coinsurance : n.copay ? &n.copay : &n.deductible));
	return (struct cost_share){ n.deductible, n.copay, n.coinsurance, n.deductible + n.copay + n.coinsurance };
}

static bool same(const struct cost_share *a, const struct cost_share *b)
{
	return a->deductible == b->deductible && a->copay == b->copay && a->coinsurance == b->coinsurance && a->total == b->total;
}

static enum list_share naive_share(const struct list_fill *fill, struct cost_share *share)
{
	struct naive_rows rows = naive_choose(fill, 'I', fill->standing), own;
	struct cost_share other;
	bool own_cost = false;
	int64_t enough = 0;

	if (!rows.n || (!rows.at[0]->offered && !rows.at[0]->unsaid))
		return LIST_SHARE_NOT_OFFERED;
	*share = (struct cost_share){ 0 };
	if (fill->part_d && fill->vaccine)
		return LIST_SHARE_KNOWN;
	if (!rows.at[0]->offered)
		return LIST_SHARE_OPEN;
	if (fill->part_d && !fill->insulin && fill->deductible > fill->deductible_met && !naive_now(fill, rows.at[0])) {
		own = naive_choose(fill, 'D', fill->standing);
		own_cost = own.n && own.at[0]->phase.n && own.at[0]->offered && !(own.at[0]->rate_e4 == 10000 && !own.at[0]->flat_cents);
		if (own_cost)
			rows = own;
	}
	if (fill->cost_cents >= 0) {
		*share = naive_pay(fill, &rows, own_cost, fill->cost_cents);
		return LIST_SHARE_KNOWN;
	}
	/* Not known: it is the same for any cost that has room for the copays, or it depends on it. */
	for (size_t i = 0; i < rows.n; i++)
		enough += (rows.at[i]->flat_cents + rows.at[i]->min_cents) * 12;
	*share = naive_pay(fill, &rows, own_cost, enough + 4);
	other = naive_pay(fill, &rows, own_cost, enough + 104);
	if (!same(share, &other))
		return LIST_SHARE_OPEN;
	other = naive_pay(fill, &rows, own_cost, enough / 12 + 4);
	return same(share, &other) || !fill->insulin ? LIST_SHARE_KNOWN : LIST_SHARE_OPEN;
}

/* -- the examples -- */

struct worked {
	const char *why;
	struct list_fill fill;
	enum list_share found;
	struct cost_share share;
};

#define T(word) { word, sizeof(word) - 1 }
#define PHARMACY(type) .pharmacy = T(type)
#define NETWORK(standing_) .network = T(standing_)
#define R PHARMACY("R")
#define FLAT(cents) .offered = 1, .first = T("FLAT"), .flat_cents = (cents)
#define RATE(e4) .offered = 1, .first = T("RATE"), .rate_e4 = (e4)
#define BOTH(which, cents, e4) .offered = 1, .first = T(which), .flat_cents = (cents), .rate_e4 = (e4)
#define PER(days) .days_supply = (days), .per_copay = 1
#define TIER .tier_name = T("PREFERRED-BRAND")
#define MONTH(n) R, .days_supply = 30 * (n), NETWORK("STANDARD")
#define BEFORE .deductible = T("BEFORE")
#define AFTER .deductible = T("AFTER")
#define NONE .deductible = T("NONE")
#define PD_DAYS(days) R, .days_supply = (days), NETWORK("STANDARD")
#define PD PD_DAYS(30)
#define PD_PREFERRED R, .days_supply = 30, NETWORK("PREFERRED")
#define INITIAL .phase = T("INITIAL")
#define IN_DEDUCTIBLE .phase = T("DEDUCTIBLE")
#define IS_INSULIN .insulin = 1
#define PART_D .part_d = year_2026, .deductible = year_2026->deductible_cents, .out_of_pocket_max = year_2026->out_of_pocket_cents
#define PART_D_2025 .part_d = year_2025, .deductible = year_2025->deductible_cents, .out_of_pocket_max = year_2025->out_of_pocket_cents
#define INSULIN .insulin = true
#define FILL(...) { .way = 'R', .standing = STANDING_STANDARD, .days = 30, __VA_ARGS__ }
#define ROWS(...) { __VA_ARGS__ }
#define PAYS(deductible_, copay_, coinsurance_) \
	LIST_SHARE_KNOWN, { (deductible_), (copay_), (coinsurance_), (deductible_) + (copay_) + (coinsurance_) }
#define OPEN LIST_SHARE_OPEN, { 0, 0, 0, 0 }
#define NOT_OFFERED LIST_SHARE_NOT_OFFERED, { 0, 0, 0, 0 }

static void try_one(const struct worked *worked, size_t *tried)
{
	struct cost_share share = { 0 }, naive = { 0 };
	enum list_share found = list_share_of(&worked->fill, &share);

	++*tried;
	cr_expect_eq(found, worked->found, "%s: %d", worked->why, (int)found);
	cr_expect_eq(naive_share(&worked->fill, &naive), worked->found, "%s, cent by cent", worked->why);
	if (found != LIST_SHARE_KNOWN)
		return;
	cr_expect(same(&share, &worked->share), "%s: %lld %lld %lld", worked->why, (long long)share.deductible, (long long)share.copay,
		(long long)share.coinsurance);
	cr_expect(same(&naive, &worked->share), "%s, cent by cent: %lld %lld %lld", worked->why, (long long)naive.deductible,
		(long long)naive.copay, (long long)naive.coinsurance);
}

CASE(worked, examples_come_out_as_by_hand_and_cent_by_cent)
{
	size_t tried = 0;

	read_years();
#define WORKED(why_, fill_, rows_, ...)                                                  \
	{                                                                                \
		const struct copay_row rows[] = rows_;                                   \
		struct worked worked = { why_, fill_, __VA_ARGS__ };                     \
		worked.fill.copays = rows;                                               \
		worked.fill.copays_n = sizeof(rows) / sizeof(*rows);                     \
		try_one(&worked, &tried);                                                \
	}
#include "test/adjudication/worked.def"
	cr_expect(tried >= 60, "%zu", tried);
	part_d_free(years);
}

CASE(worked, what_medicare_fixes_for_2026)
{
	read_years();
	cr_expect(year_2026->deductible_cents == 61500 && year_2026->out_of_pocket_cents == 210000);
	cr_expect(year_2026->insulin_month_cents == 3500 && year_2026->insulin_rate_e4 == 2500 && year_2026->month_days == 31);
	cr_expect(year_2025->deductible_cents == 59000 && year_2025->out_of_pocket_cents == 200000 && year_2025->insulin_rate_e4 == 0);
	cr_expect_null(part_d_of(years, 2024), "a benefit with other phases");
	part_d_free(years);
}

/* -- any -- */

static uint64_t any(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static int64_t one_of(uint64_t *seed, const int64_t *of, size_t n)
{
	return of[any(seed) % n];
}
#define ANY_OF(seed, ...) \
	one_of((seed), (const int64_t[]){ __VA_ARGS__ }, sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

static struct text any_word(uint64_t *seed, const char *words, size_t n)
{
	struct text rest = text_of(words), word = TEXT_NONE;

	for (uint64_t skip = any(seed) % n; text_there(rest); skip--) {
		word = text_cut(&rest, ' ');
		if (!skip)
			break;
	}
	return word.n && word.at[0] == '-' ? TEXT_NONE : word;
}

static void any_row(struct copay_row *row, uint64_t *seed)
{
	*row = (struct copay_row){ .pharmacy = any_word(seed, "R R R M A -", 6), .network = any_word(seed, "STANDARD STANDARD PREFERRED OUT - -", 6),
		.days_supply = ANY_OF(seed, 0, 30, 30, 60, 90), .phase = any_word(seed, "INITIAL - DEDUCTIBLE", 3),
		.deductible = any_word(seed, "BEFORE AFTER AFTER NONE -", 5), .offered = any(seed) % 8 != 0,
		.flat_cents = ANY_OF(seed, 0, 0, 500, 1000, 4700), .rate_e4 = ANY_OF(seed, 0, 0, 1000, 2500, 3333),
		.max_cents = ANY_OF(seed, 0, 0, 0, 1500, 9000), .insulin = any(seed) % 8 == 0, .unsaid = any(seed) % 2 };
	row->min_cents = row->max_cents ? 0 : ANY_OF(seed, 0, 0, 700);
	row->per_copay = row->days_supply && any(seed) % 2;
	row->first = row->flat_cents && row->rate_e4 ? any_word(seed, "FLAT RATE", 2) : row->rate_e4 ? text_lit("RATE") : text_lit("FLAT");
}

CASE(worked, any_fill_comes_out_the_same_cent_by_cent)
{
	uint64_t seed = 20261122;
	size_t found[3] = { 0 };

	read_years();
	for (int round = 0; round < 30000; round++) {
		struct copay_row rows[4];
		struct list_fill fill = { .copays = rows, .copays_n = 1 + any(&seed) % 4, .way = (char)ANY_OF(&seed, 'R', 'R', 'D', 'M'),
			.standing = (enum standing)ANY_OF(&seed, 0, 1, 1, 2), .days = ANY_OF(&seed, 7, 30, 31, 45, 60, 90, 100),
			.cost_cents = ANY_OF(&seed, 0, 1, 333, 4500, 20000, 99999), .deductible = ANY_OF(&seed, 0, 2000, 61500),
			.deductible_met = ANY_OF(&seed, 0, 1990, 61500), .out_of_pocket_max = ANY_OF(&seed, 0, 210000),
			.out_of_pocket_met = ANY_OF(&seed, 0, 205000, 210000), .rate_first = any(&seed) % 2,
			.deductible_where_unsaid = any(&seed) % 2, .insulin = any(&seed) % 4 == 0, .vaccine = any(&seed) % 16 == 0,
			.part_d = any(&seed) % 2 ? year_2026 : NULL };
		struct cost_share share = { 0 }, naive = { 0 };
		enum list_share payer, other;

		for (size_t i = 0; i < fill.copays_n; i++)
			any_row(&rows[i], &seed);
		payer = list_share_of(&fill, &share);
		other = naive_share(&fill, &naive);
		cr_assert_eq(payer, other, "round %d: %d %d", round, (int)payer, (int)other);
		cr_assert(payer != LIST_SHARE_KNOWN || same(&share, &naive), "round %d: %lld %lld %lld, cent by cent %lld %lld %lld", round,
			(long long)share.deductible, (long long)share.copay, (long long)share.coinsurance, (long long)naive.deductible,
			(long long)naive.copay, (long long)naive.coinsurance);
		cr_assert(share.total <= fill.cost_cents && share.total == share.deductible + share.copay + share.coinsurance, "round %d", round);
		found[payer]++;
	}
	cr_expect(found[LIST_SHARE_KNOWN] > 5000 && found[LIST_SHARE_OPEN] > 300 && found[LIST_SHARE_NOT_OFFERED] > 3000, "%zu %zu %zu", found[0],
		found[1], found[2]);
	part_d_free(years);
}
