/* SPDX-License-Identifier: Apache-2.0 */
/* Single values of NCPDP in FHIR's form: codes with their system, products, days. */
#include "fhir-bridge/script/claim_parts.h"
#include "fhir-bridge/profile.h"

static bool has_digits(struct text value, size_t n)
{
	for (size_t i = 0; i < value.n; i++)
		if (value.at[i] < '0' || value.at[i] > '9')
			return false;
	return value.n == n;
}

bool claim_is_code(struct text value)
{
	bool space = true;

	for (size_t i = 0; i < value.n; i++) {
		bool now = value.at[i] == ' ';

		if ((now && space) || (unsigned char)value.at[i] < ' ')
			return false;
		space = now;
	}
	return value.n && !space;
}

void claim_identifier(struct make *make, struct fhir_identifier **items, size_t *n, const char *system, struct text value)
{
	if (text_is(text_of(system), SYSTEM_NPI) && !profile_npi(value))
		system = SYSTEM_OURS "NPI";
	if (text_is(text_of(system), SYSTEM_NAIC) && !has_digits(value, 5)) /* us-core-19 */
		system = SYSTEM_OURS "NAICCode";
	make_identifier(make, items, n, system, value);
}

/* How many characters of a code stand before its point: NCPDP leaves the point out. */
static size_t before_point(struct text code, struct text qualifier)
{
	if (text_is(qualifier, "ABF"))
		return 3; /* ICD-10-CM guidelines I.A.2: category of three characters */
	return code.n && code.at[0] == 'E' ? 4 : 3; /* ICD-9-CM: E codes have four */
}

static const struct {
	const char *ncpdp, *system;
	bool point;
} diagnosis_systems[] = {
	{ "ABF", SYSTEM_ICD10, true },
	{ "DX", "http://terminology.hl7.org/CodeSystem/icd9cm", true }, /* of X12278DiagnosisCodes, PAS 2.2.1 */
	{ "LD", "http://snomed.info/sct", false },
};

struct fhir_concept *claim_diagnosis(struct make *make, const struct diagnosis_code *code)
{
	for (size_t i = 0; i < sizeof(diagnosis_systems) / sizeof(*diagnosis_systems); i++) {
		size_t head = before_point(code->code, code->qualifier);
		struct text value = code->code;

		if (!text_is(code->qualifier, diagnosis_systems[i].ncpdp) || !claim_is_code(code->code))
			continue;
		if (diagnosis_systems[i].point && value.n > head && value.at[head] != '.')
			value = make_text(make, (struct text){ value.at, head }, text_lit("."),
				(struct text){ value.at + head, value.n - head });
		return make_concept(make, diagnosis_systems[i].system, value, code->description);
	}
	return make_concept(make, NULL, TEXT_NONE, code->description);
}

/* "urn:dualtrack:ProductCode:UP": which list of NCPDP's a code is of. */
static const char *list_system(struct make *make, const char *list, struct text qualifier)
{
	struct text system = make_text(make, text_of(list), qualifier, (struct text){ "\0", 1 });

	return system.n ? system.at : list;
}

struct fhir_concept *claim_product(struct make *make, const struct medication *medication)
{
	struct fhir_concept *concept = make_new(make, struct fhir_concept);
	const struct drug_coded *coded = medication->drug_coded;
	const struct product_code *product = coded && coded->product_code && claim_is_code(coded->product_code->code) ? coded->product_code : NULL;
	const struct drug_db_code *db = coded && coded->drug_db_code && claim_is_code(coded->drug_db_code->code) ? coded->drug_db_code : NULL;

	if (product)
		make_coding(make, concept, text_is(product->qualifier, "ND") ? SYSTEM_NDC : list_system(make, SYSTEM_OURS "ProductCode:", product->qualifier),
			product->code, TEXT_NONE);
	if (db && text_in_list(db->qualifier, "SCD SBD GPK BPK"))
		make_coding(make, concept, SYSTEM_RXNORM, db->code, TEXT_NONE);
	if (db) /* of RxNorm too: FHIR does not say which kind of concept it is, and SCRIPT must */
		make_coding(make, concept, list_system(make, SYSTEM_OURS "DrugDBCode:", db->qualifier), db->code, TEXT_NONE);
	concept->text = medication->drug_description;
	return concept;
}

struct text claim_day(const struct date_or_time *when)
{
	struct text day = !when ? TEXT_NONE : text_there(when->date) ? when->date : when->date_time;

	return day.n > 10 ? (struct text){ day.at, 10 } : day;
}

static const struct {
	const char *code, *words;
} cancel_reasons[] = {
	{ "AC", "Cancelled: the patient is no longer in the prescriber's care." },
	{ "BW", "Cancelled: another medication was chosen." },
	{ "BY", "Cancelled for another reason." },
};

struct text claim_cancel_reason(struct text code)
{
	for (size_t i = 0; i < sizeof(cancel_reasons) / sizeof(*cancel_reasons); i++)
		if (text_is(code, cancel_reasons[i].code))
			return text_of(cancel_reasons[i].words);
	return TEXT_NONE;
}

struct text fhir_cancel_reason(struct text words)
{
	for (size_t i = 0; i < sizeof(cancel_reasons) / sizeof(*cancel_reasons); i++)
		if (text_is(words, cancel_reasons[i].words))
			return text_of(cancel_reasons[i].code);
	return TEXT_NONE;
}
