/* SPDX-License-Identifier: Apache-2.0 */
/* What a SCRIPT request says that a PAS claim has no place for: all that is set in it and has no row in def/map_to_pas.def, and those values that
   their row does not stand for. */
#include "fhir-bridge/script/claim_parts.h"
#include "fhir-bridge/script/map.h"

#include "ncpdp/sig.h"

static enum map_fate carried(bool is)
{
	return is ? MAP_CARRIED : MAP_NOT_CARRIED;
}

/* One coverage is asked; the others are lost as a whole. */
static enum map_fate of_coverage(struct claim_making *making, struct text name, const struct benefits_coordination *in)
{
	if (text_is(name, "CardHolderName"))
		return carried(claim_names_holder(making));
	if (text_is(name, "GroupName"))
		return carried(text_there(in->group_id));
	if (text_is(name, "PayerResponsibilityCode"))
		return carried(text_there(claim_order_of_payment(in->payer_responsibility_code)));
	return MAP_BY_ROW;
}

static bool first_of_its_kind(const struct medication *medication, const struct other_medication_date *date)
{
	for (size_t i = 0; &medication->other_dates[i] != date; i++)
		if (text_equal(medication->other_dates[i].qualifier, date->qualifier))
			return false;
	return true;
}

/* In a list without pairs the second primary diagnosis would be the secondary one of the first; and the claim, which takes no SNOMED, calls the
   first ICD code the principal one. */
static bool keeps_order(const struct medication *medication)
{
	const struct diagnosis *first = &medication->diagnoses[0];
	bool icd = first->secondary && !text_is(first->secondary->qualifier, "LD");

	for (size_t i = 1; i < medication->diagnoses_n; i++) {
		const struct diagnosis *pair = &medication->diagnoses[i];

		icd |= !text_is(pair->primary->qualifier, "LD") || (pair->secondary && !text_is(pair->secondary->qualifier, "LD"));
	}
	return (medication->diagnoses_n < 2 || first->secondary) && !(icd && text_is(first->primary->qualifier, "LD"));
}

static enum map_fate of_drug(struct claim_making *making, struct text name, const void *item, const struct medication *in)
{
	bool alone = true;

	if (text_is(name, "Substitutions"))
		return carried(text_there(claim_substitution(in->substitutions)));
	if (text_is(name, "Sig")) {
		sig_words(in->sig, &making->make, &alone);
		return carried(alone);
	}
	if (text_is(name, "OtherMedicationDate")) {
		const struct other_medication_date *date = item;

		return carried(text_in_list(date->qualifier, "StartDate PeriodEnd") && text_there(date->date->date) && first_of_its_kind(in, date));
	}
	if (text_is(name, "Diagnosis"))
		return keeps_order(in) ? MAP_BY_ROW : MAP_NOT_CARRIED;
	return MAP_BY_ROW;
}

static enum map_fate fate(void *context, struct text path, const struct field *field, const void *item, const void *in)
{
	struct claim_making *making = context;
	struct text name = field_name(field);

	if (text_is(name, "SupportsSMS") || (text_is(name, "HomeTelephone") && (text_starts(path, "BenefitsCoordination") || text_starts(path, "Pharmacy"))))
		return MAP_NOT_CARRIED;
	if (field->of == &communication_numbers_record || field->of == &telephone_record)
		return MAP_LOOK_IN;
	if (field->of == &product_code_record)
		return carried(claim_is_code(((const struct product_code *)item)->code));
	if (field->of == &drug_db_code_record)
		return carried(claim_is_code(((const struct drug_db_code *)item)->code));
	if (field->of == &diagnosis_code_record && !claim_is_code(((const struct diagnosis_code *)item)->code))
		return MAP_NOT_CARRIED;
	if (field->of == &benefits_coordination_record)
		return item == making->benefits ? MAP_BY_ROW : MAP_NOT_CARRIED;
	if (in == making->benefits)
		return of_coverage(making, name, in);
	if (in == making->common->medication_prescribed)
		return of_drug(making, name, item, in);
	if (text_is(name, "CodeListQualifier"))
		return carried(text_is(*(const struct text *)item, "38"));
	if (text_is(name, "ClinicalInformationQualifier"))
		return carried(text_is(*(const struct text *)item, "1"));
	return MAP_BY_ROW;
}

void claim_losses(struct claim_making *making, const struct record *record, const void *message)
{
	const struct map_judge judge = { fate, making };
	struct text prefix = make_text(&making->make, text_lit("Body/"), text_of(making->name), TEXT_NONE);

	map_losses(&map_to_pas, record, message, prefix, '/', &judge, &making->make, making->loss);
}
