/* SPDX-License-Identifier: Apache-2.0 */
/* Who else takes part in a SCRIPT request: who holds the coverage, where the prescriber practices, which pharmacy is to dispense. */
#include "fhir-bridge/script/claim_parts.h"

#include <assert.h>

struct id_row {
	const char *member, *system;
};
#define ROW(member, system) { #member, system },
#define NO_ROW(member, system)

static const struct id_row practice_ids[] = {
#define PRACTICE_ID ROW
#define PHARMACY_ID NO_ROW
#include "fhir-bridge/def/place_ids.def"
};
static const struct id_row pharmacy_ids[] = {
#define PRACTICE_ID NO_ROW
#define PHARMACY_ID ROW
#include "fhir-bridge/def/place_ids.def"
};

static void add_ids(struct make *make, const struct record *record, const void *rec, const struct id_row *rows, size_t rows_n,
	struct fhir_organization *to)
{
	for (size_t i = 0; rec && i < rows_n; i++) {
		const struct field *field = record_field(record, rows[i].member);

		assert(field);
		claim_identifier(make, &to->identifier, &to->identifier_n, rows[i].system, *(struct text *)field_at(field, rec));
	}
}

/* -- who holds the coverage -- */

static bool is_holder(const struct claim_making *making)
{
	return text_is(making->benefits->patient_relationship, "1");
}

bool claim_names_holder(const struct claim_making *making)
{
	const struct person_name *holder = making->benefits->cardholder_name;

	return !holder || !is_holder(making) || record_equal(&person_name_record, holder, making->common->patient->human_patient->name);
}

static struct text holder_patient(struct claim_making *making)
{
	struct make *make = &making->make;
	struct fhir_patient *holder = make_new(make, struct fhir_patient);
	struct text url;

	make_entry(make, making->bundle, "Subscriber", &holder->id, &url)->patient = holder;
	holder->meta = make_meta(make, PAS "profile-subscriber");
	make_identifier(make, &holder->identifier, &holder->identifier_n, SYSTEM_OURS "CardholderID", claim_member(making->benefits));
	claim_name(make, &holder->name, &holder->name_n, making->benefits->cardholder_name, "official");
	holder->gender = text_lit("unknown"); /* profile-subscriber asks for it, SCRIPT does not say it */
	return url;
}

struct fhir_reference *claim_subscriber(struct claim_making *making)
{
	struct make *make = &making->make;
	const struct person_name *named = making->benefits->cardholder_name;
	struct fhir_reference *subscriber;

	if (is_holder(making))
		return named && claim_names_holder(making) ? make_reference(make, making->patient) : NULL;
	if (named)
		return make_reference(make, holder_patient(making));
	/* invariant self-beneficiary: who is not known to be the cardholder needs one beside him */
	subscriber = make_reference(make, TEXT_NONE);
	subscriber->identifier = make_new(make, struct fhir_identifier);
	subscriber->identifier->system = text_lit(SYSTEM_OURS "CardholderID");
	subscriber->identifier->value = claim_member(making->benefits);
	return subscriber;
}

struct text claim_order_of_payment(struct text code)
{
	return text_is(code, "P") ? text_lit("1") : text_is(code, "S") ? text_lit("2") : text_is(code, "T") ? text_lit("3") : TEXT_NONE;
}

/* -- organizations -- */

/* Organization.name is required; what is only known by a number is called by it. */
static struct text called(const struct fhir_organization *organization, struct text name, const char *otherwise)
{
	return text_there(name) ? name : organization->identifier_n ? organization->identifier[0].value : text_of(otherwise);
}

static struct fhir_organization *organization_of(struct claim_making *making, const char *kind, struct text *url)
{
	struct fhir_organization *out = make_new(&making->make, struct fhir_organization);

	make_entry(&making->make, making->bundle, kind, &out->id, url)->organization = out;
	out->meta = make_meta(&making->make, PAS "profile-organization");
	out->active = 1;
	return out;
}

bool claim_practice(struct claim_making *making)
{
	const struct practice_location *from = making->common->prescriber->non_veterinarian->practice_location;
	struct fhir_organization *practice;

	if (!from || (!text_there(from->business_name) && !from->identification))
		return false;
	practice = organization_of(making, "Practice", &making->practice);
	add_ids(&making->make, &facility_identification_record, from->identification, practice_ids, sizeof(practice_ids) / sizeof(*practice_ids), practice);
	practice->name = called(practice, from->business_name, "practice");
	return true;
}

void claim_pharmacy(struct claim_making *making)
{
	struct make *make = &making->make;
	const struct pharmacy *from = making->common->pharmacy;
	struct fhir_organization *pharmacy;

	if (!from)
		return;
	pharmacy = organization_of(making, "Pharmacy", &making->pharmacy);
	add_ids(make, &pharmacy_identification_record, from->identification, pharmacy_ids, sizeof(pharmacy_ids) / sizeof(*pharmacy_ids), pharmacy);
	pharmacy->name = from->business_name;
	claim_contacts(make, &pharmacy->telecom, &pharmacy->telecom_n, from->communication_numbers, false);
	if (from->address)
		claim_address(make, &pharmacy->address, &pharmacy->address_n, from->address->line1, from->address->line2, from->address->city,
			from->address->state_province, from->address->postal_code, from->address->country_code);
}
