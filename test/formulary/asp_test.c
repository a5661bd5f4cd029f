/* SPDX-License-Identifier: Apache-2.0 */
/* Part B drug files with made-up codes and products: what they say is found from the product and from the code, and what is odd in them is left out
   and counted. */
#include "formulary/asp/asp.h"

#include "formulary/csv.h"
#include "formulary/hcpcs.h"
#include "test/formulary/folder.h"

#define DAY_MS INT64_C(1767225600000) /* 2026-01-01 */
#define N "\r\n"
#define PAD ",,,,,,,,"

#define BANNER(title, effective)                                                                                          \
	title PAD N "\"     Effective " effective "\"" PAD N PAD N "\"Words, and more words \"\"quoted\"\"\"" PAD N PAD N PAD N PAD N PAD N
#define FIRST_QUARTER "January 1, 2026 through March 31, 2026"
#define CROSSWALK_HEAD "_2026_CODE,Short Description,LABELER NAME,NDC2,Drug Name,HCPCS dosage,PKG SIZE,PKG QTY,BILLUNITS,BILLUNITSPKG" PAD N
#define LIMITS_HEAD "HCPCS Code,Short Description,HCPCS Code Dosage,Payment Limit,Co-insurance Percentage,Vaccine AWP%,Notes,\r\n"
#define CROSSWALK(rows) BANNER("January 2026 ASP NDC - HCPCS Crosswalk for Medicare Part B Drugs", FIRST_QUARTER) CROSSWALK_HEAD rows
#define LIMITS(rows) BANNER("Payment Allowance Limits for Medicare Part B Drugs", FIRST_QUARTER) LIMITS_HEAD rows

#define ROWS                                                                                                             \
	"J9990,\"Inj, example, 1 mg\",\"Example, Inc. \",99999-0001-01,Exampl\xe9 ,1 MG,2.5,10,2.5,25" PAD N              \
	"J9991,Inj example esrd,Example Inc.,99999-0001-01,Example,1 MG,2.5,10,2.5,26" PAD N                              \
	"J9990,\"Inj, example, 1 mg\",Example Inc.,99999-0001-02,Example,1 MG,5,1,5,5" PAD N
#define LIMIT_ROWS                                                                                                       \
	"J9990,Inj example,1 MG,3.2985,20.000,,\"over two\nlines, \"\"both\"\" of one cell\"," N "J9992,Example ra,1 MCI,N/A,20.000,,," N \
	"J9993,Example,1 MG,0.103,19.631,,," N

struct files {
	struct folder folder;
	struct asp_report report;
	struct fault fault;
	struct arena arena;
	struct formulary *formulary;
};

static void done(struct files *files)
{
	formulary_free(files->formulary);
	arena_done(&files->arena);
	folder_done(&files->folder);
}
#define FILES __attribute__((cleanup(done))) = files_new()

static struct files files_new(void)
{
	struct files files = { .folder = folder_new("quarter") };

	arena_init(&files.arena, 8 << 20);
	return files;
}

static bool load(struct files *files, const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s%s%s", files->folder.from, name ? "/" : "", name ? name : "");
	return asp_load(path, files->folder.into, NULL, NULL, &files->report, &files->fault);
}

static struct hcpcs_answer codes_of(struct files *files, const char *ndc, int64_t day_ms)
{
	struct product_name name = { .ndc = text_of(ndc) };
	struct hcpcs_answer answer;
	bool found;

	formulary_free(files->formulary);
	files->formulary = NULL;
	cr_assert(formulary_open(files->folder.into, &files->formulary, &files->fault));
	formulary_day(files->formulary, day_ms);
	cr_assert(formulary_hcpcs(files->formulary, &name, &files->arena, &answer, &found, &files->fault));
	return answer;
}

CASE(asp, a_folder_of_a_crosswalk_and_its_payment_limits)
{
	struct files files FILES;
	struct hcpcs_answer answer;
	bool found;

	folder_put(&files.folder, "crosswalk.csv", CROSSWALK(ROWS));
	folder_put(&files.folder, "limits.csv", LIMITS(LIMIT_ROWS));
	folder_put(&files.folder, "readme.txt", "nothing, of interest\n");
	cr_assert(asp_files(files.folder.from));
	cr_assert(load(&files, NULL), "%s %s", fault_row(files.fault.code)->name, files.fault.path);
	cr_expect(files.report.files == 2 && files.report.skipped == 1 && files.report.pairs == 3 && files.report.limits == 3);
	cr_expect(files.report.refused == 0 && files.report.cpt == 0 && files.report.repeated == 0);
	answer = codes_of(&files, "99999000101", DAY_MS);
	cr_assert(answer.hcpcs_n == 2 && answer.limits_n == 1, "many to many: %zu %zu", answer.hcpcs_n, answer.limits_n);
	const struct hcpcs_row *row = answer.hcpcs[0].row;
	cr_expect(text_is(row->other, "HJ9990") && text_is(row->description, "Inj, example, 1 mg") && text_is(row->dosage, "1 MG"));
	cr_expect(text_is(row->drug, "Exampl\xc3\xa9") && text_is(row->labeler, "Example, Inc."), "without the spaces behind it");
	cr_expect(row->units_e4 == 25000 && row->package_units_e4 == 250000 && row->item_size_e4 == 25000 && row->package_items_e4 == 100000);
	cr_expect(row->line == 10 && text_is(answer.hcpcs[0].from->file, "crosswalk.csv") && text_is(answer.hcpcs[0].from->list_id, "asp-crosswalk"));
	cr_expect(answer.hcpcs[1].row->package_units_e4 == 260000, "not what a multiplication gives: it was rounded, and is kept");
	cr_expect(answer.limits[0].row->limit_e4 == 32985 && answer.limits[0].row->coinsurance_e4 == 2000);
	cr_assert(formulary_hcpcs_products(files.formulary, text_lit("J9990"), &files.arena, &answer, &found, &files.fault) && found);
	cr_expect(answer.hcpcs_n == 2 && text_is(answer.hcpcs[1].row->other, "N99999000102"));
	cr_assert(formulary_hcpcs_products(files.formulary, text_lit("J9992"), &files.arena, &answer, &found, &files.fault) && found);
	cr_expect(answer.limits_n == 1 && answer.limits[0].row->limit_e4 == 0, "no limit is published");
	cr_assert(formulary_hcpcs_products(files.formulary, text_lit("J9993"), &files.arena, &answer, &found, &files.fault) && found);
	cr_expect(answer.limits[0].row->limit_e4 == 1030 && answer.limits[0].row->coinsurance_e4 == 1963 && answer.limits[0].row->line == 13);
}

CASE(asp, what_is_odd_is_left_out_alone_and_counted)
{
	struct files files FILES;

	folder_put(&files.folder, "c.csv", CROSSWALK(ROWS "90999,Vaccine,Example,99999-0002-01,Example,1 ML,1,1,1,1" PAD N
		"J9994,Example gel,Example,888888888888,Example,1 MG,2,3,20,60" PAD N "J9994,Example,Example,9999900301,Example,1 MG,2,3,20,60" PAD N
		"J9994,Example,Example,99999-0003-01,Ex\xef\xbf\xbe,1 MG,2,3,20,60" PAD N
		"J9994,Example,Example,99999-0003-01,Example,1 MG,two,3,20,60" PAD N "JX994,Example,Example,99999-0003-01,Example,1 MG,2,3,20,60" PAD N
		"J9990,Again,Example Inc.,99999-0001-02,Example,1 MG,5,1,5,5" PAD N PAD N));
	cr_assert(load(&files, "c.csv"), "%s %s", fault_row(files.fault.code)->name, files.fault.path);
	cr_expect_eq(files.report.cpt, 1, "codes of digits are not CMS's");
	cr_expect_eq(files.report.refused, 5);
	cr_expect(strcmp(files.report.refused_file, "c.csv") == 0 && files.report.refused_line == 14 && strcmp(files.report.refused_column, "NDC") == 0);
	cr_expect_eq(files.report.repeated, 2, "the pair is there in both directions");
	cr_expect_eq(codes_of(&files, "99999000301", DAY_MS).hcpcs_n, 0);
	cr_expect_eq(codes_of(&files, "99999000102", DAY_MS).hcpcs_n, 1);
}

CASE(asp, quarters_and_families_are_lists_of_their_own)
{
	struct files files FILES;

	folder_put(&files.folder, "q1.csv", CROSSWALK(ROWS));
	folder_put(&files.folder, "q2.csv", BANNER("April 2026 ASP NDC - HCPCS Crosswalk", "April 1, 2026 through June 30, 2026") CROSSWALK_HEAD
		"J9995,Example,Example,99999-0001-01,Example,1 MG,2,3,20,60" PAD N);
	folder_put(&files.folder, "opps.csv", BANNER("January 2026 OPPS NDC-HCPCS Crosswalk", FIRST_QUARTER)
		"HCPCS Level II Code,Short Description,LABELER NAME,NDC,Drug Name,HCPCS dosage,PKG SIZE,PKG QTY,BILLUNITS,BILLUNITSPKG" N
		"C9996,Example,Example,99999-0001-01,Example,1 MG,2,3,20,60" N);
	folder_put(&files.folder, "noc.csv", BANNER("January 2026 NOC NDC Crosswalk", FIRST_QUARTER)
		"Drug Generic Name,LABELER NAME,NDC or ALTERNATE ID,Drug Name,Dosage,PKG SIZE,PKG QTY,BILLUNITS,BILLUNITSPKG" N);
	cr_assert(load(&files, "q1.csv") && load(&files, "opps.csv") && load(&files, "q2.csv"));
	cr_expect_eq(codes_of(&files, "99999000101", DAY_MS - 1).hcpcs_n, 0, "the day before the quarter");
	struct hcpcs_answer answer = codes_of(&files, "99999000101", DAY_MS);
	cr_assert_eq(answer.hcpcs_n, 3);
	cr_expect(text_is(answer.hcpcs[0].row->other, "HC9996") && text_is(answer.hcpcs[0].from->list_id, "opps-crosswalk"));
	answer = codes_of(&files, "99999000101", DAY_MS + 100 * INT64_C(86400000));
	cr_assert_eq(answer.hcpcs_n, 1);
	cr_expect(text_is(answer.hcpcs[0].row->other, "HJ9995") && text_is(answer.hcpcs[0].from->effective_date, "20260401"));
	cr_expect_eq(codes_of(&files, "99999000101", DAY_MS + 200 * INT64_C(86400000)).hcpcs_n, 0, "nothing is published for that day");
	cr_expect_not(load(&files, "noc.csv"));
	cr_expect(files.fault.code == FAULT_MISSING, "it has no codes");
	folder_put(&files.folder, "q1b.csv", CROSSWALK(ROWS));
	cr_expect(!load(&files, NULL) && files.fault.code == FAULT_REPEATED && strstr(files.report.file, "q1b.csv"), "two files of one list");
}

CASE(asp, what_refuses_the_whole_load)
{
	static const struct {
		const char *bytes;
		enum fault_code code;
		int64_t line;
	} bad[] = {
		{ BANNER("x", FIRST_QUARTER) "_2026_CODE,Short Description,LABELER NAME,Drug Name,BILLUNITS,BILLUNITSPKG" N, FAULT_VERSION, 0 },
		{ BANNER("x", FIRST_QUARTER) "_2026_CODE,Short Description,LABELER NAME,NDC2,BILLUNITS" N, FAULT_VERSION, 0 },
		{ CROSSWALK("J9990,\"Inj,example,Example,99999-0001-01" N), FAULT_RULE, 10 },
		{ CROSSWALK("J9990,Inj,example,99999-0001-01" N), FAULT_RULE, 10 },
		{ CROSSWALK("90999,Inj,example,99999-0001-01,a,b,1,1,1,1" N), FAULT_MISSING, 0 },
		{ CROSSWALK("J9990,\"Inj\"x,example,Example,99999-0001-01" N), FAULT_RULE, 10 },
	};
	struct files files FILES;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		folder_put(&files.folder, "c.csv", bad[i].bytes);
		cr_expect(asp_files(files.folder.from), "it is one of these files all the same: %zu", i);
		cr_expect_not(load(&files, "c.csv"));
		cr_expect(files.fault.code == bad[i].code && files.report.line == bad[i].line && strstr(files.report.file, "c.csv"), "%zu: %s %lld", i,
			fault_row(files.fault.code)->name, (long long)files.report.line);
	}
	folder_put(&files.folder, "c.csv", "{\"resourceType\":\"coverage\"}\n");
	cr_expect_not(asp_files(files.folder.from));
	cr_expect_not(asp_files("/nowhere"));
}

CASE(csv, cells_with_quotes_commas_and_lines)
{
	static const char *const bad[] = { "a,\"b\nc\n", "a,\"b\"c\n", "\"" };
	struct files files FILES;
	struct csv_row row;
	struct csv *csv;
	char path[200];
	bool there;

	snprintf(path, sizeof(path), "%s/x", files.folder.from);
	folder_put(&files.folder, "x", " a ,\"b,\"\"c\"\"\r\n d \" ,,e\"f\n\n\"\"\nlast");
	cr_assert(csv_open(path, &csv, &files.fault));
	cr_assert(csv_next(csv, &row, &there, &files.fault) && there && row.n == 4);
	cr_expect(text_is(row.cell[0], "a") && text_is(row.cell[1], "b,\"c\"\n d") && text_is(row.cell[2], "") && text_is(row.cell[3], "e\"f"));
	cr_assert(csv_next(csv, &row, &there, &files.fault) && there && row.n == 1 && text_is(row.cell[0], "") && row.line == 3);
	cr_assert(csv_next(csv, &row, &there, &files.fault) && there && row.n == 1 && text_is(row.cell[0], "") && row.line == 4);
	cr_assert(csv_next(csv, &row, &there, &files.fault) && there && text_is(row.cell[0], "last"));
	cr_assert(csv_next(csv, &row, &there, &files.fault) && !there);
	csv_close(csv);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		folder_put(&files.folder, "x", bad[i]);
		cr_assert(csv_open(path, &csv, &files.fault));
		cr_expect(!csv_next(csv, &row, &there, &files.fault) && files.fault.code == FAULT_RULE && row.line == 1, "%zu", i);
		csv_close(csv);
	}
}
