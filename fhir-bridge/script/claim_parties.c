/* SPDX-License-Identifier: Apache-2.0 */
/* The people and organizations of a SCRIPT message as FHIR resources, with every identifier they carry. */
#include "fhir-bridge/script/claim_parts.h"

#include <assert.h>

/* Rows of def/party_ids.def. */
struct id_system {
	const char *member, *system;
};

static const struct id_system patient_ids[] = {
#define PATIENT_ID(member, system) { #member, system },
#define PRESCRIBER_ID(member, system)
#define PAYER_ID(member, system)
#include "fhir-bridge/def/party_ids.def"
};

static const struct id_system prescriber_ids[] = {
#define PATIENT_ID(member, system)
#define PRESCRIBER_ID(member, system) { #member, system },
#define PAYER_ID(member, system)
#include "fhir-bridge/def/party_ids.def"
};

static const struct id_system payer_ids[] = {
#define PATIENT_ID(member, system)
#define PRESCRIBER_ID(member, system)
#define PAYER_ID(member, system) { #member, system },
#include "fhir-bridge/def/party_ids.def"
};

static void add_ids(struct make *make, const struct record *record, const void *rec, const struct id_system *systems,
	size_t systems_n, struct fhir_identifier **items, size_t *n)
{
	for (size_t i = 0; rec && i < systems_n; i++) {
		const struct field *field = record_field(record, systems[i].member);

		assert(field);
		claim_identifier(make, items, n, systems[i].system, *(struct text *)field_at(field, rec));
	}
}
#define ADD_IDS(make, name, rec, systems, items, n) \
	add_ids((make), &name##_record, (rec), (systems), sizeof(systems) / sizeof(*(systems)), (items), (n))

void claim_name(struct make *make, struct fhir_name **items, size_t *n, const struct person_name *from, const char *use)
{
	struct fhir_name *name;

	if (!from)
		return;
	name = make_item(make, (void **)items, n, sizeof(*name));
	name->use = text_of(use);
	name->family = from->last_name;
	*make_push(make, name->given, name->given_n) = from->first_name;
	if (text_there(from->middle_name))
		*make_push(make, name->given, name->given_n) = from->middle_name;
	if (text_there(from->prefix))
		*make_push(make, name->prefix, name->prefix_n) = from->prefix;
	if (text_there(from->suffix))
		*make_push(make, name->suffix, name->suffix_n) = from->suffix;
}

void claim_address(struct make *make, struct fhir_address **items, size_t *n, struct text line1, struct text line2,
	struct text city, struct text state, struct text postal_code, struct text country)
{
	struct fhir_address *address;

	if (!text_there(line1) && !text_there(line2) && !text_there(city) && !text_there(state) && !text_there(postal_code) && !text_there(country))
		return;
	address = make_item(make, (void **)items, n, sizeof(*address));
	if (text_there(line1))
		*make_push(make, address->line, address->line_n) = line1;
	if (text_there(line2))
		*make_push(make, address->line, address->line_n) = line2;
	address->city = city;
	address->state = state;
	address->postal_code = postal_code;
	address->country = country;
}

static void add_contact(struct make *make, struct fhir_contact **items, size_t *n, const char *system, const char *use,
	struct text value)
{
	struct fhir_contact *contact = make_item(make, (void **)items, n, sizeof(*contact));

	*contact = (struct fhir_contact){ text_of(system), value, use ? text_of(use) : TEXT_NONE };
}

static struct text telephone_value(struct make *make, const struct telephone *telephone)
{
	return text_there(telephone->extension) ? make_text(make, telephone->number, text_lit(" x"), telephone->extension)
						: telephone->number;
}

static void add_telephones(struct make *make, struct fhir_contact **items, size_t *n, const struct telephone *list,
	size_t list_n, const char *system, const char *use)
{
	for (size_t i = 0; i < list_n; i++)
		add_contact(make, items, n, system, use, telephone_value(make, &list[i]));
}

void claim_contacts(struct make *make, struct fhir_contact **items, size_t *n, const struct communication_numbers *from, bool home)
{
	if (!from)
		return;
	if (from->primary_telephone)
		add_contact(make, items, n, "phone", NULL, telephone_value(make, from->primary_telephone));
	if (home)
		add_telephones(make, items, n, from->home_telephones, from->home_telephones_n, "phone", "home");
	add_telephones(make, items, n, from->work_telephones, from->work_telephones_n, "phone", "work");
	add_telephones(make, items, n, from->other_telephones, from->other_telephones_n, "phone", NULL);
	add_telephones(make, items, n, from->faxes, from->faxes_n, "fax", NULL);
	add_telephones(make, items, n, from->beepers, from->beepers_n, "pager", NULL);
	for (size_t i = 0; i < from->electronic_mail_n; i++)
		add_contact(make, items, n, "email", NULL, from->electronic_mail[i]);
	if (text_there(from->direct_address))
		add_contact(make, items, n, "other", NULL, from->direct_address);
}

struct text claim_member(const struct benefits_coordination *benefits)
{
	return text_there(benefits->cardholder_id) ? benefits->cardholder_id : benefits->pbm_member_id;
}

/* The number on the card, or the one that a pharmacy benefit manager gave where there is none. */
static const char *member_system(const struct benefits_coordination *benefits)
{
	return text_there(benefits->cardholder_id) ? SYSTEM_OURS "CardholderID" : SYSTEM_OURS "PBMMemberID";
}

static struct text gender_of(struct text code)
{
	return text_is(code, "M") ? text_lit("male") : text_is(code, "F") ? text_lit("female") : text_lit("unknown");
}

void claim_patient(struct claim_making *making)
{
	struct make *make = &making->make;
	const struct human_patient *from = making->common->patient->human_patient;
	struct fhir_patient *patient = make_new(make, struct fhir_patient);
	const struct full_postal_address *home = from->address;
	struct text day = claim_day(from->date_of_birth);

	make_entry(make, making->bundle, "Patient", &patient->id, &making->patient)->patient = patient;
	patient->meta = make_meta(make, PAS "profile-beneficiary");
	ADD_IDS(make, patient_identification, from->identification, patient_ids, &patient->identifier, &patient->identifier_n);
	/* profile-beneficiary: at least one identifier; the member number is one everybody has */
	make_identifier(make, &patient->identifier, &patient->identifier_n, member_system(making->benefits), claim_member(making->benefits));
	claim_name(make, &patient->name, &patient->name_n, from->name, "official");
	claim_name(make, &patient->name, &patient->name_n, from->former_name, "old");
	claim_contacts(make, &patient->telecom, &patient->telecom_n, from->communication_numbers, true);
	patient->gender = gender_of(from->gender);
	patient->birth_date = day;
	if (home)
		claim_address(make, &patient->address, &patient->address_n, home->line1, home->line2, home->city,
			home->state_province, home->postal_code, home->country_code);
	if (text_there(from->language_name_code)) /* R4 takes no codes there but those of BCP 47 */
		make_push(make, patient->communication, patient->communication_n)->language = make_concept(make, NULL, TEXT_NONE, from->language_name_code);
}

void claim_insurer(struct claim_making *making)
{
	struct make *make = &making->make;
	const struct benefits_coordination *from = making->benefits;
	const struct payer_identification *ids = from->payer_identification;
	struct fhir_organization *insurer = make_new(make, struct fhir_organization);
	const struct postal_address *at = from->address;

	make_entry(make, making->bundle, "Organization", &insurer->id, &making->insurer)->organization = insurer;
	insurer->meta = make_meta(make, PAS "profile-insurer");
	if (ids && text_there(ids->payer_id)) {
		make_identifier(make, &insurer->identifier, &insurer->identifier_n, SYSTEM_OURS "PayerID", ids->payer_id);
		if (insurer->identifier_n)
			insurer->identifier[0].type = make_concept(make,
				"http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBIdentifierType", text_lit("payerid"), TEXT_NONE);
	}
	ADD_IDS(make, payer_identification, ids, payer_ids, &insurer->identifier, &insurer->identifier_n);
	insurer->active = 1;
	*make_push(make, insurer->type, insurer->type_n) = *make_concept(make, X12("98"), text_lit("PR"), TEXT_NONE);
	/* Organization.name is required; a payer that is only known by a number is called by it */
	insurer->name = text_there(from->payer_name)		 ? from->payer_name
			: ids && text_there(ids->payer_id)	 ? ids->payer_id
			: ids && text_there(ids->iin_number) ? ids->iin_number
								 : text_lit("payer");
	claim_contacts(make, &insurer->telecom, &insurer->telecom_n, from->communication_numbers, false);
	if (at)
		claim_address(make, &insurer->address, &insurer->address_n, at->line1, at->line2, at->city,
			at->state_province, at->postal_code, at->country_code);
}

/* NCPDP's patient relationship as FHIR's subscriber-relationship and as X12 1069. */
static const struct {
	const char *ncpdp, *fhir, *x12;
} relationships[] = {
	{ "1", "self", "18" },
	{ "2", "spouse", "01" },
	{ "3", "child", "19" },
	{ "4", "other", "G8" },
};

static struct fhir_concept *relationship_of(struct make *make, struct text code)
{
	for (size_t i = 0; i < sizeof(relationships) / sizeof(*relationships); i++)
		if (text_is(code, relationships[i].ncpdp)) {
			struct fhir_concept *concept = make_concept(make, HL7_CODES "subscriber-relationship",
				text_of(relationships[i].fhir), TEXT_NONE);

			make_coding(make, concept, X12("1069"), text_of(relationships[i].x12), TEXT_NONE);
			return concept;
		}
	if (text_there(code))
		return make_concept(make, NULL, TEXT_NONE, code);
	return make_concept(make, HL7_CODES "data-absent-reason", text_lit("unknown"), TEXT_NONE);
}

/* SCRIPT PayerType as Source of Payment Typology, the list US Core asks for. */
static const struct {
	const char *ncpdp, *sopt;
} payer_types[] = { { "A", "1" }, { "B", "1" }, { "C", "1" }, { "D", "1" }, { "E", "2" }, { "H", "5" } };

static struct fhir_concept *payer_type_of(struct make *make, struct text code)
{
	struct fhir_concept *concept;

	if (!text_there(code))
		return NULL;
	concept = make_new(make, struct fhir_concept);
	for (size_t i = 0; i < sizeof(payer_types) / sizeof(*payer_types); i++)
		if (text_is(code, payer_types[i].ncpdp))
			make_coding(make, concept, "https://nahdo.org/sopt", text_of(payer_types[i].sopt), TEXT_NONE);
	make_coding(make, concept, SYSTEM_OURS "PayerType", code, TEXT_NONE);
	return concept;
}

static void add_class(struct make *make, struct fhir_coverage *coverage, const char *code, struct text value, struct text name)
{
	struct fhir_coverage_class *item;

	if (!text_there(value))
		return;
	item = make_push(make, coverage->classes, coverage->classes_n);
	item->type = make_concept(make, HL7_CODES "coverage-class", text_of(code), TEXT_NONE);
	item->value = value;
	item->name = name;
}

void claim_coverage(struct claim_making *making)
{
	static const struct payer_identification no_ids;
	struct make *make = &making->make;
	const struct benefits_coordination *from = making->benefits;
	const struct payer_identification *ids = from->payer_identification ? from->payer_identification : &no_ids;
	struct fhir_coverage *coverage = make_new(make, struct fhir_coverage);
	struct fhir_identifier *member = make_push(make, coverage->identifier, coverage->identifier_n);

	make_entry(make, making->bundle, "Coverage", &coverage->id, &making->coverage)->coverage = coverage;
	coverage->meta = make_meta(make, PAS "profile-coverage");
	member->type = make_concept(make, HL7_CODES "v2-0203", text_lit("MB"), TEXT_NONE);
	member->system = text_of(member_system(from));
	member->value = claim_member(making->benefits);
	if (text_there(from->pbm_member_id) && text_there(from->cardholder_id))
		make_identifier(make, &coverage->identifier, &coverage->identifier_n, SYSTEM_OURS "PBMMemberID",
			from->pbm_member_id);
	coverage->status = text_lit("active");
	coverage->type = payer_type_of(make, from->payer_type);
	coverage->subscriber = claim_subscriber(making);
	coverage->order = claim_order_of_payment(from->payer_responsibility_code);
	coverage->subscriber_id = from->cardholder_id;
	coverage->beneficiary = make_reference(make, making->patient);
	coverage->dependent = from->person_code;
	coverage->relationship = relationship_of(make, from->patient_relationship);
	*make_push(make, coverage->payor, coverage->payor_n) = *make_reference(make, making->insurer);
	add_class(make, coverage, "group", from->group_id, from->group_name);
	add_class(make, coverage, "rxbin", ids->iin_number, TEXT_NONE);
	add_class(make, coverage, "rxpcn", ids->processor_identification_number, TEXT_NONE);
	add_class(make, coverage, "rxgroup", from->group_id, TEXT_NONE);
}

void claim_prescriber(struct claim_making *making)
{
	struct make *make = &making->make;
	const struct non_veterinarian *from = making->common->prescriber->non_veterinarian;
	struct fhir_practitioner *practitioner = make_new(make, struct fhir_practitioner);
	struct fhir_practitioner_role *role = make_new(make, struct fhir_practitioner_role);
	const struct full_postal_address *at = from->address;

	make_entry(make, making->bundle, "Practitioner", &practitioner->id, &making->practitioner)->practitioner = practitioner;
	practitioner->meta = make_meta(make, PAS "profile-practitioner");
	ADD_IDS(make, prescriber_identification, from->identification, prescriber_ids, &practitioner->identifier,
		&practitioner->identifier_n);
	claim_name(make, &practitioner->name, &practitioner->name_n, from->name, "official");
	claim_name(make, &practitioner->name, &practitioner->name_n, from->former_name, "old");
	claim_contacts(make, &practitioner->telecom, &practitioner->telecom_n, from->communication_numbers, true);
	if (at)
		claim_address(make, &practitioner->address, &practitioner->address_n, at->line1, at->line2, at->city,
			at->state_province, at->postal_code, at->country_code);

	make_entry(make, making->bundle, "PractitionerRole", &role->id, &making->role)->practitioner_role = role;
	role->meta = make_meta(make, PAS "profile-practitionerrole");
	role->practitioner = make_reference(make, making->practitioner);
	if (claim_practice(making))
		role->organization = make_reference(make, making->practice);
	/* a NUCC taxonomy code has ten characters; what is shorter is of some other list */
	if (text_there(from->specialty))
		*make_push(make, role->specialty, role->specialty_n) = from->specialty.n == 10 && claim_is_code(from->specialty)
			? *make_concept(make, "http://nucc.org/provider-taxonomy", from->specialty, TEXT_NONE)
			: *make_concept(make, NULL, TEXT_NONE, from->specialty);
	claim_contacts(make, &role->telecom, &role->telecom_n, from->communication_numbers, true);
}
