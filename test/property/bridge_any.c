/* SPDX-License-Identifier: Apache-2.0 */
/* Random SCRIPT requests that a payer could get. */
#include "test/property/bridge_any.h"

#include "ncpdp/sig.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANY_OF(any, list) text_of((list)[any_below((any), sizeof(list) / sizeof(*(list)))])

static void *some(struct any *any, size_t n)
{
	void *at = arena_alloc(any->arena, n);

	cr_assert(at);
	return at;
}
#define one_of(any, type) ((type *)some((any), sizeof(type)))

static const char *const icd10[] = { "M0579", "E119", "Z00", "L4050" };
static const char *const icd9[] = { "7140", "E8500", "V581", "4019" };
static const char *const snomed[] = { "69896004", "44054006", "38341003", "195967001" };

/* -- what stands anywhere in it -- */

static void put_telephone(struct any *any, struct telephone *telephone)
{
	static const char *const numbers[] = { "5550100101", "5550100102", "5550100103" };

	telephone->number = ANY_OF(any, numbers);
}

/* Four codes in a message, none of them twice. */
static void put_diagnosis(struct diagnosis_code *code, size_t nth)
{
	if (text_is(code->qualifier, "ABF"))
		code->code = text_of(icd10[nth % 4]);
	else if (text_is(code->qualifier, "DX"))
		code->code = text_of(icd9[nth % 4]);
	else
		code->code = text_of(snomed[nth % 4]);
}

static void put_right(struct any *any, const struct record *record, void *rec)
{
	static const char *const npis[] = { "1234567893", "1999999984", "1234567890" };

	if (record == &telephone_record)
		put_telephone(any, rec);
	if (record == &nci_code_record)
		((struct nci_code *)rec)->code = text_of(any_below(any, 2) ? "C48542" : "C28254");
	if (record == &product_code_record && text_is(((struct product_code *)rec)->qualifier, "ND"))
		((struct product_code *)rec)->code = text_lit("99999000505");
	if (record == &quantity_record && any_below(any, 2))
		((struct quantity *)rec)->code_list_qualifier = text_lit("38");
	if (record == &quantity_record && any_below(any, 2))
		((struct quantity *)rec)->value = text_lit("02.50");
	if (record == &prescriber_identification_record)
		((struct prescriber_identification *)rec)->npi = ANY_OF(any, npis);
	if (record == &pharmacy_identification_record)
		((struct pharmacy_identification *)rec)->npi = ANY_OF(any, npis);
	/* called by its own number, an organization has no name in SCRIPT */
	if (record == &practice_location_record && text_there(((struct practice_location *)rec)->business_name))
		((struct practice_location *)rec)->business_name = text_lit("EXAMPLE CLINIC");
	if (record == &benefits_coordination_record && text_there(((struct benefits_coordination *)rec)->payer_name))
		((struct benefits_coordination *)rec)->payer_name = text_lit("EXAMPLE PLAN");
	if (record == &postal_address_record && !text_there(((struct postal_address *)rec)->line1))
		((struct postal_address *)rec)->line2 = TEXT_NONE; /* a second line is the first one where there is none before */
	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];

		if (!field_there(field, rec))
			continue;
		if (field->kind == FIELD_GROUP)
			put_right(any, field->of, *(void **)field_at(field, rec));
		for (size_t k = 0; field->kind == FIELD_LIST && k < *field_count_at(field, rec); k++)
			put_right(any, field->of, *(char **)field_at(field, rec) + k * field->of->size);
	}
}

/* -- who and what -- */

static void put_people(struct any *any, struct pa_common *common)
{
	if (!common->patient->human_patient)
		*common->patient = (struct patient){ .human_patient = any_record(any, &human_patient_record) };
	if (!common->prescriber->non_veterinarian)
		*common->prescriber = (struct prescriber){ .non_veterinarian = any_record(any, &non_veterinarian_record) };
	if (text_there(common->prescriber->non_veterinarian->place_of_service))
		common->prescriber->non_veterinarian->place_of_service = text_of(any_below(any, 2) ? "11" : "99");
}

static void put_coverage(struct any *any, struct pa_common *common)
{
	static const char *const relations[] = { "1", "2", "3", "4", "cousin" };

	if (!common->benefits_coordination_n) {
		common->benefits_coordination = any_record(any, &benefits_coordination_record);
		common->benefits_coordination_n = 1;
	}
	for (size_t i = 0; i < common->benefits_coordination_n; i++) {
		struct benefits_coordination *one = &common->benefits_coordination[i];

		if (text_is(one->payer_responsibility_code, "P") && i) /* who is asked is the first */
			one->payer_responsibility_code = text_lit("U");
		if (!text_there(one->cardholder_id) && !text_there(one->pbm_member_id))
			one->cardholder_id = text_lit("EX0001");
		if (text_there(one->patient_relationship))
			one->patient_relationship = ANY_OF(any, relations);
		if (one->cardholder_name && any_below(any, 2))
			one->cardholder_name = common->patient->human_patient->name;
	}
}

static void put_drug(struct any *any, struct medication *drug)
{
	static const char *const sigs[] = { "Take one daily", "1 < 2 & \"so\" on", "at 8 o'clock" };
	static const char *const other[] = { "ExpirationDate", "EffectiveDate" };
	bool coded = any_below(any, 3) == 0;
	struct make make;
	size_t nth = 0;

	for (size_t i = 0; i < drug->diagnoses_n; i++) {
		if (any_below(any, 2))
			drug->diagnoses[i].clinical_information_qualifier = text_lit("1");
		put_diagnosis(drug->diagnoses[i].primary, nth++);
		if (drug->diagnoses[i].secondary)
			put_diagnosis(drug->diagnoses[i].secondary, nth++);
	}
	if (text_there(drug->substitutions) && any_below(any, 2))
		drug->substitutions = text_of(any_below(any, 2) ? "0" : "1");
	if (text_there(drug->days_supply))
		drug->days_supply = text_of(any_below(any, 2) ? "028" : "90");
	for (size_t i = 0; i < drug->other_dates_n; i++) /* their order says nothing: the first day before the last one */
		if (text_is(drug->other_dates[i].qualifier, "PeriodEnd"))
			drug->other_dates[i].qualifier = text_lit("SoldDate");
	if (drug->other_dates_n && any_below(any, 2)) {
		drug->other_dates[0].qualifier = text_lit("StartDate");
		for (size_t i = 1; i < drug->other_dates_n; i++)
			drug->other_dates[i].qualifier = i == 1 ? text_lit("PeriodEnd") : ANY_OF(any, other);
	}
	if (!text_there(drug->sig))
		return;
	make_init(&make, any->arena);
	drug->sig = coded ? text_lit("<Sig><SigText>Take one</SigText><Instruction>1</Instruction></Sig>") : sig_of(ANY_OF(any, sigs), &make);
	cr_assert(make_done(&make));
}

/* -- answers -- */

static struct choice *any_choices(struct any *any)
{
	static const char *const indicators[] = { "NA", "M", "O" };
	struct choice *choices = some(any, 2 * sizeof(*choices));

	for (size_t i = 0; i < 2; i++)
		choices[i] = (struct choice){ .choice_id = i ? text_lit("NO") : text_lit("YES"), .sequence_number = i ? text_lit("2") : text_lit("1"),
			.choice_text = text_lit("So"), .additional_free_text_indicator = ANY_OF(any, indicators) };
	return choices;
}

static struct select_answer any_choice(struct any *any, const struct choice *choice)
{
	struct chosen *chosen = one_of(any, struct chosen);
	struct select_answer out = { .by_prescriber = chosen };

	chosen->choice_id = choice->choice_id;
	if (text_is(choice->additional_free_text_indicator, "M") || (text_is(choice->additional_free_text_indicator, "O") && any_below(any, 2)))
		chosen->additional_free_text = text_lit("words \"with\" it");
	if (any_below(any, 3) == 0) {
		out = (struct select_answer){ .by_code = one_of(any, struct coded_choice) };
		out.by_code->choice = chosen;
	}
	return out;
}

static struct attachment *any_document(struct any *any)
{
	struct attachment *out = any_record(any, &attachment_record);

	out->cda = any_below(any, 2) ? out->cda : NULL;
	out->data = text_lit("JVBERi0xLjQK");
	out->mime_type = text_lit("application/pdf");
	if (any_below(any, 3) == 0) {
		out->data = text_lit("/9j/4AAQSkZJRg==");
		out->mime_type = text_lit("application/jpeg");
	}
	return out;
}

static struct date_or_time *any_when(struct any *any, bool moment)
{
	static const char *const moments[] = { "2026-01-31T10:00:00Z", "2026-01-31T10:00:00", "2026-01-31T10:00:00-05:00" };
	struct date_or_time *out = one_of(any, struct date_or_time);

	if (moment)
		out->date_time = ANY_OF(any, moments);
	else
		out->date = text_lit("2020-02-29");
	return out;
}

static void any_select(struct any *any, struct question *q, struct answered_question *to)
{
	struct select_question *asked = q->type->select = one_of(any, struct select_question);
	struct answered_select *select = to->type->select = one_of(any, struct answered_select);
	bool both = any_below(any, 3) == 0;

	*asked = (struct select_question){ .select_multiple = text_of(both ? "Y" : "N"), .choices = any_choices(any), .choices_n = 2 };
	select->select_multiple = asked->select_multiple;
	select->choices = asked->choices;
	select->choices_n = 2;
	select->answers = some(any, 2 * sizeof(*select->answers));
	select->answers[select->answers_n++] = any_choice(any, &asked->choices[both ? 0 : any_below(any, 2)]);
	if (both)
		select->answers[select->answers_n++] = any_choice(any, &asked->choices[1]);
}

static void any_date(struct any *any, struct question *q, struct answered_question *to)
{
	struct date_question *asked = q->type->date = one_of(any, struct date_question);
	bool moment = any_below(any, 2);

	asked->is_date_time_required = text_of(moment ? "Y" : "N");
	to->type->date = one_of(any, struct answered_date);
	to->type->date->date = asked;
	to->type->date->answer = one_of(any, struct date_answer);
	to->type->date->answer->by_prescriber = any_when(any, moment);
}

static void any_number(struct any *any, struct question *q, struct answered_question *to)
{
	static const char *const numbers[] = { "1", "2.50", "+3", "007", "-0.5" };

	q->type->numeric = one_of(any, struct numeric_question);
	q->type->numeric->is_numeric = text_lit("Y");
	to->type->numeric = one_of(any, struct answered_numeric);
	to->type->numeric->is_numeric = text_lit("Y");
	to->type->numeric->answer = one_of(any, struct numeric_answer);
	to->type->numeric->answer->by_prescriber = ANY_OF(any, numbers);
}

static void any_words(struct any *any, struct question *q, struct answered_question *to)
{
	struct free_text_answer *answer = one_of(any, struct free_text_answer);

	q->type->free_text = one_of(any, struct free_text_question);
	q->type->free_text->is_free_text = text_lit("Y");
	to->type->free_text = one_of(any, struct answered_free_text);
	to->type->free_text->is_free_text = text_lit("Y");
	to->type->free_text->answer = answer;
	switch (any_below(any, 4)) {
	case 0:
		answer->by_code = one_of(any, struct coded_text);
		answer->by_code->answer_value = text_lit("from the record");
		break;
	case 1:
		answer->by_code = one_of(any, struct coded_text);
		answer->by_code->attachment = any_document(any);
		break;
	default:
		answer->by_prescriber = text_lit("two words");
	}
}

/* Questions one after the other, each answered; the way through sets that branch is another property's. */
static struct question_set_request *any_answers(struct any *any, struct bridge_any *made)
{
	static void (*const kinds[])(struct any *any, struct question *q, struct answered_question *to) = { any_select, any_date, any_number, any_words };
	static const char *const ids[BRIDGE_QUESTIONS] = { "Q1", "Q 2", "Q3", "Q4", "Q5", "Q6" };
	static const char *const order[BRIDGE_QUESTIONS] = { "1", "2", "3", "4", "5", "6" };
	struct question_set_request *out = one_of(any, struct question_set_request);
	size_t n = 1 + any_below(any, BRIDGE_QUESTIONS);

	out->questions = some(any, n * sizeof(*out->questions));
	out->questions_n = n;
	for (size_t i = 0; i < n; i++) {
		struct question *q = &made->questions[i];
		struct answered_question *to = &out->questions[i];

		*q = (struct question){ .question_id = text_of(ids[i]), .sequence_number = text_of(order[i]), .question_text = text_lit("What?"),
			.default_next_question_id = i + 1 < n ? text_of(ids[i + 1]) : text_lit("END"), .type = one_of(any, struct question_type) };
		*to = (struct answered_question){ .question_id = q->question_id, .sequence_number = q->sequence_number, .question_text = q->question_text,
			.default_next_question_id = q->default_next_question_id, .type = one_of(any, struct answered_type) };
		kinds[any_below(any, 4)](any, q, to);
	}
	made->header = *(struct question_set_header *)any_record(any, &question_set_header_record);
	put_right(any, &question_set_header_record, &made->header);
	out->header = one_of(any, struct answered_set_header);
	*out->header = (struct answered_set_header){ .question_set_id = made->header.question_set_id, .title = made->header.title,
		.description = made->header.description, .contact = made->header.contact, .attachment_required = made->header.attachment_required,
		.attachment_notes = made->header.attachment_notes };
	if (any_below(any, 2))
		out->header->comment = text_lit("A comment.");
	return out;
}

static void put_answers(struct any *any, struct bridge_any *made, struct pa_request *request)
{
	struct pa_solicited *solicited = one_of(any, struct pa_solicited);
	struct make make;

	request->attachment = any_below(any, 2) ? any_document(any) : NULL;
	request->request = one_of(any, struct pa_model);
	request->request->solicited = solicited;
	*solicited = (struct pa_solicited){ .pa_case_id = made->case_id, .deadline_for_reply = any_when(any, any_below(any, 2)),
		.question_set = any_answers(any, made) };
	made->unsolicited = any_below(any, 4) == 0;
	if (made->unsolicited) {
		request->request->solicited = NULL;
		request->request->unsolicited = one_of(any, struct pa_unsolicited);
		request->request->unsolicited->question_set = solicited->question_set;
	}
	make_init(&make, any->arena);
	made->form = (struct question_form){ .header = &made->header, .questions = made->questions, .n = solicited->question_set->questions_n,
		.url = form_uri(&make, "urn:dualtrack:Questionnaire:", made->header.question_set_id),
		.deadline = text_there(solicited->deadline_for_reply->date) ? solicited->deadline_for_reply->date : solicited->deadline_for_reply->date_time };
	cr_assert(make_done(&make));
}

/* -- the message -- */

static const struct {
	enum script_step step;
	const char *name;
	const struct record *record;
	size_t offset;
} kinds[] = {
	{ SCRIPT_INITIATE, "PAInitiationRequest", &pa_initiation_request_record, offsetof(struct script_body, pa_initiation_request) },
	{ SCRIPT_SUBMIT, "PARequest", &pa_request_record, offsetof(struct script_body, pa_request) },
	{ SCRIPT_CANCEL, "PACancelRequest", &pa_cancel_request_record, offsetof(struct script_body, pa_cancel_request) },
};

const void *bridge_any_body(const struct bridge_any *made, const struct script_message *message)
{
	return *(void *const *)((const char *)message->body + kinds[made->step].offset);
}

void bridge_any(struct any *any, struct bridge_any *out)
{
	const size_t kind = any_below(any, 3);
	struct pa_common *common;

	*out = (struct bridge_any){ .step = kinds[kind].step, .name = kinds[kind].name, .record = kinds[kind].record, .case_id = text_lit("CASE-1") };
	cr_assert_eq((size_t)out->step, kind);
	out->message = any_record(any, &script_message_record);
	memset(out->message->body, 0, sizeof(*out->message->body));
	any->budget = 200; /* optional elements of the body */
	common = any_record(any, kinds[kind].record);
	*(void **)((char *)out->message->body + kinds[kind].offset) = common;
	put_people(any, common);
	put_coverage(any, common);
	put_right(any, kinds[kind].record, common);
	put_drug(any, common->medication_prescribed);
	out->reference = common->pa_reference_id = text_lit("REF-1");
	if (out->step == SCRIPT_SUBMIT)
		put_answers(any, out, out->message->body->pa_request);
	if (out->step == SCRIPT_CANCEL)
		out->message->body->pa_cancel_request->request->pa_case_id = out->case_id;
	if (out->step == SCRIPT_CANCEL || any_below(any, 4) == 0)
		out->before = text_lit("claim-1");
}

void bridge_any_judge(uint64_t seed, struct text json)
{
	const char *folder = getenv("DUALTRACK_DUMP");
	char path[300];
	FILE *out;

	if (!folder)
		return;
	snprintf(path, sizeof(path), "%s/claim-%llu.json", folder, (unsigned long long)seed);
	out = fopen(path, "we");
	cr_assert(out, "%s", path);
	fwrite(json.at, 1, json.n, out);
	fclose(out);
}
