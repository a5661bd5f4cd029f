/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker makes of PAS requests for the ledger, and what the payer makes of it then. */
#include "gateway/worker/worker_pas.h"
#include "test/gateway/pas_sample.h"
#include "test/gateway/way.h"

#include "formulary/asp/asp.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *const submit_path = "/fhir/Claim/$submit";

static void post(struct way *way, const char *path, struct text body, const char *client, const char *media)
{
	struct web_request request = { .method = text_lit("POST"), .path = text_of(path), .content_type = text_of(media),
		.client = text_of(client), .body = body };
	struct buffer packed;

	buffer_init(&packed, &way->arena, 1024);
	record_pack(&web_request_record, &request, &packed);
	way_request(way, "fhir", buffer_text(&packed));
}

static struct case_message event(struct way *way)
{
	struct case_message message = { 0 };
	const struct out *out = way_only(way, TYPE_EVENT, ROLE_LEDGER);
	struct fault fault;

	cr_assert(record_unpack(&case_message_record, &message, &way->arena, arena_text(&way->arena, out->payload), &fault));
	cr_assert(record_check(&case_message_record, &message, &fault), "%s", fault.path);
	return message;
}

static struct text replaced(struct way *way, struct text bytes, const char *find, const char *with)
{
	const char *at = memmem(bytes.at, bytes.n, find, strlen(find));
	struct buffer out;

	cr_assert(at, "%s", find);
	buffer_init(&out, &way->arena, bytes.n + strlen(with));
	buffer_add(&out, (struct text){ bytes.at, (size_t)(at - bytes.at) });
	buffer_add(&out, text_of(with));
	buffer_add(&out, (struct text){ at + strlen(find), bytes.n - (size_t)(at - bytes.at) - strlen(find) });
	return buffer_text(&out);
}

CASE(worker_pas, a_request_becomes_an_event_with_its_names_and_its_benefit)
{
	struct case_message first, again, other;
	struct route_decision route = { 0 };
	struct fault fault;
	struct way way;

	way_start(&way, NULL);
	post(&way, submit_path, pas_sample("b1", &way.arena), "ehr", "application/fhir+json; charset=utf-8");
	first = event(&way);
	cr_expect(text_is(first.standard, "PAS") && text_is(first.event, "SUBMIT") && text_is(first.partner, "FHIR:ehr"));
	cr_expect(first.message_id.n == 35 && first.pa_reference_id.n == 35 && text_is(first.priority, "S"));
	cr_expect(first.inquiry_keys_n == 1 && !first.pa_case_id.n && !first.further_reference.n);
	cr_expect(text_is(first.plan, "EXAMPLE-COMMERCIAL") && text_is(first.policy, "INFUSAMAB-PA") && text_is(first.backend, "house"));
	cr_assert(record_unpack(&route_decision_record, &route, &way.arena, first.decision, &fault));
	cr_expect(text_is(route.track, "MEDICAL"));
	post(&way, submit_path, pas_sample("b1", &way.arena), NULL, NULL);
	again = event(&way);
	cr_expect(text_equal(again.message_id, first.message_id) && text_is(again.partner, "FHIR:open"));
	cr_expect(text_equal(again.body_sha256, first.body_sha256));
	post(&way, submit_path, pas_sample("b2", &way.arena), "ehr", "application/json");
	other = event(&way);
	cr_expect(!text_equal(other.message_id, first.message_id) && !text_equal(other.pa_reference_id, first.pa_reference_id));
	cr_expect(text_equal(other.inquiry_keys[0], first.inquiry_keys[0])); /* of one member and one provider */
	post(&way, submit_path, replaced(&way, pas_sample("b3", &way.arena), "\"code\": \"normal\"", "\"code\": \"stat\""), "ehr", NULL);
	cr_expect(text_is(event(&way).priority, "X"));
	cr_expect_eq(first.pas_version, PAS_2_2_1);
	post(&way, "/fhir/2.0/Claim/$submit", pas_sample("b4", &way.arena), "ehr", NULL);
	cr_expect_eq(event(&way).pas_version, PAS_2_0_1);
	way_stop(&way);
}

CASE(worker_pas, what_is_no_request_is_refused_with_an_outcome)
{
	static const struct {
		const char *path, *find, *with, *media;
		int64_t status;
	} rows[] = {
		{ "/fhir/Claim/$submit", "{", "", NULL, 400 },
		{ "/fhir/Claim/$submit", "\"resourceType\": \"Bundle\"", "\"resourceType\": \"Patient\"", NULL, 400 },
		{ "/fhir/Claim/$submit", "\"use\": \"preauthorization\"", "\"use\": \"claim\"", NULL, 422 },
		{ "/fhir/Claim/$submit", "\"value\": \"1234567893\"", "\"value\": \"1234567890\"", NULL, 422 },
		{ "/fhir/Claim/$submit", "\"status\": \"active\"", "\"status\": \"active\"", "application/xml", 415 },
		{ "/fhir/Claim/$inquire", "\"use\": \"preauthorization\"", "\"use\": \"claim\"", NULL, 422 },
		{ "/fhir/Subscription", "\"status\": \"active\"", "\"status\": \"active\"", NULL, 400 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct out *out;
		struct way way;

		way_start(&way, NULL);
		post(&way, rows[i].path, replaced(&way, pas_sample("b1", &way.arena), rows[i].find, rows[i].with), "ehr", rows[i].media);
		out = way_only(&way, TYPE_REPLY, ROLE_EDGE);
		cr_expect_eq(out->envelope.status, rows[i].status, "%zu: %lld", i, (long long)out->envelope.status);
		cr_expect(text_is(out->envelope.media, "application/fhir+json") && pas_holds(out->payload, "\"OperationOutcome\""), "%zu", i);
		way_stop(&way);
	}
}

/* What the payer answers to the event in the outbox, as the ledger would ask it. */
static struct case_decision decided_under(struct way *way, const char *asked, const char *state, bool policy)
{
	struct case_message message = event(way);
	struct case_work work = { .row = text_lit("o/1/PA-1/1"), .case_id = text_lit("PA-1"), .event = text_of(asked), .standard = text_lit("PAS"),
		.plan = message.plan, .policy = policy ? message.policy : TEXT_NONE, .decision = message.decision, .received_ms = WAY_WALL_MS,
		.reply_id = text_lit("t.1"), .body = message.body, .state = text_of(state) };
	struct case_decision said = { 0 };
	struct buffer packed;
	struct fault fault;

	buffer_init(&packed, &way->arena, 1024);
	record_pack(&case_work_record, &work, &packed);
	way_to_payer(way, ROLE_LEDGER, TYPE_WORK, buffer_text(&packed));
	cr_assert(record_unpack(&case_decision_record, &said, &way->arena,
		arena_text(&way->arena, way_only(way, TYPE_DECISION, ROLE_LEDGER)->payload), &fault));
	return said;
}

static struct case_decision decided(struct way *way, const char *asked, const char *state)
{
	return decided_under(way, asked, state, true);
}

CASE(worker_pas, the_payer_answers_each_request_in_fhir)
{
	static const struct {
		const char *event, *state, *find, *with; /* what is changed in the sample */
		const char *outcome, *holds;
	} rows[] = {
		{ "SUBMIT", NULL, "OFFICE", "OFFICE", "APPROVED", "\"A1\"" },
		{ "UPDATE", "APPROVED", "OFFICE", "OFFICE", "APPROVED", "\"A1\"" },
		{ "SUBMIT", NULL, "\"DIAGNOSIS\"", "\"NEITHER\"", "DENIED", "\"A3\"" },
		{ "SUBMIT", NULL, "OFFICE", "HOSPITAL", "IN_PROCESS", "\"A4\"" },
		{ "SUBMIT", NULL, "\"linkId\": \"SITE\"", "\"linkId\": \"OTHER\"", "MORE_INFORMATION", "102089-0" },
		{ "CANCEL", "SUBMITTED", "OFFICE", "OFFICE", "CANCELLED", "\"C\"" },
		{ "CANCEL", "APPROVED", "OFFICE", "OFFICE", "CANCELLED", "\"C\"" },
		{ "CANCEL", "DENIED", "OFFICE", "OFFICE", "CANCEL_REFUSED", "\"error\"" },
		{ "SUBMIT", NULL, "99999020201", "99999010101", "CLOSED", "pharmacy benefit" },
		{ "SUBMIT", NULL, "99999020201", "99999099999", "CLOSED", "\"error\"" },
		{ "SUBMIT", NULL, "\"value\": \"999999\"", "\"value\": \"998877\"", "CLOSED", "\"error\"" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct case_decision said;
		struct way way;

		way_start(&way, NULL);
		post(&way, submit_path, replaced(&way, pas_sample("b1", &way.arena), rows[i].find, rows[i].with), "ehr", NULL);
		said = decided(&way, rows[i].event, rows[i].state);
		cr_expect(text_is(said.outcome, rows[i].outcome), "%zu: %.*s", i, TEXT_ARGS(said.outcome));
		cr_expect(pas_holds(said.message, rows[i].holds) && pas_holds(said.message, "\"ClaimResponse\""), "%zu: %.*s", i,
			TEXT_ARGS(said.message));
		cr_expect(strcmp(rows[i].outcome, "DENIED") != 0 || said.reason.n);
		way_stop(&way);
	}
}

/* -- a drug that is named by its billing code alone -- */

#define PAD ",,,,,,,,"
#define QUARTER                                                                                                                            \
	"January 2026 ASP NDC - HCPCS Crosswalk for Medicare Part B Drugs" PAD "\r\n\"     Effective January 1, 2026 through December 31, 2026\"" PAD "\r\n" PAD \
	"\r\nwords" PAD "\r\n" PAD "\r\n" PAD "\r\n" PAD "\r\n" PAD                                                                         \
	"\r\n_2026_CODE,Short Description,LABELER NAME,NDC2,Drug Name,HCPCS dosage,PKG SIZE,PKG QTY,BILLUNITS,BILLUNITSPKG\r\n"
#define BILLED(ndc) "J0129,Example,Example," ndc ",Example,1 MG,5,1,5,5\r\n"

static const char *crosswalk;

static void load_crosswalk(struct config *config)
{
	char into[100], from[160], path[200];
	struct asp_report report;
	struct fault fault = { 0 };
	FILE *out;

	text_to_z(config->formulary, into, sizeof(into));
	snprintf(from, sizeof(from), "%s/asp", into);
	snprintf(path, sizeof(path), "%s/crosswalk.csv", from);
	cr_assert(mkdir(from, 0700) == 0);
	out = fopen(path, "we");
	cr_assert(out && fputs(crosswalk, out) >= 0 && fclose(out) == 0);
	cr_assert(asp_load(from, into, NULL, NULL, &report, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
}

CASE(worker_pas, a_billing_code_stands_for_the_plan_s_product_where_one_policy_decides)
{
	static const struct {
		const char *crosswalk, *policy, *outcome, *holds;
	} rows[] = {
		{ QUARTER BILLED("99999-0202-01"), "INFUSAMAB-PA", "APPROVED", "\"A1\"" },
		/* the first is not listed by the plan */
		{ QUARTER BILLED("99999-0999-99") BILLED("99999-0202-01"), "INFUSAMAB-PA", "APPROVED", "\"A1\"" },
		/* two products under two policies: whose questions would be asked? */
		{ QUARTER BILLED("99999-0202-01") BILLED("99999-0101-01"), NULL, "CLOSED", "what is its NDC?" },
		{ QUARTER BILLED("99999-0999-99"), NULL, "CLOSED", "what is its NDC?" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct case_decision said;
		struct case_message message;
		struct way way;

		crosswalk = rows[i].crosswalk;
		way_start(&way, load_crosswalk);
		/* what the order calls it is no code that anybody here knows */
		post(&way, submit_path, replaced(&way, pas_sample("b1", &way.arena), "http://hl7.org/fhir/sid/ndc", "http://example.org/drugs"), "ehr", NULL);
		message = event(&way);
		cr_expect(text_equal(message.policy, text_of(rows[i].policy)), "%zu: %.*s", i, TEXT_ARGS(message.policy));
		said = decided(&way, "SUBMIT", NULL);
		cr_expect(text_is(said.outcome, rows[i].outcome), "%zu: %.*s", i, TEXT_ARGS(said.outcome));
		cr_expect(pas_holds(said.message, rows[i].holds), "%zu: %.*s", i, TEXT_ARGS(said.message));
		way_stop(&way);
	}
}

CASE(worker_pas, a_billing_code_without_a_policy_is_not_decided)
{
	struct case_decision said;
	struct way way;

	crosswalk = QUARTER BILLED("99999-0202-01");
	way_start(&way, load_crosswalk);
	post(&way, submit_path, replaced(&way, pas_sample("b1", &way.arena), "http://hl7.org/fhir/sid/ndc", "http://example.org/drugs"), "ehr", NULL);
	said = decided_under(&way, "SUBMIT", NULL, false);
	cr_expect(text_is(said.outcome, "CLOSED") && pas_holds(said.message, "name the drug by its NDC"), "%.*s", TEXT_ARGS(said.outcome));
	way_stop(&way);
}
