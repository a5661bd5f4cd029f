/* SPDX-License-Identifier: Apache-2.0 */
/* The people of a PAS request and their coverage as SCRIPT names them, with every identifier it has an element for. */
#include "fhir-bridge/script/to_script_parts.h"

#include <assert.h>

enum { NAME_MAX_CHARACTERS = 35, PREFIX_MAX = 10, LINE_MAX_CHARACTERS = 40, CITY_MAX = 35, ID_MAX = 35, BUSINESS_MAX = 70, SPECIALTY_MAX = 10, PERSON_MAX = 3,
	PHONE_DIGITS = 10, EXTENSION_MAX = 8, DIRECT_MAX = 254, LANGUAGE_MAX = 3, PAYER_MAX = 80 };

/* Rows of def/party_ids.def. */
static const struct script_id_row patient_ids[] = {
#define PATIENT_ID(member, system) { #member, system },
#define PRESCRIBER_ID(member, system)
#define PAYER_ID(member, system)
#include "fhir-bridge/def/party_ids.def"
};
static const struct script_id_row prescriber_ids[] = {
#define PATIENT_ID(member, system)
#define PRESCRIBER_ID(member, system) { #member, system },
#define PAYER_ID(member, system)
#include "fhir-bridge/def/party_ids.def"
};
/* Fills the members of `rec` from identifiers of their systems; how many it found. What has no member is lost. */
size_t script_ids(struct script_making *m, const struct record *record, void *rec, const struct script_id_row *members, size_t members_n,
	const struct fhir_identifier *from, size_t n, const char *path)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		struct text *to = NULL;

		for (size_t k = 0; k < members_n && !to; k++)
			if (text_is(from[i].system, members[k].system) ||
				(text_is(from[i].system, SYSTEM_OURS "NPI") && text_is(text_of(members[k].system), SYSTEM_NPI)) ||
				(text_is(from[i].system, SYSTEM_OURS "NAICCode") && text_is(text_of(members[k].system), SYSTEM_NAIC))) {
				const struct field *field = record_field(record, members[k].member);

				assert(field);
				to = field_at(field, rec);
			}
		if (to && !text_there(*to))
			*to = script_id(m, from[i].value, ID_MAX, path);
		else if (from[i].value.n && (!to || !text_equal(*to, from[i].value)))
			script_id(m, from[i].value, 0, path);
		found += to && text_there(*to);
	}
	return found;
}
#define TAKE_IDS(m, name, rec, members, from, n, path) \
	script_ids((m), &name##_record, (rec), (members), sizeof(members) / sizeof(*(members)), (from), (n), (path))

/* -- names, addresses, numbers -- */

/* The first that is not an old one, or the first old one. */
static const struct fhir_name *name_of(struct script_making *m, const struct fhir_name *names, size_t n, bool old, const char *path)
{
	const struct fhir_name *first = NULL;

	for (size_t i = 0; i < n; i++) {
		if (text_in_list(names[i].use.n ? names[i].use : text_lit("usual"), "old maiden") != old)
			continue;
		if (first)
			loss_once(m->loss, &m->make, text_of(path)); /* there is room for one */
		else
			first = &names[i];
	}
	return first;
}

static struct text middle_names(struct script_making *m, const struct fhir_name *from)
{
	struct text all = TEXT_NONE;

	for (size_t i = 1; i < from->given_n; i++)
		all = text_there(all) ? make_text(&m->make, all, text_lit(" "), from->given[i]) : from->given[i];
	return all;
}

/* NULL when one of the two names that SCRIPT must have is not there. */
struct person_name *script_person(struct script_making *m, const struct fhir_name *from, const char *path)
{
	struct person_name *out;

	if (!from || !from->family.n || !from->given_n || !from->given[0].n)
		return NULL;
	out = make_new(&m->make, struct person_name);
	out->last_name = script_cut(m, from->family, NAME_MAX_CHARACTERS, path);
	out->first_name = script_cut(m, from->given[0], NAME_MAX_CHARACTERS, path);
	out->middle_name = script_cut(m, middle_names(m, from), NAME_MAX_CHARACTERS, path);
	if (from->prefix_n)
		out->prefix = script_cut(m, from->prefix[0], PREFIX_MAX, path);
	if (from->suffix_n)
		out->suffix = script_cut(m, from->suffix[0], PREFIX_MAX, path);
	if (from->prefix_n > 1 || from->suffix_n > 1)
		loss_once(m->loss, &m->make, text_of(path));
	return out->last_name.n && out->first_name.n ? out : NULL;
}

static bool is_whole(const struct fhir_address *address)
{
	return address->line_n && address->line[0].n && address->city.n && address->state.n && address->postal_code.n;
}

/* An address of the US need not name its country in FHIR, and must in SCRIPT. */
static struct full_postal_address *place(struct script_making *m, const struct fhir_address *addresses, size_t n, const char *path)
{
	const struct fhir_address *from = NULL;
	struct full_postal_address *out;

	for (size_t i = 0; i < n && !from; i++)
		if (is_whole(&addresses[i]))
			from = &addresses[i];
	if (n > 1 || (from && from->line_n > 2)) /* there is room for one of two lines */
		loss_once(m->loss, &m->make, text_of(path));
	if (!from)
		return NULL;
	out = make_new(&m->make, struct full_postal_address);
	out->line1 = script_cut(m, from->line[0], LINE_MAX_CHARACTERS, path);
	if (from->line_n > 1)
		out->line2 = script_cut(m, from->line[1], LINE_MAX_CHARACTERS, path);
	out->city = script_cut(m, from->city, CITY_MAX, path);
	out->state_province = from->state;
	out->postal_code = from->postal_code;
	out->country_code = text_in_list(from->country.n ? from->country : text_lit("US"), "US USA") ? text_lit("US") : script_cut(m, from->country, 2, path);
	return out;
}

/* Digits, of which a US number has ten; behind an 'x' those of an extension. */
static bool telephone_of(struct script_making *m, struct text value, struct telephone *out)
{
	struct text rest = value, number = text_cut(&rest, 'x');
	struct buffer digits, extension;

	buffer_init(&digits, m->make.arena, number.n + 1);
	buffer_init(&extension, m->make.arena, rest.n + 1);
	for (size_t i = 0; i < number.n; i++)
		if (number.at[i] >= '0' && number.at[i] <= '9' && (digits.n || number.at[i] != '1'))
			buffer_add_char(&digits, number.at[i]);
	for (size_t i = 0; text_there(rest) && i < rest.n; i++)
		if (rest.at[i] >= '0' && rest.at[i] <= '9')
			buffer_add_char(&extension, rest.at[i]);
	if (digits.n != PHONE_DIGITS || extension.n > EXTENSION_MAX)
		return false;
	out->number = make_written(&m->make, &digits);
	if (extension.n)
		out->extension = make_written(&m->make, &extension);
	return true;
}

static void add_number(struct script_making *m, struct communication_numbers *to, const struct fhir_contact *from, const char *path)
{
	struct telephone number = { .number = TEXT_NONE };

	if (text_is(from->system, "email")) {
		*make_push(&m->make, to->electronic_mail, to->electronic_mail_n) = from->value;
	} else if (text_is(from->system, "other")) {
		to->direct_address = script_id(m, from->value, DIRECT_MAX, path);
	} else if (!text_in_list(from->system.n ? from->system : text_lit("phone"), "phone fax pager sms") || !telephone_of(m, from->value, &number)) {
		script_id(m, from->value, 0, path);
	} else if (text_is(from->system, "fax")) {
		*make_push(&m->make, to->faxes, to->faxes_n) = number;
	} else if (text_is(from->system, "pager")) {
		*make_push(&m->make, to->beepers, to->beepers_n) = number;
	} else if (!to->primary_telephone) {
		to->primary_telephone = make_new(&m->make, struct telephone);
		*to->primary_telephone = number;
	} else if (text_is(from->use, "home")) {
		*make_push(&m->make, to->home_telephones, to->home_telephones_n) = number;
	} else if (text_is(from->use, "work")) {
		*make_push(&m->make, to->work_telephones, to->work_telephones_n) = number;
	} else {
		*make_push(&m->make, to->other_telephones, to->other_telephones_n) = number;
	}
}

/* NULL without a telephone number, which SCRIPT must have of whoever can be reached. */
struct communication_numbers *script_numbers(struct script_making *m, const struct fhir_contact *from, size_t n, const char *path)
{
	struct communication_numbers *out = make_new(&m->make, struct communication_numbers);

	for (size_t i = 0; i < n; i++)
		if (from[i].value.n)
			add_number(m, out, &from[i], path);
	return out->primary_telephone ? out : NULL;
}

/* -- the patient -- */

static bool is_patient_id(struct text system)
{
	for (size_t i = 0; i < sizeof(patient_ids) / sizeof(*patient_ids); i++)
		if (text_is(system, patient_ids[i].system))
			return true;
	return false;
}

/* The member number is said of the coverage. */
static struct patient_identification *patient_numbers(struct script_making *m, const struct fhir_patient *from)
{
	struct patient_identification *out = make_new(&m->make, struct patient_identification);
	size_t found = 0;

	for (size_t i = 0; i < from->identifier_n; i++) {
		const struct fhir_identifier *one = &from->identifier[i];

		if (!text_there(out->medical_record_number) && text_is(fhir_code(one->type, HL7_CODES "v2-0203"), "MR")) {
			out->medical_record_number = script_id(m, one->value, ID_MAX, "Patient.identifier");
			found += text_there(out->medical_record_number);
		} else if (!text_is(one->system, SYSTEM_OURS "CardholderID") && !text_is(fhir_code(one->type, HL7_CODES "v2-0203"), "MB") &&
			(is_patient_id(one->system) || !m->request.member_id.n || !text_equal(one->value, m->request.member_id))) {
			found += TAKE_IDS(m, patient_identification, out, patient_ids, one, 1, "Patient.identifier");
		}
	}
	return found ? out : NULL;
}

struct patient *script_patient(struct script_making *m)
{
	const struct fhir_patient *from = m->request.patient;
	struct patient *out = make_new(&m->make, struct patient);
	struct human_patient *human = out->human_patient = make_new(&m->make, struct human_patient);
	const struct fhir_name *former = name_of(m, from->name, from->name_n, true, "Patient.name");

	script_use(m, from);
	human->identification = patient_numbers(m, from);
	human->name = script_person(m, name_of(m, from->name, from->name_n, false, "Patient.name"), "Patient.name");
	human->former_name = former ? script_person(m, former, "Patient.name") : NULL;
	human->gender = text_is(from->gender, "male") ? text_lit("M") : text_is(from->gender, "female") ? text_lit("F") : text_lit("U");
	if (text_is(from->gender, "other"))
		script_id(m, from->gender, 0, "Patient.gender");
	human->date_of_birth = make_new(&m->make, struct date_or_time);
	human->date_of_birth->date = from->birth_date;
	human->address = place(m, from->address, from->address_n, "Patient.address");
	if (from->telecom_n)
		human->communication_numbers = script_numbers(m, from->telecom, from->telecom_n, "Patient.telecom");
	if (from->communication_n > 1)
		loss_once(m->loss, &m->make, text_lit("Patient.communication"));
	if (from->communication_n)
		human->language_name_code = script_id(m, from->communication[0].language->text, LANGUAGE_MAX, "Patient.communication");
	if (!human->name && !script_missing(m, IN_BUNDLE("Patient") ".name"))
		return NULL;
	if (from->birth_date.n != 10 && !script_missing(m, IN_BUNDLE("Patient") ".birthDate"))
		return NULL;
	return human->address || script_missing(m, IN_BUNDLE("Patient") ".address") ? out : NULL;
}

/* -- the prescriber -- */

/* Whoever orders: a person, in a role, for an organization. */
struct ordering {
	const struct fhir_practitioner *person;
	const struct fhir_practitioner_role *role;
	const struct fhir_organization *organization;
};

static void follow(const struct script_making *m, const struct fhir_reference *reference, struct ordering *out)
{
	const struct fhir_entry *entry = reference ? fhir_find(m->bundle, reference) : NULL;
	const struct fhir_entry *of;

	if (!entry)
		return;
	if (entry->resource->practitioner && !out->person)
		out->person = entry->resource->practitioner;
	if (entry->resource->organization && !out->organization)
		out->organization = entry->resource->organization;
	if (!entry->resource->practitioner_role || out->role)
		return;
	out->role = entry->resource->practitioner_role;
	of = out->role->practitioner ? fhir_find(m->bundle, out->role->practitioner) : NULL;
	if (of && of->resource->practitioner && !out->person)
		out->person = of->resource->practitioner;
	of = out->role->organization ? fhir_find(m->bundle, out->role->organization) : NULL;
	if (of && of->resource->organization && !out->organization)
		out->organization = of->resource->organization;
}

/* The order says it; else the claim. A role of the person that was found is taken from wherever it stands. */
static struct ordering find_prescriber(const struct script_making *m)
{
	struct ordering out = { .person = NULL };

	if (m->order)
		follow(m, m->order->requester, &out);
	follow(m, m->request.claim->provider, &out);
	for (size_t i = 0; i < m->request.claim->care_team_n && !out.person; i++)
		follow(m, m->request.claim->care_team[i].provider, &out);
	return out;
}

static void add_role(struct script_making *m, const struct ordering *from, struct non_veterinarian *out)
{
	if (from->role && from->role->specialty_n) {
		const struct fhir_concept *specialty = &from->role->specialty[0];
		struct text code = fhir_code(specialty, "http://nucc.org/provider-taxonomy");

		out->specialty = script_id(m, code.n ? code : specialty->text, SPECIALTY_MAX, "PractitionerRole.specialty");
		if (from->role->specialty_n > 1)
			loss_once(m->loss, &m->make, text_lit("PractitionerRole.specialty"));
	}
	if (from->organization)
		out->practice_location = script_practice(m, from->organization);
	if (out->practice_location || !from->role || !from->role->organization || !from->role->organization->display.n)
		return;
	out->practice_location = make_new(&m->make, struct practice_location);
	out->practice_location->business_name = script_cut(m, from->role->organization->display, BUSINESS_MAX, "PractitionerRole.organization");
}

/* The numbers of the role are the person's own. */
static bool are_among(const struct fhir_practitioner_role *role, const struct fhir_practitioner *person)
{
	for (size_t i = 0; i < role->telecom_n; i++) {
		bool found = false;

		for (size_t k = 0; k < person->telecom_n; k++)
			found |= record_equal(&fhir_contact_record, &role->telecom[i], &person->telecom[k]);
		if (!found)
			return false;
	}
	return true;
}

/* What the person's own entry does not have, that of the practice may. */
static void add_place(struct script_making *m, const struct ordering *from, struct non_veterinarian *out)
{
	const struct fhir_organization *practice = from->organization;

	out->address = place(m, from->person->address, from->person->address_n, "Practitioner.address");
	for (size_t i = 0; from->role && i < from->role->location_n && !out->address; i++) {
		const struct fhir_entry *entry = fhir_find(m->bundle, &from->role->location[i]);

		if (entry && entry->resource->location && entry->resource->location->address)
			out->address = place(m, entry->resource->location->address, 1, "Location.address");
	}
	if (!out->address && practice)
		out->address = place(m, script_use(m, practice->address), practice->address_n, "Organization.address");
	out->communication_numbers = script_numbers(m, from->person->telecom, from->person->telecom_n, "Practitioner.telecom");
	if (from->role && are_among(from->role, from->person))
		script_use(m, from->role->telecom);
	else if (!out->communication_numbers && from->role)
		out->communication_numbers = script_numbers(m, script_use(m, from->role->telecom), from->role->telecom_n, "PractitionerRole.telecom");
	if (!out->communication_numbers && practice)
		out->communication_numbers = script_numbers(m, script_use(m, practice->telecom), practice->telecom_n, "Organization.telecom");
}

/* Where a place must stand though none is known, the words say so: that is not said in SCRIPT. */
static struct text place_of_service(const struct script_making *m)
{
	struct text code = fhir_code(m->item->location, SYSTEM_PLACE_OF_SERVICE);

	return code.n && code.n <= 2 && !(text_is(code, "99") && m->item->location->text.n) ? code : TEXT_NONE;
}

struct prescriber *script_prescriber(struct script_making *m)
{
	struct ordering from = find_prescriber(m);
	struct prescriber *out = make_new(&m->make, struct prescriber);
	struct non_veterinarian *human = out->non_veterinarian = make_new(&m->make, struct non_veterinarian);
	const struct fhir_name *former;

	if (!from.person) {
		script_missing(m, IN_BUNDLE("Practitioner"));
		return NULL;
	}
	script_use(m, from.person);
	script_use(m, from.role);
	human->identification = make_new(&m->make, struct prescriber_identification);
	TAKE_IDS(m, prescriber_identification, human->identification, prescriber_ids, from.person->identifier, from.person->identifier_n,
		"Practitioner.identifier");
	human->name = script_person(m, name_of(m, from.person->name, from.person->name_n, false, "Practitioner.name"), "Practitioner.name");
	former = name_of(m, from.person->name, from.person->name_n, true, "Practitioner.name");
	human->former_name = former ? script_person(m, former, "Practitioner.name") : NULL;
	add_role(m, &from, human);
	add_place(m, &from, human);
	human->place_of_service = place_of_service(m);
	if (!text_there(human->identification->npi))
		script_missing(m, IN_BUNDLE("Practitioner") ".identifier");
	else if (!human->name)
		script_missing(m, IN_BUNDLE("Practitioner") ".name");
	else if (!human->address)
		script_missing(m, IN_BUNDLE("Practitioner") ".address");
	else if (!human->communication_numbers)
		script_missing(m, IN_BUNDLE("Practitioner") ".telecom");
	else
		return out;
	return NULL;
}

/* -- the coverage -- */

static struct text class_of(const struct fhir_coverage *coverage, const char *code, struct text *name)
{
	for (size_t i = 0; i < coverage->classes_n; i++)
		if (text_is(fhir_code(coverage->classes[i].type, HL7_CODES "coverage-class"), code)) {
			if (name)
				*name = coverage->classes[i].name;
			return coverage->classes[i].value;
		}
	return TEXT_NONE;
}

static const struct {
	const char *fhir, *ncpdp;
} relationships[] = { { "self", "1" }, { "spouse", "2" }, { "child", "3" }, { "other", "4" } };

/* Source of Payment Typology as SCRIPT has it; of Medicare SCRIPT wants the part, which that does not say. */
static const struct {
	const char *sopt, *ncpdp;
} payer_types[] = { { "2", "E" }, { "5", "H" } };

static struct text payer_type(struct script_making *m, const struct fhir_coverage *from)
{
	struct text code = fhir_code(from->type, "https://nahdo.org/sopt"), own = fhir_code(from->type, SYSTEM_OURS "PayerType");

	if (own.n)
		return own;
	for (size_t i = 0; i < sizeof(payer_types) / sizeof(*payer_types); i++)
		if (text_is(code, payer_types[i].sopt))
			return text_of(payer_types[i].ncpdp);
	if (from->type)
		script_id(m, text_lit("type"), 0, "Coverage.type");
	return TEXT_NONE;
}

static bool is_number(struct text value)
{
	for (size_t i = 0; i < value.n; i++)
		if (value.at[i] < '0' || value.at[i] > '9')
			return false;
	return value.n > 0;
}

static bool is_empty(const struct payer_identification *ids)
{
	const struct payer_identification nothing = { .payer_id = TEXT_NONE };

	return record_equal(&payer_identification_record, ids, &nothing);
}

/* The number on the card, and the one that a pharmacy benefit manager gave, which may be the only one. */
static void add_members(struct script_making *m, const struct fhir_coverage *from, struct benefits_coordination *out)
{
	bool only = false;

	for (size_t i = 0; i < from->identifier_n; i++) {
		const struct fhir_identifier *one = &from->identifier[i];

		if (!text_is(one->system, SYSTEM_OURS "PBMMemberID"))
			continue;
		out->pbm_member_id = script_id(m, one->value, PAYER_MAX, "Coverage.identifier");
		only |= text_is(fhir_code(one->type, HL7_CODES "v2-0203"), "MB");
	}
	if (!only)
		out->cardholder_id = script_id(m, m->request.member_id, ID_MAX, "Coverage.identifier");
	else
		out->cardholder_id = script_id(m, from->subscriber_id, ID_MAX, "Coverage.subscriberId");
	if (from->subscriber_id.n && !text_equal(text_trim(from->subscriber_id), out->cardholder_id))
		loss_once(m->loss, &m->make, text_lit("Coverage.subscriberId"));
}

static struct text relationship_of(const struct fhir_coverage *from)
{
	struct text relation = fhir_code(from->relationship, HL7_CODES "subscriber-relationship");

	for (size_t i = 0; i < sizeof(relationships) / sizeof(*relationships); i++)
		if (text_is(relation, relationships[i].fhir))
			return text_of(relationships[i].ncpdp);
	return from->relationship && from->relationship->text.n ? from->relationship->text : TEXT_NONE;
}

struct benefits_coordination *script_benefits(struct script_making *m)
{
	const struct fhir_coverage *from = m->request.coverage;
	struct benefits_coordination *out = make_new(&m->make, struct benefits_coordination);
	struct payer_identification *ids = out->payer_identification = make_new(&m->make, struct payer_identification);
	struct text group, group_name = TEXT_NONE, other_name = TEXT_NONE;

	script_use(m, from);
	ids->iin_number = script_id(m, class_of(from, "rxbin", NULL), ID_MAX, "Coverage.class");
	script_insurer(m, ids->iin_number, out);
	ids->processor_identification_number = script_id(m, class_of(from, "rxpcn", NULL), ID_MAX, "Coverage.class");
	out->group_id = script_id(m, class_of(from, "rxgroup", &other_name), ID_MAX, "Coverage.class");
	group = class_of(from, "group", &group_name);
	if (!text_there(out->group_id))
		out->group_id = script_id(m, group, ID_MAX, "Coverage.class");
	else if (group.n && !text_equal(group, out->group_id))
		loss_once(m->loss, &m->make, text_lit("Coverage.class{type:group}.value")); /* of two groups it is the card's */
	if (group_name.n && other_name.n && !text_equal(group_name, other_name))
		loss_once(m->loss, &m->make, text_lit("Coverage.class{type:rxgroup}.name"));
	out->group_name = script_cut(m, group_name.n ? group_name : other_name, BUSINESS_MAX, "Coverage.class");
	add_members(m, from, out);
	out->person_code = script_id(m, from->dependent, is_number(from->dependent) ? PERSON_MAX : 0, "Coverage.dependent");
	out->payer_type = payer_type(m, from);
	out->patient_relationship = relationship_of(from);
	out->cardholder_name = script_holder(m);
	out->payer_responsibility_code = script_order_of_payment(from);
	if (is_empty(ids))
		out->payer_identification = NULL;
	if (!text_there(out->cardholder_id) && !text_there(out->pbm_member_id)) {
		script_missing(m, IN_BUNDLE("Coverage") ".identifier");
		return NULL;
	}
	return out;
}
