/* SPDX-License-Identifier: Apache-2.0 */
/* Who else takes part in a PAS request, as SCRIPT names them: the payer, who holds the coverage, where the prescriber practices, the pharmacy. */
#include "fhir-bridge/script/to_script_parts.h"

enum { LINE_MAX_CHARACTERS = 40, CITY_MAX = 35, BUSINESS_MAX = 70, PAYER_MAX = 80 };

static const struct script_id_row practice_ids[] = {
#define PRACTICE_ID(member, system) { #member, system },
#define PHARMACY_ID(member, system)
#include "fhir-bridge/def/place_ids.def"
};
static const struct script_id_row pharmacy_ids[] = {
#define PRACTICE_ID(member, system)
#define PHARMACY_ID(member, system) { #member, system },
#include "fhir-bridge/def/place_ids.def"
};
static const struct script_id_row payer_ids[] = {
#define PATIENT_ID(member, system)
#define PRESCRIBER_ID(member, system)
#define PAYER_ID(member, system) { #member, system },
#include "fhir-bridge/def/party_ids.def"
};

/* An organization must have a name in FHIR: one that is only its number, or stands there because one must, is none. */
static struct text name_of(struct script_making *m, const struct fhir_organization *from, struct text bin, const char *otherwise)
{
	for (size_t i = 0; i < from->identifier_n; i++)
		if (text_equal(from->identifier[i].value, from->name))
			return TEXT_NONE;
	if (text_is(from->name, otherwise) || (bin.n && text_equal(from->name, bin)))
		return TEXT_NONE;
	return script_cut(m, from->name, BUSINESS_MAX, "Organization.name");
}

/* An address of an organization may be partial. */
static struct postal_address *address_of(struct script_making *m, const struct fhir_organization *from)
{
	const struct fhir_address *address = from->address_n ? &from->address[0] : NULL;
	struct postal_address *out;

	if (!address)
		return NULL;
	if (from->address_n > 1 || address->line_n > 2)
		loss_once(m->loss, &m->make, text_lit("Organization.address"));
	out = make_new(&m->make, struct postal_address);
	if (address->line_n)
		out->line1 = script_cut(m, address->line[0], LINE_MAX_CHARACTERS, "Organization.address");
	if (address->line_n > 1)
		out->line2 = script_cut(m, address->line[1], LINE_MAX_CHARACTERS, "Organization.address");
	out->city = script_cut(m, address->city, CITY_MAX, "Organization.address");
	out->state_province = address->state.n ? address->state : TEXT_NONE;
	out->postal_code = address->postal_code.n ? address->postal_code : TEXT_NONE;
	out->country_code = script_id(m, address->country, 2, "Organization.address");
	return out;
}

/* -- the payer -- */

void script_insurer(struct script_making *m, struct text bin, struct benefits_coordination *out)
{
	const struct fhir_entry *entry = fhir_find(m->bundle, m->request.claim->insurer);
	const struct fhir_organization *insurer = entry ? entry->resource->organization : NULL;

	if (!insurer)
		return;
	script_use(m, insurer);
	script_use(m, insurer->address);
	script_use(m, insurer->telecom);
	for (size_t i = 0; i < insurer->identifier_n; i++) {
		const struct fhir_identifier *one = &insurer->identifier[i];

		if (text_is(one->system, SYSTEM_OURS "PayerID") ||
			text_is(fhir_code(one->type, "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBIdentifierType"), "payerid"))
			out->payer_identification->payer_id = script_id(m, one->value, PAYER_MAX, "Organization.identifier");
		else
			script_ids(m, &payer_identification_record, out->payer_identification, payer_ids, sizeof(payer_ids) / sizeof(*payer_ids), one, 1,
				"Organization.identifier");
	}
	out->payer_name = name_of(m, insurer, bin, "payer");
	out->address = address_of(m, insurer);
	if (insurer->telecom_n)
		out->communication_numbers = script_numbers(m, insurer->telecom, insurer->telecom_n, "Organization.telecom");
}

struct person_name *script_holder(struct script_making *m)
{
	const struct fhir_entry *entry = m->request.coverage->subscriber ? fhir_find(m->bundle, m->request.coverage->subscriber) : NULL;
	const struct fhir_patient *holder = entry ? entry->resource->patient : NULL;

	script_use(m, holder);
	m->holder = holder != m->request.patient ? holder : NULL;
	return holder && holder->name_n ? script_person(m, &holder->name[0], "Patient.name") : NULL;
}

struct text script_order_of_payment(const struct fhir_coverage *coverage)
{
	/* the coverage that is asked is the first one, unless it says otherwise */
	return text_is(coverage->order, "2") ? text_lit("S") : text_is(coverage->order, "3") ? text_lit("T") : text_lit("P");
}

/* -- the practice -- */

struct practice_location *script_practice(struct script_making *m, const struct fhir_organization *from)
{
	struct practice_location *out = make_new(&m->make, struct practice_location);
	struct facility_identification *ids = make_new(&m->make, struct facility_identification);

	script_use(m, from);
	if (script_ids(m, &facility_identification_record, ids, practice_ids, sizeof(practice_ids) / sizeof(*practice_ids), from->identifier,
		    from->identifier_n, "Organization.identifier"))
		out->identification = ids;
	out->business_name = name_of(m, from, TEXT_NONE, "practice");
	return out->identification || out->business_name.n ? out : NULL;
}

/* -- the pharmacy -- */

/* SCRIPT must have both of its numbers, its name and how to reach it. */
struct pharmacy *script_pharmacy(struct script_making *m)
{
	const struct fhir_reference *performer = m->order && m->order->dispense ? m->order->dispense->performer : NULL;
	const struct fhir_entry *entry = performer ? fhir_find(m->bundle, performer) : NULL;
	const struct fhir_organization *from = entry ? entry->resource->organization : NULL;
	struct pharmacy *out = make_new(&m->make, struct pharmacy);

	if (!performer)
		return NULL;
	if (from) {
		out->identification = make_new(&m->make, struct pharmacy_identification);
		script_ids(m, &pharmacy_identification_record, out->identification, pharmacy_ids, sizeof(pharmacy_ids) / sizeof(*pharmacy_ids), from->identifier,
			from->identifier_n, "Organization.identifier");
		out->business_name = script_cut(m, from->name, BUSINESS_MAX, "Organization.name");
		out->address = address_of(m, from);
		out->communication_numbers = script_numbers(m, from->telecom, from->telecom_n, "Organization.telecom");
		if (out->identification->npi.n && out->identification->ncpdp_id.n && out->business_name.n && out->communication_numbers) {
			script_use(m, from);
			script_use(m, from->address);
			script_use(m, from->telecom);
			return out;
		}
	}
	loss_once(m->loss, &m->make, text_lit("MedicationRequest.dispenseRequest.performer"));
	return NULL;
}
