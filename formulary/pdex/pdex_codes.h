/* SPDX-License-Identifier: Apache-2.0 */
/* The words of PDex US Drug Formulary 2.1.0 and what they are in our rows. */
#pragma once

#include "formulary/records.h"

#define PDEX "http://hl7.org/fhir/us/davinci-drug-formulary/"
#define PDEX_PROFILE PDEX "StructureDefinition/"
#define PDEX_EXTENSION(name) PDEX_PROFILE "usdf-" name "-extension"
/* Version 2.0.1 has the code systems under the same names without the last part: what is read needs only the beginning. */
#define PDEX_TIERS PDEX "CodeSystem/usdf-DrugTierCS"
#define PDEX_PHARMACIES PDEX "CodeSystem/usdf-PharmacyBenefitTypeCS"
#define PDEX_COST_TYPES PDEX "CodeSystem/usdf-BenefitCostTypeCS"
#define PDEX_OPTIONS PDEX "CodeSystem/usdf-CostShareOptionCS"
#define PDEX_ITEM_TYPES PDEX "CodeSystem/usdf-InsuranceItemTypeCS"
#define PDEX_TRIAL "-TEMPORARY-TRIAL-USE"
#define PDEX_PRODUCT_TYPES "http://hl7.org/fhir/us/davinci-pdex-plan-net/CodeSystem/InsuranceProductTypeCS"
#define PDEX_ACT_CODES "http://terminology.hl7.org/CodeSystem/v3-ActCode"
#define PDEX_PLAN_TYPES "http://terminology.hl7.org/CodeSystem/insurance-plan-type"
#define PDEX_RXNORM "http://www.nlm.nih.gov/research/umls/rxnorm"
#define PDEX_NDC "http://hl7.org/fhir/sid/ndc"
#define PDEX_UCUM "http://unitsofmeasure.org"
#define PDEX_CURRENCIES "urn:iso:std:iso:4217"

/* Ours, for what the guide has no code for; its bindings are extensible there. */
#define PDEX_OUR_TIER "urn:dualtrack:tier"                 /* tier number */
#define PDEX_OUR_STATUS "urn:dualtrack:formulary-status"   /* as in status_row */
#define PDEX_OUR_PHARMACY "urn:dualtrack:pharmacy-type"    /* days-network-pharmacy as in copay_row, 0 and A for any */
#define PDEX_OUR_PRODUCT "urn:dualtrack:product"           /* product key */
#define PDEX_OUR_PROGRAMME "urn:dualtrack:programme"       /* as in plan_row */

/* The code of the first coding whose system begins so; TEXT_NONE when there is none. concept may be NULL. */
struct text pdex_code(const struct pdex_concept *concept, const char *system);
/* A word for people to a code of the guide; NULL when it is none of its codes. Case does not matter for tiers. */
const char *pdex_tier_display(struct text tier);
const char *pdex_pharmacy_display(struct text type);
/* The guide's code of a tier as a publisher calls it; TEXT_NONE when it has none. */
struct text pdex_tier_of(struct text tier_name);

/* What kind of pharmacy a cost is for. */
struct pdex_pharmacy {
	int64_t days;
	struct text network, pharmacy; /* as in copay_row; TEXT_NONE: any */
};
/* Of a category: the guide's codes, or ours. False for anything else. */
bool pdex_pharmacy_read(const struct pdex_concept *category, struct pdex_pharmacy *out);
/* The guide's code of it; TEXT_NONE when it has none. */
struct text pdex_pharmacy_of(const struct pdex_pharmacy *pharmacy);

/* What a cost share option says. */
struct pdex_option {
	const char *code, *display;
	const char *deductible;       /* of copay_row; NULL: nothing */
	bool free, none;              /* none: this kind of cost does not apply */
	bool copay, coinsurance;      /* whether the guide has it for that kind of cost */
};
/* NULL: no such option. */
const struct pdex_option *pdex_option_read(struct text code);
/* The option of a row; NULL when the guide has none for it. */
const struct pdex_option *pdex_option_of(const struct copay_row *copay, bool coinsurance);
