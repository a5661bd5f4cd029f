/* SPDX-License-Identifier: Apache-2.0 */
/* A payer's decision through a PAS response bundle and back, and the answers that are not passed on. */
#include "test/fhir-bridge/sample.h"

#include "fhir-bridge/find.h"
#include "fhir-bridge/systems.h"

#define T(literal) { literal, sizeof(literal) - 1 }

static const struct fhir_decision decisions[] = {
	{ .action = T("A1"), .preauth_ref = T("AUTH1"), .effective_date = T("2026-11-22"), .expiration_date = T("2027-11-21") },
	{ .action = T("A1"), .preauth_ref = T("AUTH1"), .note = T("a \"note\"") },
	{ .action = T("A3"), .reason = T("Another drug was not tried.") },
	{ .action = T("A3"), .reason = T("Another drug was not tried."), .note = T("Call us.") },
	{ .action = T("A2"), .reason = T("Two doses, not three."), .preauth_ref = T("AUTH2"), .effective_date = T("2026-11-22") },
	{ .action = T("A6"), .reason = T("Two doses, not three."), .preauth_ref = T("AUTH3") },
	{ .action = T("A4"), .preauth_ref = T("CASE-1"), .note = T("It takes longer.") },
	{ .action = T("C") },
};

static bool same(struct text a, struct text b)
{
	return text_there(a) == text_there(b) && text_equal(a, b);
}

CASE(response, a_decision_comes_back_the_same)
{
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < sizeof(decisions) / sizeof(*decisions); i++) {
		struct fhir_bundle *claim = sample_claim("answers.xml", &arena), *bundle;
		struct fhir_decision back;
		struct fault fault = { 0 };
		struct text json;

		bundle = fhir_response_of(claim, &decisions[i], text_lit("r-1"), WALL_MS, &arena);
		cr_assert(bundle);
		json = sample_json(bundle, &arena);
		cr_assert(fhir_read(json, &arena, &bundle, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
		cr_expect(text_equal(json, sample_json(bundle, &arena)));
		cr_expect(bundle->entry[0].resource->claim_response, "it stands first");
		cr_assert(fhir_response_read(bundle, &arena, &back, &fault), "%zu: %s %s", i, fault_row(fault.code)->name,
			fault.path);
		cr_expect(same(back.action, decisions[i].action), "%zu", i);
		cr_expect(same(back.reason, decisions[i].reason), "%zu", i);
		cr_expect(same(back.note, decisions[i].note), "%zu: %.*s", i, TEXT_ARGS(back.note));
		cr_expect(same(back.preauth_ref, decisions[i].preauth_ref), "%zu", i);
		cr_expect(same(back.effective_date, decisions[i].effective_date), "%zu", i);
		cr_expect(same(back.expiration_date, decisions[i].expiration_date), "%zu", i);
		arena_reset(&arena);
	}
	arena_done(&arena);
}

CASE(response, echoes_what_it_points_to_and_the_request)
{
	struct arena arena;
	struct fhir_bundle *claim, *bundle;
	struct fhir_claim_response *response;

	arena_init(&arena, MEMORY);
	claim = sample_claim("answers.xml", &arena);
	bundle = fhir_response_of(claim, &decisions[0], text_lit("r-1"), WALL_MS, &arena);
	response = bundle->entry[0].resource->claim_response;
	cr_expect_eq(bundle->entry_n, 6, "ClaimResponse, Patient, insurer and practice, PractitionerRole, Practitioner");
	cr_expect(fhir_find(bundle, response->patient));
	cr_expect(fhir_find(bundle, response->insurer));
	cr_expect(fhir_find(bundle, response->requestor));
	cr_expect(text_equal(response->request->reference, claim->entry[0].full_url));
	cr_expect(text_equal(response->item[0].item_sequence, claim->entry[0].resource->claim->item[0].sequence));
	claim->entry_n = 1; /* the claim alone is no PAS request */
	cr_expect_eq(fhir_response_of(claim, &decisions[0], text_lit("r-1"), WALL_MS, &arena), NULL);
	arena_done(&arena);
}

static const struct {
	int decision; /* index above */
	const char *find, *with;
	enum fault_code code;
} refused[] = {
	/* a denial, and a partial one, must say why */
	{ 2, "\"noteNumber\":[1],", "", FAULT_NO_REASON },
	{ 2, "\"processNote\":[{\"number\":1", "\"processNote\":[{\"number\":7", FAULT_NO_REASON },
	{ 4, "\"noteNumber\":[1],", "", FAULT_NO_REASON },
	{ 5, "\"noteNumber\":[1],", "", FAULT_NO_REASON },
	{ 0, "\"code\":\"A1\"", "\"code\":\"A3\"", FAULT_NO_REASON },
	/* what cannot be used at all */
	{ 0, "\"code\":\"A1\"", "\"code\":\"ZZ\"", FAULT_PEER_ANSWER },
	{ 0, "005010/306", "005010/305", FAULT_PEER_ANSWER },
	{ 0, "\"outcome\":\"complete\"", "\"outcome\":\"error\"", FAULT_PEER_ANSWER },
	{ 0, "extension-reviewAction\"", "extension-other\"", FAULT_PEER_ANSWER },
	{ 0, "\"resourceType\":\"ClaimResponse\"", "\"resourceType\":\"Invoice\"", FAULT_PEER_ANSWER },
};

CASE(response, what_may_not_be_passed_on_is_refused)
{
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct fhir_bundle *bundle = fhir_response_of(sample_claim("answers.xml", &arena), &decisions[refused[i].decision],
			text_lit("r-1"), WALL_MS, &arena);
		struct fault fault = { 0 };
		struct fhir_decision decision;
		struct text json = sample_replaced(sample_json(bundle, &arena), refused[i].find, refused[i].with, &arena);

		cr_assert(fhir_read(json, &arena, &bundle, &fault), "%zu: %s %s", i, fault_row(fault.code)->name, fault.path);
		cr_assert(!fhir_response_read(bundle, &arena, &decision, &fault), "%zu", i);
		cr_expect_eq(fault.code, refused[i].code, "%zu: %s", i, fault_row(fault.code)->name);
		arena_reset(&arena);
	}
	arena_done(&arena);
}

#define REVIEW(code, rest) \
	"{\"itemSequence\":1," rest "\"adjudication\":[{\"category\":{},\"extension\":[{\"url\":\"" PAS "extension-reviewAction\",\"extension\":[" \
	"{\"url\":\"" PAS "extension-reviewActionCode\",\"valueCodeableConcept\":{\"coding\":[{\"system\":\"" X12("306") "\",\"code\":\"" code "\"}]}}"
#define REVIEW_END "]}]}]}"
#define RESPONSE(items, rest) \
	"{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":{\"resourceType\":\"ClaimResponse\",\"status\":\"active\",\"type\":{}," \
	"\"use\":\"preauthorization\",\"patient\":{},\"created\":\"2026-11-22\",\"insurer\":{},\"outcome\":\"complete\",\"item\":[" items "]" rest "}}]}"

/* Answers as other payers shape them. */
static const struct {
	const char *json, *action, *reason, *preauth_ref, *effective_date;
} foreign[] = {
	{ RESPONSE(REVIEW("A1", "") REVIEW_END, ",\"preAuthRef\":\"P1\",\"preAuthPeriod\":{\"start\":\"2026-11-22T00:00:00Z\"}"), "A1", NULL, "P1", "2026-11-22" },
	{ RESPONSE(REVIEW("A3", "") ",{\"url\":\"reasonCode\",\"valueCodeableConcept\":{\"coding\":[{\"code\":\"35\"}],\"text\":\"not tried\"}}" REVIEW_END, ""), "A3", "not tried", NULL, NULL },
	{ RESPONSE(REVIEW("A3", "") ",{\"url\":\"reasonCode\",\"valueCodeableConcept\":{\"coding\":[{\"code\":\"35\",\"display\":\"not tried\"}]}}" REVIEW_END, ""), "A3", "not tried", NULL, NULL },
	{ RESPONSE(REVIEW("A1", "") REVIEW_END "," REVIEW("A3", "\"noteNumber\":[ 1, 2 ],") REVIEW_END, ",\"processNote\":[{\"number\":2,\"text\":\"not tried\"}]"), "A2", "not tried", NULL, NULL },
	{ RESPONSE(REVIEW("A1", "") REVIEW_END "," REVIEW("A4", "") REVIEW_END, ""), "A4", NULL, NULL, NULL },
	{ RESPONSE(REVIEW("A1", "") REVIEW_END "," REVIEW("A1", "") ",{\"url\":\"number\",\"valueString\":\"P2\"}" REVIEW_END, ""), "A1", NULL, "P2", NULL },
};

CASE(response, other_payers_answers_are_understood)
{
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++) {
		struct fhir_bundle *bundle;
		struct fhir_decision decision;
		struct fault fault = { 0 };

		cr_assert(fhir_read(text_of(foreign[i].json), &arena, &bundle, &fault), "%zu: %s %s", i,
			fault_row(fault.code)->name, fault.path);
		cr_assert(fhir_response_read(bundle, &arena, &decision, &fault), "%zu: %s %s", i, fault_row(fault.code)->name,
			fault.path);
		cr_expect(same(decision.action, text_of(foreign[i].action)), "%zu: %.*s", i, TEXT_ARGS(decision.action));
		cr_expect(same(decision.reason, text_of(foreign[i].reason)), "%zu", i);
		cr_expect(same(decision.preauth_ref, text_of(foreign[i].preauth_ref)), "%zu", i);
		cr_expect(same(decision.effective_date, text_of(foreign[i].effective_date)), "%zu", i);
	}
	arena_done(&arena);
}
