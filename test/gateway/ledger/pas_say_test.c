/* SPDX-License-Identifier: Apache-2.0 */
/* What the gateway says to submitters and subscribers reads back as what was meant, by the reader that a client would use. */
#include "gateway/ledger/pas_say.h"

#include "routing/records.h"
#include "test/case.h"
#include "test/gateway/pas_sample.h"

static const int64_t wall_ms = INT64_C(1795339800000);
enum { MEMORY = 16 << 20 };

static struct pa_subscription subscription_at(int64_t events)
{
	return (struct pa_subscription){ .id = text_lit("s1"), .partner = text_lit("FHIR:EXEHR"), .endpoint = text_lit("https://ehr.example.org/told"),
		.state = events ? text_lit("active") : text_lit("requested"), .events = events, .filter = text_lit("EXSENDER"), .changed_ms = wall_ms };
}

CASE(pas_say, a_handshake_is_one)
{
	struct pa_subscription of = subscription_at(0);
	struct pas_notification notification;
	struct fault fault = { 0 };
	struct arena arena;

	arena_init(&arena, MEMORY);
	cr_assert(pas_read_notification(pas_say_handshake(&of, text_lit("s1.h"), wall_ms, &arena), &arena, &notification, &fault), "%s", fault.path);
	cr_expect(text_is(notification.type, "handshake"));
	cr_expect(text_is(notification.subscription, "Subscription/s1"));
	cr_expect_eq(notification.answers_n, 0);
	arena_done(&arena);
}

CASE(pas_say, an_event_carries_the_whole_answer)
{
	struct pa_subscription of = subscription_at(7);
	struct pas_notification notification;
	struct text request, answer;
	struct fhir_bundle *meant;
	struct fault fault = { 0 };
	struct arena arena;

	arena_init(&arena, MEMORY);
	request = pas_sample("B1", &arena);
	answer = pas_sample_answer(request, "A1", "", &arena);
	cr_assert(pas_read(answer, PAS_SUBMIT_ANSWER, PAS_2_2_1, &arena, &meant, &fault), "%s", fault.path);
	cr_assert(pas_read_notification(pas_say_event(&of, text_lit("s1.7"), answer, wall_ms, &arena), &arena, &notification, &fault), "%s", fault.path);
	cr_expect(text_is(notification.type, "event-notification"));
	cr_expect_eq(notification.event_number, 7);
	cr_assert_eq(notification.answers_n, 1);
	cr_expect(record_equal(&fhir_bundle_record, notification.answers[0], meant));
	arena_done(&arena);
}

CASE(pas_say, pended_ended_and_found_answers_hold)
{
	struct fhir_bundle *bundle, **bundles;
	struct fault fault = { 0 };
	struct text request, pended, ended, both[2];
	struct arena arena;
	size_t n;

	arena_init(&arena, MEMORY);
	request = pas_sample("B1", &arena);
	pended = pas_say_pended(request, text_lit("CASE1"), text_lit("A1"), wall_ms, PAS_2_2_1, &arena);
	cr_assert(pas_read(pended, PAS_SUBMIT_ANSWER, PAS_2_2_1, &arena, &bundle, &fault), "%s", fault.path);
	cr_expect(text_is(bundle->entry[0].resource->claim_response->outcome, "complete"));
	ended = pas_say_ended(pended, text_lit("No answer came in time."), text_lit("A2"), wall_ms, &arena);
	cr_assert(pas_read(ended, PAS_SUBMIT_ANSWER, PAS_2_2_1, &arena, &bundle, &fault), "%s", fault.path);
	cr_expect(text_is(bundle->entry[0].resource->claim_response->outcome, "error"));
	both[0] = pended;
	both[1] = ended;
	cr_assert(pas_read_inquiry_answer(pas_say_inquiry(both, 2, PAS_2_2_1, &arena), PAS_2_2_1, &arena, &bundles, &n, &fault), "%s", fault.path);
	cr_expect_eq(n, 2);
	arena_done(&arena);
}

CASE(pas_say, a_subscription_reads_as_it_was_asked)
{
	struct pa_subscription of = subscription_at(3);
	struct fhir_subscription *subscription;
	struct text organization;
	struct fault fault = { 0 };
	struct arena arena;

	arena_init(&arena, MEMORY);
	cr_assert(pas_read_subscription(pas_say_subscription(&of, &arena), PAS_2_2_1, &arena, &subscription, &organization, &fault), "%s", fault.path);
	cr_expect(text_equal(organization, of.filter));
	cr_expect(text_equal(subscription->channel->endpoint, of.endpoint));
	cr_expect(text_is(subscription->status, "active"));
	arena_done(&arena);
}
