/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a FHIR bundle, seen as a request and as an answer: never a crash, what can be answered gets an answer that reads back as
   what was decided, and no denial without a reason gets through. Seen as PAS, strictly: what is accepted is accepted again as it is written, and
   its answer holds to the profiles. */
#include "fhir-bridge/crd/coverage_read.h"
#include "fhir-bridge/pas/pas_ask.h"
#include "fhir-bridge/script/to_script.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct fhir_decision denial = { .action = { "A3", 2 }, .reason = { "not tried", 9 }, .note = { "call", 4 } };

static void answer(const struct fhir_bundle *request, struct arena *arena)
{
	struct fhir_bundle *bundle = fhir_response_of(request, &denial, text_lit("r"), INT64_C(1795339800000), arena), *back;
	struct fhir_decision decision;
	struct buffer json;
	struct fault fault;

	if (!bundle)
		return;
	buffer_init(&json, arena, 0);
	fhir_write(bundle, &json);
	if (json.failed)
		return;
	if (!fhir_read(buffer_text(&json), arena, &back, &fault)) {
		if (fault.code != FAULT_TOO_LARGE && fault.code != FAULT_TOO_DEEP)
			abort();
		return;
	}
	if (!fhir_response_read(back, arena, &decision, &fault) || !text_equal(decision.action, denial.action) ||
		!text_equal(decision.reason, denial.reason) || !text_equal(decision.note, denial.note))
		abort();
}

static struct text written(const struct fhir_bundle *bundle, struct arena *arena)
{
	struct buffer json;

	buffer_init(&json, arena, 0);
	fhir_write(bundle, &json);
	return buffer_text(&json);
}

static void answer_strictly(const struct fhir_bundle *request, enum pas_version version, struct arena *arena)
{
	const struct pas_line line = { .action = text_lit("A6"), .reason = text_lit("not tried"), .number = text_lit("1") };
	const struct pas_question question = { .loinc = text_lit(LOINC_QUESTIONNAIRE) };
	const struct pas_answer said = { .identifier = text_lit("r"), .wall_ms = INT64_C(1795339800000), .lines = &line, .lines_n = 1,
		.questions = &question, .questions_n = 1 };
	struct fhir_bundle *made = pas_answer_of(request, &said, version, arena), *back;
	struct pas_request wanted;
	struct fault fault;
	struct text json;

	pas_request_of(request, &wanted);
	if (!wanted.patient || !wanted.coverage)
		abort();
	if (!made || !text_there(json = written(made, arena)))
		return;
	if (!pas_read(json, PAS_SUBMIT_ANSWER, version, arena, &back, &fault) && fault.code != FAULT_TOO_LARGE && fault.code != FAULT_TOO_DEEP)
		abort();
}

/* What is accepted becomes SCRIPT that reads back, or is refused; and whatever closes it is an answer that holds. */
static void in_script(const struct fhir_bundle *request, enum pas_version version, struct arena *arena)
{
	static struct xml_reader *reader;
	struct script_asking asking = { .stamp = text_lit(""), .to = text_lit("PY:EXAMPLE"), .from = text_lit("ZZZ:OURS"), .message_id = text_lit("m"),
		.pa_reference_id = text_lit("PA-1"), .pa_case_id = text_lit("C"), .wall_ms = INT64_C(1795339800000) };
	static const enum ncpdp_kind kinds[] = { NCPDP_PA_INITIATION_REQUEST, NCPDP_PA_CANCEL_REQUEST };
	struct text code = text_lit("CN");
	struct pa_initiation_closed closed = { .reason_codes = &code, .reason_codes_n = 1 };
	struct pa_initiation_status status = { .closed = &closed };
	struct pa_initiation_answer answer = { .response_status = &status };
	struct pa_initiation_response response = { .response = &answer };
	struct script_body body = { .pa_initiation_response = &response };
	const struct script_message said = { .body = &body };
	const struct script_about about = { .identifier = text_lit("r"), .case_id = text_lit("PA-1"), .wall_ms = INT64_C(1795339800000) };
	struct pas_answer as_pas;
	struct fhir_bundle *made;
	struct loss loss = { .n = 0 };
	struct fault fault;

	reader = reader ? reader : xml_reader_new();
	for (int i = 0; i < 2; i++) {
		struct ncpdp_message message = { .family = NCPDP_SCRIPT, .kind = kinds[i] }, again;
		struct buffer xml;

		asking.step = i ? SCRIPT_CANCEL : SCRIPT_INITIATE;
		if (!script_request_of(request, &asking, arena, &message.script, &loss, &fault))
			continue;
		buffer_init(&xml, arena, 8192);
		if (!ncpdp_write(&message, text_lit(""), &xml, &fault) || !ncpdp_read(reader, NCPDP_SCRIPT, buffer_text(&xml), true, arena, &again, &fault))
			if (fault.code != FAULT_TOO_LARGE)
				abort();
	}
	if (!script_answer_as_pas(&said, request, &about, arena, &as_pas, &loss))
		return;
	made = pas_answer_of(request, &as_pas, version, arena);
	if (made && !pas_check(made, PAS_SUBMIT_ANSWER, version, arena, &fault) && fault.code != FAULT_TOO_LARGE && fault.code != FAULT_TOO_DEEP)
		abort();
}

/* What is accepted goes on and is accepted there, the same but for its identifier; and it is asked after. */
static void sent_on(struct text body, const struct fhir_bundle *request, enum pas_version version, struct arena *arena)
{
	const struct pas_forward how = { .identifier = text_lit("r") };
	struct fhir_bundle *there, *inquiry;
	struct fault fault;
	struct text out;

	if (pas_forward(body, &how, arena, &out, &fault)) {
		if (!pas_read(out, PAS_SUBMIT, version, arena, &there, &fault)) {
			if (fault.code != FAULT_TOO_LARGE && fault.code != FAULT_TOO_DEEP)
				abort();
		} else if (!text_is(there->identifier->value, "r") || there->entry_n != request->entry_n) {
			abort();
		}
	} else if (fault.code != FAULT_TOO_LARGE) {
		abort();
	}
	inquiry = pas_inquiry_of(request, text_lit("i"), text_lit("N"), 1, arena);
	if (inquiry)
		(void)!text_there(written(inquiry, arena));
}

/* Whatever a payer says is read, and of a denial without a reason nothing is made. */
static void heard(struct text body, const struct fhir_bundle *answer, struct arena *arena)
{
	struct pas_heard said;
	struct fault fault;

	(void)pas_is_about(answer, answer);
	for (int cancel = 0; cancel < 2; cancel++)
		if (pas_heard_of(answer, cancel, arena, &said, &fault) &&
			(!said.outcome || (text_in_list(text_of(said.outcome), "DENIED PARTIALLY_DENIED") && !text_trim(said.reason).n) || said.number.n > 35))
			abort();
	(void)!text_there(pas_inquired(body, 0, arena));
}

static void strictly(struct text body, struct arena *arena)
{
	struct pas_notification notification;
	struct coverage_said coverage;
	struct fhir_subscription *subscription;
	struct fhir_bundle *bundle, *again, **bundles;
	struct text organization, json;
	struct fault fault;
	size_t n;

	for (int i = 0; i < 8; i++) {
		enum pas_version version = i % 2 ? PAS_2_0_1 : PAS_2_2_1;
		enum pas_kind kind = (enum pas_kind)(i / 2);

		if (!pas_read(body, kind, version, arena, &bundle, &fault))
			continue;
		json = written(bundle, arena);
		if (!text_there(json))
			continue;
		if (!pas_read(json, kind, version, arena, &again, &fault)) {
			if (fault.code != FAULT_TOO_LARGE && fault.code != FAULT_TOO_DEEP)
				abort();
		} else if (!text_equal(written(again, arena), json)) {
			abort();
		}
		if (kind == PAS_SUBMIT) {
			answer_strictly(bundle, version, arena);
			sent_on(body, bundle, version, arena);
			in_script(bundle, version, arena);
		}
		if (kind == PAS_SUBMIT_ANSWER || kind == PAS_INQUIRE_ANSWER)
			heard(body, bundle, arena);
	}
	(void)!text_there(pas_refusal_words(body, arena));
	(void)!coverage_info_read(body, arena, &coverage, &fault);
	(void)!pas_read_inquiry_answer(body, PAS_2_2_1, arena, &bundles, &n, &fault);
	(void)!pas_read_subscription(body, PAS_2_2_1, arena, &subscription, &organization, &fault);
	(void)!pas_read_notification(body, arena, &notification, &fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fhir_bundle *bundle;
	struct fhir_claim_view view;
	struct fhir_decision decision;
	struct fault fault;
	struct arena arena;

	arena_init(&arena, 64 << 20);
	if (fhir_read((struct text){ (const char *)data, n }, &arena, &bundle, &fault)) {
		if (fhir_claim_read(bundle, &arena, &view, &fault))
			answer(bundle, &arena);
		if (fhir_response_read(bundle, &arena, &decision, &fault) && text_in_list(decision.action, "A2 A3 A6") &&
			!text_trim(decision.reason).n)
			abort();
	}
	arena_done(&arena);
	arena_init(&arena, 64 << 20);
	strictly((struct text){ (const char *)data, n }, &arena);
	arena_done(&arena);
	return 0;
}
