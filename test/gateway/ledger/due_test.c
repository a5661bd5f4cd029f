/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ledger/due.h"
#include "test/case.h"

#include <stdio.h>
#include <string.h>

static struct due_row *add(struct due_list *list, const char *key, int64_t at_ms)
{
	due_add(list, text_of(key), at_ms, 0);
	return due_find(list, text_of(key));
}

static bool next_is(const struct due_list *list, int64_t now_ms, const char *key)
{
	struct due_row *row = due_next(list, now_ms);

	return key ? row && text_is(due_key(row), key) : !row;
}

CASE(due, rows_come_in_order_of_time_and_not_before_it)
{
	struct due_list list = { 0 };

	cr_expect(next_is(&list, 100, NULL));
	cr_expect_eq(due_wake(&list, true), 0);
	add(&list, "b", 20);
	add(&list, "a", 10);
	add(&list, "c", 30);
	add(&list, "a", 5); /* is there already */
	cr_expect_eq(list.n, 3);
	cr_expect_eq(due_wake(&list, true), 10);
	cr_expect_eq(due_wake(&list, false), 0);
	cr_expect(next_is(&list, 9, NULL));
	cr_expect(next_is(&list, 10, "a"));
	due_remove(&list, due_next(&list, 10));
	cr_expect(next_is(&list, 19, NULL));
	cr_expect(next_is(&list, 20, "b"));
	cr_expect_null(due_find(&list, text_lit("a")));
	due_done(&list);
}

CASE(due, a_leased_row_comes_back_when_its_lease_ends)
{
	struct due_list list = { 0 };
	struct due_row *a = add(&list, "a", 0), *b = add(&list, "b", 1);

	due_lease(&list, a, 100);
	due_lease(&list, b, 200);
	cr_expect(next_is(&list, 99, NULL));
	cr_expect_eq(due_wake(&list, false), 100);
	cr_expect_eq(due_expire(&list, 99), 0);
	cr_expect_eq(due_expire(&list, 150), 1);
	cr_expect(next_is(&list, 150, "a"));
	cr_expect_eq(list.leased_n, 1);
	due_release(&list, 160);
	cr_expect_eq(list.leased_n, 0);
	cr_expect_not_null(due_find(&list, text_lit("b")));
	due_done(&list);
}

CASE(due, a_row_that_is_lost_over_and_over_waits_longer_and_lets_others_go_first)
{
	struct due_list list = { 0 };
	struct due_row *bad = add(&list, "bad", 0);
	int64_t now = 0, before = 0;

	for (int lost = 0; lost < 12; lost++) {
		cr_assert(next_is(&list, now, "bad"));
		due_lease(&list, bad, now + 100);
		if (lost % 2)
			due_release(&list, now += 50); /* as when it stopped whoever worked on it */
		else
			due_expire(&list, now += 100);
		if (!lost)
			cr_expect_eq(bad->at_ms, now, "a single loss is bad luck");
		else
			cr_expect_geq(bad->at_ms - now, before);
		cr_expect_leq(bad->at_ms - now, DUE_LOST_MOST_MS);
		before = bad->at_ms - now;
		if (lost == 3) { /* another one, that came later, goes first */
			add(&list, "good", now + 1);
			cr_expect(next_is(&list, now + 1, "good"));
			due_remove(&list, due_find(&list, text_lit("good")));
		}
		now = bad->at_ms;
	}
	cr_expect_eq(before, DUE_LOST_MOST_MS);
	due_done(&list);
}

CASE(due, backoff_doubles_to_a_quarter_of_an_hour_and_is_spread)
{
	struct due_list list = { 0 };
	struct due_row *a = add(&list, "o/1/PA-a/1", 0), *b = add(&list, "o/1/PA-b/1", 0);
	bool differs = false;

	for (int attempts = 1; attempts < 40; attempts++) {
		int64_t most = attempts > 10 ? 900000 : (int64_t)1000 << (attempts - 1);

		a->attempts = b->attempts = attempts;
		if (most > 900000)
			most = 900000;
		cr_expect_leq(due_backoff_ms(a), most);
		cr_expect_geq(due_backoff_ms(a), most - most / 4);
		cr_expect_eq(due_backoff_ms(a), due_backoff_ms(a));
		differs |= due_backoff_ms(a) != due_backoff_ms(b);
	}
	cr_expect(differs);
	due_done(&list);
}

/* Against plain arrays: when each of a hundred rows waits, is leased, or is not there. */
enum { ROWS = 100 };

static void look(const struct due_list *list, const int64_t *at, const bool *leased, int64_t now)
{
	struct due_row *next = due_next(list, now);
	int64_t earliest = INT64_MAX;
	size_t n = 0;

	for (int i = 0; i < ROWS; i++) {
		n += at[i] != 0;
		if (at[i] && !leased[i] && at[i] < earliest)
			earliest = at[i];
	}
	cr_assert_eq(list->n, n);
	cr_assert_eq(next != NULL, earliest <= now);
	if (next)
		cr_assert_eq(next->at_ms, earliest);
}

CASE(due, random_use_agrees_with_a_model)
{
	uint64_t seed = 88172645463325252u;
	struct due_list list = { 0 };
	int64_t at[ROWS] = { 0 }, now = 1;
	bool leased[ROWS] = { 0 };

	for (int step = 0; step < 20000; step++) {
		int i;
		char key[8];
		struct due_row *row;

		seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
		i = (int)(seed % ROWS);
		snprintf(key, sizeof(key), "%d", i);
		row = due_find(&list, text_of(key));
		cr_assert_eq(row != NULL, at[i] != 0);
		now += (int64_t)(seed >> 60);
		if (!row) {
			due_add(&list, text_of(key), at[i] = now + (int64_t)((seed >> 20) % 500), 0);
			leased[i] = false;
		} else if ((seed >> 40) % 4 == 0) {
			due_remove(&list, row);
			at[i] = 0;
			leased[i] = false;
		} else if ((seed >> 40) % 4 == 1 && !row->leased) {
			due_lease(&list, row, at[i] = now + 300);
			leased[i] = true;
		} else if ((seed >> 40) % 4 == 2) {
			due_wait(&list, row, at[i] = now + (int64_t)((seed >> 20) % 50));
			leased[i] = false;
		} else {
			due_expire(&list, now);
			for (int j = 0; j < ROWS; j++)
				if (leased[j] && at[j] <= now) {
					snprintf(key, sizeof(key), "%d", j);
					leased[j] = false;
					at[j] = due_find(&list, text_of(key))->at_ms;
					cr_assert(at[j] >= now && at[j] <= now + DUE_LOST_MOST_MS);
				}
		}
		look(&list, at, leased, now);
	}
	due_done(&list);
}
