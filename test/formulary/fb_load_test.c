/* SPDX-License-Identifier: Apache-2.0 */
#include "test/formulary/fb_file.h"

#include "test/case.h"

#define A "99999000001"
#define B "99999000002"
#define STATUS_OF(id, date, details) "FHD|" id "|EXAMPLE FORMULARY|2|2|1|1|U||F|" date "\n" details "FTR|@\n"
#define ON(ndc, status) "FDT|A|" ndc "|03|||||" status "\n"
#define COVERAGE_OF(type, details) "GHD|COV1|" type "|F|20260101\n" details "GTR|@\n"
#define RULE(ndc, rest) "GDT|A|C1|" ndc "|03||||" rest "\n"
#define COPAY_OF(type, details) "CHD|COP1|" type "|F|20260101\n" details "CTR|@\n"

static bool has(const char *dump, const char *line)
{
	return strstr(dump, line) != NULL;
}

/* Each list with one good detail, and the row it becomes. */
static const struct {
	const char *lists, *row;
} good[] = {
	{ STATUS_OF("F1", "20260101", ON(A, "5")), "STATUS  F1 20260101 | F1 N" A " | status=5\n" },
	{ STATUS_OF("F1", "", ON(A, "U")), "STATUS  F1  | F1 N" A " | status=U\n" },
	{ STATUS_OF("F1", "20260101", "FDT||" A "|03|||||0|12\n"), " | status=0 relative_cost=12\n" },
	{ STATUS_OF("F1", "20260101", "FDT|A|" A "|36|||1049630|SCD|3\n"), "F1 R1049630 | status=3 ndc=" A "\n" },
	{ STATUS_OF("F1", "20260101", "FDT|A|" A "|36|||1049630|SCD|3\n"), "LINK STATUS F1 20260101 | N" A " | product=R1049630 term_type=SCD\n" },
	{ STATUS_OF("F1", "20260101", "FDT|A|" A "|03|||1049630|SCD|3\n"), "LINK STATUS F1 20260101 | R1049630 | product=N" A },
	{ STATUS_OF("F1", "20260101", "FDT|A|||7001|FDB|||3\n"), "F1 DFDB:7001 | status=3\n" },
	/* an NDC that represents the concept of a reference number: both are kept, and each leads to the other */
	{ STATUS_OF("F1", "20260101", "FDT|A|" A "|36|7001|FDB|||3\n"), "F1 N" A " | status=3 ndc=" A "\n" },
	{ STATUS_OF("F1", "20260101", "FDT|A|" A "|36|7001|FDB|||3\n"), "LINK STATUS F1 20260101 | DFDB:7001 | product=N" A "\n" },
	{ STATUS_OF("F1", "20260101", "FDT|A|" A "|36|7001|FDB|||3\n"), "LINK STATUS F1 20260101 | N" A " | product=DFDB:7001\n" },
	{ STATUS_OF("F1", "20260101", "FDT|A|" A "|36|7001|FDB|1049630|SCD|3\n"), "LINK STATUS F1 20260101 | DFDB:7001 | product=R1049630\n" },
	{ STATUS_OF("F1", "20260101", "FDT|A|" A "|03|7001|FDB|||3\n"), "LINK STATUS F1 20260101 | N" A " | product=DFDB:7001\n" },
	{ STATUS_OF("F1", "20260101", ON("99999-0000-01", "5")), "F1 N" A " | status=5\n" },
	{ STATUS_OF("F1", "20260101", "FDT|A|9999-0000-01|36|||||5\n"), "F1 N09999000001 | status=5 ndc=09999000001\n" },
	{ STATUS_OF("F1", "20260101", "FDT|A|||||88014|SBD|3\n"), "F1 R88014 | status=3\n" },
	{ "AHD|ALT1|F|20260101\nADT|A|" A "|03|||||" B "|03|||||7\nATR|@\n", "ALTERNATIVE  ALT1 20260101 | ALT1 N" A " | product=N" B " preference=7\n" },
	{ COVERAGE_OF("AL", RULE(A, "|12|Y|17|Y")), "COVERAGE AL COV1 20260101 | C1 N" A " | type=AL age_min=12 age_min_unit=Y age_max=17 age_max_unit=Y\n" },
	{ COVERAGE_OF("AL", RULE(A, "|||90|D")), "type=AL age_max=90 age_max_unit=D\n" },
	{ COVERAGE_OF("DE", RULE(A, "")), "COVERAGE DE COV1 20260101 | C1 N" A " | type=DE\n" },
	{ COVERAGE_OF("GL", RULE(A, "|2")), "type=GL sex=F\n" },
	{ COVERAGE_OF("PA", RULE(A, "")), "type=PA\n" },
	{ COVERAGE_OF("QL", RULE(A, "|30.5|QY|DY|||30")), "type=QL amount_e4=305000 amount_unit=QY period=DY period_units=30\n" },
	{ COVERAGE_OF("QL", RULE(A, "|2|FL|SP|20260101|20260331")), "amount_unit=FL period=SP from_date=20260101 to_date=20260331\n" },
	{ COVERAGE_OF("QL", RULE(A, "|2|FL|LT") RULE(A, "|30|QY|PD")), "amount_e4=300000 amount_unit=QY period=PD\n" },
	{ COVERAGE_OF("RD", RULE(A, "|7|https://pbm.example/pa")), "type=RD link_type=7 url=https://pbm.example/pa\n" },
	{ COVERAGE_OF("RS", "GDT|A|C1|5|https://pbm.example/\n"), "COVERAGE RS COV1 20260101 | C1 S | type=RS link_type=5 url=https://pbm.example/\n" },
	{ COVERAGE_OF("SM", RULE(A, "|" B "|03||||||||2|1|E11.9|ABF")), "type=SM step_product=N" B " step_count=2 step_order=1 diagnosis=E11.9 diagnosis_qualifier=ABF\n" },
	{ COVERAGE_OF("SM", RULE(A, "|||||||GPI|27|2710|1|1")), "step_class=27 step_subclass=2710 step_count=1 step_order=1 step_qualifier=GPI\n" },
	{ COVERAGE_OF("ST", RULE(A, "")), "type=ST\n" },
	{ COVERAGE_OF("TM", RULE(A, "|SHORT|A LONGER MESSAGE")), "type=TM message=SHORT message_long=A LONGER MESSAGE\n" },
	{ COPAY_OF("DS", "CDT|A|P1|" A "|03|||||R|12.50|0.25|F|5|60.00|30|2|4\n"),
		"COPAY DS COP1 20260101 | P1 N" A " | tier=2 tier_max=4 pharmacy=R days_supply=30 offered=1 flat_cents=1250 rate_e4=2500 first=FLAT min_cents=500 max_cents=6000 per_copay=1\n" },
	{ COPAY_OF("DS", "CDT|A|P1|" A "|03|||||M|0\n"), "pharmacy=M offered=1\n" },
	{ COPAY_OF("DS", "CDT|A|P1|" A "|03|||||A||||||30|1|3\n"), "tier=1 tier_max=3 pharmacy=A days_supply=30 per_copay=1 unsaid=1\n" },
	/* no cost, no days: the cost is open, which is not the same as "not offered" */
	{ COPAY_OF("DS", "CDT|A|P1|" A "|03|||||A||||||||3\n"), "tier_max=3 pharmacy=A unsaid=1\n" },
	{ COPAY_OF("SL", "CDT|A|P1|3|G|R|0|2000|10|||||30\n"),
		"COPAY SL COP1 20260101 | P1 S | status=3 product_type=G pharmacy=R days_supply=30 offered=1 flat_cents=1000 oop_to_cents=200000 per_copay=1\n" },
	{ COPAY_OF("SL", "CDT|A|P1|3|G|R|2000||10|.2|P|||30\n"), "rate_e4=2000 first=RATE oop_from_cents=200000 per_copay=1\n" },
	{ "XHD|X1|F|\nXDT|A|999999|EXPCN|EXGRP|GOLD|F1|ALT1|C1|P1\nXDT|A|999999|EXPCN|EXGRP|GOLD|||C2|\nXTR|@\n",
		"PLAN  X1  | EXPBM:GOLD | plan=EXPBM:GOLD formulary=F1 alternative=ALT1 coverage=C1 coverage=C2 copay=P1\n" },
	{ "XHD|X1|F|\nXDT|A|999999|EXPCN|EXGRP|GOLD|F1\nXTR|@\n", "| bin=999999 pcn=EXPCN group=EXGRP plan=EXPBM:GOLD\n" },
	{ "XHD|X1|F|\nXDT|A|999999|EXPCN||| F1\nXTR|@\n", "| bin=999999 pcn=EXPCN plan=EXPBM:999999/EXPCN/\n" },
};

CASE(fb_load, takes_each_kind_of_list)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct fb_try try FB_TRY;
		char text[FB_TEXT], *dump;

		snprintf(text, sizeof(text), FB_FULL "%s" FB_END, good[i].lists);
		cr_assert(fb_load_text(&try, text), "row %zu: %s at %s:\n%s", i, fault_row(try.fault.code)->name, try.fault.path, fb_slurp(try.response));
		cr_expect_eq(try.report.lists, 1, "row %zu", i);
		cr_expect_eq(try.report.lists_refused + try.report.rows_refused + try.report.unknown, 0, "row %zu: %s", i, fb_slurp(try.response));
		dump = fb_dump_of(try.directory);
		cr_expect(has(dump, good[i].row), "row %zu: %s is not in\n%s", i, good[i].row, dump);
		free(dump);
	}
}

/* A list of one detail that is refused, and with it the list; the field. The good twin is the row of the same list above. */
static const struct {
	const char *lists;
	enum fault_code code;
	const char *path;
} bad[] = {
	{ STATUS_OF("F1", "", ON("9999900001", "5")), FAULT_BAD_NUMBER, "product_id" },
	{ STATUS_OF("F1", "", "FDT|A|" A "||||||5\n"), FAULT_MISSING, "product_qualifier" },
	{ STATUS_OF("F1", "", "FDT|A|" A "|04|||||5\n"), FAULT_BAD_CODE, "FDT/product_qualifier" },
	{ STATUS_OF("F1", "", "FDT|A|||||||5\n"), FAULT_MISSING, "product_id" },
	{ STATUS_OF("F1", "", ON(A, "")), FAULT_MISSING, "FDT/status" },
	{ STATUS_OF("F1", "", ON(A, "Q")), FAULT_BAD_CODE, "status" },
	{ STATUS_OF("F1", "", ON(A, "100")), FAULT_TOO_LONG, "FDT/status" },
	{ STATUS_OF("F1", "", "FDT|D|" A "|03|||||5\n"), FAULT_RULE, "change" },
	{ STATUS_OF("F1", "", "FDT|X|" A "|03|||||5\n"), FAULT_BAD_CODE, "FDT/change" },
	{ STATUS_OF("F1", "", "FDT|A|" A "|03|||||5|1|2\n"), FAULT_UNKNOWN_ELEMENT, "FDT/columns" },
	{ STATUS_OF("F1", "", "FDT|A|" A "|03||\xE9|||5\n"), FAULT_BAD_TEXT, "FDT/reference_qualifier" },
	{ STATUS_OF("F1", "", "FDT|A|" A "|03||\001|||5\n"), FAULT_BAD_TEXT, "FDT/reference_qualifier" },
	{ STATUS_OF("F1", "", "FDT|A|" A "|03||a\tb|||5\n"), FAULT_BAD_TEXT, "FDT/reference_qualifier" },
	{ STATUS_OF("F1", "", RULE(A, "")), FAULT_RULE, "record" },
	{ "AHD|ALT1|F|\nADT|A|" A "|03|||||||||||7\nATR|@\n", FAULT_MISSING, "other_id" },
	{ COVERAGE_OF("AL", RULE(A, "|17|Y|12|Y")), FAULT_RULE, "age_max" },
	{ COVERAGE_OF("AL", RULE(A, "|17||")), FAULT_MISSING, "age_min_unit" },
	{ COVERAGE_OF("AL", RULE(A, "")), FAULT_MISSING, "age_min" },
	{ COVERAGE_OF("GL", RULE(A, "|3")), FAULT_BAD_CODE, "GDT/sex" },
	{ COVERAGE_OF("PA", "GDT|A||" A "|03\n"), FAULT_MISSING, "GDT/owner" },
	{ COVERAGE_OF("QL", RULE(A, "|30.12345|QY|PD")), FAULT_BAD_NUMBER, "GDT/amount_e4" },
	{ COVERAGE_OF("QL", RULE(A, "|-30|QY|PD")), FAULT_BAD_NUMBER, "GDT/amount_e4" },
	{ COVERAGE_OF("QL", RULE(A, "|30|QY|DY")), FAULT_MISSING, "period_units" },
	{ COVERAGE_OF("QL", RULE(A, "|30|QY|SP|20260331|20260101")), FAULT_RULE, "to_date" },
	{ COVERAGE_OF("QL", RULE(A, "|30|QY|SP|20260230|20260301")), FAULT_BAD_DATE, "GDT/from_date" },
	{ COVERAGE_OF("SM", RULE(A, "|||||||||||1|1")), FAULT_MISSING, "other_id" },
	{ COVERAGE_OF("PA", RULE(A, "|12")), FAULT_UNKNOWN_ELEMENT, "GDT/columns" },
	{ COPAY_OF("DS", "CDT|A|P1|" A "|03|||||R|12.505\n"), FAULT_BAD_NUMBER, "CDT/flat_cents" },
	{ COPAY_OF("DS", "CDT|A|P1|" A "|03|||||R||25\n"), FAULT_BAD_NUMBER, "CDT/rate_e4" },
	{ COPAY_OF("DS", "CDT|A|P1|" A "|03|||||X|12.50\n"), FAULT_BAD_CODE, "CDT/pharmacy" },
	{ COPAY_OF("DS", "CDT|A|P1|" A "|03|||||R|12.50|0.25\n"), FAULT_MISSING, "first" },
	{ COPAY_OF("DS", "CDT|A|P1|" A "|03|||||R|12.50|||60|50\n"), FAULT_RULE, "max_cents" },
	{ COPAY_OF("SL", "CDT|A|P1|3|G|R|2000|1000|10\n"), FAULT_RULE, "oop_to_cents" },
	{ "XHD|X1|F|\nXDT|A|99999|EXPCN|EXGRP|GOLD|F1\nXTR|@\n", FAULT_BAD_NUMBER, "bin" },
	{ "XHD|X1|F|\nXDT|A|999999|EXPCN|EXGRP|GOLD|F1\nXDT|A|999999|EXPCN|EXGRP|GOLD|F2\nXTR|@\n", FAULT_RULE, "formulary" },
};

CASE(fb_load, refuses_a_detail_with_its_line_and_field)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct fb_try try FB_TRY;
		char text[FB_TEXT], said[300], *response;

		snprintf(text, sizeof(text), FB_FULL STATUS_OF("F0", "", ON(A, "2")) "%s" FB_END, bad[i].lists);
		cr_assert(fb_load_text(&try, text), "row %zu: %s at %s", i, fault_row(try.fault.code)->name, try.fault.path);
		cr_expect_eq(try.report.rows_refused, 1, "row %zu", i);
		cr_expect_eq(try.report.lists_refused, 1, "row %zu", i);
		response = fb_slurp(try.response);
		snprintf(said, sizeof(said), "DETAIL|%d|REFUSED|%s|%s|", strstr(text, "GOLD|F2") ? 7 : 6, fault_row(bad[i].code)->name, bad[i].path);
		cr_expect(has(response, said), "row %zu: %s is not in\n%s", i, said, response);
		cr_expect(has(response, "REFUSED|") && has(response, "END|TAKEN|2|1|"), "row %zu:\n%s", i, response);
		free(response);
	}
}

/* Lists that are refused as a whole, each after one that is good. */
static const struct {
	const char *lists;
	enum fault_code code;
	const char *path;
} bad_lists[] = {
	{ "FHD|F1|N|2|2|1|1|U||F|\n" ON(A, "5") "FTR|9\n", FAULT_RULE, "FTR/records" },
	{ "FHD|F1|N|2|2|1|1|U||F|\n" ON(A, "5") "FTR|0\n", FAULT_RULE, "FTR/records" },
	{ "FHD|F1|N|2|2|1|1|U||F|\n" ON(A, "5") "FTR|x\n", FAULT_BAD_NUMBER, "FTR/records" },
	{ "FHD|F1|N|2|2|1|1|U||F|\n" ON(A, "5"), FAULT_MISSING, "FTR" },
	{ "FHD|F1|N|2|2|1|1|U||F|\n" ON(A, "5") COVERAGE_OF("PA", RULE(A, "")), FAULT_MISSING, "FTR" },
	{ "FHD|F1|N|2|2|1|1|U||F|20261301\n" ON(A, "5") "FTR|@\n", FAULT_BAD_DATE, "FHD/effective_date" },
	{ "FHD|F1|N|2|2|1|1|U|||\n" ON(A, "5") "FTR|@\n", FAULT_MISSING, "FHD/action" },
	{ "FHD|F7|N|2|2|1|1|U||U|\n" ON(A, "5") "FTR|@\n", FAULT_RULE, "action" },
	{ STATUS_OF("F0", "", ON(A, "5")), FAULT_REPEATED, "list_id" },
	{ COVERAGE_OF("ZZ", RULE(A, "")), FAULT_BAD_CODE, "GHD/subtype" },
	{ STATUS_OF("F1", "", ON(A, "5") ON(B, "Q")), FAULT_RULE, "details" },
};

CASE(fb_load, refuses_a_list_alone_and_keeps_what_was_there_of_it)
{
	for (size_t i = 0; i < sizeof(bad_lists) / sizeof(*bad_lists); i++) {
		struct fb_try try FB_TRY;
		char text[FB_TEXT], said[300], *dump, *response;

		cr_assert(fb_load_text(&try, FB_FULL STATUS_OF("F1", "20250101", ON(B, "9")) STATUS_OF("F9", "", ON(B, "9")) FB_END));
		snprintf(text, sizeof(text), FB_FULL STATUS_OF("F0", "", ON(A, "2")) "%s" FB_END, bad_lists[i].lists);
		cr_assert(fb_load_text(&try, text), "row %zu: %s at %s", i, fault_row(try.fault.code)->name, try.fault.path);
		cr_expect_eq(try.report.lists_refused, 1, "row %zu", i);
		response = fb_slurp(try.response);
		snprintf(said, sizeof(said), "|%s|%s|", fault_row(bad_lists[i].code)->name, bad_lists[i].path);
		cr_expect(has(response, "REFUSED") && has(response, said), "row %zu: %s is not in\n%s", i, said, response);
		dump = fb_dump_of(try.directory);
		cr_expect(has(dump, "F0 N" A " | status=2\n"), "row %zu\n%s", i, dump);
		if (strstr(bad_lists[i].lists, "FHD|F1"))
			cr_expect(has(dump, "STATUS  F1 20250101 | F1 N" B " | status=9\n"), "row %zu\n%s", i, dump);
		cr_expect(!has(dump, "F9 N"), "row %zu: a full file ends what is not in it\n%s", i, dump);
		free(dump);
		free(response);
	}
}

/* Files that are refused as a whole: nothing changes. */
static const struct {
	const char *text;
	enum fault_code code;
	const char *path;
	int line;
} bad_files[] = {
	{ "", FAULT_MISSING, "TRL", 0 },
	{ "FHD|F1\n", FAULT_MISSING, "HDR", 1 },
	{ FB_FULL STATUS_OF("F1", "", ON(A, "5")), FAULT_MISSING, "TRL", 4 },
	{ FB_FULL STATUS_OF("F1", "", ON(A, "5")) "TRL|9\n", FAULT_RULE, "TRL/records", 5 },
	{ FB_FULL STATUS_OF("F1", "", ON(A, "5")) "TRL|2\n", FAULT_RULE, "TRL/records", 5 },
	{ FB_FULL STATUS_OF("F1", "", ON(A, "5")) "TRL\n", FAULT_MISSING, "TRL/records", 5 },
	{ FB_FULL STATUS_OF("F1", "", ON(A, "5")) FB_END "TRL|5\n", FAULT_RULE, "TRL", 6 },
	{ FB_FULL FB_FULL STATUS_OF("F1", "", ON(A, "5")) FB_END, FAULT_REPEATED, "HDR", 2 },
	{ FB_FULL FB_END, FAULT_MISSING, "lists", 0 },
	{ FB_FULL STATUS_OF("F1", "", ON(A, "Q")) FB_END, FAULT_RULE, "lists", 0 },
	{ FB_FULL "FHD||N|2|2|1|1|U||F|\n" ON(A, "5") "FTR|@\n" FB_END, FAULT_MISSING, "FHD/list_id", 2 },
	{ "HDR|30|||||0000001000|20260101|12000000|FRM|F|20251231|P\n" FB_END, FAULT_MISSING, "HDR/sender", 1 },
	{ "HDR|60|EXPBM|||N|1|20260101|12000000|FRM|F|20251231|P\n" FB_END, FAULT_VERSION, "HDR/version", 1 },
	{ "HDR|30|EXPBM|||N|1|20260101|12000000|FRM|F|20251231|T\n" FB_END, FAULT_RULE, "HDR/usage", 1 },
	{ "HDR|30|EXPBM|||N|1|20260101|12000000|RXH|F|20251231|P\n" FB_END, FAULT_BAD_CODE, "HDR/file_type", 1 },
	{ "HDR|30|plan-file|||N|1|20260101|12000000|FRM|F|20251231|P\n" FB_END, FAULT_RULE, "HDR/sender", 1 },
	{ "\xFF\xFEH\n", FAULT_BAD_TEXT, "HDR", 1 },
};

CASE(fb_load, refuses_a_file_that_is_not_whole_and_changes_nothing)
{
	for (size_t i = 0; i < sizeof(bad_files) / sizeof(*bad_files); i++) {
		struct fb_try try FB_TRY;
		char *before, *after, *response, said[300];

		cr_assert(fb_load_text(&try, FB_FULL STATUS_OF("F1", "", ON(B, "9")) FB_END));
		before = fb_dump_of(try.directory);
		cr_expect(!fb_load_text(&try, bad_files[i].text), "row %zu", i);
		cr_expect_eq(try.fault.code, bad_files[i].code, "row %zu: %s", i, fault_row(try.fault.code)->name);
		cr_expect_str_eq(try.fault.path, bad_files[i].path, "row %zu", i);
		cr_expect_eq(try.line, bad_files[i].line, "row %zu: line %lld", i, (long long)try.line);
		after = fb_dump_of(try.directory);
		cr_expect_str_eq(before, after, "row %zu", i);
		response = fb_slurp(try.response);
		snprintf(said, sizeof(said), "|%d|%s|%s|", bad_files[i].line, fault_row(bad_files[i].code)->name, bad_files[i].path);
		cr_expect(has(response, "END|REFUSED|") && has(response, said), "row %zu: %s is not in\n%s", i, said, response);
		free(before);
		free(after);
		free(response);
	}
}

CASE(fb_load, counts_with_and_without_header_and_trailer)
{
	static const int said[][2] = { { 4, 6 }, { 3, 5 }, { 2, 4 } };

	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
		struct fb_try try FB_TRY;
		char text[FB_TEXT];

		snprintf(text, sizeof(text), FB_FULL "FHD|F1|N|2|2|1|1|U||F|\r\n" ON(A, "5") "\n" ON(B, "5") "FTR|%d\r\nTRL|%d", said[i][0], said[i][1]);
		cr_expect(fb_load_text(&try, text), "row %zu: %s at %s", i, fault_row(try.fault.code)->name, try.fault.path);
		cr_expect_eq(try.report.rows, 2);
		cr_expect_eq(try.report.lists_refused, 0);
	}
}

CASE(fb_load, applies_updates_to_the_list_in_force)
{
	struct fb_try try FB_TRY;
	char *dump, *response;

	cr_assert(fb_load_text(&try, FB_FULL STATUS_OF("F1", "20260101", ON(A, "5") ON(B, "3")) STATUS_OF("F2", "20260101", ON(A, "2")) FB_END));
	cr_assert(fb_load_text(&try, FB_UPDATE "FHD|F1|EXAMPLE FORMULARY|2|2|1|1|U||U|20260115\nFDT|C|" A "|03|||||9\nFDT|D|" B "|03|||||3\n"
		"FDT|A|99999000003|03|||||1\nFTR|@\n" FB_END), "%s at %s", fault_row(try.fault.code)->name, try.fault.path);
	dump = fb_dump_of(try.directory);
	cr_expect(has(dump, "STATUS  F1 20260101 | F1 N" A " | status=9\n") && !has(dump, "F1 N" B) && has(dump, "F1 N99999000003 | status=1\n") &&
		has(dump, "F2 N" A " | status=2\n"), "%s", dump);
	free(dump);
	/* ahead of its day an update would change the list that is in force */
	cr_expect(!fb_load_text(&try, FB_UPDATE "FHD|F1|N|2|2|1|1|U||U|29990101\n" ON(A, "1") "FTR|@\n" FB_END));
	response = fb_slurp(try.response);
	cr_expect(has(response, "|RULE|effective_date|"), "%s", response);
	free(response);
	/* a change must say which */
	cr_expect(!fb_load_text(&try, FB_UPDATE "FHD|F1|N|2|2|1|1|U||U|\nFDT||" A "|03|||||9\nFTR|@\n" FB_END));
	response = fb_slurp(try.response);
	cr_expect(has(response, "|MISSING|change|"), "%s", response);
	free(response);
	cr_assert(fb_load_text(&try, FB_UPDATE "FHD|F1|N||||||||D|\nFTR|@\n" FB_END) == false, "a column too many is refused");
	cr_assert(fb_load_text(&try, FB_UPDATE "FHD|F1|N|||||||D|\nFTR|@\n" FB_END));
	dump = fb_dump_of(try.directory);
	cr_expect(!has(dump, "F1 ") && has(dump, "F2 N" A " | status=2\n"), "%s", dump);
	free(dump);
}

CASE(fb_load, stages_a_list_that_begins_later_beside_the_one_in_force)
{
	struct fb_try try FB_TRY;
	char *dump;

	cr_assert(fb_load_text(&try, FB_FULL STATUS_OF("F1", "20260101", ON(A, "5")) STATUS_OF("F1", "29990101", ON(A, "2")) FB_END));
	dump = fb_dump_of(try.directory);
	cr_expect(has(dump, "STATUS  F1 20260101 | F1 N" A " | status=5\n") && has(dump, "STATUS  F1 29990101 | F1 N" A " | status=2\n"), "%s", dump);
	free(dump);
}

CASE(fb_load, counts_and_keeps_records_it_does_not_know)
{
	struct fb_try try FB_TRY;
	char *response;

	cr_assert(fb_load_text(&try, FB_FULL "ZZZ|A|B\n" STATUS_OF("F1", "", ON(A, "5") "QDT|what|is|this\n") FB_END));
	cr_expect_eq(try.report.unknown, 2);
	cr_expect_eq(try.report.rows, 1);
	response = fb_slurp(try.response);
	cr_expect(has(response, "UNKNOWN|2|ZZZ|A|B\n") && has(response, "UNKNOWN|5|QDT|what|is|this\n"), "%s", response);
	free(response);
}

CASE(fb_load, refuses_the_second_of_two_details_that_say_of_one_thing)
{
	struct fb_try try FB_TRY;
	char *response, *dump;

	cr_assert(fb_load_text(&try, FB_FULL STATUS_OF("F1", "", ON(A, "5") ON(A, "6")) FB_END));
	cr_expect_eq(try.report.rows, 1);
	cr_expect_eq(try.report.rows_refused, 1);
	response = fb_slurp(try.response);
	cr_expect(has(response, "DETAIL|4|REFUSED|REPEATED|product|says again what line 3 says\n"), "%s", response);
	dump = fb_dump_of(try.directory);
	cr_expect(has(dump, "status=5") && !has(dump, "status=6"), "%s", dump);
	free(dump);
	free(response);
}

CASE(fb_load, passes_over_a_line_of_any_length)
{
	struct fb_try try FB_TRY;
	size_t n = 3 << 20;
	FILE *out = fopen(try.file, "wbe");
	char *response;

	fputs(FB_FULL "FHD|F1|N|2|2|1|1|U||F|\n", out);
	for (int i = 0; i < 200; i++)
		fprintf(out, "FDT|A|99999000%03d|03|||||5\n", i);
	fputs("FDT|A|", out);
	for (size_t i = 0; i < n; i++)
		fputc('9', out);
	fputs("\nFTR|203\nTRL|205\n", out);
	fclose(out);
	cr_assert(fb_load_file(&try, try.file), "%s at %s line %lld", fault_row(try.fault.code)->name, try.fault.path, (long long)try.line);
	cr_expect_eq(try.report.rows, 200);
	cr_expect_eq(try.report.rows_refused, 1);
	cr_expect_eq(try.report.lists_refused, 0, "one in two hundred");
	response = fb_slurp(try.response);
	cr_expect(has(response, "DETAIL|203|REFUSED|TOO_LARGE|record|"), "%s", response);
	free(response);
}

CASE(fb_load, takes_a_test_file_when_asked_to)
{
	struct fb_try try FB_TRY;

	try.take_test = true;
	cr_expect(fb_load_text(&try, "HDR|30|EXPBM|||N|1|20260101|12000000|FRM|F|20251231|T\n" STATUS_OF("F1", "", ON(A, "5")) FB_END));
}

CASE(fb_load, knows_its_files_by_the_first_record)
{
	static const struct {
		const char *text;
		bool is;
		const char *version;
	} rows[] = {
		{ FB_FULL FB_END, true, "30" },
		{ "\xEF\xBB\xBF" "HDR|60|X\r\n", true, "60" },
		{ "HDR\n", false, "" },
		{ "{\"resourceType\":\"bin\"}\n", false, "" },
		{ "", false, "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fb_try try FB_TRY;
		char version[FB_VERSION_MAX];
		bool is;

		fb_write_counted(try.file, rows[i].text);
		cr_expect(fb_peek(try.file, &is, version, &try.fault));
		cr_expect_eq(is, rows[i].is, "row %zu", i);
		cr_expect_str_eq(version, rows[i].version, "row %zu", i);
	}
}

CASE(fb_load, a_full_file_for_a_day_ahead_leaves_what_is_in_force_until_then)
{
	struct fb_try try FB_TRY;
	char *dump;

	cr_assert(fb_load_text(&try, FB_FULL STATUS_OF("F1", "20250101", "FDT|A|" A "|03|||1049630|SCD|5\n") STATUS_OF("F2", "20250101", ON(A, "4"))
		STATUS_OF("F3", "", ON(A, "4")) FB_END));
	cr_assert(fb_load_text(&try, FB_FULL STATUS_OF("F1", "29990101", ON(A, "2")) STATUS_OF("F3", "20260101", ON(A, "6")) FB_END));
	dump = fb_dump_of(try.directory);
	cr_expect(has(dump, "STATUS  F1 20250101 | F1 N" A " | status=5\n") && has(dump, "STATUS  F1 29990101 | F1 N" A " | status=2\n"), "%s", dump);
	cr_expect(has(dump, "LINK STATUS F1 20250101 | N" A), "with the links that came with it: %s", dump);
	cr_expect(!has(dump, " F2 ") && !has(dump, "F3  |"), "what has nothing to follow it ends: %s", dump);
	free(dump);
}

CASE(fb_load, a_cross_reference_stands_for_plans_from_its_day)
{
	struct fb_try try FB_TRY;
	struct formulary *formulary;

	cr_assert(fb_load_text(&try, FB_FULL "XHD|X1|F|20260101\nXDT|A|999999|EXPCN|EXGRP|GOLD|F1\nXTR|@\n"
		"XHD|X1|F|29990201\nXDT|A|999999|EXPCN|EXGRP|SILVER|F1\nXDT|A|999999|EXPCN|EXGRP2|SILVER|F1\nXTR|@\n" FB_END));
	cr_assert(formulary_open(try.directory, &formulary, &try.fault));
	formulary_day(formulary, INT64_C(1768435200000)); /* 2026-01-15 */
	cr_expect(text_is(formulary_plan(formulary, text_lit("999999"), text_lit("EXPCN"), text_lit("EXGRP")), "EXPBM:GOLD"));
	cr_expect(!text_there(formulary_plan(formulary, text_lit("999999"), text_lit("EXPCN"), text_lit("EXGRP2"))));
	formulary_day(formulary, INT64_C(32474822400000)); /* 2999-02-01 */
	cr_expect(text_is(formulary_plan(formulary, text_lit("999999"), text_lit("EXPCN"), text_lit("EXGRP")), "EXPBM:SILVER"));
	cr_expect(text_is(formulary_plan(formulary, text_lit("999999"), text_lit("EXPCN"), text_lit("EXGRP2")), "EXPBM:SILVER"));
	formulary_free(formulary);
}

CASE(fb_load, a_list_is_in_a_file_once_and_may_come_after_its_removal)
{
	struct fb_try try FB_TRY;
	char *dump, *response;

	/* the update is of the list that this file brings */
	cr_assert(fb_load_text(&try, FB_FULL STATUS_OF("F1", "20260101", ON(A, "5")) "FHD|F1|N|2|2|1|1|U||U|20260115\nFDT|C|" A "|03|||||9\nFTR|@\n" FB_END));
	cr_expect_eq(try.report.lists_refused, 1);
	response = fb_slurp(try.response);
	cr_expect(has(response, "REFUSED|STATUS||F1|20260115|0|0|REPEATED|list_id|"), "%s", response);
	free(response);
	cr_assert(fb_load_text(&try, FB_UPDATE "FHD|F1|N|||||||D|\nFTR|@\n" STATUS_OF("F1", "20260101", ON(B, "7")) FB_END));
	dump = fb_dump_of(try.directory);
	cr_expect(has(dump, "| F1 N" B " | status=7\n") && !has(dump, "N" A), "%s", dump);
	free(dump);
	/* once it is removed there is nothing to update */
	cr_assert(!fb_load_text(&try, FB_UPDATE "FHD|F1|N|2|2|1|1|U||U|\nFDT|A|" A "|03|||||9\nFTR|9\n" FB_END));
	cr_assert(fb_load_text(&try, FB_UPDATE "FHD|F1|N|||||||D|\nFTR|@\nFHD|F1|N|2|2|1|1|U||U|\nFDT|A|" A "|03|||||9\nFTR|@\n" FB_END));
	response = fb_slurp(try.response);
	cr_expect(has(response, "|RULE|action|"), "%s", response);
	free(response);
}
