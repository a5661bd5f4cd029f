/* SPDX-License-Identifier: Apache-2.0 */
/* PAS bundles: each example is accepted as it is, and refused with one thing wrong. */
#include "fhir-bridge/outcome.h"
#include "fhir-bridge/pas/pas.h"
#include "test/fhir-bridge/sample.h"

enum what { SUBMIT, INQUIRE, ANSWER, FOUND, SUBSCRIPTION, NOTIFICATION };

static const struct example {
	const char *name;
	enum what what;
} examples[] = {
	{ "submit", SUBMIT }, { "drug", SUBMIT }, { "update", SUBMIT }, { "cancel", SUBMIT }, { "inquire", INQUIRE }, { "answer", ANSWER },
	{ "error", ANSWER }, { "inquiry_answer", FOUND }, { "subscription", SUBSCRIPTION }, { "notification", NOTIFICATION },
};

static const struct twin {
	enum what what;
	const char *of, *name, *after, *change, *with, *code, *path;
} twins[] = {
#define TWIN(kind, of, name, after, change, with, code, path) { kind, of, #name, after, change, with, #code, path },
#include "test/fhir-bridge/pas/twins.def"
#undef TWIN
};

static bool reads(struct text body, enum what what, enum pas_version version, struct arena *arena, struct fault *fault)
{
	struct fhir_bundle *bundle, **bundles;
	struct fhir_subscription *subscription;
	struct pas_notification notification;
	struct text organization;
	size_t n;

	switch (what) {
	case SUBMIT:
		return pas_read(body, PAS_SUBMIT, version, arena, &bundle, fault);
	case INQUIRE:
		return pas_read(body, PAS_INQUIRE, version, arena, &bundle, fault);
	case ANSWER:
		return pas_read(body, PAS_SUBMIT_ANSWER, version, arena, &bundle, fault);
	case FOUND:
		return pas_read_inquiry_answer(body, version, arena, &bundles, &n, fault);
	case SUBSCRIPTION:
		return pas_read_subscription(body, version, arena, &subscription, &organization, fault);
	case NOTIFICATION:
		return pas_read_notification(body, arena, &notification, fault);
	}
	__builtin_unreachable();
}

static struct text twin_of(const struct twin *twin, struct arena *arena)
{
	struct text body = sample_pas(twin->of, arena);
	const char *after = memmem(body.at, body.n, twin->after, strlen(twin->after)), *at;
	struct buffer out;

	cr_assert(after, "%s: no %s", twin->name, twin->after);
	at = memmem(after, body.n - (size_t)(after - body.at), twin->change, strlen(twin->change));
	cr_assert(at, "%s: no %s", twin->name, twin->change);
	buffer_init(&out, arena, 0);
	buffer_add(&out, (struct text){ body.at, (size_t)(at - body.at) });
	buffer_add(&out, text_of(twin->with));
	at += strlen(twin->change);
	buffer_add(&out, (struct text){ at, (size_t)(body.at + body.n - at) });
	return buffer_text(&out);
}

CASE(pas, every_example_is_accepted)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		struct fault fault = { 0 };
		struct arena arena;

		arena_init(&arena, MEMORY);
		cr_expect(reads(sample_pas(examples[i].name, &arena), examples[i].what, PAS_2_2_1, &arena, &fault), "%s: %s at %s", examples[i].name,
			fault_row(fault.code)->name, fault.path);
		arena_done(&arena);
	}
}

CASE(pas, every_bad_twin_is_refused_where_it_is_bad)
{
	for (size_t i = 0; i < sizeof(twins) / sizeof(*twins); i++) {
		struct fault fault = { 0 };
		struct arena arena;
		char expression[FHIR_EXPRESSION_MAX];

		arena_init(&arena, MEMORY);
		cr_expect(!reads(twin_of(&twins[i], &arena), twins[i].what, PAS_2_2_1, &arena, &fault), "%s is accepted", twins[i].name);
		cr_expect_str_eq(fault_row(fault.code)->name, twins[i].code, "%s: %s at %s", twins[i].name, fault_row(fault.code)->name, fault.path);
		cr_expect_str_eq(fault.path, twins[i].path, "%s: at %s", twins[i].name, fault.path);
		fhir_expression(&fault, expression);
		cr_expect_str_eq(expression, fault.path, "%s", twins[i].name);
		arena_done(&arena);
	}
}

/* What 2.2.1 asks for and 2.0.1 does not. */
static const char *const later_rules[] = { "bundle_no_identifier_", "claim_related", "no_request_type", "no_certification", "no_place", "member_of_nothing",
	"coverage_no_relationship", "coverage_no_holder", "coverage_two_payors", "info_document_not_described", "document_elsewhere", "document_empty",
	"practice_npi_digit", "drug_stopped", "answer_no_identifier", "answer_queued", "answer_to_nothing", "claim_identifier_no_system", "appeal_without_level",
	"subscription_ids_only" };

CASE(pas, the_earlier_version_asks_less)
{
	size_t seen = 0;

	for (size_t i = 0; i < sizeof(twins) / sizeof(*twins); i++)
		for (size_t k = 0; k < sizeof(later_rules) / sizeof(*later_rules); k++) {
			struct fault fault = { 0 };
			struct arena arena;

			if (strcmp(twins[i].name, later_rules[k]) != 0)
				continue;
			seen++;
			arena_init(&arena, MEMORY);
			cr_expect(reads(twin_of(&twins[i], &arena), twins[i].what, PAS_2_0_1, &arena, &fault), "%s: %s at %s", twins[i].name,
				fault_row(fault.code)->name, fault.path);
			arena_done(&arena);
		}
	cr_expect_eq(seen, sizeof(later_rules) / sizeof(*later_rules) - 1);
}

CASE(pas, a_request_says_what_is_wanted)
{
	static const struct {
		const char *name;
		enum pas_intent intent;
		const char *before, *reference;
	} said[] = {
		{ "submit", PAS_NEW, NULL, NULL },
		{ "update", PAS_CHANGE, "https://ehr.example.org/fhir/Claim/pa-2", NULL },
		{ "cancel", PAS_CANCEL, "https://ehr.example.org/fhir/Claim/pa-2", NULL },
		{ "inquire", PAS_NEW, NULL, "PACASE0001" },
	};

	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
		struct fault fault = { 0 };
		struct fhir_bundle *bundle;
		struct pas_request request;
		struct arena arena;

		arena_init(&arena, MEMORY);
		cr_assert(pas_read(sample_pas(said[i].name, &arena), i == 3 ? PAS_INQUIRE : PAS_SUBMIT, PAS_2_2_1, &arena, &bundle, &fault), "%s", fault.path);
		pas_request_of(bundle, &request);
		cr_expect_eq(request.intent, said[i].intent, "%s", said[i].name);
		cr_expect(said[i].before ? text_is(request.before_url, said[i].before) && request.before : !request.before_url.n, "%s", said[i].name);
		cr_expect(said[i].reference ? text_is(request.reference_number, said[i].reference) : !request.reference_number.n, "%s", said[i].name);
		cr_expect(text_is(request.member_id, "EX0001"));
		cr_expect(text_is(request.organization, "EXSENDER"));
		cr_expect(text_is(request.sender, "EXEHR") && text_is(request.receiver, "EXPAYER"));
		cr_expect(!request.expedited);
		cr_expect(request.patient && text_is(request.patient->id, "patient"));
		cr_expect(request.coverage && text_is(request.coverage->id, "coverage"));
		cr_assert_eq(request.npi_n, 2);
		cr_expect(text_is(request.npi[0], "1234567893") && text_is(request.npi[1], "1999999992"));
		arena_done(&arena);
	}
}

CASE(pas, a_subscription_says_for_whom)
{
	static const char *const names[] = { "org-identifier=", "orgIdentifier=" };

	for (size_t i = 0; i < 2; i++) {
		const struct twin twin = { SUBSCRIPTION, "subscription", "name", "", "org-identifier=", names[i], "", "" };
		struct fhir_subscription *subscription;
		struct text organization;
		struct fault fault = { 0 };
		struct arena arena;

		arena_init(&arena, MEMORY);
		cr_assert(pas_read_subscription(twin_of(&twin, &arena), PAS_2_2_1, &arena, &subscription, &organization, &fault), "%s", fault.path);
		cr_expect(text_is(organization, "EXSENDER"));
		cr_expect(text_is(subscription->channel->endpoint, "https://ehr.example.org/notify"));
		arena_done(&arena);
	}
}

CASE(pas, a_notification_carries_answers)
{
	struct pas_notification notification;
	struct fault fault = { 0 };
	struct arena arena;

	arena_init(&arena, MEMORY);
	cr_assert(pas_read_notification(sample_pas("notification", &arena), &arena, &notification, &fault), "%s", fault.path);
	cr_expect(text_is(notification.type, "event-notification"));
	cr_expect(text_is(notification.subscription, "https://payer.example.org/fhir/Subscription/s1"));
	cr_expect_eq(notification.event_number, 7);
	cr_assert_eq(notification.answers_n, 1);
	cr_expect(text_is(notification.answers[0]->entry[0].resource->claim_response->id, "decision-4"));
	arena_done(&arena);
}

CASE(pas, what_is_unknown_is_passed_over_and_what_is_known_comes_back)
{
	struct fhir_bundle *bundle, *again;
	struct fault fault = { 0 };
	struct buffer json;
	struct arena arena;

	arena_init(&arena, MEMORY);
	cr_assert(pas_read(sample_pas("submit", &arena), PAS_SUBMIT, PAS_2_2_1, &arena, &bundle, &fault), "%s", fault.path);
	buffer_init(&json, &arena, 0);
	fhir_write(bundle, &json);
	cr_expect(!memmem(json.at, json.n, "newElement", 10));
	cr_expect(memmem(json.at, json.n, "\"value\":2.0", 11), "a decimal keeps its text");
	cr_expect(memmem(json.at, json.n, "\"resourceType\":\"Observation\",\"id\":\"lab\"", 38));
	cr_assert(pas_read(buffer_text(&json), PAS_SUBMIT, PAS_2_2_1, &arena, &again, &fault), "%s", fault.path);
	cr_expect(record_equal(&fhir_bundle_record, bundle, again));
	arena_done(&arena);
}

CASE(pas, a_small_arena_is_a_fault)
{
	struct fhir_bundle *bundle;
	struct fault fault = { 0 };
	struct arena whole, small;
	struct text body;
	bool good = false;

	arena_init(&whole, MEMORY);
	body = sample_pas("submit", &whole);
	for (size_t limit = 1000; !good && limit < 1 << 20; limit += 5000) {
		arena_init(&small, limit);
		good = pas_read(body, PAS_SUBMIT, PAS_2_2_1, &small, &bundle, &fault);
		cr_expect(good || fault.code == FAULT_TOO_LARGE, "%s", fault_row(fault.code)->name);
		arena_done(&small);
	}
	cr_expect(good);
	arena_done(&whole);
}

CASE(pas, what_a_script_message_becomes_holds_too)
{
	static const char *const messages[] = { "initiation.xml", "answers.xml" };

	for (size_t i = 0; i < 2; i++) {
		struct fault fault = { 0 };
		struct fhir_bundle *bundle;
		struct arena arena;

		arena_init(&arena, MEMORY);
		cr_expect(pas_check(sample_claim(messages[i], &arena), PAS_SUBMIT, PAS_2_2_1, &arena, &fault), "%s: %s at %s", messages[i],
			fault_row(fault.code)->name, fault.path);
		cr_expect(pas_read(sample_json(sample_claim(messages[i], &arena), &arena), PAS_SUBMIT, PAS_2_2_1, &arena, &bundle, &fault), "%s: %s at %s",
			messages[i], fault_row(fault.code)->name, fault.path);
		arena_done(&arena);
	}
}

CASE(pas, a_contained_resource_is_found_where_it_is)
{
	static const struct {
		const char *with;
		bool good;
	} ways[] = {
		{ "\"contained\":[{\"resourceType\":\"Organization\",\"id\":\"o\",\"name\":\"EXAMPLE\"}],\"managingOrganization\":{\"reference\":\"#o\"}", true },
		{ "\"contained\":[{\"resourceType\":\"Organization\",\"id\":\"o\",\"name\":\"EXAMPLE\"}],\"managingOrganization\":{\"reference\":\"#p\"}", false },
		{ "\"managingOrganization\":{\"reference\":\"#o\"}", false },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		const struct twin twin = { SUBMIT, "submit", "name", "\"id\":\"place\"", "\"managingOrganization\":{\"reference\":\"Organization/practice\"}",
			ways[i].with, "", "" };
		struct fault fault = { 0 };
		struct fhir_bundle *bundle;
		struct arena arena;

		arena_init(&arena, MEMORY);
		cr_expect_eq(pas_read(twin_of(&twin, &arena), PAS_SUBMIT, PAS_2_2_1, &arena, &bundle, &fault), ways[i].good, "%zu: %s", i, fault.path);
		if (!ways[i].good)
			cr_expect_str_eq(fault.path, "Bundle.entry[8].resource.managingOrganization.resolve()");
		arena_done(&arena);
	}
}

CASE(pas, references_resolve_by_url_and_by_type_and_id)
{
	static const struct {
		const char *with;
		bool good;
	} ways[] = {
		{ "https://ehr.example.org/fhir/Patient/patient", true },
		{ "Patient/patient", true },
		{ "Patient/patient/_history/3", true },
		{ "https://other.example.org/fhir/Patient/patient", false },
		{ "Patient/patien", false },
		{ "patient", false },
		{ "urn:uuid:00000000-0000-4000-8000-000000000000", false },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		const struct twin twin = { SUBMIT, "drug", "name", "\"use\":", "Patient/patient", ways[i].with, "", "" };
		struct fault fault = { 0 };
		struct fhir_bundle *bundle;
		struct pas_request request;
		struct arena arena;

		arena_init(&arena, MEMORY);
		cr_expect_eq(pas_read(twin_of(&twin, &arena), PAS_SUBMIT, PAS_2_2_1, &arena, &bundle, &fault), ways[i].good, "%s", ways[i].with);
		if (ways[i].good) {
			pas_request_of(bundle, &request);
			cr_expect(request.patient, "%s", ways[i].with);
		} else {
			cr_expect_str_eq(fault.path, "Bundle.entry[0].resource.patient.resolve()");
		}
		arena_done(&arena);
	}
}
