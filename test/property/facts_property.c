/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a message holds, what it brings to the router is a question that can be packed, weighed and decided, and what others are asked is a message
   that they can read; whatever they answer is evidence that the tables know. DUALTRACK_SEED=n begins at another seed; a failure says which it was. */
#include "gateway/sandbox/sandbox.h"
#include "gateway/worker/order_fhir.h"
#include "gateway/worker/worker_evidence.h"
#include "routing/evidence.h"
#include "test/case.h"
#include "test/property/any.h"

#include <stdlib.h>

enum { ROUNDS = 2000, MEMORY = 64 << 20 };

static uint64_t first_seed(void)
{
	const char *z = getenv("DUALTRACK_SEED");

	return z ? strtoull(z, NULL, 10) : 1;
}

static const struct {
	const struct facts_row *rows;
	const size_t *n;
	const char *root;
	const struct record *record;
	enum any_syntax syntax;
} elements[] = {
	{ script_facts, &script_facts_n, "Request", &pa_common_record, ANY_XML },
	{ rtpb_facts, &rtpb_facts_n, "RTPBRequest", &rtpb_request_record, ANY_XML },
	{ pas_facts, &pas_facts_n, "Claim", &fhir_claim_record, ANY_JSON },
	{ pas_facts, &pas_facts_n, "MedicationRequest", &fhir_medication_request_record, ANY_JSON },
	{ pas_facts, &pas_facts_n, "Encounter", &fhir_encounter_record, ANY_JSON },
	{ pas_facts, &pas_facts_n, "Patient", &fhir_patient_record, ANY_JSON },
	{ cds_facts, &cds_facts_n, "Order", &cds_order_details_record, ANY_JSON },
	{ cds_facts, &cds_facts_n, "Location", &cds_location_record, ANY_JSON },
	{ cds_facts, &cds_facts_n, "Condition", &cds_condition_record, ANY_JSON },
};

static void judge(uint64_t seed, struct order_facts *facts, const struct rules *rules, const struct sayings *says, struct xml_reader *reader)
{
	struct route_question again = { 0 };
	struct route_decision decision;
	struct ncpdp_message message;
	struct fault fault = { 0 };
	struct buffer bytes;
	struct text request;

	cr_assert(!facts->full);
	cr_assert(record_check(&route_question_record, &facts->stated, &fault), "seed %llu: %s %s", (unsigned long long)seed, fault_row(fault.code)->name, fault.path);
	buffer_init(&bytes, facts->arena, 1024);
	record_pack(&route_question_record, &facts->stated, &bytes);
	cr_assert(record_unpack(&route_question_record, &again, facts->arena, buffer_text(&bytes), &fault) &&
		record_equal(&route_question_record, &facts->stated, &again), "seed %llu", (unsigned long long)seed);
	cr_assert(sayings_say(says, &again, &again, facts->arena) && evidence_check(&again, &fault));
	route_decide(rules, &again, facts->arena, &decision);
	cr_assert(record_check(&route_decision_record, &decision, &fault), "seed %llu: %s %s", (unsigned long long)seed, fault_row(fault.code)->name, fault.path);
	request = evidence_rtpb_request(&facts->asked, text_lit("0123456789abcdef0123456789abcdef"), 1795339800000, facts->arena);
	if (text_there(request))
		cr_assert(ncpdp_read(reader, NCPDP_RTPB, request, true, facts->arena, &message, &fault), "seed %llu: %s %s", (unsigned long long)seed,
			fault_row(fault.code)->name, fault.path);
}

CASE(facts, any_message_brings_a_question)
{
	struct xml_reader *reader = xml_reader_new();
	uint64_t seed = first_seed();
	struct sayings *says;
	struct rules *rules;
	struct fault fault;
	size_t brought = 0;
	int line;

	cr_assert(rules_read(sandbox_rules(), &rules, &line, &fault) && sayings_read(sandbox_says(), &says, &line, &fault));
	for (uint64_t i = 0; i < ROUNDS; i++, seed++) {
		size_t which = i % (sizeof(elements) / sizeof(*elements));
		struct arena arena;
		struct any any;
		struct order_facts facts = { .arena = &arena };
		void *rec;

		arena_init(&arena, MEMORY);
		any_init(&any, seed, elements[which].syntax, &arena);
		rec = any_record(&any, elements[which].record);
		cr_assert(rec);
		facts_read(elements[which].rows, *elements[which].n, elements[which].root, elements[which].record, rec, &facts);
		brought += facts.stated.quantity.n || facts.stated.diagnosis_n || facts.stated.date.n || facts.asked.last_name.n || facts.asked.description.n;
		judge(seed, &facts, rules, says, reader);
		arena_done(&arena);
	}
	cr_expect_gt(brought, ROUNDS / 10, "of %d, %zu brought something", ROUNDS, brought);
	sayings_free(says);
	rules_free(rules);
	xml_reader_free(reader);
}

/* A request that has all it must have, with anything in its texts. */
CASE(facts, any_order_is_asked_about_or_not_at_all)
{
	struct xml_reader *reader = xml_reader_new();
	uint64_t seed = first_seed();
	size_t asked = 0;

	for (uint64_t i = 0; i < ROUNDS; i++, seed++) {
		struct arena arena;
		struct any any;
		struct asked_order *order;
		struct ncpdp_message message;
		struct fault fault = { 0 };
		struct text request;

		arena_init(&arena, MEMORY);
		any_init(&any, seed, ANY_XML, &arena);
		order = any_record(&any, &asked_order_record);
		cr_assert(order);
		order->quantity = text_lit("30");
		order->days = any_below(&any, 9) ? text_lit("28") : TEXT_NONE;
		order->birth = text_lit("1980-02-29");
		order->ndc = any_below(&any, 2) ? text_lit("99999010101") : TEXT_NONE;
		if (any_below(&any, 2)) {
			order->last_name = text_lit("TESTPATIENT");
			order->member_id = order->bin = order->npi = text_lit("1999999001");
		}
		request = evidence_rtpb_request(order, text_lit("0123456789abcdef0123456789abcdef"), 1795339800000, &arena);
		if (text_there(request)) {
			asked++;
			cr_assert(ncpdp_read(reader, NCPDP_RTPB, request, true, &arena, &message, &fault), "seed %llu: %s %s", (unsigned long long)seed,
				fault_row(fault.code)->name, fault.path);
		}
		arena_done(&arena);
	}
	cr_expect(asked > ROUNDS / 20 && asked < ROUNDS, "%zu", asked);
	xml_reader_free(reader);
}

CASE(facts, any_answer_is_evidence_that_the_tables_know)
{
	struct xml_reader *reader = xml_reader_new();
	uint64_t seed = first_seed();
	size_t said = 0;

	for (uint64_t i = 0; i < ROUNDS / 4; i++, seed++) {
		static const char *const codes[] = { "817", "816", "A6", "75", "831" };
		struct arena arena;
		struct any any;
		struct rtpb_message *rtpb;
		struct route_question out = { 0 };
		struct fault fault = { 0 };
		struct buffer bytes;

		arena_init(&arena, MEMORY);
		any_init(&any, seed, ANY_XML, &arena);
		rtpb = any_record(&any, &rtpb_message_record);
		cr_assert(rtpb);
		if (rtpb->body->response && rtpb->body->response->response->not_processed) {
			struct rtpb_not_processed *no = rtpb->body->response->response->not_processed;

			for (size_t k = 0; k < no->reject_codes_n; k++)
				no->reject_codes[k] = text_of(codes[any_below(&any, 5)]);
		}
		buffer_init(&bytes, &arena, 4096);
		xml_write(&rtpb_message_record, rtpb, "Message", "", &bytes);
		if (!bytes.failed && evidence_of_rtpb(reader, buffer_text(&bytes), text_lit("2026-11-22"), &arena, &out)) {
			cr_assert(evidence_check(&out, &fault), "seed %llu: %s", (unsigned long long)seed, fault.path);
			said += out.said_n > 0;
		}
		arena_done(&arena);
	}
	cr_expect_gt(said, ROUNDS / 100, "%zu said something", said);
	xml_reader_free(reader);
}
