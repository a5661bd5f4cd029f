/* SPDX-License-Identifier: Apache-2.0 */
/* Files of a made-up marketplace issuer: what plans and drugs say is found again in their year, and what is wrong refuses the load. */
#include "formulary/qhp/qhp.h"

#include "formulary/items.h"
#include "test/formulary/folder.h"

#define DAY_2026 INT64_C(1767225600000) /* 2026-01-01 */
#define DAYS(n) ((n) * INT64_C(86400000))
#define PLAN "99999XX0000001"
#define OTHER "99999XX0000002"

#define COST(type, more) "{\"pharmacy_type\":\"" type "\"," more "}"
#define PLANS                                                                                                                          \
	"[{\"plan_id_type\":\"HIOS-PLAN-ID\",\"plan_id\":\"" PLAN "\",\"marketing_name\":\"Example Gold\",\"network\":[{\"network_tier\":\"X\"}]," \
	"\"formulary\":[{\"drug_tier\":\"GENERIC\",\"mail_order\":true,\"cost_sharing\":["                                             \
	COST("1-MONTH-IN-RETAIL", "\"copay_amount\":20.0,\"copay_opt\":\"AFTER-DEDUCTIBLE\",\"coinsurance_rate\":0.0,\"coinsurance_opt\":null") "," \
	COST("3-MONTH-OUT-MAIL", "\"copay_amount\":null,\"copay_opt\":null,\"coinsurance_rate\":0.25,\"coinsurance_opt\":\"BEFORE-DEDUCTIBLE\"") "," \
	COST("1-MONTH-IN-MAIL", "\"copay_amount\":15.5,\"copay_opt\":\"NO-CHARGE\"") "]},"                                             \
	"{\"drug_tier\":\"OUR OWN TIER\",\"cost_sharing\":" COST("1-MONTH-IN-RETAIL", "\"copay_amount\":5,\"coinsurance_rate\":0.1") "}]},\n"       \
	"{\"plan_id_type\":\"HIOS-PLAN-ID\",\"plan_id\":\"" OTHER "\",\"years\":[2026, 2027],\"formulary\":{\"drug_tier\":\"BRAND\"}}]"
#define IN(plan, tier, more) "{\"plan_id_type\":\"HIOS-PLAN-ID\",\"plan_id\":\"" plan "\",\"drug_tier\":\"" tier "\"" more "}"
#define DRUGS                                                                                                                       \
	" [ {\"rxnorm_id\":\"9990001\",\"drug_name\":\"TRIPT\\u00c9XAMPLE [50] {MG} \\\"A\\\"\",\"plans\":["                         \
	IN(PLAN, "GENERIC", ",\"prior_authorization\":true,\"quantity_limit\":true,\"step_therapy\":null") ","                     \
	IN(OTHER, "BRAND", ",\"years\":[2026]") "," IN(OTHER, "GENERIC", ",\"prior_authorization\":true,\"years\":[2027]") "]}\n,"  \
	"{\"rxnorm_id\":\"9990002\",\"plans\":[" IN(PLAN, "MEDICAL-SERVICE", "") "," IN("99999XX0000009", "GENERIC", "") "]},"      \
	"{\"rxnorm_id\":\"9990003\",\"plans\":[" IN(PLAN, "our own tier", ",\"step_therapy\":true") "]} ] \n"

struct files {
	struct folder folder;
	struct qhp_report report;
	struct fault fault;
};

static void done(struct files *files)
{
	folder_done(&files->folder);
}
#define FILES __attribute__((cleanup(done))) = files_new()

static struct files files_new(void)
{
	struct files files = { .folder = folder_new("example") };

	folder_put(&files.folder, "a.json", DRUGS);
	folder_put(&files.folder, "b.json", PLANS);
	folder_put(&files.folder, "index.json", "{\"plan_urls\":[]}");
	folder_put(&files.folder, "providers.json", "[{\"npi\":\"1234567893\",\"plan_id\":\"x\"}]");
	return files;
}

static bool load(struct files *files)
{
	return qhp_load(files->folder.from, files->folder.into, NULL, NULL, &files->report, &files->fault);
}

static bool refused(struct files *files, enum fault_code code, const char *path, const char *file, int64_t item)
{
	bool as = !load(files) && files->fault.code == code && strcmp(files->fault.path, path) == 0 && strstr(files->report.file, file) &&
		  files->report.item == item;

	if (!as)
		fprintf(stderr, "%s at %s in %s:%lld\n", fault_row(files->fault.code)->name, files->fault.path, files->report.file,
			(long long)files->report.item);
	return as;
}

static struct asked ask(const struct files *files, const char *plan, const char *concept, int64_t day_ms)
{
	return folder_ask(&files->folder, plan, NULL, concept, day_ms);
}

CASE(qhp, a_drug_is_found_with_its_tier_its_limits_and_what_the_tier_costs)
{
	struct files files FILES;

	cr_assert(load(&files), "%s %s", fault_row(files.fault.code)->name, files.fault.path);
	cr_expect(files.report.plans == 2 && files.report.drugs == 3 && files.report.drug_rows == 5);
	cr_expect(files.report.rows_without_plan == 1 && files.report.skipped == 2 && files.report.repeated == 0);
	struct asked asked ASKED = ask(&files, PLAN, "9990001", DAY_2026);
	cr_assert(asked.found && asked.says);
	cr_expect(text_is(asked.answer.status->tier_name, "GENERIC") && text_is(asked.answer.status->description, "TRIPT\xc3\x89XAMPLE [50] {MG} \"A\""));
	cr_expect(text_is(asked.answer.status_from->source, "QHP example") && text_is(asked.answer.status_from->file, "a.json"));
	cr_expect(text_is(asked.coverage.status, "COVERED") && asked.coverage.limits->prior_authorization && !asked.coverage.limits->step_therapy);
	cr_assert_eq(asked.answer.rules_n, 1);
	cr_expect(text_is(asked.answer.rules[0].rule->type, "QL") && !asked.answer.rules[0].rule->amount_e4, "how much is not said");
	cr_assert_eq(asked.answer.copays_n, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct copay_row *copay = asked.answer.copays[i].copay;

		if (text_is(copay->pharmacy, "R"))
			cr_expect(copay->flat_cents == 2000 && copay->days_supply == 30 && text_is(copay->deductible, "AFTER") && text_is(copay->network, "STANDARD"));
		else if (text_is(copay->network, "OUT"))
			cr_expect(copay->rate_e4 == 2500 && copay->days_supply == 90 && text_is(copay->deductible, "BEFORE") && text_is(copay->first, "RATE"));
		else
			cr_expect(copay->flat_cents == 0 && copay->offered && text_is(copay->deductible, "NONE"), "no charge is no charge");
	}
	struct asked medical ASKED = ask(&files, PLAN, "9990002", DAY_2026);
	cr_expect(medical.found && text_is(medical.coverage.benefit, "MEDICAL"));
	struct asked own ASKED = ask(&files, PLAN, "9990003", DAY_2026);
	cr_assert(own.found);
	cr_expect(own.coverage.limits->step_therapy && own.answer.copays_n == 2, "a tier of the issuer's own, and costs that are one object");
	struct asked none ASKED = ask(&files, OTHER, "9990002", DAY_2026);
	cr_expect_not(none.found);
}

CASE(qhp, a_year_counts_in_its_year)
{
	struct files files FILES;

	cr_assert(load(&files));
	struct asked now ASKED = ask(&files, OTHER, "9990001", DAY_2026 + DAYS(364));
	cr_assert(now.found);
	cr_expect(text_is(now.answer.status->tier_name, "BRAND") && !now.coverage.limits->prior_authorization);
	struct asked next ASKED = ask(&files, OTHER, "9990001", DAY_2026 + DAYS(365));
	cr_assert(next.found);
	cr_expect(text_is(next.answer.status->tier_name, "GENERIC") && next.coverage.limits->prior_authorization);
	struct asked before ASKED = ask(&files, OTHER, "9990001", DAY_2026 - DAYS(1));
	cr_expect_not(before.found);
}

CASE(qhp, what_is_wrong_refuses_the_load_and_leaves_the_one_before)
{
	static const struct {
		const char *file, *bytes;
		enum fault_code code;
		const char *path;
		int64_t item;
	} bad[] = {
		{ "a.json", "[{\"rxnorm_id\":\"99900X1\",\"plans\":[" IN(PLAN, "GENERIC", "") "]}]", FAULT_BAD_NUMBER, "rxnorm_id", 1 },
		{ "a.json", "[{\"rxnorm_id\":\"9990001\",\"plans\":[" IN(PLAN, "GENERIC", "") "," IN("99999xx0000001", "GENERIC", "") "]}]", FAULT_BAD_TEXT,
			"plans[1]/plan_id", 1 },
		{ "a.json", "[{\"rxnorm_id\":\"9990001\",\"plans\":[" IN(PLAN, "GENERIC", ",\"years\":[26]") "]}]", FAULT_BAD_NUMBER, "plans[0]/years", 1 },
		{ "a.json", "[{\"rxnorm_id\":\"9990001\",\"plans\":[" IN(PLAN, "GENERIC", ",\"step_therapy\":\"no\"") "]}]", FAULT_BAD_TEXT,
			"plans[0]/step_therapy", 1 },
		{ "a.json", "[{\"rxnorm_id\":\"9990001\",\"plans\":[" IN(PLAN, "GENERIC", "") "]},{}]", FAULT_MISSING, "rxnorm_id", 2 },
		{ "a.json", "[{\"rxnorm_id\":\"9990001\",\"plans\":[" IN(PLAN, "GENERIC", "") "]},]", FAULT_NOT_JSON, "", 1 },
		{ "a.json", "[{\"rxnorm_id\":\"9990001\",\"plans\":[" IN(PLAN, "GENERIC", "") "]}", FAULT_NOT_JSON, "", 1 },
		{ "a.json", "[{\"rxnorm_id\":\"9990001\",\"plans\":[" IN(PLAN, "GENERIC", "") "]}] x", FAULT_NOT_JSON, "", 1 },
		{ "a.json", "[{\"rxnorm_id\":\"9990001\",\"plans\":[" IN(PLAN, "GENERIC", "") "]},{\"rxnorm_id\":\"", FAULT_NOT_JSON, "", 2 },
		{ "b.json", "[{\"plan_id_type\":\"OTHER\",\"plan_id\":\"" PLAN "\"}]", FAULT_BAD_CODE, "plan_id_type", 1 },
		{ "b.json", "[{\"plan_id_type\":\"HIOS-PLAN-ID\",\"plan_id\":\"" PLAN "\",\"formulary\":[{\"drug_tier\":\"A\",\"cost_sharing\":["
			COST("1-MONTH-IN-RETAIL", "\"coinsurance_rate\":20") "]}]}]", FAULT_BAD_NUMBER, "formulary[0]/cost_sharing[0]/coinsurance_rate", 1 },
		{ "b.json", "[{\"plan_id_type\":\"HIOS-PLAN-ID\",\"plan_id\":\"" PLAN "\",\"formulary\":\"none\"}]", FAULT_BAD_TEXT, "formulary", 1 },
		{ "b.json", "{}", FAULT_MISSING, "plans", 0 },
	};
	struct files files FILES;

	cr_expect(qhp_directory(files.folder.from) && !qhp_directory(files.folder.into));
	cr_assert(load(&files));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		folder_put(&files.folder, "a.json", DRUGS);
		folder_put(&files.folder, "b.json", PLANS);
		folder_put(&files.folder, bad[i].file, bad[i].bytes);
		cr_expect(refused(&files, bad[i].code, bad[i].path, bad[i].item ? bad[i].file : "", bad[i].item), "%zu", i);
	}
	struct asked asked ASKED = ask(&files, PLAN, "9990001", DAY_2026);
	cr_expect(asked.found && text_is(asked.answer.generation, "000001"));
}

CASE(qhp, a_file_is_read_object_by_object_in_bounded_memory)
{
	struct files files FILES;
	struct items *items;
	struct fault fault;
	struct text item;
	char path[200];
	bool there;

	folder_put(&files.folder, "x.json", "\n[ {\"a\":\"]}\\\"\"} , {\"b\":[{},[]]}\t]");
	snprintf(path, sizeof(path), "%s/x.json", files.folder.from);
	cr_assert(items_open(path, 14, &items, &fault));
	cr_expect(items_next(items, &item, &there, &fault) && there && text_is(item, "{\"a\":\"]}\\\"\"}"));
	cr_expect(items_next(items, &item, &there, &fault) && there && text_is(item, "{\"b\":[{},[]]}") && items_number(items) == 2);
	cr_expect(items_next(items, &item, &there, &fault) && !there);
	items_close(items);
	cr_assert(items_open(path, 12, &items, &fault));
	cr_expect(items_next(items, &item, &there, &fault) && there);
	cr_expect(!items_next(items, &item, &there, &fault) && fault.code == FAULT_TOO_LARGE);
	items_close(items);
}
