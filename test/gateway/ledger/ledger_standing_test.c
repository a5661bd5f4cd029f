/* SPDX-License-Identifier: Apache-2.0 */
/* What the ledger tells of a member's approved drugs, and to whom. */
#include "test/gateway/ledger/ledger_steps.h"

#define DRUG "N11111111111111111111111111111111"
#define OTHER_DRUG "N22222222222222222222222222222222"
#define PERSON "Q33333333333333333333333333333333"

/* A case of CALLER about the drug that ended so. */
static void decided(const char *outcome, const char *number, const char *until)
{
	struct case_work work;

	bench_peer(&bench, ROLE_PAYER, true);
	bench_event(&bench, (struct event_of){ "SUBMIT", CALLER, "m1", .reference = "ref1", .drug = DRUG, .person_key = PERSON });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	bench_decision(&bench, ROLE_PAYER, (struct case_decision){ .row = work.row, .case_id = work.case_id, .outcome = text_of(outcome), .reason = text_lit("why"),
		.message = text_lit(DECIDED), .authorization = text_of(number), .authorized_to = text_of(until) });
	bench_drain(&bench);
}

ON_BENCH(ledger_standing, an_approval_is_told_with_its_number_and_end)
{
	struct standing_drug told;

	decided("APPROVED", "HP1", "2026-12-31");
	told = bench_standing(&bench, CALLER, DRUG, NULL);
	cr_expect(text_is(told.authorization, "HP1") && text_is(told.authorized_to, "2026-12-31") && told.case_id.n);
	bench_crash(&bench);
	told = bench_standing(&bench, CALLER, DRUG, NULL);
	cr_expect(text_is(told.authorization, "HP1"), "it is kept");
}

ON_BENCH(ledger_standing, only_those_who_may_know_are_told)
{
	static const struct {
		const char *partner, *drug, *person;
		bool told;
	} rows[] = {
		{ CALLER, DRUG, NULL, true },
		{ FETCHER, DRUG, NULL, false },
		{ FETCHER, DRUG, PERSON, true },
		{ FETCHER, DRUG, OTHER_DRUG, false },
		{ CALLER, OTHER_DRUG, PERSON, false },
	};

	decided("APPROVED", "HP1", "2026-12-31");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_expect_eq(bench_standing(&bench, rows[i].partner, rows[i].drug, rows[i].person).authorization.n > 0, rows[i].told, "%zu", i);
}

ON_BENCH(ledger_standing, what_is_denied_is_not_told)
{
	decided("DENIED", "HP1", "2026-12-31");
	cr_expect(!bench_standing(&bench, CALLER, DRUG, NULL).authorization.n);
}

ON_BENCH(ledger_standing, what_has_ended_is_not_told)
{
	decided("APPROVED", "HP1", "2026-11-22"); /* the bench's day */
	cr_expect(bench_standing(&bench, CALLER, DRUG, NULL).authorization.n > 0);
	bench_pass(&bench, 24 * 60 * 60 * 1000);
	cr_expect(!bench_standing(&bench, CALLER, DRUG, NULL).authorization.n);
}

ON_BENCH(ledger_standing, an_approval_without_a_number_is_not_told)
{
	decided("APPROVED", NULL, NULL);
	cr_expect(!bench_standing(&bench, CALLER, DRUG, NULL).case_id.n);
}

ON_BENCH(ledger_standing, what_is_no_question_is_answered_all_the_same)
{
	struct envelope envelope = { .trace = text_lit("0123456789abcdef0123456789abcdef"), .edge = text_lit("worker.0"), .slot = 3 };

	bench_step(&bench, &(struct input){ .kind = IN_MESSAGE, .type = TYPE_STANDING, .peer = { ROLE_WORKER, 0 }, .envelope = &envelope, .payload = text_lit("\xC1") });
	bench_drain(&bench);
	cr_expect(*bench_reply(&bench, &fault) == '\0' && *fault);
}
