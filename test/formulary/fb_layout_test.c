/* SPDX-License-Identifier: Apache-2.0 */
#include "test/formulary/fb_file.h"

#include "test/case.h"

#define HDR "HDR|FILE||HEADER|2|version|TEXT|10|yes|\nHDR|FILE||HEADER|3|sender|TEXT|60|yes|\nHDR|FILE||HEADER|4|action|CODE||yes|F=FULL\n"
#define TRL "TRL|FILE||TRAILER|2|records|COUNT|12|yes\n"
#define FHD "FHD|STATUS||HEADER|2|list_id|TEXT|80|yes\nFHD|STATUS||HEADER|3|action|CODE||yes|F=FULL\n"
#define FDT "FDT|STATUS||DETAIL|2|change|CODE|||A=ADD\nFDT|STATUS||DETAIL|3|product_id|TEXT|19\nFDT|STATUS||DETAIL|4|product_qualifier|CODE|||03=NDC\nFDT|STATUS||DETAIL|5|status|TEXT|2|yes\n"
#define FTR "FTR|STATUS||TRAILER|2|records|COUNT|12|yes\n"
#define CDT "CHD|COPAY||HEADER|2|list_id|TEXT|80\nCHD|COPAY||HEADER|3|action|CODE|||F=FULL\nCHD|COPAY||HEADER|4|subtype|CODE|||DS\n" \
	"CTR|COPAY||TRAILER|2|records|COUNT\nCDT|COPAY|DS|DETAIL|2|change|CODE|||A=ADD\nCDT|COPAY|DS|DETAIL|3|owner|TEXT\n"
#define ALL HDR TRL FHD FDT FTR

static const struct {
	const char *rows;
	enum fault_code code; /* FAULT_NONE: a good twin */
	const char *path;
} rows[] = {
	{ ALL, FAULT_NONE, "" },
	{ "", FAULT_NONE, "" },
	{ HDR TRL, FAULT_NONE, "" },
	{ HDR, FAULT_MISSING, "FILE/part" },
	{ TRL FHD FDT FTR, FAULT_MISSING, "FILE/part" },
	{ HDR TRL FHD FDT, FAULT_MISSING, "STATUS/part" },
	{ HDR TRL FHD FTR, FAULT_MISSING, "STATUS/part" },
	{ ALL "FDT|STATUS||DETAIL|6|relative_cost|COUNT", FAULT_NONE, "" },
	{ ALL "FDT|STATUS||DETAIL|6||TEXT", FAULT_NONE, "" },
	{ ALL "FDT|STATUS||DETAIL|7|relative_cost|COUNT", FAULT_BAD_NUMBER, "column" },
	{ ALL "FDT|STATUS||DETAIL|5|relative_cost|COUNT", FAULT_BAD_NUMBER, "column" },
	{ ALL "FDT|STATUS||DETAIL|6|colour|COUNT", FAULT_UNKNOWN_ELEMENT, "field" },
	{ ALL "FDT|STATUS||DETAIL|6|status|TEXT", FAULT_REPEATED, "field" },
	{ ALL "FDT|STATUS||DETAIL|6|relative_cost|TEXT", FAULT_RULE, "kind" },
	{ ALL "FDT|STATUS||DETAIL|6|relative_cost|MONEY", FAULT_RULE, "kind" },
	{ ALL "FDT|STATUS||DETAIL|6|relative_cost|COLOUR", FAULT_BAD_CODE, "kind" },
	{ ALL "FDT|STATUS||DETAIL|6|pharmacy|CODE|||R M", FAULT_NONE, "" },
	{ ALL "FDT|STATUS||DETAIL|6|pharmacy|CODE|||1=R 2=M", FAULT_NONE, "" },
	{ ALL "FDT|STATUS||DETAIL|6|pharmacy|CODE|||1=Q", FAULT_BAD_CODE, "codes" },
	{ ALL "FDT|STATUS||DETAIL|6|pharmacy|CODE|||R R=M", FAULT_REPEATED, "codes" },
	{ ALL "FDT|STATUS||DETAIL|6|pharmacy|CODE", FAULT_MISSING, "codes" },
	{ ALL "FDT|STATUS||DETAIL|6|pharmacy|TEXT", FAULT_RULE, "kind" },
	{ ALL "FDT|STATUS||DETAIL|6|relative_cost|COUNT|||1=2", FAULT_RULE, "codes" },
	{ ALL "FDT|STATUS||DETAIL|6|relative_cost|COUNT|0", FAULT_BAD_NUMBER, "most" },
	{ ALL "FDT|STATUS||DETAIL|6|relative_cost|COUNT|3|maybe", FAULT_BAD_CODE, "need" },
	{ ALL "FDT|STATUS||HEADER|4|name|TEXT", FAULT_RULE, "record" },
	{ ALL "FDT|COPAY||DETAIL|2|change|CODE|||A=ADD", FAULT_REPEATED, "record" },
	{ ALL "FDX|STATUS||DETAIL|2|change|CODE|||A=ADD", FAULT_RULE, "record" },
	{ ALL "FD|STATUS||DETAIL|2|change|CODE|||A=ADD", FAULT_BAD_CODE, "record" },
	{ ALL "FDT|STATUS||DETAIL", FAULT_MISSING, "column" },
	{ ALL "FDT|STATUS||DETAIL|6|relative_cost|COUNT|||||x|y", FAULT_UNKNOWN_ELEMENT, "basis" },
	{ ALL "version|31", FAULT_REPEATED, "version" },
	{ ALL CDT, FAULT_NONE, "" },
	{ ALL CDT "CDT|COPAY|DS|DETAIL|4|flat_cents|MONEY", FAULT_NONE, "" },
	{ ALL CDT "CDT|COPAY|DS|DETAIL|4|flat_cents|CENTS", FAULT_NONE, "" },
	{ ALL CDT "CDT|COPAY|DS|DETAIL|4|flat_cents|AMOUNT", FAULT_RULE, "kind" },
	{ ALL CDT "CDT|COPAY|DS|DETAIL|4|rate_e4|PERCENT", FAULT_NONE, "" },
	{ ALL CDT "CDT|COPAY|DS|DETAIL|4|rate_e4|AMOUNT", FAULT_RULE, "kind" },
	{ ALL CDT "CHD|COPAY|DS|HEADER|5|name|TEXT", FAULT_RULE, "subtypes" },
};

CASE(fb_layout, takes_good_tables_and_refuses_each_bad_one)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fb_layout *layout;
		struct fault fault;
		char text[FB_TEXT];
		int line, lines = 1;
		bool good;

		snprintf(text, sizeof(text), "# a table\nversion | 30 3.0\n%s", rows[i].rows);
		good = fb_layout_read(text_of(text), &layout, &line, &fault);
		cr_expect_eq(good, rows[i].code == FAULT_NONE, "row %zu: %s at %s", i, good ? "taken" : fault_row(fault.code)->name, good ? "" : fault.path);
		if (good) {
			cr_expect(fb_layout_is(layout, text_lit("3.0")) && !fb_layout_is(layout, text_lit("31")) && !fb_layout_is(layout, text_lit("")));
			fb_layout_free(layout);
			continue;
		}
		for (const char *at = text; *at; at++)
			lines += *at == '\n';
		cr_expect_eq(fault.code, rows[i].code, "row %zu: %s", i, fault_row(fault.code)->name);
		cr_expect_str_eq(fault.path, rows[i].path, "row %zu", i);
		cr_expect(line == lines || (line == 0 && strchr(fault.path, '/')), "row %zu: line %d of %d", i, line, lines);
	}
}

CASE(fb_layout, needs_a_version)
{
	struct fb_layout *layout;
	struct fault fault;
	int line;

	cr_expect(!fb_layout_read(text_lit(ALL), &layout, &line, &fault));
	cr_expect_eq(fault.code, FAULT_MISSING);
	cr_expect(!fb_layout_read(text_lit("version|30\n\xFF"), &layout, &line, &fault));
	cr_expect_eq(fault.code, FAULT_BAD_TEXT);
}

CASE(fb_layout, the_built_in_ones_are_good)
{
	static const char *const files[] = { FB30, FB53, FB60 };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct fb_layout *layout = fb_layout_of(files[i]);

		cr_expect_eq(fb_layout_rows(layout) > 0, i == 0, "%s", files[i]);
		fb_layout_free(layout);
	}
}

CASE(fb_layout, reads_the_columns_that_a_corrected_table_says)
{
	struct fb_try try FB_TRY;
	char *dump;
	struct fault fault;
	int line;

	fb_layout_free(try.layout);
	cr_assert(fb_layout_read(text_lit("version|30\n" ALL CDT "CDT|COPAY|DS|DETAIL|4|rate_e4|PERCENT\nCDT|COPAY|DS|DETAIL|5|flat_cents|CENTS\n"
		"CDT|COPAY|DS|DETAIL|6|product_id|TEXT\nCDT|COPAY|DS|DETAIL|7|product_qualifier|CODE|||9=NDC\nCDT|COPAY|DS|DETAIL|8|first|CODE|||0=RATE\n"),
		&try.layout, &line, &fault), "%d %s", line, fault.path);
	cr_assert(fb_load_text(&try, "HDR|30|EXPBM|F\nCHD|C|F|DS\nCDT|A|P|12.5|250|99999000001|9|0\nCTR|@\nTRL|@\n"), "%s at %s", fault_row(try.fault.code)->name, try.fault.path);
	dump = fb_dump_of(try.directory);
	cr_expect(strstr(dump, "| P N99999000001 | offered=1 flat_cents=250 rate_e4=1250 first=RATE\n"), "%s", dump);
	free(dump);
}

CASE(fb_layout, refuses_files_of_a_version_that_is_empty)
{
	struct fb_try try FB_TRY;

	fb_layout_free(try.layout);
	try.layout = fb_layout_of(FB60);
	cr_expect(!fb_load_text(&try, "HDR|60|EXPBM|||N|1|20260101|12000000|FRM|F|20251231|P\nTRL|@\n"));
	cr_expect_eq(try.fault.code, FAULT_VERSION);
	cr_expect_str_eq(try.fault.path, "HDR/version");
}
