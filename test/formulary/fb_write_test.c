/* SPDX-License-Identifier: Apache-2.0 */
#include "formulary/builder.h"
#include "formulary/fb/fb_write.h"

#include "test/formulary/fb_file.h"

#include "test/case.h"

enum { ROUNDS = 40, STEPS = 12, PRODUCTS = 9, LISTS = 3 };

#define EVERY_KIND \
	"FHD|F1|EXAMPLE FORMULARY|2|2|1|1|U|99|F|20260101\nFDT|A|99999000001|03|||||5|12\nFDT|A|99999000002|36|||1049630|SCD|3\n" \
	"FDT|A|99999000003|36|||||U\nFDT|A|||7001|FDB|||0\nFDT|A|99999000004|03|||88014|SBD|1\nFTR|@\n" \
	"FHD|F1|EXAMPLE FORMULARY|2|2|1|1|U||F|29990101\nFTR|@\n" \
	"AHD|ALT1|F|20260101\nADT|A|99999000001|03|||||99999000002|03|||1049630|SCD|7\nADT|A|99999000001|03|||||||||88014|SBD|9\nATR|@\n" \
	"GHD|C|AL|F|\nGDT|A|C1|99999000001|03|||||12|Y|17|Y\nGTR|@\nGHD|C|DE|F|\nGDT|A|C1|99999000001|03\nGTR|@\n" \
	"GHD|C|GL|F|\nGDT|A|C1|99999000001|03|||||1\nGTR|@\nGHD|C|PA|F|\nGDT|A|C1|99999000001|03\nGDT|A|C2|99999000001|03\nGTR|@\n" \
	"GHD|C|QL|F|\nGDT|A|C1|99999000001|03|||||30.5|QY|DY|||30\nGDT|A|C1|99999000001|03|||||2|FL|SP|20260101|20260331\nGTR|@\n" \
	"GHD|C|RD|F|\nGDT|A|C1|99999000001|03|||||7|https://pbm.example/pa\nGTR|@\nGHD|C|RS|F|\nGDT|A|C1|5|https://pbm.example/\nGTR|@\n" \
	"GHD|C|SM|F|\nGDT|A|C1|99999000001|03|||||99999000002|03|||||||\nGDT|A|C1|99999000001|03|||||||||||GPI|27|2710|1|2|E11.9|ABF\nGTR|@\n" \
	"GHD|C|ST|F|\nGDT|A|C1||||||\nGDT|A|C1|||||88014|SBD\nGTR|@\nGHD|C|TM|F|\nGDT|A|C1|99999000001|03|||||SHORT|A LONGER ONE\nGTR|@\n" \
	"CHD|P|DS|F|20260101\nCDT|A|P1|99999000001|03|||||R|12.50|0.25|F|5|60.00|30|2|4\nCDT|A|P1|99999000001|03|||||M|0\n" \
	"CDT|A|P1|99999000001|03|||||A||||||30|1|3\nCTR|@\n" \
	"CHD|P|SL|F|20260101\nCDT|A|P1|3|G|R|0|2000|10|||||30\nCDT|A|P1|3|G|R|2000||10|.2|P|||30\nCDT|A|P1|||A|||0|.335\nCTR|@\n" \
	"XHD|X1|F|\nXDT|A|999999|EXPCN|EXGRP|GOLD|F1|ALT1|C1|P1\nXDT|A|999999|EXPCN|EXGRP|GOLD|||C2|\nXDT|A|999999|EXPCN|EXGRP2|GOLD\n" \
	"XDT|A|999999||||F1\nXTR|@\n"

/* Writes what the first has and loads it into a formulary of its own: both must be the same then. */
static void same_after_writing(struct fb_try *try, size_t round)
{
	struct fb_try again FB_TRY;
	struct fb_write write = { .directory = try->directory, .source = text_lit("EXPBM"), .layout = try->layout, .name = text_lit("EXAMPLE PBM"),
		.control = text_lit("0000001000"), .now_ms = INT64_C(1767225600120) };
	struct fb_written written;
	char *before, *after;

	cr_assert(fb_write(&write, again.file, &written, &again.fault), "round %zu: %s at %s", round, fault_row(again.fault.code)->name, again.fault.path);
	cr_assert(fb_load_file(&again, again.file), "round %zu: %s at %s, line %lld", round, fault_row(again.fault.code)->name, again.fault.path, (long long)again.line);
	cr_expect_eq(again.report.lists_refused + again.report.rows_refused, 0, "round %zu:\n%s\n%s", round, fb_slurp(again.response), fb_slurp(again.file));
	cr_expect_eq(again.report.lists, written.lists, "round %zu", round);
	before = fb_dump_of(try->directory);
	after = fb_dump_of(again.directory);
	for (size_t i = 0;; i++)
		if (before[i] != after[i] || !before[i]) {
			cr_expect_eq(before[i], after[i], "round %zu: was\n%.200s\nis\n%.200s", round, before + (i > 80 ? i - 80 : 0), after + (i > 80 ? i - 80 : 0));
			break;
		}
	free(before);
	free(after);
}

CASE(fb_write, what_is_written_of_every_kind_loads_to_the_same)
{
	struct fb_try try FB_TRY;
	char *dump;

	cr_assert(fb_load_text(&try, FB_FULL EVERY_KIND FB_END), "%s at %s", fault_row(try.fault.code)->name, try.fault.path);
	cr_expect_eq(try.report.lists_refused, 1, "ST: %s", fb_slurp(try.response));
	dump = fb_dump_of(try.directory);
	cr_expect(strstr(dump, "COVERAGE TM") && strstr(dump, "COPAY SL") && strstr(dump, "PLAN  X1"), "%s", dump);
	free(dump);
	same_after_writing(&try, 0);
}

CASE(fb_write, writes_the_header_and_the_counts)
{
	struct fb_try try FB_TRY;
	struct fb_write write = { .directory = try.directory, .source = text_lit("EXPBM"), .layout = try.layout, .receiver = text_lit("EXVENDOR"),
		.name = text_lit("EXAMPLE PBM"), .control = text_lit("0000001000"), .now_ms = INT64_C(1767225600120) };
	struct fb_written written;
	char file[160], *bytes;

	snprintf(file, sizeof(file), "%s/out.frm", try.scratch.at);
	cr_assert(fb_load_text(&try, FB_FULL "FHD|F1|N|2|2|1|1|U||F|20260101\nFDT|A|99999000001|03|||||5|12\nFTR|@\n"
		"CHD|P|DS|F|\nCDT|A|P1|99999000001|03|||||R|12.50|0.25|F\nCTR|@\n" FB_END));
	cr_assert(fb_write(&write, file, &written, &try.fault));
	bytes = fb_slurp(file);
	cr_expect_str_eq(bytes, "HDR|30|EXPBM||EXVENDOR|EXAMPLE PBM|0000001000|20260101|00000012|FRM|F|20251231|P\n"
		"FHD|F1|N|2|2|1|1|U||F|20260101\nFDT|A|99999000001|03|||||5|12\nFTR|3\n"
		"CHD|P|DS|F\nCDT|A|P1|99999000001|03|||||R|12.50|0.25|F\nCTR|3\nTRL|8\n");
	free(bytes);
	cr_expect_eq(written.rows, 2);
	write.source = text_lit("NOBODY");
	cr_expect(!fb_write(&write, file, &written, &try.fault));
	cr_expect_eq(try.fault.code, FAULT_NOT_FOUND);
	cr_expect(access(file, F_OK) == 0, "what was written before stays");
}

CASE(fb_write, leaves_nothing_out_in_silence)
{
	static struct limits limits = { .step_therapy = 1 };
	static const struct {
		struct status_row row;
		enum fault_code code;
		const char *path;
	} rows[] = {
		{ { .status = { "3", 1 } }, FAULT_NONE, "" },
		{ { .status = { "3", 1 }, .relative_cost = 9 }, FAULT_NONE, "" },
		{ { .status = { "3", 1 }, .tier = 2 }, FAULT_RULE, "FDT/tier" },
		{ { .status = { "3", 1 }, .tier_name = { "GENERIC", 7 } }, FAULT_RULE, "tier_name" },
		{ { .status = { "3", 1 }, .limits = &limits }, FAULT_RULE, "limits" },
		{ { .status = { "|", 1 } }, FAULT_RULE, "FDT/status" },
		{ { .relative_cost = 1 }, FAULT_MISSING, "FDT/status" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fb_try try FB_TRY;
		struct builder_setup setup = { .directory = try.directory, .action = BUILDER_FULL,
			.source = { .source = text_lit("EXPBM"), .format = text_lit("QHP"), .loaded_ms = 1 } };
		struct formulary_list list = { .kind = text_lit("STATUS"), .list_id = text_lit("F1") };
		struct builder_row row = { .class = ROW_PRODUCT, .owner_kind = text_lit("STATUS"), .owner = text_lit("F1"),
			.body = text_lit("N99999000001"), .record = &status_row_record, .rec = &rows[i].row };
		struct fb_write write = { .directory = try.directory, .source = text_lit("EXPBM"), .layout = try.layout, .now_ms = 1 };
		struct load_report report;
		struct fb_written written;
		struct builder *builder;
		char aside[160];

		cr_assert(builder_begin(&setup, &builder, &try.fault) && builder_list(builder, &list, BUILDER_FULL, &row.list, &try.fault) &&
			builder_row(builder, &row, &try.fault) && builder_finish(builder, NULL, NULL, &report, &try.line, &try.fault));
		cr_expect_eq(fb_write(&write, try.file, &written, &try.fault), rows[i].code == FAULT_NONE, "row %zu", i);
		if (rows[i].code == FAULT_NONE)
			continue;
		cr_expect_eq(try.fault.code, rows[i].code, "row %zu: %s", i, fault_row(try.fault.code)->name);
		cr_expect_str_eq(try.fault.path, rows[i].path, "row %zu", i);
		snprintf(aside, sizeof(aside), "%s.new", try.file);
		cr_expect(access(try.file, F_OK) != 0 && access(aside, F_OK) != 0, "row %zu: half a file was left", i);
	}
}

/* Lists of other formats tell "not offered" from an open cost, and days that choose a row from days after which a copay is due again. */
CASE(fb_write, a_copay_that_these_files_cannot_say_ends_the_writing)
{
	static const struct {
		struct copay_row row;
		const char *path; /* NULL: it can be written */
	} rows[] = {
		{ { .pharmacy = { "R", 1 }, .offered = 1, .flat_cents = 500 }, NULL },
		{ { .pharmacy = { "R", 1 }, .tier = 2, .unsaid = 1 }, NULL },
		{ { .pharmacy = { "R", 1 }, .tier = 2 }, "offered" },
		{ { .pharmacy = { "R", 1 }, .offered = 1, .flat_cents = 500, .days_supply = 30, .per_copay = 1 }, NULL },
		{ { .pharmacy = { "R", 1 }, .offered = 1, .flat_cents = 500, .days_supply = 30 }, "days_supply" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fb_try try FB_TRY;
		struct builder_setup setup = { .directory = try.directory, .action = BUILDER_FULL,
			.source = { .source = text_lit("EXPBM"), .format = text_lit("QHP"), .loaded_ms = 1 } };
		struct formulary_list list = { .kind = text_lit("COPAY"), .subtype = text_lit("DS"), .list_id = text_lit("P") };
		struct builder_row row = { .class = ROW_PRODUCT, .owner_kind = text_lit("COPAY"), .owner = text_lit("P1"),
			.body = text_lit("N99999000001"), .record = &copay_row_record, .rec = &rows[i].row };
		struct fb_write write = { .directory = try.directory, .source = text_lit("EXPBM"), .layout = try.layout, .now_ms = 1 };
		struct load_report report;
		struct fb_written written;
		struct builder *builder;
		bool good;

		cr_assert(builder_begin(&setup, &builder, &try.fault) && builder_list(builder, &list, BUILDER_FULL, &row.list, &try.fault) &&
			builder_row(builder, &row, &try.fault) && builder_finish(builder, NULL, NULL, &report, &try.line, &try.fault));
		good = fb_write(&write, try.file, &written, &try.fault);
		cr_expect_eq(good, !rows[i].path, "row %zu: %s at %s", i, good ? "written" : fault_row(try.fault.code)->name, good ? "" : try.fault.path);
		if (!good && rows[i].path)
			cr_expect(try.fault.code == FAULT_RULE && strcmp(try.fault.path, rows[i].path) == 0, "row %zu: %s", i, try.fault.path);
	}
}

/* -- any lists -- */

static uint64_t state;

static unsigned any(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator */
	return (unsigned)(state >> 33) % n;
}

/* The six columns of a product. An NDC and its concept belong together, as in the world. */
static void any_product(FILE *out, unsigned i)
{
	switch (any(8)) {
	case 6: /* one that represents the concept of a reference number; these are other products, as it would not be both */
		fprintf(out, "9999901%04u|36|8%u|FDB||", i, i);
		break;
	case 7:
		fprintf(out, "9999902%04u|03|9%u|%s|20000%u|SCD", i, i, i % 2 ? "FDB" : "", i);
		break;
	case 0:
		fprintf(out, "9999900%04u|36||||", i);
		break;
	case 1:
		fprintf(out, "9999900%04u|36|||10000%u|SCD", i, i);
		break;
	case 2:
		fprintf(out, "9999900%04u|03|||10000%u|SCD", i, i);
		break;
	case 3:
		fprintf(out, "||||10000%u|SCD", i);
		break;
	case 4:
		fprintf(out, "||7%u|%s||", i, any(2) ? "FDB" : "");
		break;
	default:
		fprintf(out, "9999900%04u|03||||", i);
	}
}

static void any_money(FILE *out)
{
	static const char *const amounts[] = { "", "0", "5", "12.50", "12.5", "1999.99", "0.01" };

	fprintf(out, "|%s", amounts[any(7)]);
}

static void any_copay(FILE *out)
{
	fprintf(out, "|%c", "RMSLA"[any(5)]);
}

static void any_costs(FILE *out)
{
	static const char *const rates[] = { "", "0", "0.2", ".335", "1", "0.0001" };

	any_money(out);
	fprintf(out, "|%s|%c|%u||%s|%u|%u\n", rates[any(6)], "FP"[any(2)], any(3), any(2) ? "30" : "", any(9), any(9));
}

/* Of a status list each product once: the second of two is refused, but that it links an NDC to a concept stays true. */
static void any_detail(const char *record, const char *type, unsigned number, FILE *out)
{
	fprintf(out, "%s|A|", record);
	if (record[0] == 'C' || record[0] == 'G')
		fprintf(out, "C%u|", any(3));
	if (!strcmp(type, "SL")) {
		fprintf(out, "%u|%s", any(6), any(2) ? "G" : "");
		any_copay(out);
		fprintf(out, "|%u|", any(3) * 100);
		any_costs(out);
		return;
	}
	if (!strcmp(type, "RS")) {
		fprintf(out, "%u|https://pbm.example/%u\n", any(9) + 1, any(99));
		return;
	}
	any_product(out, record[0] == 'F' ? number : any(PRODUCTS));
	if (record[0] == 'F')
		fprintf(out, "|%u|%s", any(100), any(2) ? "7" : "");
	if (record[0] == 'A') {
		fputc('|', out);
		any_product(out, any(PRODUCTS));
		fprintf(out, "|%u", any(100));
	}
	if (!strcmp(type, "AL"))
		fprintf(out, "|%u|Y|%s", any(20) + 1, any(2) ? "21|Y" : "");
	if (!strcmp(type, "GL"))
		fprintf(out, "|%u", any(2) + 1);
	if (!strcmp(type, "QL"))
		fprintf(out, "|%u.%u|%s|%s", any(90) + 1, any(10000), any(2) ? "QY" : "DS", any(2) ? "DY|||30" : "PD");
	if (!strcmp(type, "RD"))
		fprintf(out, "|%u|https://pbm.example/%u", any(9) + 1, any(99));
	if (!strcmp(type, "SM")) {
		fputc('|', out);
		any_product(out, any(PRODUCTS));
		fprintf(out, "||||%u|%u", any(4), any(4));
	}
	if (!strcmp(type, "TM"))
		fprintf(out, "|MESSAGE %u|%s", any(99), any(2) ? "ZUZAHLUNG PR\xC3\x9C" "FEN" : "");
	if (!strcmp(type, "DS")) {
		any_copay(out);
		any_costs(out);
		return;
	}
	fputc('\n', out);
}

/* Plans with the BIN lines that stand for them; the ids of one come in several details. */
static void any_cross(FILE *out)
{
	fprintf(out, "XHD|X1|F|%s\n", any(2) ? "20260101" : "");
	for (unsigned plan = any(6); plan; plan--) {
		bool named = any(3) > 0;
		unsigned formulary = any(LISTS + 1), alternative = any(2), lines = named ? 1 + any(4) : 1;

		for (unsigned i = 0; i < lines; i++) {
			fprintf(out, "XDT|A|99999%u|%s|", 8 + any(2), any(2) ? "EXPCN" : "");
			fprintf(out, "EXGRP%u-%u|", plan, i);
			if (named)
				fprintf(out, "PLAN%u", plan);
			fputc('|', out);
			if (formulary)
				fprintf(out, "F%u", formulary);
			fputs(alternative ? "|L|" : "||", out);
			if (any(2))
				fprintf(out, "C%u", any(3));
			fputc('|', out);
			if (any(2))
				fprintf(out, "C%u", any(3));
			fputc('\n', out);
		}
	}
	fputs("XTR|@\n", out);
}

static void any_file(FILE *out)
{
	static const char *const types[] = { "AL", "DE", "GL", "PA", "QL", "RD", "RS", "SM", "ST", "TM", "DS", "SL" };

	fputs(FB_FULL, out);
	for (unsigned i = 0; i < LISTS + 12; i++) {
		const char *type = i < LISTS ? "" : types[i - LISTS];
		const char *record = i == 0 ? "A" : i < LISTS ? "F" : i < LISTS + 10 ? "G" : "C";
		char detail[4] = { record[0], 'D', 'T', '\0' };

		if (record[0] == 'F')
			fprintf(out, "FHD|F%u|N|2|2|1|1|U||F|%s\n", i, any(2) ? "20260101" : "");
		else
			fprintf(out, "%sHD|L|%s%sF|%s\n", record, type, *type ? "|" : "", any(2) ? "20260101" : "29991231");
		for (unsigned k = any(30); k; k--)
			any_detail(detail, type, k, out);
		fprintf(out, "%sTR|@\n", record);
	}
	any_cross(out);
	fputs(FB_END, out);
}

CASE(fb_write, any_lists_load_to_the_same_once_written)
{
	for (size_t round = 0; round < ROUNDS; round++) {
		struct fb_try try FB_TRY;
		char *text = NULL;
		size_t n;
		FILE *out = open_memstream(&text, &n);

		state = 1000 + round;
		any_file(out);
		fclose(out);
		cr_assert(fb_load_text(&try, text), "round %zu: %s at %s, line %lld", round, fault_row(try.fault.code)->name, try.fault.path, (long long)try.line);
		cr_expect_eq(try.report.lists_refused, 0, "round %zu:\n%s", round, fb_slurp(try.response));
		same_after_writing(&try, round);
		free(text);
	}
}

/* -- updates -- */

struct model {
	int status[LISTS][PRODUCTS]; /* -1: not listed */
	int copay[LISTS][PRODUCTS];
};

static void put_full(const struct model *model, unsigned list, FILE *out)
{
	fprintf(out, "FHD|F%u|N|2|2|1|1|U||F|20260101\n", list);
	for (int i = 0; i < PRODUCTS; i++)
		if (model->status[list][i] >= 0)
			fprintf(out, "FDT|A|9999900%04d|03|||||%d\n", i, model->status[list][i]);
	fprintf(out, "FTR|@\nCHD|P%u|DS|F|20260101\n", list);
	for (int i = 0; i < PRODUCTS; i++)
		if (model->copay[list][i] >= 0)
			fprintf(out, "CDT|A|P%u|9999900%04d|03|||||R|%d\n", list, i, model->copay[list][i]);
	fputs("CTR|@\n", out);
}

/* Adds, changes and deletes, some of them of one product more than once: the last counts. */
static void put_update(struct model *model, unsigned list, FILE *out)
{
	fprintf(out, "FHD|F%u|N|2|2|1|1|U||U|%s\n", list, any(2) ? "20260101" : "");
	for (unsigned n = any(6); n; n--) {
		unsigned i = any(PRODUCTS);
		bool gone = any(3) == 0;
		int status = (int)any(100), was = model->status[list][i];

		fprintf(out, "FDT|%c|9999900%04u|03|||||%d\n", gone ? 'D' : was < 0 ? 'A' : 'C', i, status);
		model->status[list][i] = gone ? -1 : status;
	}
	fprintf(out, "FTR|@\nCHD|P%u|DS|U|\n", list);
	for (unsigned n = any(6); n; n--) {
		unsigned i = any(PRODUCTS);
		bool gone = any(3) == 0;
		int copay = (int)any(100), was = model->copay[list][i];

		fprintf(out, "CDT|%c|P%u|9999900%04u|03|||||R|%d\n", gone ? 'D' : was < 0 ? 'A' : 'C', list, i, copay);
		model->copay[list][i] = gone ? -1 : copay;
	}
	fputs("CTR|@\n", out);
}

/* A file that takes the model one step on. */
static char *any_step(struct model *model, bool first)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	fputs(first ? FB_FULL : FB_UPDATE, out);
	for (unsigned list = 0; list < LISTS; list++) {
		if (!first && any(2)) {
			put_update(model, list, out);
			continue;
		}
		if (!first && any(3))
			continue; /* not in this update */
		for (int i = 0; i < PRODUCTS; i++) {
			model->status[list][i] = any(2) ? (int)any(100) : -1;
			model->copay[list][i] = any(2) ? (int)any(100) : -1;
		}
		put_full(model, list, out);
	}
	fputs(FB_END, out);
	fclose(out);
	return text;
}

CASE(fb_write, a_sequence_of_updates_is_the_full_load_of_its_result)
{
	for (size_t round = 0; round < ROUNDS / 4; round++) {
		struct fb_try try FB_TRY;
		struct fb_try whole FB_TRY;
		struct model model;
		char *text = NULL, *a, *b;
		size_t n;
		FILE *out;

		state = 77 + round;
		for (int step = 0; step < STEPS; step++) {
			text = any_step(&model, step == 0);
			cr_assert(fb_load_text(&try, text) || try.report.lists == 0, "round %zu step %d: %s at %s\n%s", round, step,
				fault_row(try.fault.code)->name, try.fault.path, text);
			cr_expect_eq(try.report.lists_refused, 0, "%s", fb_slurp(try.response));
			free(text);
		}
		out = open_memstream(&text, &n);
		fputs(FB_FULL, out);
		for (unsigned list = 0; list < LISTS; list++)
			put_full(&model, list, out);
		fputs(FB_END, out);
		fclose(out);
		cr_assert(fb_load_text(&whole, text));
		a = fb_dump_of(try.directory);
		b = fb_dump_of(whole.directory);
		cr_expect_str_eq(a, b, "round %zu", round);
		free(a);
		free(b);
		free(text);
	}
}
