/* SPDX-License-Identifier: Apache-2.0 */
/* A PAS request as a SCRIPT prior authorization message: the same patient, prescriber, coverage and drug, and the answers that came with it. */
#include "fhir-bridge/script/to_script_parts.h"

#include "base/clock.h"
#include "fhir-bridge/script/map.h"

#include <assert.h>
#include <string.h>

enum { COMMENT_MAX = 2000 }; /* characters of QuestionSetComment, an1..2000 */

#define CLAIM_ITEM IN_BUNDLE("Claim") ".item"

/* -- what is asked -- */

static bool find_item(struct script_making *m)
{
	const struct fhir_claim *claim = m->request.claim;
	const struct fhir_extension *service;
	const struct fhir_entry *entry;
	struct text first = TEXT_NONE;

	if (!claim->item_n)
		return script_missing(m, CLAIM_ITEM);
	for (size_t i = 0; i < claim->item_n; i++) {
		struct text ndc;

		if (pas_item_cancelled(&claim->item[i]))
			continue;
		ndc = fhir_item_ndc(m->bundle, &claim->item[i], m->make.arena);
		if (m->item && (!text_there(ndc) || !text_equal(ndc, first)))
			return fault_set(m->fault, FAULT_RULE, CLAIM_ITEM); /* a message is about one drug */
		if (!m->item) {
			m->item = &claim->item[i];
			first = ndc;
		}
	}
	if (!m->item)
		m->item = &claim->item[0];
	service = fhir_extension(m->item->extension, m->item->extension_n, PAS "extension-requestedService");
	entry = service ? fhir_find(m->bundle, service->reference) : NULL;
	m->order = script_use(m, entry ? entry->resource->medication_request : NULL);
	return true;
}

/* -- the message -- */

static struct script_address *address_of(struct make *make, struct text qualified)
{
	struct script_address *out = make_new(make, struct script_address);
	struct text rest = qualified, qualifier = text_cut(&rest, ':');

	out->qualifier = text_there(rest) ? qualifier : TEXT_NONE;
	out->id = text_there(rest) ? rest : qualified;
	return out;
}

static struct script_header *head_of(struct script_making *m)
{
	const struct script_asking *asking = m->asking;
	struct script_header *out = make_new(&m->make, struct script_header);

	out->to = address_of(&m->make, asking->to);
	out->from = address_of(&m->make, asking->from);
	out->message_id = asking->message_id;
	out->sent_time = clock_format(asking->wall_ms, false, m->make.arena);
	m->make.failed |= !text_there(out->sent_time);
	out->sender_software = make_new(&m->make, struct sender_software);
	*out->sender_software = (struct sender_software){ .developer = text_lit("dualtrack"), .product = text_lit("dualtrack"),
		.version = text_lit(DUALTRACK_VERSION) };
	return out;
}

static bool fill_common(struct script_making *m, struct pa_common *out)
{
	struct benefits_coordination *benefits = script_benefits(m);

	if (!benefits)
		return false;
	out->pa_reference_id = m->asking->pa_reference_id;
	out->pa_priority_indicator = m->request.expedited ? text_lit("X") : text_lit("S");
	*make_push(&m->make, out->benefits_coordination, out->benefits_coordination_n) = *benefits;
	out->patient = script_patient(m);
	out->pharmacy = script_pharmacy(m);
	out->prescriber = out->patient ? script_prescriber(m) : NULL;
	out->medication_prescribed = out->prescriber ? script_drug(m) : NULL;
	return out->medication_prescribed;
}

/* -- the answers -- */

/* What the submitter wrote for a person to read. */
static struct text comment_of(struct script_making *m)
{
	const struct fhir_claim *claim = m->request.claim;

	for (size_t i = 0; i < claim->supporting_info_n; i++)
		if (text_is(fhir_code(claim->supporting_info[i].category, PAS_TEMP_CODES), "freeFormMessage"))
			return script_cut(m, claim->supporting_info[i].string, COMMENT_MAX, "Claim.supportingInfo.valueString");
	return TEXT_NONE;
}

/* The deadline as the payer wrote it: a day or a moment. */
static struct date_or_time *deadline_of(struct make *make, struct text deadline)
{
	enum { DAY_CHARACTERS = 10 };
	struct date_or_time *out = make_new(make, struct date_or_time);

	if (deadline.n > DAY_CHARACTERS)
		out->date_time = deadline;
	else
		out->date = deadline;
	return out;
}

static struct pa_model *answers_of(struct script_making *m)
{
	const struct script_asking *asking = m->asking;
	struct pa_model *out = make_new(&m->make, struct pa_model);
	struct loss beside = { .n = 0 }; /* what form_script says of documents, which script_attachment carries */

	out->solicited = make_new(&m->make, struct pa_solicited);
	out->solicited->pa_case_id = asking->pa_case_id;
	out->solicited->deadline_for_reply = deadline_of(&m->make, asking->form->deadline);
	out->solicited->question_set = form_script(asking->form, asking->answers, &m->make, &beside);
	out->solicited->question_set->header->comment = comment_of(m);
	for (size_t i = 0; i < beside.n; i++)
		if (!text_is(beside.paths[i], "Attachment"))
			loss_once(m->loss, &m->make, text_lit("QuestionnaireResponse.item.answer.extension"));
	return out;
}

/* Why it is taken back: by its code where the words are ours. */
static void add_reasons(struct script_making *m, struct pa_cancel_details *to)
{
	const struct fhir_claim *claim = m->request.claim;

	for (size_t i = 0; i < claim->supporting_info_n; i++) {
		struct text words = claim->supporting_info[i].string;

		if (!text_is(fhir_code(claim->supporting_info[i].category, PAS_TEMP_CODES), "freeFormMessage") || !words.n)
			continue;
		if (text_there(fhir_cancel_reason(words)))
			to->cancel_reason_code = fhir_cancel_reason(words);
		else if (!to->pa_note.n)
			to->pa_note = script_cut(m, words, COMMENT_MAX, "Claim.supportingInfo.valueString");
	}
}

static bool fill_body(struct script_making *m, struct script_body *body)
{
	struct pa_common common = { .pa_reference_id = TEXT_NONE };

	if (!fill_common(m, &common))
		return false;
	switch (m->asking->step) {
	case SCRIPT_INITIATE:
		body->pa_initiation_request = make_new(&m->make, struct pa_initiation_request);
		memcpy(body->pa_initiation_request, &common, sizeof(common)); /* records.c asserts that they begin alike */
		break;
	case SCRIPT_SUBMIT:
		body->pa_request = make_new(&m->make, struct pa_request);
		memcpy(body->pa_request, &common, sizeof(common));
		body->pa_request->attachment = script_attachment(m);
		body->pa_request->request = answers_of(m);
		break;
	case SCRIPT_CANCEL:
		body->pa_cancel_request = make_new(&m->make, struct pa_cancel_request);
		memcpy(body->pa_cancel_request, &common, sizeof(common));
		body->pa_cancel_request->request = make_new(&m->make, struct pa_cancel_details);
		body->pa_cancel_request->request->pa_case_id = m->asking->pa_case_id;
		add_reasons(m, body->pa_cancel_request->request);
		break;
	}
	return true;
}

/* What is sent is what the tables and rules of its version take. */
static bool can_be_written(const struct script_message *script, const struct script_asking *asking, struct arena *arena, struct fault *fault)
{
	static const enum ncpdp_kind kinds[] = { [SCRIPT_INITIATE] = NCPDP_PA_INITIATION_REQUEST, [SCRIPT_SUBMIT] = NCPDP_PA_REQUEST,
		[SCRIPT_CANCEL] = NCPDP_PA_CANCEL_REQUEST };
	struct ncpdp_message message = { .family = NCPDP_SCRIPT, .kind = kinds[asking->step], .version = asking->version,
		.script = (struct script_message *)script };
	struct buffer out;

	buffer_init(&out, arena, 8192);
	return ncpdp_write(&message, asking->stamp, &out, fault);
}

const void *script_use(struct script_making *m, const void *what)
{
	assert(m->used_n < SCRIPT_USED_MOST);
	if (what)
		m->used[m->used_n++] = what;
	return what;
}

static bool is_used(const struct script_making *m, const void *what)
{
	for (size_t i = 0; i < m->used_n; i++)
		if (m->used[i] == what)
			return true;
	return false;
}

static bool takes_drug_code(const struct fhir_coding *coding)
{
	struct text system = coding->system.n ? coding->system : text_lit("");

	return text_is(system, SYSTEM_NDC) || text_is(system, SYSTEM_RXNORM) || text_starts(system, SYSTEM_OURS);
}

/* Of two amounts that differ it is the order's. */
static bool is_asked_amount(const struct script_making *m, const struct text *value)
{
	const struct fhir_quantity *ordered = m->order && m->order->dispense ? m->order->dispense->quantity : NULL;

	return !ordered || !ordered->value.n || text_equal(ordered->value, *value);
}

/* Who only holds the coverage is a name in SCRIPT, with the number that the coverage has too. */
static bool tells_of_holder(const struct script_making *m, const struct field *field, const void *item)
{
	if (field->of == &fhir_identifier_record)
		return text_equal(((const struct fhir_identifier *)item)->value, m->request.member_id);
	return text_in_list(field->wire, "id meta name active") || (text_is(field->wire, "gender") && text_is(*(const struct text *)item, "unknown"));
}

/* Where the value decides and not the row. */
static enum map_fate fate(void *context, struct text path, const struct field *field, const void *item, const void *in)
{
	const struct script_making *m = context;

	if (text_in_list(path, "Patient Coverage Organization Practitioner PractitionerRole MedicationRequest"))
		return is_used(m, item) ? MAP_BY_ROW : MAP_NOT_CARRIED;
	if (m->holder && in == m->holder)
		return tells_of_holder(m, field, item) ? MAP_BY_ROW : MAP_NOT_CARRIED;
	if (text_in_list(path, "Organization.address Organization.telecom PractitionerRole.telecom"))
		return is_used(m, *(const void *const *)field_at(field, in)) ? MAP_BY_ROW : MAP_NOT_CARRIED;
	if (text_in_list(path, "MedicationRequest.reasonCode.coding Claim.diagnosis.diagnosisCodeableConcept.coding"))
		return script_diagnosis_coding(in) == item ? MAP_BY_ROW : MAP_NOT_CARRIED;
	if (text_is(path, "Claim.item.quantity.value"))
		return is_asked_amount(m, item) ? MAP_BY_ROW : MAP_NOT_CARRIED;
	if (text_is(path, "MedicationRequest.medicationCodeableConcept.coding"))
		return takes_drug_code(item) ? MAP_BY_ROW : MAP_NOT_CARRIED;
	return MAP_BY_ROW;
}

/* Whatever the request has beside, held against the table; the Claim as it was before a change was told of then. */
static void lose_the_rest(struct script_making *m)
{
	const struct map_judge judge = { fate, m };

	for (size_t i = 0; i < m->bundle->entry_n; i++) {
		const struct fhir_resource *resource = m->bundle->entry[i].resource;

		if (!resource->claim || resource->claim == m->request.claim)
			map_losses(&map_to_script, &fhir_resource_record, resource, TEXT_NONE, '.', &judge, &m->make, m->loss);
	}
}

bool script_request_of(const struct fhir_bundle *pas, const struct script_asking *asking, struct arena *arena, struct script_message **out,
	struct loss *loss, struct fault *fault)
{
	struct script_making m = { .bundle = pas, .asking = asking, .loss = loss, .fault = fault };
	struct script_message *script;

	make_init(&m.make, arena);
	pas_request_of(pas, &m.request);
	script = make_new(&m.make, struct script_message);
	script->header = head_of(&m);
	script->body = make_new(&m.make, struct script_body);
	if (!find_item(&m) || !fill_body(&m, script->body)) {
		(void)make_done(&m.make);
		return false;
	}
	lose_the_rest(&m);
	if (!make_done(&m.make))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	version_stamp_script(script, version_to_write(script, asking->version, asking->stamp), asking->stamp);
	*out = script;
	return can_be_written(script, asking, arena, fault);
}

/* -- answers that came with it -- */

/* "url", or "url|version": a version of ours is that of all that is asked, so the same one means the same questions whatever they are called. */
static bool names_form(struct text canonical, const struct question_form *form, struct make *make)
{
	struct text version = canonical, url = text_cut(&version, '|');

	if (!text_there(version))
		return text_equal(url, form->url);
	return text_starts(url, SYSTEM_OURS "Questionnaire:") && text_equal(version, form_version(form, make));
}

bool script_answers_in(const struct fhir_bundle *pas, const struct question_form *form, struct make *make, struct form_answers *out, bool *whole,
	struct loss *loss, struct fault *fault)
{
	size_t n;

	*out = (struct form_answers){ .n = 0 };
	*whole = false;
	for (size_t i = 0; i < pas->entry_n; i++) {
		const struct fhir_questionnaire_response *response = pas->entry[i].resource->questionnaire_response;

		if (!response || !response->questionnaire.n || !names_form(response->questionnaire, form, make))
			continue;
		if (!form_read(form, response, make, out, loss, fault))
			return false;
		form_walk(form, out, make, &n, whole);
		return true;
	}
	return true;
}
