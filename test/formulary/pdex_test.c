/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up formularies as FHIR resources: what they say is found again, and what is wrong is refused alone and told. */
#include "test/formulary/pdex_file.h"

#include "formulary/find.h"
#include "formulary/pdex/pdex_stream.h"
#include "test/case.h"

#define GENERIC_COSTS                                                                                                               \
	COSTS(CONCEPT(PDEX_PHARMACIES PDEX_TRIAL, "1-month-in-retail"), "generic",                                                 \
		COST("copay", "before-deductible", "12.5") "," COST("coinsurance", "coinsurance-not-applicable", "0"))              \
	"," COSTS(CONCEPT(PDEX_PHARMACIES, "3-month-out-mail"), "brand", COST("coinsurance", "after-deductible", "25"))

#define FORMULARY FORMULARY_IS("f1", "EXFORM", "active", PERIOD("2026-01", "2026"))
#define PLAN PLAN_IS("p1", "EXPLAN", "InsurancePlan/f1", GENERIC_COSTS)
#define DRUGS DRUG("d1", RX("9990001", "example 5 MG Oral Tablet") "," RX("9990901", "example Oral Product"))
#define GOOD                                                                                                                        \
	ITEM("i1", "MedicationKnowledge/d1", OF("InsurancePlan/f1") "," USUAL "," EXT("PriorAuthorization", "\"valueBoolean\":true") "," \
		EXT("StepTherapyLimit", "\"valueBoolean\":false"))                                                                   \
	PLAN FORMULARY DRUGS

static struct product_name concept(const char *rxcui)
{
	return (struct product_name){ .rxcui = text_of(rxcui) };
}

/* Resources in any order, one a line. */
/* How many of the plan's drugs have these words. */
static size_t found(struct pdex_asked *asked, const char *words, struct fault *fault)
{
	struct find find = { .words = text_of(words), .plan = text_lit("EXPLAN") };
	struct product_matches matches;

	cr_assert(formulary_find(asked->formulary, &find, &asked->arena, &matches, fault));
	return matches.matches_n;
}

CASE(pdex, a_plan_its_formulary_and_its_drugs)
{
	struct pdex_file files PDEX_FILE;

	pdex_put(&files, "all.ndjson", GOOD);
	cr_assert(pdex_take(&files), "%s at %s", fault_row(files.fault.code)->name, files.fault.path);
	cr_assert_eq(files.report.plans, 1);
	cr_assert_eq(files.report.formularies, 1);
	cr_assert_eq(files.report.drugs, 1);
	cr_assert_eq(files.report.items, 1);
	cr_assert_eq(files.report.refused, 0);
	cr_assert_str_eq(files.report.without_home[0].where, "InsurancePlan.contact");
	{
		struct pdex_asked asked PDEX_ASKED = pdex_ask(&files, "EXPLAN", concept("9990001"), PDEX_DAY);

		cr_assert(asked.says);
		cr_assert(text_is(asked.coverage.status, "COVERED"));
		cr_assert(asked.coverage.limits->prior_authorization);
		cr_assert_not(asked.coverage.limits->step_therapy);
		cr_assert(text_is(asked.answer.status->tier_name, "generic"));
		cr_assert(text_is(asked.answer.status->description, "example 5 MG Oral Tablet"));
		cr_assert_eq(asked.answer.status->pharmacy_types_n, 1);
		cr_assert(text_is(asked.answer.status->pharmacy_types[0], "1-month-in-retail"));
		/* only the generic tier's copay: not applicable is no cost, and brand is another tier */
		cr_assert_eq(asked.answer.copays_n, 1);
		cr_assert_eq(asked.answer.copays[0].copay->flat_cents, 1250);
		cr_assert(text_is(asked.answer.copays[0].copay->deductible, "BEFORE"));
		cr_assert_eq(asked.answer.copays[0].copay->days_supply, 30);
		cr_assert(text_is(asked.answer.copays[0].copay->network, "STANDARD"));
		cr_assert_eq(found(&asked, "example 5", &files.fault), 1);
	}
	{
		struct pdex_asked late PDEX_ASKED = pdex_ask(&files, "EXPLAN", concept("9990001"), PDEX_DAY + INT64_C(365) * 86400000);

		cr_assert_eq(found(&late, "example 5", &files.fault), 0);
		cr_assert_not(late.found); /* the formulary's period is over: "2026" ends on its last day */
	}
}

static void check_one(const char *bytes, const char *name)
{
	struct pdex_file files PDEX_FILE;

	pdex_put(&files, name, bytes);
	cr_assert(pdex_take(&files), "%s at %s in %s:%lld", fault_row(files.fault.code)->name, files.fault.path, files.report.file,
		(long long)files.report.item);
	cr_assert_eq(files.report.items, 1);
	cr_assert_eq(files.report.plans, 1);
}

/* The entries of a Bundle are taken one by one, and refer to each other by urn:uuid: too. */
CASE(pdex, bundles)
{
	check_one("{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":" FORMULARY "},{\"resource\":" PLAN "}, {\"resource\":" DRUGS
		"},{\"resource\":" ITEM("i1", "https://example.org/fhir/MedicationKnowledge/d1/_history/3", OF("http://x/InsurancePlan/f1") "," USUAL)
		"}],\"link\":[]}", "bundle.json");
	check_one("{ \"entry\" : [ {\"fullUrl\":\"urn:uuid:0-1\",\"resource\":" FORMULARY_IS("", "EXFORM", "active", "") "},{\"fullUrl\":\"urn:uuid:0-2\",\"resource\":"
		DRUG("", RX("9990001", "x")) "},{\"resource\":" ITEM("i1", "urn:uuid:0-2", OF("urn:uuid:0-1") "," USUAL) "},{\"resource\":"
		PLAN_IS("p1", "EXPLAN", "urn:uuid:0-1", GENERIC_COSTS) "}], \"resourceType\":\"Bundle\",\"type\":\"transaction\"}", "bundle.json");
}

static bool refuses_load(const char *bytes, enum fault_code code)
{
	struct pdex_file files PDEX_FILE;
	bool refused;

	pdex_put(&files, "all.ndjson", bytes);
	refused = !pdex_take(&files) && files.fault.code == code;
	if (!refused)
		fprintf(stderr, "%s at %s\n", fault_row(files.fault.code)->name, files.fault.path);
	return refused;
}

CASE(pdex, what_refuses_the_load)
{
	cr_assert(refuses_load(GOOD "{\"resourceType\":\"Basic\",", FAULT_NOT_JSON));
	cr_assert(refuses_load(GOOD ",{}", FAULT_NOT_JSON));
	cr_assert(refuses_load(GOOD "{\"resourceType\":\"Basic\",\"id\":01}", FAULT_NOT_JSON));
	cr_assert(refuses_load(FORMULARY PLAN DRUGS, FAULT_MISSING)); /* no items */
	cr_assert(refuses_load("{\"resourceType\":\"List\",\"entry\":[{\"resource\":" FORMULARY "}]}" GOOD, FAULT_RULE));
	cr_assert(refuses_load("{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":" FORMULARY "} {\"resource\":" PLAN "}]}", FAULT_NOT_JSON));
	cr_assert(refuses_load("{\"resourceType\":\"Bundle\",\"entry\":[],\"entry\":[]}" GOOD, FAULT_REPEATED));
}

/* Whatever `bytes` add to the good ones is refused alone, for this reason. */
static void check_refused(const char *bytes, const char *resource, enum fault_code code, const char *path)
{
	struct pdex_file files PDEX_FILE;

	pdex_put(&files, "a.ndjson", GOOD);
	pdex_put(&files, "b.ndjson", bytes);
	cr_assert(pdex_take(&files), "%s at %s", fault_row(files.fault.code)->name, files.fault.path);
	cr_assert_eq(files.report.refused, 1, "%lld refused", (long long)files.report.refused);
	cr_assert_str_eq(files.report.first[0].resource, resource);
	cr_assert_eq(files.report.first[0].fault.code, code, "%s at %s", fault_row(files.report.first[0].fault.code)->name, files.report.first[0].fault.path);
	cr_assert_str_eq(files.report.first[0].fault.path, path);
	cr_assert_str_eq(files.report.first[0].file, "b.ndjson");
	cr_assert_eq(files.report.items, 1);
}

CASE(pdex, what_is_refused_alone)
{
	const char *drug = "MedicationKnowledge/d9";

	check_refused(ITEM("x", "MedicationKnowledge/none", OF("InsurancePlan/f1") "," USUAL), "Basic/x", FAULT_NOT_FOUND, "subject/reference");
	check_refused(ITEM("x", "InsurancePlan/f1", OF("InsurancePlan/f1") "," USUAL), "Basic/x", FAULT_NOT_FOUND, "subject/reference");
	check_refused(ITEM("x", "MedicationKnowledge/d1", OF("InsurancePlan/none") "," USUAL), "Basic/x", FAULT_NOT_FOUND,
		"extension/valueReference/reference");
	check_refused(ITEM("x", "MedicationKnowledge/d1", OF("InsurancePlan/f1") "," STATUS("running") "," AT("1-month-in-retail") "," TIER("brand")),
		"Basic/x", FAULT_BAD_CODE, "extension/valueCode");
	check_refused(ITEM("x", "MedicationKnowledge/d1", OF("InsurancePlan/f1") "," USUAL "," TIER("brand")), "Basic/x", FAULT_REPEATED, "extension");
	check_refused(ITEM("x", "MedicationKnowledge/d1", OF("InsurancePlan/f1") "," STATUS("active") "," TIER("brand") "," EXT("StepTherapyLimit", "\"valueBoolean\":true")),
		"Basic/x", FAULT_MISSING, "extension"); /* no kind of pharmacy */
	check_refused(ITEM("x", "MedicationKnowledge/d1", OF("InsurancePlan/f1") "," USUAL "," EXT("PriorAuthorization", "\"valueBoolean\":\"yes\"")),
		"Basic/x", FAULT_BAD_TEXT, "extension/valueBoolean");
	check_refused(ITEM("x", "MedicationKnowledge/d1", OF("InsurancePlan/f1") "," USUAL "," EXT("AvailabilityPeriod", "\"valuePeriod\":{\"start\":\"2026-02-30\"}")),
		"Basic/x", FAULT_BAD_DATE, "extension/valuePeriod/start");
	check_refused(DRUG("d9", "{\"system\":\"http://example.org\",\"code\":\"1\"}"), drug, FAULT_MISSING, "code/coding");
	check_refused(DRUG("d9", RX("99x", "y")), drug, FAULT_BAD_TEXT, "code/coding[0]/code");
	check_refused(FORMULARY_IS("f9", "EXFORM", "active", ""), "InsurancePlan/f9", FAULT_REPEATED, "identifier/value");
	check_refused(FORMULARY_IS("f9", "EX2", "running", ""), "InsurancePlan/f9", FAULT_BAD_CODE, "InsurancePlan/status");
	check_refused(FORMULARY_IS("f9", "EX2", "active", PERIOD("2026-02", "2026-01")), "InsurancePlan/f9", FAULT_RULE, "period/end");
	check_refused(PLAN_IS("p9", "EXP2", "InsurancePlan/none", GENERIC_COSTS), "InsurancePlan/p9", FAULT_NOT_FOUND,
		"coverage/extension/valueReference/reference");
	check_refused(PLAN_IS("p9", "EXP2", "InsurancePlan/f1", COSTS(CONCEPT(PDEX_PHARMACIES, "by-drone"), "generic", COST("copay", "charge", "1"))),
		"InsurancePlan/p9", FAULT_BAD_CODE, "plan[0]/specificCost[0]/category");
	check_refused(PLAN_IS("p9", "EXP2", "InsurancePlan/f1", COSTS(CONCEPT(PDEX_PHARMACIES, "1-month-in-mail"), "generic", COST("copay", "charge", "-1"))),
		"InsurancePlan/p9", FAULT_BAD_NUMBER, "plan[0]/specificCost[0]/benefit[0]/cost[0]/value");
	check_refused(PLAN_IS("p9", "EXP2", "InsurancePlan/f1", COSTS(CONCEPT(PDEX_PHARMACIES, "1-month-in-mail"), "generic", COST("coinsurance", "sometimes", "1"))),
		"InsurancePlan/p9", FAULT_BAD_CODE, "plan[0]/specificCost[0]/benefit[0]/cost[0]/qualifiers");
}

#define DETAIL(parts) EXT("QuantityLimit", "\"valueBoolean\":true") "," EXT("QuantityLimitDetail", "\"extension\":[" parts "]")

CASE(pdex, quantity_limits)
{
	struct pdex_file files PDEX_FILE;

	pdex_put(&files, "all.ndjson", FORMULARY PLAN DRUGS DRUG("d2", RX("9990002", "y"))
		ITEM("i1", "MedicationKnowledge/d1", OF("InsurancePlan/f1") "," USUAL "," DETAIL(
			"{\"url\":\"Description\",\"valueString\":\"2.5 a day\"},{\"url\":\"MaximumDaily\",\"valueQuantity\":{\"value\":2.5}},"
			"{\"url\":\"DaysSupply\",\"valueTiming\":{\"repeat\":{\"boundsDuration\":{\"value\":365,\"code\":\"d\"},\"count\":2,\"period\":90,\"periodUnit\":\"d\"}}}"))
		ITEM("i2", "MedicationKnowledge/d2", OF("InsurancePlan/f1") "," USUAL "," EXT("QuantityLimit", "\"valueBoolean\":true"))
		ITEM("i3", "MedicationKnowledge/d2", OF("InsurancePlan/f1") "," USUAL "," DETAIL(
			"{\"url\":\"Rolling\",\"valueTiming\":{\"repeat\":{\"count\":0.5,\"period\":30,\"periodUnit\":\"d\"}}}")));
	cr_assert(pdex_take(&files));
	cr_assert_eq(files.report.refused, 1);
	cr_assert_str_eq(files.report.first[0].resource, "Basic/i3");
	{
		struct pdex_asked asked PDEX_ASKED = pdex_ask(&files, "EXPLAN", concept("9990001"), PDEX_DAY);

		cr_assert_eq(asked.answer.rules_n, 2);
		cr_assert(text_is(asked.answer.rules[0].rule->message_long, "2.5 a day"));
		cr_assert(text_is(asked.answer.rules[1].rule->amount_unit, "DS"));
		cr_assert_eq(asked.answer.rules[1].rule->amount_e4, 1800000);
		cr_assert_eq(asked.answer.rules[1].rule->period_units, 365);
		cr_assert_eq(asked.coverage.limits->quantity_e4, 25000);
		cr_assert_eq(asked.coverage.limits->quantity_days, 1);
	}
	{
		struct pdex_asked asked PDEX_ASKED = pdex_ask(&files, "EXPLAN", concept("9990002"), PDEX_DAY);

		cr_assert_eq(asked.answer.rules_n, 1);
		cr_assert_eq(asked.answer.rules[0].rule->amount_e4, 0);
	}
}

/* What is not active says nothing; what is available for a time says so in that time. */
CASE(pdex, availability)
{
	struct pdex_file files PDEX_FILE;

	pdex_put(&files, "all.ndjson", FORMULARY PLAN DRUGS DRUG("d2", RX("9990002", "y")) FORMULARY_IS("f2", "OLD", "retired", "")
		ITEM("i1", "MedicationKnowledge/d1", OF("InsurancePlan/f1") "," USUAL "," EXT("AvailabilityPeriod", "\"valuePeriod\":{\"end\":\"2026-06-30T23:59:59Z\"}"))
		ITEM("i2", "MedicationKnowledge/d1", OF("InsurancePlan/f1") "," STATUS("active") "," AT("1-month-in-mail") "," TIER("medical-service") "," EXT("AvailabilityPeriod", "\"valuePeriod\":{\"start\":\"2026-07-01\"}"))
		ITEM("i3", "MedicationKnowledge/d2", OF("InsurancePlan/f1") "," STATUS("retired") "," AT("1-month-in-mail") "," TIER("brand"))
		ITEM("i4", "MedicationKnowledge/d2", OF("InsurancePlan/f2") "," USUAL));
	cr_assert(pdex_take(&files));
	cr_assert_eq(files.report.items, 2);
	cr_assert_eq(files.report.inactive, 2);
	{
		struct pdex_asked before PDEX_ASKED = pdex_ask(&files, "EXPLAN", concept("9990001"), PDEX_DAY - 86400000);
		struct pdex_asked after PDEX_ASKED = pdex_ask(&files, "EXPLAN", concept("9990001"), PDEX_DAY);
		struct pdex_asked retired PDEX_ASKED = pdex_ask(&files, "EXPLAN", concept("9990002"), PDEX_DAY);

		cr_assert(text_is(before.answer.status->tier_name, "generic"));
		cr_assert(text_is(after.answer.status->tier_name, "medical-service"));
		cr_assert(text_is(after.coverage.benefit, "MEDICAL"));
		cr_assert_not(retired.found);
	}
}

/* Codes that are not the guide's are kept as they are; an NDC finds the concept that the same drug names. */
CASE(pdex, other_codes)
{
	struct pdex_file files PDEX_FILE;

	pdex_put(&files, "all.ndjson", FORMULARY PLAN
		DRUG("d1", RX("9990001", "x") ",{\"system\":\"" PDEX_NDC "\",\"code\":\"99999-0001-01\"}")
		ITEM("i1", "MedicationKnowledge/d1", OF("InsurancePlan/f1") "," STATUS("active") "," EXT("PharmacyBenefitType", "\"valueCodeableConcept\":{\"text\":\"by drone\"}")
			"," EXT("DrugTierID", "\"valueCodeableConcept\":" CONCEPT("http://example.org/tiers", "T7"))));
	cr_assert(pdex_take(&files));
	{
		struct pdex_asked asked PDEX_ASKED = pdex_ask(&files, "EXPLAN", (struct product_name){ .ndc = text_lit("99999000101") }, PDEX_DAY);

		cr_assert(asked.says);
		cr_assert(text_is(asked.answer.status->tier_name, "T7"));
		cr_assert(text_is(asked.answer.status->pharmacy_types[0], "by drone"));
	}
}

/* The next load of a folder of that name takes the place of this one. */
CASE(pdex, loaded_again)
{
	struct pdex_file files PDEX_FILE;

	pdex_put(&files, "all.ndjson", GOOD);
	cr_assert(pdex_take(&files));
	cr_assert(pdex_take(&files));
	cr_assert_eq(files.report.load.added + files.report.load.removed + files.report.load.changed, 0);
	pdex_put(&files, "all.ndjson", FORMULARY_IS("f1", "EXFORM", "active", "") PLAN DRUGS DRUG("d2", RX("9990002", "y"))
		ITEM("i2", "MedicationKnowledge/d2", OF("InsurancePlan/f1") "," USUAL));
	cr_assert(pdex_take(&files));
	{
		struct pdex_asked gone PDEX_ASKED = pdex_ask(&files, "EXPLAN", concept("9990001"), PDEX_DAY);
		struct pdex_asked here PDEX_ASKED = pdex_ask(&files, "EXPLAN", concept("9990002"), PDEX_DAY);

		cr_assert_not(gone.answer.status);
		cr_assert(here.says);
	}
}

CASE(pdex, which_files)
{
	struct pdex_file files PDEX_FILE;

	pdex_put(&files, "a.json", "[{\"plan_id\":\"x\"}]");
	pdex_put(&files, "b.json", "{\"resourceType\":\"coverage\",\"plan\":\"x\"}");
	cr_assert_not(pdex_is(files.from));
	pdex_put(&files, "c.ndjson", DRUGS);
	cr_assert(pdex_is(files.from));
}
