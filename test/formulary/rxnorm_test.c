/* SPDX-License-Identifier: Apache-2.0 */
/* A small release of RxNorm with made-up concepts: NDCs lead to their concepts and so to what a plan lists, and what is of no use or odd is left out. */
#include "formulary/rxnorm/rxnorm.h"

#include "formulary/find.h"
#include "formulary/hcpcs.h"
#include "formulary/partd/partd.h"
#include "test/formulary/folder.h"

#define DAY_MS INT64_C(1767225600000) /* 2026-01-01 */

#define NAME(concept, source, type, words, suppress) \
	concept "|ENG||||||9000001||" concept "||" source "|" type "|" concept "|" words "||" suppress "|4096|\n"
#define ATTRIBUTE(concept, name, source, value, suppress) concept "|||9000001|AUI|" concept "|||" name "|" source "|" value "|" suppress "|4096|\n"

#define NAMES_FILE                                                                                                              \
	NAME("9990001", "RXNORM", "SCD", "testexample 10 MG Oral Tablet", "N") NAME("9990001", "MMSL", "CD", "Testexample tabs", "N") \
	NAME("9990002", "RXNORM", "SBD", "testexample 20 MG Oral Tablet [Examplo]", "N") NAME("9990003", "RXNORM", "SCD", "gone", "O") \
	NAME("9990004", "RXNORM", "IN", "testexample", "N")
#define ATTRIBUTES_FILE                                                                                                          \
	ATTRIBUTE("9990001", "NDC", "RXNORM", "99999000102", "N") ATTRIBUTE("9990001", "NDC", "RXNORM", "99999000103", "O")      \
	ATTRIBUTE("9990001", "NDC", "MTHSPL", "9999-0001-04", "N") ATTRIBUTE("9990002", "DHJC", "XSRC", "J9990", "N")            \
	ATTRIBUTE("9990002", "NDC", "RXNORM", "99999000202", "N") ATTRIBUTE("9990002", "DHJC", "XSRC", "90999", "N")             \
	ATTRIBUTE("9990001", "RXN_STRENGTH", "RXNORM", "10 MG", "N")

struct files {
	struct folder folder;
	struct rxnorm_report report;
	struct fault fault;
};

static void done(struct files *files)
{
	folder_done(&files->folder);
}
#define FILES __attribute__((cleanup(done))) = { .folder = folder_new("rrf") }

static bool load(struct files *files)
{
	return rxnorm_load(files->folder.from, files->folder.into, NULL, NULL, &files->report, &files->fault);
}

CASE(rxnorm, an_ndc_leads_to_its_concept_and_so_to_what_a_plan_lists)
{
	struct files files FILES;
	struct folder plans = folder_new("plans");
	struct partd_report report;

	folder_put(&plans, "a.txt", "FORMULARY_ID|FORMULARY_VERSION|CONTRACT_YEAR|RXCUI|NDC|TIER_LEVEL_VALUE|QUANTITY_LIMIT_YN|QUANTITY_LIMIT_AMOUNT|"
		"QUANTITY_LIMIT_DAYS|PRIOR_AUTHORIZATION_YN|STEP_THERAPY_YN|SELECTED_DRUG_YN\n00099901|7|2026|9990001|99999000101|3|N|||N|N|N\n");
	folder_put(&plans, "b.txt", "CONTRACT_ID|PLAN_ID|SEGMENT_ID|CONTRACT_NAME|PLAN_NAME|FORMULARY_ID|PREMIUM|DEDUCTIBLE|MA_REGION_CODE|"
		"PDP_REGION_CODE|STATE|COUNTY_CODE|SNP|PLAN_SUPPRESSED_YN\nH9990|001|000|EXAMPLE|Example|00099901|1|1| | |NE|28100|0|N\n");
	cr_assert(partd_load(plans.from, files.folder.into, &(struct partd_options){ 0 }, NULL, NULL, &report, &files.fault));
	folder_done(&plans);
	struct asked before ASKED = folder_ask(&files.folder, "H9990-001-000", "99999000102", NULL, DAY_MS);
	cr_expect_not(before.found, "nobody says what this NDC is");

	folder_put(&files.folder, "CONSO", NAMES_FILE);
	folder_put(&files.folder, "SAT", ATTRIBUTES_FILE);
	folder_put(&files.folder, "RXNSTY.RRF", "9990001|T200|A1|Clinical Drug|AT1|4096|\n");
	cr_assert(rxnorm_directory(files.folder.from));
	cr_assert(load(&files), "%s %s", fault_row(files.fault.code)->name, files.fault.path);
	cr_expect(files.report.lines == 12 && files.report.concepts == 2 && files.report.links == 2 && files.report.hcpcs == 1);
	cr_expect(files.report.suppressed == 2 && files.report.cpt == 1 && files.report.refused == 0 && files.report.skipped == 1);
	struct asked after ASKED = folder_ask(&files.folder, "H9990-001-000", "99999000102", NULL, DAY_MS);
	cr_assert(after.found && after.answer.status->tier == 3);
	cr_expect(text_is(after.answer.status_from->product, "R9990001") && text_is(after.coverage.status, "COVERED"));
	struct asked gone ASKED = folder_ask(&files.folder, "H9990-001-000", "99999000103", NULL, DAY_MS);
	cr_expect_not(gone.found, "RxNorm withdrew that NDC");
}

CASE(rxnorm, a_drug_is_found_by_its_name)
{
	struct files files FILES;
	struct product_matches matches;
	struct find find = { .words = text_lit("testexample 20") };

	folder_put(&files.folder, "CONSO", NAMES_FILE);
	folder_put(&files.folder, "SAT", ATTRIBUTES_FILE);
	cr_assert(load(&files));
	struct asked asked ASKED = folder_ask(&files.folder, "NONE", NULL, "9990002", DAY_MS);
	cr_assert(formulary_find(asked.formulary, &find, &asked.arena, &matches, &files.fault));
	cr_assert_eq(matches.matches_n, 1);
	cr_expect(text_is(matches.matches[0].rxcui, "9990002") && text_is(matches.matches[0].source, "RXNORM"));
	find.words = text_lit("gone");
	cr_assert(formulary_find(asked.formulary, &find, &asked.arena, &matches, &files.fault));
	cr_expect_eq(matches.matches_n, 0, "suppressed");
}

CASE(rxnorm, a_hcpcs_code_of_a_concept_is_found_from_its_ndc)
{
	struct product_name name = { .ndc = text_lit("99999000202") };
	struct files files FILES;
	struct formulary *formulary;
	struct hcpcs_answer answer;
	struct arena arena;
	bool found;

	folder_put(&files.folder, "SAT", ATTRIBUTES_FILE);
	cr_assert(load(&files) && files.report.concepts == 0, "names are not needed");
	arena_init(&arena, 1 << 20);
	cr_assert(formulary_open(files.folder.into, &formulary, &files.fault));
	formulary_day(formulary, DAY_MS);
	cr_assert(formulary_hcpcs(formulary, &name, &arena, &answer, &found, &files.fault) && found);
	cr_expect(text_is(answer.hcpcs[0].row->other, "HJ9990") && text_is(answer.hcpcs[0].from->source, "RXNORM"));
	cr_assert(formulary_hcpcs_products(formulary, text_lit("J9990"), &arena, &answer, &found, &files.fault) && found);
	cr_expect(text_is(answer.hcpcs[0].row->other, "R9990002"));
	formulary_free(formulary);
	arena_done(&arena);
}

CASE(rxnorm, what_is_odd_is_left_out_and_what_is_no_line_of_it_refuses_the_load)
{
	struct files files FILES;

	cr_expect(!load(&files) && files.fault.code == FAULT_MISSING && strcmp(files.fault.path, "RXNSAT") == 0);
	folder_put(&files.folder, "CONSO", NAMES_FILE NAME("9990005", "RXNORM", "SCD", "not \x81 utf-8", "N") NAME("999000X", "RXNORM", "SCD", "x", "N"));
	folder_put(&files.folder, "SAT", ATTRIBUTES_FILE ATTRIBUTE("9990001", "NDC", "RXNORM", "9999900010", "N")
		ATTRIBUTE("9990001", "DHJC", "X", "JX990", "N") ATTRIBUTE("9990001", "NDC", "RXNORM", "99999000102", "N"));
	cr_assert(load(&files), "%s %s", fault_row(files.fault.code)->name, files.fault.path);
	cr_expect_eq(files.report.refused, 4);
	cr_expect(strcmp(files.report.refused_file, "CONSO") == 0 && files.report.refused_line == 6);
	cr_expect_eq(files.report.repeated, 2);
	folder_put(&files.folder, "SAT", ATTRIBUTES_FILE "9990001|only|some|cells|\n");
	cr_expect(!load(&files) && files.fault.code == FAULT_RULE && files.report.line == 8 && strstr(files.report.file, "/SAT"));
	folder_put(&files.folder, "SAT", ATTRIBUTES_FILE "9990001|||9000001|AUI|9990001|||NDC|RXNORM|99999000105|N|4096\n");
	cr_expect(!load(&files) && files.fault.code == FAULT_RULE, "no bar behind the last cell");
	folder_put(&files.folder, "SAT", ATTRIBUTE("9990001", "NDC", "MTHSPL", "99999000102", "N"));
	cr_expect(!load(&files) && files.fault.code == FAULT_MISSING && strcmp(files.fault.path, "NDC") == 0, "nothing would take the place of something");
	folder_put(&files.folder, "SAT", ATTRIBUTES_FILE);
	folder_put(&files.folder, "SAT2", ATTRIBUTES_FILE);
	cr_expect(!load(&files) && files.fault.code == FAULT_REPEATED && strcmp(files.fault.path, "RXNSAT") == 0);
	folder_put(&files.folder, "SAT", "PA|1|2\n");
	folder_put(&files.folder, "SAT2", "");
	folder_put(&files.folder, "CONSO", "{}\n");
	cr_expect_not(rxnorm_directory(files.folder.from));
}
