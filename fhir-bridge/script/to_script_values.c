/* SPDX-License-Identifier: Apache-2.0 */
/* Single values of FHIR in NCPDP's form: the drug with its codes, amount and diagnoses, and documents. */
#include "fhir-bridge/script/to_script_parts.h"

#include "ncpdp/decimal.h"
#include "ncpdp/sig.h"

#include <string.h>

enum {
	DESCRIPTION_MAX = 105, /* characters of DrugDescription, an1..105 */
	QUANTITY_MAX = 11,     /* digits of Quantity/Value */
	DAYS_MAX = 3,          /* of DaysSupply, n1..3 */
	CODES_MOST = 4,        /* two diagnoses of two codes each */
	SIG_MAX = 1000,        /* of SigText, an1..1000 */
	DAY_CHARACTERS = 10,   /* YYYY-MM-DD */
	SOURCE_MAX = 60,       /* of AttachmentSource; open in public schemas: what a screen shows */
};

#define AS_ORDERED "38"          /* CodeListQualifier: quantity as ordered; list not public */
#define BY_PRESCRIBER "1"        /* ClinicalInformationQualifier: supplied by the prescriber; list not public */
#define UNIT_NOT_STATED "C38046" /* NCI Thesaurus: unspecified */

/* -- limits -- */

static void lose(struct script_making *m, const char *path)
{
	loss_once(m->loss, &m->make, text_of(path));
}

struct text script_cut(struct script_making *m, struct text value, size_t most, const char *path)
{
	size_t n = 0, seen = 0;

	value = text_trim(value.n ? value : text_lit(""));
	if (!value.n)
		return TEXT_NONE;
	if (text_characters(value) <= most)
		return value;
	lose(m, path);
	while (n < value.n && ((value.at[n] & 0xC0) == 0x80 || seen++ < most))
		n++;
	return text_trim((struct text){ value.at, n });
}

struct text script_id(struct script_making *m, struct text value, size_t most, const char *path)
{
	value = text_trim(value.n ? value : text_lit(""));
	if (!value.n)
		return TEXT_NONE;
	if (text_characters(value) <= most)
		return value;
	lose(m, path);
	return TEXT_NONE;
}

bool script_missing(struct script_making *m, const char *path)
{
	return fault_set(m->fault, FAULT_MISSING, path);
}

/* -- the drug -- */

static bool is_ndc(struct text code)
{
	if (code.n != 11)
		return false;
	for (size_t i = 0; i < code.n; i++)
		if (code.at[i] < '0' || code.at[i] > '9')
			return false;
	return true;
}

static const struct fhir_concept *product_of(const struct script_making *m)
{
	return m->order && m->order->medication ? m->order->medication : m->item->product_or_service;
}

static struct text words_of(const struct fhir_concept *concept)
{
	if (!concept)
		return TEXT_NONE;
	if (concept->text.n)
		return concept->text;
	for (size_t i = 0; i < concept->coding_n; i++)
		if (concept->coding[i].display.n)
			return concept->coding[i].display;
	return TEXT_NONE;
}

/* The first code whose system begins so, and what is behind that: which list of NCPDP's it is of. */
static struct text listed_code(const struct fhir_concept *concept, const char *list, struct text *qualifier)
{
	const size_t n = strlen(list);

	for (size_t i = 0; concept && i < concept->coding_n; i++) {
		struct text system = concept->coding[i].system;

		if (!system.n || system.n <= n || !text_starts(system, list) || !concept->coding[i].code.n)
			continue;
		*qualifier = (struct text){ system.at + n, system.n - n };
		return concept->coding[i].code;
	}
	return TEXT_NONE;
}

static struct product_code *product_code_of(struct script_making *m)
{
	struct product_code *out = make_new(&m->make, struct product_code);
	struct text ndc = fhir_item_ndc(m->bundle, m->item, m->make.arena);

	*out = (struct product_code){ .code = ndc, .qualifier = text_lit("ND") };
	if (!is_ndc(ndc.n ? ndc : text_lit("")))
		out->code = listed_code(product_of(m), SYSTEM_OURS "ProductCode:", &out->qualifier);
	return out->code.n ? out : NULL;
}

/* Which of its kinds an RxNorm concept is, a DrugDBCode must say, and FHIR does not, but in a system of ours. */
static struct drug_db_code *drug_db_code_of(struct script_making *m)
{
	struct drug_db_code *out = make_new(&m->make, struct drug_db_code);

	out->code = listed_code(product_of(m), SYSTEM_OURS "DrugDBCode:", &out->qualifier);
	if (out->code.n)
		return out;
	if (text_there(fhir_code(product_of(m), SYSTEM_RXNORM)))
		lose(m, "MedicationRequest.medicationCodeableConcept.coding");
	return NULL;
}

static struct drug_coded *drug_codes(struct script_making *m)
{
	struct drug_coded *out = make_new(&m->make, struct drug_coded);

	out->product_code = product_code_of(m);
	out->drug_db_code = drug_db_code_of(m);
	return out->product_code || out->drug_db_code ? out : NULL;
}

/* Units of UCUM and of US prescriptions as NCI Thesaurus has them. */
static const struct {
	const char *unit, *nci;
} units[] = {
	{ "mL", "C28254" },
	{ "ml", "C28254" },
	{ "g", "C48155" },
	{ "mg", "C28253" },
	{ "{tbl}", "C48542" },
	{ "{tablet}", "C48542" },
	{ "tablet", "C48542" },
	{ "TAB", "C48542" },
	{ "{capsule}", "C48480" },
	{ "capsule", "C48480" },
	{ "CAP", "C48480" },
	{ "{each}", "C64933" },
	{ "each", "C64933" },
	{ "EA", "C64933" },
	{ "1", "C64933" },
};

static bool is_nci(struct text code)
{
	if (code.n < 3 || code.at[0] != 'C')
		return false;
	for (size_t i = 1; i < code.n; i++)
		if (code.at[i] < '0' || code.at[i] > '9')
			return false;
	return true;
}

static struct text unit_of(struct script_making *m, const struct fhir_quantity *quantity)
{
	const struct text said[] = { quantity->code, quantity->unit };

	for (size_t k = 0; k < 2; k++) {
		if (is_nci(said[k].n ? said[k] : text_lit("")))
			return said[k];
		for (size_t i = 0; said[k].n && i < sizeof(units) / sizeof(*units); i++)
			if (text_is(said[k], units[i].unit))
				return text_of(units[i].nci);
	}
	if (said[0].n || said[1].n)
		lose(m, "MedicationRequest.dispenseRequest.quantity.unit");
	return text_lit(UNIT_NOT_STATED);
}

static size_t digits_of(struct text number)
{
	size_t n = 0;

	for (size_t i = 0; i < number.n; i++)
		n += number.at[i] >= '0' && number.at[i] <= '9';
	return n;
}

/* What is dispensed each time; else what the claim asks for. */
static struct quantity *amount(struct script_making *m)
{
	const struct fhir_quantity *from = m->order && m->order->dispense ? m->order->dispense->quantity : NULL;
	struct quantity *out;

	if (!from || !from->value.n)
		from = m->item->quantity;
	if (!from || !from->value.n || digits_of(from->value) > QUANTITY_MAX || !decimal_is(from->value)) {
		fault_set(m->fault, from && from->value.n ? FAULT_TOO_LONG : FAULT_MISSING, IN_BUNDLE("MedicationRequest") ".dispenseRequest.quantity.value");
		return NULL;
	}
	out = make_new(&m->make, struct quantity);
	out->value = from->value;
	out->code_list_qualifier = text_lit(AS_ORDERED);
	out->unit = make_new(&m->make, struct nci_code);
	out->unit->code = unit_of(m, from);
	return out;
}

static struct text days_supply(struct script_making *m)
{
	const struct fhir_quantity *days = m->order && m->order->dispense ? m->order->dispense->supply_duration : NULL;
	struct text unit;
	bool whole = days && days->value.n && days->value.n <= DAYS_MAX;

	if (!days || !days->value.n)
		return TEXT_NONE;
	unit = days->code.n ? days->code : days->unit.n ? days->unit : text_lit("");
	for (size_t i = 0; whole && i < days->value.n; i++)
		whole = days->value.at[i] >= '0' && days->value.at[i] <= '9';
	if (whole && text_in_list(unit, "d day days"))
		return days->value;
	lose(m, "MedicationRequest.dispenseRequest.expectedSupplyDuration");
	return TEXT_NONE;
}

/* -- what it is for -- */

static const struct {
	const char *system, *qualifier;
	bool point; /* NCPDP leaves it out */
} diagnosis_systems[] = {
	{ SYSTEM_ICD10, "ABF", true },
	{ "http://hl7.org/fhir/sid/icd-9-cm", "DX", true },
	{ "http://terminology.hl7.org/CodeSystem/icd9cm", "DX", true },
	{ "http://snomed.info/sct", "LD", false },
};

static struct text without_point(struct make *make, struct text code)
{
	struct text rest = code, head = text_cut(&rest, '.');

	return text_there(rest) ? make_text(make, head, rest, TEXT_NONE) : code;
}

const struct fhir_coding *script_diagnosis_coding(const struct fhir_concept *concept)
{
	for (size_t i = 0; i < sizeof(diagnosis_systems) / sizeof(*diagnosis_systems); i++)
		for (size_t k = 0; k < concept->coding_n; k++)
			if (text_is(concept->coding[k].system, diagnosis_systems[i].system) && concept->coding[k].code.n)
				return &concept->coding[k];
	return NULL;
}

/* NULL: it has no code of a list that SCRIPT knows. */
static struct diagnosis_code *diagnosis_of(struct script_making *m, const struct fhir_concept *concept)
{
	for (size_t i = 0; i < sizeof(diagnosis_systems) / sizeof(*diagnosis_systems); i++) {
		struct text code = fhir_code(concept, diagnosis_systems[i].system), words = words_of(concept);
		struct diagnosis_code *out;

		if (!code.n)
			continue;
		out = make_new(&m->make, struct diagnosis_code);
		out->code = diagnosis_systems[i].point ? without_point(&m->make, code) : code;
		out->qualifier = text_of(diagnosis_systems[i].qualifier);
		out->description = words.n ? words : code; /* it must say something */
		return out;
	}
	return NULL;
}

struct diagnoses {
	struct diagnosis_code *codes[CODES_MOST];
	size_t n;
};

static void add_diagnosis(struct script_making *m, struct diagnoses *to, const struct fhir_concept *concept, const char *path)
{
	struct diagnosis_code *code = concept ? diagnosis_of(m, concept) : NULL;

	for (size_t i = 0; code && i < to->n; i++)
		if (text_equal(to->codes[i]->code, code->code) && text_equal(to->codes[i]->qualifier, code->qualifier))
			return;
	if (code && to->n < CODES_MOST)
		to->codes[to->n++] = code;
	else if (concept)
		lose(m, path);
}

/* The claim's principal diagnosis first, then what the order gives as its reasons, then what else the claim has. */
static void add_diagnoses(struct script_making *m, struct medication *drug)
{
	const struct fhir_claim *claim = m->request.claim;
	struct diagnoses all = { .n = 0 };

	if (claim->diagnosis_n)
		add_diagnosis(m, &all, claim->diagnosis[0].concept, "Claim.diagnosis");
	for (size_t i = 0; m->order && i < m->order->reason_code_n; i++)
		add_diagnosis(m, &all, &m->order->reason_code[i], "MedicationRequest.reasonCode");
	for (size_t i = 1; i < claim->diagnosis_n; i++)
		add_diagnosis(m, &all, claim->diagnosis[i].concept, "Claim.diagnosis");
	for (size_t i = 0; i < all.n; i += 2) {
		struct diagnosis *pair = make_push(&m->make, drug->diagnoses, drug->diagnoses_n);

		pair->clinical_information_qualifier = text_lit(BY_PRESCRIBER);
		pair->primary = all.codes[i];
		pair->secondary = i + 1 < all.n ? all.codes[i + 1] : NULL;
	}
}

/* The words of the directions; there is room for one. */
static struct text directions(struct script_making *m)
{
	struct text words = m->order && m->order->dosage_n ? m->order->dosage[0].text : TEXT_NONE;

	for (size_t i = 1; m->order && i < m->order->dosage_n; i++)
		lose(m, "MedicationRequest.dosageInstruction");
	words = script_cut(m, words, SIG_MAX, "MedicationRequest.dosageInstruction.text");
	return words.n ? sig_of(words, &m->make) : TEXT_NONE;
}

static struct text substitutions(const struct script_making *m)
{
	struct text allowed = m->order && m->order->substitution ? m->order->substitution->allowed : TEXT_NONE;

	return text_is(allowed, "true") ? text_lit("0") : text_is(allowed, "false") ? text_lit("1") : TEXT_NONE;
}

static void add_date(struct script_making *m, struct medication *to, struct text date, const char *qualifier)
{
	struct other_medication_date *out;

	if (date.n < DAY_CHARACTERS)
		return;
	out = make_push(&m->make, to->other_dates, to->other_dates_n);
	out->date = make_new(&m->make, struct date_or_time);
	out->date->date = (struct text){ date.at, DAY_CHARACTERS };
	out->qualifier = text_of(qualifier);
}

struct medication *script_drug(struct script_making *m)
{
	const struct fhir_period *period = m->item->serviced_period;
	struct medication *out = make_new(&m->make, struct medication);

	out->drug_description = script_cut(m, words_of(product_of(m)), DESCRIPTION_MAX, "MedicationRequest.medicationCodeableConcept.text");
	if (!text_there(out->drug_description) && m->order)
		out->drug_description = script_cut(m, words_of(m->item->product_or_service), DESCRIPTION_MAX, "Claim.item.productOrService.text");
	if (!text_there(out->drug_description)) {
		script_missing(m, IN_BUNDLE("MedicationRequest") ".medication.text");
		return NULL;
	}
	out->drug_coded = drug_codes(m);
	out->quantity = amount(m);
	if (!out->quantity)
		return NULL;
	out->days_supply = days_supply(m);
	add_diagnoses(m, out);
	out->sig = directions(m);
	out->substitutions = substitutions(m);
	add_date(m, out, period ? period->start : m->item->serviced_date, "StartDate");
	add_date(m, out, period ? period->end : TEXT_NONE, "PeriodEnd");
	return out;
}

/* -- documents -- */

/* Image types are named application/ in SCRIPT. */
static const struct {
	const char *fhir, *script;
} media[] = {
	{ "application/pdf", "application/pdf" },
	{ "image/jpeg", "application/jpeg" },
	{ "image/tiff", "application/tiff" },
	{ "image/png", "application/png" },
	{ "application/hl7-sda+xml", "application/hl7-sda+xml" },
	{ "application/x-ccr", "application/x-ccr" },
};

struct documents {
	struct script_making *making;
	struct attachment *first;
};

static void add_document(struct documents *to, const struct fhir_attachment *document, struct text source, const char *path)
{
	struct script_making *m = to->making;

	for (size_t i = 0; !to->first && document && document->data.n && i < sizeof(media) / sizeof(*media); i++) {
		if (!text_is(document->content_type, media[i].fhir) && !text_is(document->content_type, media[i].script))
			continue;
		to->first = make_new(&m->make, struct attachment);
		to->first->source = script_cut(m, source.n ? source : document->title.n ? document->title : text_lit("FHIR"), SOURCE_MAX, path);
		to->first->data = document->data;
		to->first->mime_type = text_of(media[i].script);
		return;
	}
	lose(m, path);
}

static void add_answered(struct documents *to, const struct fhir_response_question *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < items[i].answer_n; k++)
			if (items[i].answer[k].attachment)
				add_document(to, items[i].answer[k].attachment, TEXT_NONE, "QuestionnaireResponse.item.answer.valueAttachment");
		add_answered(to, items[i].item, items[i].item_n);
	}
}

/* The number that the claim gives a document. */
static struct text control_number(const struct script_making *m, const struct fhir_entry *document)
{
	const struct fhir_claim *claim = m->request.claim;

	for (size_t i = 0; i < claim->supporting_info_n; i++) {
		const struct fhir_supporting_info *info = &claim->supporting_info[i];
		const struct fhir_extension *about = fhir_extension(info->extension, info->extension_n, PAS "extension-documentInformation");
		const struct fhir_extension *number = about ? fhir_extension(about->extension, about->extension_n, "controlNumber") : NULL;

		if (number && info->reference && fhir_find(m->bundle, info->reference) == document)
			return number->string;
	}
	return TEXT_NONE;
}

struct attachment *script_attachment(struct script_making *m)
{
	struct documents all = { .making = m };

	for (size_t i = 0; i < m->bundle->entry_n; i++) {
		const struct fhir_resource *resource = m->bundle->entry[i].resource;
		const struct fhir_document_reference *document = resource->document_reference;

		for (size_t k = 0; document && k < document->content_n; k++) {
			const struct attachment *before = all.first;

			add_document(&all, document->content[k].attachment, document->description.n ? document->description : TEXT_NONE,
				"DocumentReference.content.attachment");
			if (all.first != before)
				all.first->control_number = control_number(m, &m->bundle->entry[i]);
		}
		if (resource->questionnaire_response)
			add_answered(&all, resource->questionnaire_response->item, resource->questionnaire_response->item_n);
	}
	return all.first;
}
