/* SPDX-License-Identifier: Apache-2.0 */
/* What an order says beside what lists say: both stand in the question, and the order is not believed for being later. */
#include "routing/evidence.h"
#include "routing/routing.h"
#include "test/case.h"
#include "test/routing/tables.h"

CASE(route_state, what_nobody_else_tells_stands_in_the_question)
{
	struct arena arena;
	struct route_question known, stated;

	arena_init(&arena, 1 << 20);
	known = question_of_words("listed=YES place_of_service=11 date=2026-01-01", &arena);
	stated = question_of_words("transplant=COVERED diagnosis=Z940,N186 date=2024-06-01", &arena);
	cr_assert(route_state(&known, &stated, &arena));
	cr_expect(text_is(known.transplant, "COVERED") && known.diagnosis_n == 2 && known.said_n == 0);
	cr_expect(text_is(known.date, "2024-06-01"), "the order's day is the day asked about");
	cr_expect(text_is(known.listed, "YES") && text_is(known.place_of_service, "11"));
	arena_done(&arena);
}

CASE(route_state, what_lists_tell_too_is_said_by_the_order)
{
	struct arena arena;
	struct route_question known, stated;
	struct facts facts;

	arena_init(&arena, 1 << 20);
	known = question_of_words("administered_by=SELF payer_type=D", &arena);
	stated = question_of_words("administered_by=PROVIDER payer_type=D RTPB_816@2026-03-01", &arena);
	cr_assert(route_state(&known, &stated, &arena));
	cr_expect(text_is(known.administered_by, "SELF") && known.said_n == 2, "the same said twice is said once");
	cr_expect(text_is(known.said[0].kind, "ORDER") && text_is(known.said[0].value, "PROVIDER") && text_is(known.said[1].kind, "RTPB_816"));
	evidence_weigh(&known, &facts);
	cr_expect(facts.of[evidence_field(text_lit("administered_by")) - route_question_record.fields].contested);
	arena_done(&arena);
}

CASE(route_state, more_than_a_question_holds_is_too_much)
{
	struct arena arena;
	struct route_said said[65];
	struct route_question known = { 0 }, stated = { .said = said, .said_n = 64 };

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < 65; i++)
		said[i] = (struct route_said){ .kind = text_lit("ORDER"), .member = text_lit("hcpcs"), .value = text_lit("J0129") };
	cr_expect(route_state(&known, &stated, &arena) && known.said_n == 64);
	known = (struct route_question){ 0 };
	stated.said_n = 65;
	cr_expect(!route_state(&known, &stated, &arena));
	arena_done(&arena);
}
