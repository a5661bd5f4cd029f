/* SPDX-License-Identifier: Apache-2.0 */
/* What published lists say of an order, loaded as an operator loads them: each thing with its kind, day and place, beside a product of which the same
   list says something else. */
#include "gateway/worker/worker.h"
#include "test/gateway/way.h"

#include "formulary/asp/asp.h"
#include "formulary/fb/fb.h"
#include "formulary/partd/partd.h"
#include "formulary/qhp/qhp.h"
#include "gateway/sandbox/sandbox.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define N "\r\n"
#define ISSUER_PLAN "99999XX0000001"
#define HMO "H9990-001-000"

static const char *const qhp_files[][2] = {
	{ "plans.json", "[{\"plan_id_type\":\"HIOS-PLAN-ID\",\"plan_id\":\"" ISSUER_PLAN "\",\"marketing_name\":\"Example Gold\",\"years\":[2026],"
			"\"formulary\":[{\"drug_tier\":\"GENERIC\"},{\"drug_tier\":\"MEDICAL-SERVICE\"}]}]" },
	{ "drugs.json", "[{\"rxnorm_id\":\"9990001\",\"drug_name\":\"EXAMPLE A\",\"plans\":[{\"plan_id_type\":\"HIOS-PLAN-ID\",\"plan_id\":\"" ISSUER_PLAN "\",\"drug_tier\":\"GENERIC\"}]},"
			"{\"rxnorm_id\":\"9990002\",\"drug_name\":\"EXAMPLE B\",\"plans\":[{\"plan_id_type\":\"HIOS-PLAN-ID\",\"plan_id\":\"" ISSUER_PLAN "\",\"drug_tier\":\"MEDICAL-SERVICE\"}]}]" },
};
static const char *const hmo_files[][2] = {
	{ "basic drugs formulary.txt", "FORMULARY_ID|FORMULARY_VERSION|CONTRACT_YEAR|RXCUI|NDC|TIER_LEVEL_VALUE|QUANTITY_LIMIT_YN|QUANTITY_LIMIT_AMOUNT|QUANTITY_LIMIT_DAYS|"
			"PRIOR_AUTHORIZATION_YN|STEP_THERAPY_YN|SELECTED_DRUG_YN" N "00099901|7|2026|9990002|99999000202|3|N| |.|Y|N|N" N },
	{ "plan.txt", "CONTRACT_ID|PLAN_ID|SEGMENT_ID|CONTRACT_NAME|PLAN_NAME|FORMULARY_ID|PREMIUM|DEDUCTIBLE|MA_REGION_CODE|PDP_REGION_CODE|STATE|COUNTY_CODE|SNP|PLAN_SUPPRESSED_YN" N
		      "H9990|001|000|EXAMPLE HMO|Example|00099901|35.60|615| | |NE|28100|2|N" N },
	{ "disease.txt", "CONTRACT_ID|PLAN_ID|RXCUI|DISEASE" N "H9990|001|9990002|ASTHMA" N },
};
#define PAD ",,,,,,,,"
static const char *const quarter_files[][2] = {
	{ "crosswalk.csv", "January 2026 ASP NDC - HCPCS Crosswalk for Medicare Part B Drugs" PAD N "\"     Effective January 1, 2026 through December 31, 2026\"" PAD N PAD N "words" PAD N PAD N PAD N PAD N PAD N
			   "_2026_CODE,Short Description,LABELER NAME,NDC2,Drug Name,HCPCS dosage,PKG SIZE,PKG QTY,BILLUNITS,BILLUNITSPKG" PAD N
			   "J7517,Example,Example,99999-0001-02,Example,1 MG,5,1,5,5" PAD N "J9990,Example,Example,99999-0001-03,Example,1 MG,5,1,5,5" PAD N
			   "J9991,Example,Example,99999-0001-03,Example,1 MG,5,1,5,5" PAD N },
};
#define FB \
	"HDR|30|EXPBM|||EXAMPLE PBM|0000001000|20260101|12000000|FRM|F|20271231|P\n" \
	"FHD|F1|EXAMPLE FORMULARY|2|2|1|1|U||F|20260101\nFDT|A|99999000001|03|||||5\nFDT|A|99999000002|03|||||5\nFTR|4\n" \
	"GHD|COV1|DE|F|20260101\nGDT|A|C1|99999000002|03||||\nGTR|3\nTRL|9\n"

static char into[100];

static void put(const char *folder, const char *const files[][2], size_t n)
{
	char path[200];

	cr_assert(mkdir(folder, 0700) == 0);
	for (size_t i = 0; i < n; i++) {
		FILE *out;

		snprintf(path, sizeof(path), "%s/%s", folder, files[i][0]);
		out = fopen(path, "we");
		cr_assert(out && fputs(files[i][1], out) >= 0 && fclose(out) == 0);
	}
}

static const char *folder(const char *name)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", into, name);
	return path;
}

static void load_fb(void)
{
	static const char *const file[][2] = { { "test.frm", FB } };
	struct fb_load load = { .directory = into };
	struct fb_layout *layout;
	struct fb_report report;
	struct fault fault = { 0 };
	char path[200];
	int line = 0;
	int64_t at = 0;

	put(folder("fb"), file, 1);
	snprintf(path, sizeof(path), "%s/test.frm", folder("fb"));
	cr_assert(fb_layout_read(sandbox_fb_layout(0), &layout, &line, &fault));
	load.file = path;
	load.layout = layout;
	cr_assert(fb_load(&load, &report, &at, &fault), "%s %s line %lld", fault_row(fault.code)->name, fault.path, (long long)at);
	cr_assert(report.lists_refused == 0 && report.rows_refused == 0);
	fb_layout_free(layout);
}

static void load_all(struct config *config)
{
	struct qhp_report qhp;
	struct partd_report partd;
	struct partd_options options = { 0 };
	struct asp_report asp;
	struct fault fault = { 0 };

	text_to_z(config->formulary, into, sizeof(into));
	put(folder("qhp"), qhp_files, 2);
	cr_assert(qhp_load(folder("qhp"), into, NULL, NULL, &qhp, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	put(folder("partd"), hmo_files, 3);
	cr_assert(partd_load(folder("partd"), into, &options, NULL, NULL, &partd, &fault), "%s %s %s", fault_row(fault.code)->name, fault.path, partd.file);
	put(folder("asp"), quarter_files, 1);
	cr_assert(asp_load(folder("asp"), into, NULL, NULL, &asp, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	load_fb();
}

static struct route_question asked(struct way *way, const struct worker_order *order)
{
	struct work *work = arena_new(&way->arena, struct work);
	struct envelope envelope = { .trace = text_lit(WAY_TRACE) };
	struct input input = { .envelope = &envelope };
	struct route_question question;
	struct fault fault = { 0 };

	*work = (struct work){ .worker = way->worker, .now = way->now, .input = &input };
	cr_assert(worker_question(work, order, &question, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	cr_assert(record_check(&route_question_record, &question, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	return question;
}

static const struct route_said *said(const struct route_question *question, const char *kind, const char *member)
{
	for (size_t i = 0; i < question->said_n; i++)
		if (text_is(question->said[i].kind, kind) && text_is(question->said[i].member, member))
			return &question->said[i];
	return NULL;
}

static void expect(const struct route_question *question, const char *kind, const char *member, const char *value, const char *date, const char *citation)
{
	const struct route_said *item = said(question, kind, member);

	cr_assert(item, "%s:%s is said", kind, member);
	cr_expect(text_is(item->value, value) && text_equal(item->date, text_of(date)), "%s:%s=%.*s@%.*s", kind, member, TEXT_ARGS(item->value), TEXT_ARGS(item->date));
	cr_expect(text_equal(item->citation, text_of(citation)), "%.*s", TEXT_ARGS(item->citation));
}

CASE(evidence_lists, an_issuers_tier_medical_service)
{
	struct way way;
	struct route_question question;

	way_start(&way, load_all);
	question = asked(&way, &(struct worker_order){ .plan = text_lit(ISSUER_PLAN), .rxcui = text_lit("9990002"), .by_concept = true });
	expect(&question, "QHP_TIER", "benefit", "MEDICAL", NULL, "QHP qhp drugs, drugs.json line 2");
	cr_expect(!question.benefit.n && !question.status.n, "it is said once");
	question = asked(&way, &(struct worker_order){ .plan = text_lit(ISSUER_PLAN), .rxcui = text_lit("9990001"), .by_concept = true });
	cr_expect(!said(&question, "QHP_TIER", "benefit"), "its twin is of another tier");
	cr_assert(said(&question, "FORMULARY", "status"));
	cr_expect(text_is(said(&question, "FORMULARY", "status")->value, "COVERED"));
	way_stop(&way);
}

CASE(evidence_lists, an_exclusion_of_a_coverage_list)
{
	struct text coverage = text_lit("COV1");
	struct list_ids lists = { .source = text_lit("EXPBM"), .formulary = text_lit("F1"), .coverage = &coverage, .coverage_n = 1 };
	struct way way;
	struct route_question question;

	coverage = text_lit("C1");
	way_start(&way, load_all);
	question = asked(&way, &(struct worker_order){ .lists = &lists, .ndc = text_lit("99999000002") });
	cr_assert(said(&question, "FB_EXCLUSION", "status"));
	cr_expect(text_is(said(&question, "FB_EXCLUSION", "status")->value, "EXCLUDED") && !said(&question, "FORMULARY", "status"));
	cr_expect(text_is(said(&question, "FB_EXCLUSION", "status")->date, "2026-01-01"));
	question = asked(&way, &(struct worker_order){ .lists = &lists, .ndc = text_lit("99999000001") });
	cr_expect(!said(&question, "FB_EXCLUSION", "status"), "its twin is not excluded");
	cr_expect(text_is(said(&question, "FORMULARY", "status")->value, "COVERED"));
	way_stop(&way);
}

CASE(evidence_lists, a_part_d_file_and_the_disease_it_is_for)
{
	struct text asthma = text_lit("Asthma"), gout = text_lit("Gout");
	struct way way;
	struct route_question question;

	way_start(&way, load_all);
	question = asked(&way, &(struct worker_order){ .plan = text_lit(HMO), .ndc = text_lit("99999000202"), .diseases = &asthma, .diseases_n = 1 });
	cr_assert(said(&question, "PART_D_FILE", "status") && said(&question, "PART_D_FILE", "indication"));
	cr_expect(text_is(said(&question, "PART_D_FILE", "indication")->value, "LISTED"));
	question = asked(&way, &(struct worker_order){ .plan = text_lit(HMO), .ndc = text_lit("99999000202"), .diseases = &gout, .diseases_n = 1 });
	cr_expect(!said(&question, "PART_D_FILE", "indication"), "other words may mean the same disease, so they say nothing");
	way_stop(&way);
}

CASE(evidence_lists, a_crosswalk_and_what_the_law_makes_of_its_code)
{
	struct way way;
	struct route_question question;

	way_start(&way, load_all);
	question = asked(&way, &(struct worker_order){ .plan = text_lit(HMO), .ndc = text_lit("99999000102") });
	cr_assert(said(&question, "CROSSWALK", "hcpcs"));
	cr_expect(text_is(said(&question, "CROSSWALK", "hcpcs")->value, "J7517") && text_is(said(&question, "CROSSWALK", "hcpcs")->date, "2026-01-01"));
	cr_assert(said(&question, "LAW", "law_class"));
	cr_expect(text_is(said(&question, "LAW", "law_class")->value, "IMMUNOSUPPRESSANT"));
	question = asked(&way, &(struct worker_order){ .plan = text_lit(HMO), .ndc = text_lit("99999000103") });
	cr_expect(!said(&question, "CROSSWALK", "hcpcs"), "of two codes the crosswalk does not say which");
	way_stop(&way);
}

static char own[160];

static void own_says(struct config *config)
{
	FILE *out;

	load_all(config);
	snprintf(own, sizeof(own), "%s/says.txt", into);
	out = fopen(own, "we");
	cr_assert(out && fputs("sad | hcpcs=J7517 from=2026-01-01 | SAD_LIST:self_listed=YES | article A99999\n", out) >= 0 && fclose(out) == 0);
	config->says = text_of(own);
}

CASE(evidence_lists, a_list_of_the_operators_own)
{
	struct way way;
	struct route_question question;

	way_start(&way, own_says);
	question = asked(&way, &(struct worker_order){ .plan = text_lit(HMO), .ndc = text_lit("99999000102") });
	expect(&question, "SAD_LIST", "self_listed", "YES", "2026-01-01", "article A99999");
	cr_expect(said(&question, "LAW", "law_class"), "beside what is built in");
	question = asked(&way, &(struct worker_order){ .plan = text_lit(HMO), .ndc = text_lit("99999000202") });
	cr_expect(!said(&question, "SAD_LIST", "self_listed"));
	way_stop(&way);
}
