/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ledger/waiting.h"

#include "test/case.h"

#include <stdio.h>

static struct waiting_one one(int slot, const char *message_id, int64_t until_ms)
{
	struct waiting_one out = { .slot = slot, .until_ms = until_ms, .edge = "edge.0", .partner = "FHIR:ehr" };

	snprintf(out.trace, sizeof(out.trace), "%032d", slot);
	snprintf(out.message_id, sizeof(out.message_id), "%s", message_id);
	return out;
}

CASE(waiting, whoever_waits_for_a_submission_is_found_by_it_and_only_once)
{
	struct waiting waiting = { 0 };
	struct waiting_one out;
	size_t n = 0;

	for (int i = 0; i < 200; i++) {
		out = one(i, i % 2 ? "odd" : "even", 1000 + i);
		waiting_add(&waiting, &out);
	}
	cr_expect_eq(waiting.n, 200);
	cr_expect_eq(waiting.first_ms, 1000);
	while (waiting_take(&waiting, text_lit("FHIR:ehr"), text_lit("even"), &out)) {
		cr_expect_eq(out.slot % 2, 0);
		n++;
	}
	cr_expect_eq(n, 100);
	cr_expect_eq(waiting.first_ms, 1001);
	cr_expect(!waiting_take(&waiting, text_lit("FHIR:other"), text_lit("odd"), &out));
	waiting_done(&waiting);
}

CASE(waiting, the_same_client_waits_once_and_for_the_last_thing_it_asked)
{
	struct waiting waiting = { 0 };
	struct waiting_one first = one(1, "a", 1000), again = one(1, "a", 2000), out;

	waiting_add(&waiting, &first);
	waiting_add(&waiting, &again);
	cr_expect_eq(waiting.n, 1);
	cr_expect(!waiting_take_due(&waiting, 1999, &out));
	cr_expect(waiting_take_due(&waiting, 2000, &out));
	cr_expect_eq(waiting.n, 0);
	cr_expect_eq(waiting.first_ms, 0);
	waiting_done(&waiting);
}

CASE(waiting, those_whose_time_is_over_come_out_and_the_others_stay)
{
	struct waiting waiting = { 0 };
	struct waiting_one ones[] = { one(1, "a", 3000), one(2, "b", 1000), one(3, "c", 2000) }, out;
	size_t n = 0;

	for (int i = 0; i < 3; i++)
		waiting_add(&waiting, &ones[i]);
	cr_expect(!waiting_take_due(&waiting, 999, &out));
	while (waiting_take_due(&waiting, 2500, &out))
		n++;
	cr_expect_eq(n, 2);
	cr_expect_eq(waiting.first_ms, 3000);
	waiting_done(&waiting);
}
