/* SPDX-License-Identifier: Apache-2.0 */
#include "adjudication/payer.h"

#include "test/adjudication/sandbox.h"
#include "test/case.h"

/* A file in parts, each of which a row can replace by another. */
#define HEAD "\"name\":\"EXAMPLE\",\"bin\":\"999999\",\"telephone\":\"5555550100\""
#define TIER(rest) "{\"tier\":1,\"pharmacy\":\"R\"" rest "}"
#define PLANS(tiers) ",\"plans\":[{\"name\":\"P\",\"order\":\"COPAY_FIRST\",\"tiers\":[" tiers "]}]"
#define MEMBER(rest) "{\"plan\":\"P\",\"cardholder_id\":\"EX1\",\"date_of_birth\":\"1950-01-31\"" rest "}"
#define MEMBERS(members) ",\"members\":[" members "]"
#define POLICY(stages)                                                                                                 \
	",\"policies\":[{\"id\":\"A\",\"title\":\"T\",\"description\":\"D\",\"criteria\":\"C\",\"reply_days\":14,\"appeal_days\":60," \
	"\"stages\":[" stages "]}]"
#define STAGE(id, questions, rules) \
	"{\"id\":\"" id "\",\"title\":\"T\",\"description\":\"D\",\"questions\":[" questions "],\"rules\":[" rules "]}"
#define YES_NO(rest) "\"choices\":[{\"id\":\"Y\",\"text\":\"yes\"" rest "},{\"id\":\"N\",\"text\":\"no\"}]"
#define CODE_OF(system, code, more) ",\"codes\":[{\"system\":\"" system "\",\"code\":\"" code "\",\"text\":\"made up\"" more "}]"
#define QUESTION(id, type, rest) "{\"id\":\"" id "\",\"text\":\"?\",\"type\":\"" type "\"" rest "}"
#define Q1 QUESTION("Q1", "SELECT", "," YES_NO(""))
#define Q2 QUESTION("Q2", "NUMERIC", "")
#define WHEN(condition, outcome) "{\"conditions\":[{" condition "}]," outcome "}"
#define IF_NO "\"question\":\"Q1\",\"is\":\"CHOICE\",\"choice\":\"N\""
#define APPROVE_1 "\"outcome\":\"APPROVE\",\"days\":1"
#define APPROVE "{" APPROVE_1 "}"
#define DENY(rest) "\"outcome\":\"DENY\"" rest
#define WHY ",\"reason\":\"It is not needed.\""
#define FILE_OF(plans, members, policies) "{" HEAD plans members policies "}"
#define FILL(ndc, rest) "{\"ndc\":\"" ndc "\",\"drug_class\":\"STATIN\",\"filled\":\"2026-01-01\",\"days\":30" rest "}"
#define ON_FILE(policy, status, rest) \
	",\"authorizations\":[{\"policy\":\"" policy "\",\"status\":\"" status "\",\"expires\":\"2026-02-01\"" rest "}]"
#define STAGES(stages) FILE_OF(PLANS(TIER("")), "", POLICY(stages))
#define APPEALS(stages, taken) "],\"e_appeal\":" taken ",\"appeal_stages\":[" stages
#define ONE(questions, rules) STAGES(STAGE("S1", questions, rules))
#define RULES(rules) ONE(Q1 "," Q2, rules)
#define AT "policies[0]/stages[0]/"

static const struct {
	const char *file;
	enum fault_code code; /* FAULT_NONE: a good twin */
	const char *path;
} files[] = {
	{ FILE_OF(PLANS(TIER("")), "", ""), FAULT_NONE, "" },
	{ "{" HEAD "}", FAULT_MISSING, "plans" },
	{ FILE_OF(PLANS(TIER("")), ",\"colour\":1", ""), FAULT_UNKNOWN_ELEMENT, "" },
	{ FILE_OF(PLANS(""), "", ""), FAULT_MISSING, "plans[0]/tiers" },
	{ FILE_OF(PLANS(TIER(",\"min_cents\":5,\"max_cents\":5")), "", ""), FAULT_NONE, "" },
	{ FILE_OF(PLANS(TIER(",\"min_cents\":6,\"max_cents\":5")), "", ""), FAULT_RULE, "plans[0]/tiers[0]/max_cents" },
	{ FILE_OF(PLANS(TIER("") "," TIER("")), "", ""), FAULT_REPEATED, "plans[0]/tiers[1]/pharmacy" },
	{ FILE_OF(PLANS(TIER(",\"coinsurance_bp\":10001")), "", ""), FAULT_BAD_NUMBER, "plans[0]/tiers[0]/coinsurance_bp" },
	{ FILE_OF(PLANS(TIER("")), ",\"pharmacies\":[{\"type\":\"M\",\"name\":\"A\"},{\"type\":\"S\",\"name\":\"B\"}]", ""), FAULT_NONE, "" },
	{ FILE_OF(PLANS(TIER("")), ",\"pharmacies\":[{\"type\":\"M\",\"name\":\"A\"},{\"type\":\"M\",\"name\":\"B\"}]", ""), FAULT_REPEATED, "pharmacies[1]/type" },
	/* members */
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER(",\"person_code\":\"01\"") "," MEMBER(",\"person_code\":\"02\"")), ""), FAULT_NONE, "" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER(",\"person_code\":\"01\"") "," MEMBER(",\"person_code\":\"01\"")), ""), FAULT_REPEATED, "members[1]/person_code" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER("") "," MEMBER("")), ""), FAULT_REPEATED, "members[1]/person_code" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS("{\"plan\":\"Q\",\"cardholder_id\":\"EX1\",\"date_of_birth\":\"1950-01-31\"}"), ""), FAULT_RULE, "members[0]/plan" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS("{\"plan\":\"P\",\"cardholder_id\":\"EX1\",\"date_of_birth\":\"1950-02-30\"}"), ""), FAULT_BAD_DATE, "members[0]/date_of_birth" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER(",\"covered_from\":\"2026-01-01\",\"covered_to\":\"2026-01-01\"")), ""), FAULT_NONE, "" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER(",\"covered_from\":\"2026-01-02\",\"covered_to\":\"2026-01-01\"")), ""), FAULT_RULE, "members[0]/covered_to" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER(",\"pharmacy\":{\"ncpdp_id\":\"9999999\"}")), ""), FAULT_NONE, "" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER(",\"pharmacy\":{\"name\":\"EXAMPLE\"}")), ""), FAULT_MISSING, "members[0]/pharmacy/ncpdp_id" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER(",\"history\":[" FILL("99999000303", "") "]")), ""), FAULT_NONE, "" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER(",\"history\":[" FILL("9999900030", "") "]")), ""), FAULT_BAD_NUMBER, "members[0]/history[0]/ndc" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER(",\"history\":[" FILL("99999000303", ",\"pharmacy\":{}") "]")), ""), FAULT_MISSING, "members[0]/history[0]/pharmacy/ncpdp_id" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER(ON_FILE("A", "APPROVED", ",\"number\":\"1\""))), POLICY(STAGE("S1", Q1, APPROVE))), FAULT_NONE, "" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER(ON_FILE("B", "APPROVED", ",\"number\":\"1\""))), POLICY(STAGE("S1", Q1, APPROVE))), FAULT_RULE, "members[0]/authorizations[0]/policy" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER(ON_FILE("A", "APPROVED", ""))), POLICY(STAGE("S1", Q1, APPROVE))), FAULT_MISSING, "members[0]/authorizations[0]/number" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER(ON_FILE("A", "DENIED", ""))), POLICY(STAGE("S1", Q1, APPROVE))), FAULT_NONE, "" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER(ON_FILE("A", "DENIED", ",\"number\":\"1\""))), POLICY(STAGE("S1", Q1, APPROVE))), FAULT_RULE, "members[0]/authorizations[0]/number" },
	{ FILE_OF(PLANS(TIER("")), MEMBERS(MEMBER(ON_FILE("A", "DENIED", ",\"effective\":\"2026-02-02\""))), POLICY(STAGE("S1", Q1, APPROVE))), FAULT_RULE, "members[0]/authorizations[0]/expires" },
	/* places, help desks, documents */
	{ FILE_OF(",\"plans\":[{\"name\":\"P\",\"order\":\"COPAY_FIRST\",\"network\":[{\"npi\":\"1999999001\"}],\"tiers\":[" TIER("") "]}]", "", ""), FAULT_NONE, "" },
	{ FILE_OF(",\"plans\":[{\"name\":\"P\",\"order\":\"COPAY_FIRST\",\"network\":[{}],\"tiers\":[" TIER("") "]}]", "", ""), FAULT_MISSING, "plans[0]/network[0]/ncpdp_id" },
	{ FILE_OF(PLANS(TIER("")), ",\"help_desks\":[{\"type\":\"2\",\"url\":\"https://payer.example/pa\"}]", ""), FAULT_NONE, "" },
	{ FILE_OF(PLANS(TIER("")), ",\"help_desks\":[{\"type\":\"2\"}]", ""), FAULT_MISSING, "help_desks[0]/telephone" },
	{ FILE_OF(PLANS(TIER("")), ",\"help_desks\":[{\"type\":\"6\",\"telephone\":\"5555550100\"}]", ""), FAULT_BAD_CODE, "help_desks[0]/type" },
	{ FILE_OF(PLANS(TIER("")), ",\"attachment_types\":[\"application/pdf\"]", ""), FAULT_NONE, "" },
	{ FILE_OF(PLANS(TIER("")), ",\"attachment_types\":[\"text/plain\"]", ""), FAULT_BAD_CODE, "attachment_types[0]" },
	{ STAGES(STAGE("S1", Q1, APPROVE) "],\"first\":[{\"ndc\":\"99999000303\",\"name\":\"EXAMPLE\"}"), FAULT_NONE, "" },
	{ STAGES(STAGE("S1", Q1, APPROVE) "],\"first\":[{\"ndc\":\"9999900030\",\"name\":\"EXAMPLE\"}"), FAULT_BAD_NUMBER, "policies[0]/first[0]/ndc" },
	/* questions */
	{ ONE(QUESTION("Q1", "SELECT", "," YES_NO(",\"next\":\"Q2\"")) "," Q2, APPROVE), FAULT_NONE, "" },
	{ ONE(QUESTION("Q1", "SELECT", "," YES_NO(",\"next\":\"END\"")) "," Q2, APPROVE), FAULT_NONE, "" },
	{ ONE(QUESTION("Q1", "SELECT", "," YES_NO(",\"next\":\"Q3\"")) "," Q2, APPROVE), FAULT_RULE, AT "questions[0]/choices[0]/next" },
	{ ONE(QUESTION("Q1", "SELECT", "," YES_NO(",\"next\":\"Q1\"")) "," Q2, APPROVE), FAULT_RULE, AT "questions[0]/choices[0]/next" },
	{ ONE(QUESTION("Q1", "SELECT", "," YES_NO(",\"next\":\"Q3\"")) "," Q2 "," QUESTION("Q3", "DATE", ",\"next\":\"Q2\""), APPROVE), FAULT_NONE, "" }, /* back, but in no circle */
	{ ONE(QUESTION("Q1", "SELECT", "," YES_NO(",\"next\":\"Q3\"")) "," Q2 "," QUESTION("Q3", "DATE", ",\"next\":\"Q1\""), APPROVE), FAULT_RULE, AT "questions[2]/next" },
	{ ONE(Q2 "," QUESTION("Q1", "DATE", ",\"next\":\"Q1\""), APPROVE), FAULT_RULE, AT "questions[1]/next" },
	{ ONE(QUESTION("Q1", "NUMERIC", ",\"branches\":[{\"is\":\"GE\",\"number\":\"12\",\"next\":\"Q9\"}]"), APPROVE), FAULT_RULE, AT "questions[0]/branches[0]/next" },
	{ ONE(Q1 "," Q1, APPROVE), FAULT_REPEATED, AT "questions[1]/id" },
	{ ONE(QUESTION("END", "DATE", ""), APPROVE), FAULT_RULE, AT "questions[0]/id" },
	{ ONE(QUESTION("Q1", "SELECT", ""), APPROVE), FAULT_MISSING, AT "questions[0]/choices" },
	{ ONE(QUESTION("Q1", "SELECT", ",\"choices\":[{\"id\":\"Y\",\"text\":\"yes\"}]"), APPROVE), FAULT_MISSING, AT "questions[0]/choices" },
	{ ONE(QUESTION("Q1", "NUMERIC", CODE_OF("LOINC", "4548-4", ",\"unit\":\"%\"")), APPROVE), FAULT_NONE, "" },
	{ ONE(QUESTION("Q1", "NUMERIC", CODE_OF("SNOMED", "43396009", "")), APPROVE), FAULT_NONE, "" },
	{ ONE(QUESTION("Q1", "NUMERIC", CODE_OF("LOINC", "4548", "")), APPROVE), FAULT_BAD_CODE, AT "questions[0]/codes[0]/code" },
	{ ONE(QUESTION("Q1", "NUMERIC", CODE_OF("LOINC", "4x48-4", "")), APPROVE), FAULT_BAD_CODE, AT "questions[0]/codes[0]/code" },
	{ ONE(QUESTION("Q1", "NUMERIC", CODE_OF("ICD10CM", "E11'9", "")), APPROVE), FAULT_BAD_CODE, AT "questions[0]/codes[0]/code" },
	{ ONE(QUESTION("Q1", "NUMERIC", CODE_OF("LOINC", "4548-4", ",\"unit\":\"a b\"")), APPROVE), FAULT_BAD_CODE, AT "questions[0]/codes[0]/unit" },
	{ ONE(QUESTION("Q1", "DATE", CODE_OF("LOINC", "4548-4", ",\"unit\":\"%\"")), APPROVE), FAULT_RULE, AT "questions[0]/codes[0]/unit" },
	{ ONE(QUESTION("Q1", "NUMERIC", CODE_OF("SNOMED", "43396009", ",\"unit\":\"%\"")), APPROVE), FAULT_RULE, AT "questions[0]/codes[0]/unit" },
	{ ONE(QUESTION("Q1", "SELECT", ",\"choices\":[{\"id\":\"Y\",\"text\":\"yes\"},{\"id\":\"Y\",\"text\":\"no\"}]"), APPROVE), FAULT_REPEATED, AT "questions[0]/choices[1]/id" },
	{ ONE(QUESTION("Q1", "DATE", "," YES_NO("")), APPROVE), FAULT_RULE, AT "questions[0]/choices" },
	{ ONE(QUESTION("Q1", "SELECT_MULTIPLE", "," YES_NO(",\"next\":\"END\"")), APPROVE), FAULT_RULE, AT "questions[0]/choices[0]/next" },
	{ ONE(QUESTION("Q1", "NUMERIC", ",\"branches\":[{\"is\":\"GE\",\"number\":\"12\",\"next\":\"END\"}]"), APPROVE), FAULT_NONE, "" },
	{ ONE(QUESTION("Q1", "DATE", ",\"branches\":[{\"is\":\"GE\",\"number\":\"12\",\"next\":\"END\"}]"), APPROVE), FAULT_RULE, AT "questions[0]/branches" },
	/* rules */
	{ RULES(WHEN(IF_NO, DENY(WHY)) "," APPROVE), FAULT_NONE, "" },
	{ RULES(WHEN(IF_NO, DENY("")) "," APPROVE), FAULT_NO_REASON, AT "rules[0]/reason" },
	{ RULES(WHEN(IF_NO, DENY(",\"reason\":\" \"")) "," APPROVE), FAULT_NO_REASON, AT "rules[0]/reason" },
	{ RULES(WHEN(IF_NO, "\"outcome\":\"PARTLY\",\"days\":9") "," APPROVE), FAULT_NO_REASON, AT "rules[0]/reason" },
	{ RULES("{" DENY(WHY ",\"days\":9") "}"), FAULT_RULE, AT "rules[0]/days" },
	{ RULES("{\"outcome\":\"APPROVE\"}"), FAULT_MISSING, AT "rules[0]/days" },
	{ RULES("{\"outcome\":\"PEND\"}," APPROVE), FAULT_MISSING, AT "rules[0]/again_ms" },
	{ RULES("{\"outcome\":\"PEND\",\"again_ms\":1}," APPROVE), FAULT_NONE, "" },
	{ RULES("{\"outcome\":\"PEND\",\"again_ms\":1}"), FAULT_RULE, AT "rules[0]/conditions" },
	{ RULES(APPROVE "," APPROVE), FAULT_RULE, AT "rules[0]/conditions" },
	{ RULES(WHEN(IF_NO, APPROVE_1)), FAULT_RULE, AT "rules[0]/conditions" },
	{ RULES(WHEN("\"question\":\"Q9\",\"is\":\"ANSWERED\"", APPROVE_1) "," APPROVE), FAULT_RULE, AT "rules[0]/conditions[0]/question" },
	{ RULES(WHEN("\"question\":\"Q1\",\"is\":\"CHOICE\",\"choice\":\"M\"", APPROVE_1) "," APPROVE), FAULT_RULE, AT "rules[0]/conditions[0]/choice" },
	{ RULES(WHEN("\"question\":\"Q1\",\"is\":\"CHOICE\"", APPROVE_1) "," APPROVE), FAULT_MISSING, AT "rules[0]/conditions[0]/choice" },
	{ RULES(WHEN("\"question\":\"Q1\",\"is\":\"GT\",\"number\":\"1\"", APPROVE_1) "," APPROVE), FAULT_RULE, AT "rules[0]/conditions[0]/is" },
	{ RULES(WHEN("\"question\":\"Q2\",\"is\":\"GT\",\"number\":\"1.5\"", APPROVE_1) "," APPROVE), FAULT_NONE, "" },
	{ RULES(WHEN("\"question\":\"Q2\",\"is\":\"GT\",\"number\":\"1.00005\"", APPROVE_1) "," APPROVE), FAULT_BAD_NUMBER, AT "rules[0]/conditions[0]/number" },
	{ RULES(WHEN("\"question\":\"Q2\",\"is\":\"GT\"", APPROVE_1) "," APPROVE), FAULT_MISSING, AT "rules[0]/conditions[0]/number" },
	{ RULES(WHEN(IF_NO, "\"outcome\":\"CLOSE\",\"code\":\"FP\"") "," APPROVE), FAULT_NONE, "" },
	{ RULES(WHEN(IF_NO, "\"outcome\":\"CLOSE\"") "," APPROVE), FAULT_MISSING, AT "rules[0]/code" },
	{ RULES(WHEN(IF_NO, "\"outcome\":\"CLOSE\",\"code\":\"XX\"") "," APPROVE), FAULT_BAD_CODE, AT "rules[0]/code" },
	{ RULES(WHEN(IF_NO, APPROVE_1 ",\"code\":\"FP\"") "," APPROVE), FAULT_RULE, AT "rules[0]/code" },
	/* appeals: what is taken is decided, by rules like any other */
	{ STAGES(STAGE("S1", Q1, APPROVE) APPEALS(STAGE("A1", Q1, APPROVE), "true")), FAULT_NONE, "" },
	{ STAGES(STAGE("S1", Q1, APPROVE) "],\"e_appeal\":true,\"appeal_stages\":["), FAULT_MISSING, "policies[0]/appeal_stages" },
	{ STAGES(STAGE("S1", Q1, APPROVE) APPEALS(STAGE("A1", Q1, APPROVE), "false")), FAULT_RULE, "policies[0]/e_appeal" },
	{ STAGES(STAGE("S1", Q1, APPROVE) "],\"criteria_url\":\"http://e.example\",\"first\":["), FAULT_BAD_TEXT, "policies[0]/criteria_url" },
	{ STAGES(STAGE("S1", Q1, APPROVE) "],\"criteria_url\":\"https://e.example/a b\",\"first\":["), FAULT_BAD_TEXT, "policies[0]/criteria_url" },
	{ STAGES(STAGE("S1", Q1, APPROVE) APPEALS(STAGE("A1", Q1, "{" DENY("") "}"), "true")), FAULT_NO_REASON, "policies[0]/appeal_stages[0]/rules[0]/reason" },
	{ STAGES(STAGE("S1", Q1, APPROVE) APPEALS(STAGE("A1", Q1, "{\"outcome\":\"MORE_INFORMATION\",\"ask\":\"S1\"}"), "true")), FAULT_RULE, "policies[0]/appeal_stages[0]/rules[0]/ask" },
	/* stages */
	{ STAGES(STAGE("S1", Q1, "{\"outcome\":\"MORE_INFORMATION\",\"ask\":\"S2\"}") "," STAGE("S2", Q2, APPROVE)), FAULT_NONE, "" },
	{ STAGES(STAGE("S1", Q1, "{\"outcome\":\"MORE_INFORMATION\",\"ask\":\"S1\"}") "," STAGE("S2", Q2, APPROVE)), FAULT_RULE, AT "rules[0]/ask" },
	{ STAGES(STAGE("S1", Q1, APPROVE) "," STAGE("S1", Q2, APPROVE)), FAULT_REPEATED, "policies[0]/stages[1]/id" },
	{ STAGES(STAGE("S1", Q1, APPROVE) "," STAGE("S2", Q1, APPROVE)), FAULT_REPEATED, "policies[0]/stages[1]/questions[0]/id" },
};

CASE(payer, a_file_is_taken_whole_or_refused_with_its_place)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct house *house = NULL;
		struct fault fault = { 0 };
		bool good = house_read(text_of(files[i].file), &house, &fault);

		cr_expect_eq(good, files[i].code == FAULT_NONE, "row %zu: %s at %s", i, fault_row(fault.code)->name, fault.path);
		if (!good && files[i].code != FAULT_NONE) {
			cr_expect_eq(fault.code, files[i].code, "row %zu: %s", i, fault_row(fault.code)->name);
			cr_expect_str_eq(fault.path, files[i].path, "row %zu", i);
		}
		house_free(good ? house : NULL);
	}
}

CASE(payer, the_sandbox_file_is_good)
{
	struct house *house = sandbox_house();

	cr_expect_eq(house->file.plans_n, 3);
	cr_expect_not_null(payer_plan(house, text_lit("EXAMPLE-MEDICAID")));
	cr_expect_null(payer_plan(house, text_lit("EXAMPLE")));
	cr_expect_null(payer_plan(house, TEXT_NONE));
	cr_expect_not_null(payer_policy(house, text_lit("EXAMPLUMAB-PA")));
	cr_expect_null(payer_policy(house, TEXT_NONE));
	cr_expect_not_null(payer_member(house, text_lit("EXAMPLE-COMMERCIAL"), text_lit("EX0001"), 1));
	cr_expect_null(payer_member(house, text_lit("EXAMPLE-COMMERCIAL"), text_lit("EX0001"), 2));
	cr_expect_null(payer_member(house, text_lit("EXAMPLE-MEDICAID"), text_lit("EX0001"), 0));
	house_free(house);
}

CASE(payer, decimals_are_read_exactly)
{
	static const struct {
		const char *text;
		int64_t e4; /* INT64_MIN: refused */
	} rows[] = {
		{ "30", 300000 }, { "2.5", 25000 }, { "0.0001", 1 }, { "-1.25", -12500 }, { "+7", 70000 }, { "1.50000", 15000 },
		{ ".5", 5000 }, { "1.00001", INT64_MIN }, { "", INT64_MIN }, { ".", INT64_MIN }, { "-", INT64_MIN },
		{ "1e3", INT64_MIN }, { "1.2.3", INT64_MIN }, { "922337203685477", 9223372036854770000 },
		{ "922337203685478", INT64_MIN }, { "99999999999999999999", INT64_MIN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t e4 = INT64_MIN;
		bool good = payer_e4(text_of(rows[i].text), &e4);

		cr_expect_eq(good, rows[i].e4 != INT64_MIN, "%s", rows[i].text);
		if (good)
			cr_expect_eq(e4, rows[i].e4, "%s: %lld", rows[i].text, (long long)e4);
	}
}
