/* SPDX-License-Identifier: Apache-2.0 */
#include "base/config_file.h"
#include "test/base/sample.h"
#include "test/case.h"

#include <string.h>

CASE(config_file, reads_keys_and_sections)
{
	static const char body[] = "# a comment\r\n"
				   "\n"
				   "ID = 7   # another\n"
				   "Code=AA\n"
				   "  Long =  https://example.test/#top = x  \n"
				   "Flag = true\n"
				   "Text = one\n"
				   "Text = two\n"
				   "Extra = 12\n"
				   "[note]\n"
				   "text = first\n"
				   "[ note ]\n"
				   "text = second\n"
				   "tag =";
	struct arena arena;
	static struct config_file_report report;
	struct sample_settings s = { 0 };

	arena_init(&arena, 1 << 20);
	cr_assert(config_file_read(&sample_settings_record, &s, text_of(body), &arena, &report), "line %d: %s",
		report.problems[0].line, fault_row(report.problems[0].code)->name);
	cr_expect(text_is(s.id, "7") && text_is(s.code, "AA") && text_is(s.long_text, "https://example.test/#top = x"));
	cr_expect(s.flag == 1 && s.extra == 12 && s.texts_n == 2);
	cr_assert_eq(s.notes_n, 2);
	cr_expect(text_is(s.notes[0].text, "first") && text_is(s.notes[1].text, "second"));
	cr_expect(!text_there(s.notes[0].tag), "not mentioned");
	cr_expect(text_there(s.notes[1].tag) && s.notes[1].tag.n == 0, "mentioned, and empty");
	cr_expect_eq(config_file_line(&report, NULL, 0, record_field(&sample_settings_record, "texts"), 0), 7);
	cr_expect_eq(config_file_line(&report, NULL, 0, record_field(&sample_settings_record, "texts"), 1), 8);
	cr_expect_eq(config_file_line(&report, record_field(&sample_settings_record, "notes"), 1,
		record_field(&sample_remark_record, "tag"), 0), 14);
	cr_expect_eq(config_file_line(&report, record_field(&sample_settings_record, "notes"), 0,
		record_field(&sample_remark_record, "tag"), 0), 10, "not there: its section");
	arena_done(&arena);
}

CASE(config_file, says_which_line_is_wrong)
{
	static const struct {
		const char *body;
		int line;
		enum fault_code code;
		const char *list, *field;
	} rows[] = {
		{ "ID=7\nCode=AA\nnothing", 3, FAULT_CONFIG, "", "" },
		{ "ID=7\nCode=AA\n=AA", 3, FAULT_CONFIG, "", "" },
		{ "ID=7\nCode=AA\n[note", 3, FAULT_CONFIG, "", "" },
		{ "ID=7\nCode=AA\n\n# x\nOther=1", 5, FAULT_UNKNOWN_ELEMENT, "", "" },
		{ "ID=7\nCode=AA\n[other]", 3, FAULT_UNKNOWN_ELEMENT, "", "" },
		{ "ID=7\nCode=AA\n[other]\nkeys = are its own\nID=8", 3, FAULT_UNKNOWN_ELEMENT, "", "" },
		{ "ID=7\nCode=AA\n[ID]", 3, FAULT_UNKNOWN_ELEMENT, "", "" },
		{ "ID=7\nCode=AA\nnote=1", 3, FAULT_UNKNOWN_ELEMENT, "", "" },
		{ "ID=7\nCode=AA\n[]", 3, FAULT_UNKNOWN_ELEMENT, "", "" },
		{ "ID=7\nCode=AA\n[", 3, FAULT_CONFIG, "", "" },
		{ "ID=7\nCode=AA\nID=7", 3, FAULT_REPEATED, "", "ID" },
		{ "ID=7\nCode=AA\nID=", 3, FAULT_REPEATED, "", "ID" },
		{ "Code=AA\nID=123456789", 2, FAULT_TOO_LONG, "", "ID" },
		{ "Code=AA\nID=", 2, FAULT_MISSING, "", "ID" },
		{ "ID=7\nCode=ZZ", 2, FAULT_BAD_CODE, "", "Code" },
		{ "ID=7\nCode=", 2, FAULT_MISSING, "", "Code" },
		{ "ID=7\nCode=AA\nFlag=yes", 3, FAULT_BAD_CODE, "", "Flag" },
		{ "ID=7\nCode=AA\nExtra=-1", 3, FAULT_BAD_NUMBER, "", "Extra" },
		{ "ID=7\nCode=AA\nText = 1234567", 3, FAULT_TOO_LONG, "", "Text" },
		{ "ID=7\nCode=AA\n[note]\ntag=x\n\n[note]\ntext=y", 3, FAULT_MISSING, "note", "text" },
		{ "ID=7\nCode=AA\n[note]\ntext=y\n[note]\n\n", 5, FAULT_MISSING, "note", "text" },
		{ "ID=7\nCode=AA\n[note]\ntext=y\n[note]\ntext=y\n[note]\n", 7, FAULT_REPEATED, "", "note" },
		{ "ID=7", 0, FAULT_MISSING, "", "Code" },
		{ "ID=7\nCode=AA\n[note]\ntext=y\nID=8", 5, FAULT_UNKNOWN_ELEMENT, "note", "" },
	};
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct config_file_report report;
		const struct config_file_problem *problem = &report.problems[0];
		struct sample_settings s = { 0 };

		cr_expect(!config_file_read(&sample_settings_record, &s, text_of(rows[i].body), &arena, &report), "row %zu", i);
		cr_assert_eq(report.problems_n, 1, "row %zu: one mistake, and %zu found", i, report.problems_all);
		cr_expect(problem->line == rows[i].line && problem->code == rows[i].code, "row %zu: line %d %s", i, problem->line,
			fault_row(problem->code)->name);
		cr_expect(problem->list ? text_is(field_name(problem->list), rows[i].list) : !*rows[i].list, "row %zu", i);
		cr_expect(problem->field ? text_is(field_name(problem->field), rows[i].field) : !*rows[i].field, "row %zu", i);
	}
	arena_done(&arena);
}

CASE(config_file, says_all_that_is_wrong)
{
	static const char body[] = "ID=123456789\nOther=1\nnothing\nFlag=yes\nFlag=true\n[note]\ntga=x\n[note]\ntag=x\ntag=y\n[none]\nx=y";
	static const struct {
		int line;
		enum fault_code code;
		int first_line;
		const char *word;
	} want[] = {
		{ 1, FAULT_TOO_LONG, 0, "" }, { 2, FAULT_UNKNOWN_ELEMENT, 0, "Other" }, { 3, FAULT_CONFIG, 0, "" },
		{ 4, FAULT_BAD_CODE, 0, "" }, { 5, FAULT_REPEATED, 4, "" }, { 7, FAULT_UNKNOWN_ELEMENT, 0, "tga" },
		{ 6, FAULT_MISSING, 0, "" }, { 10, FAULT_REPEATED, 9, "" }, { 8, FAULT_MISSING, 0, "" },
		{ 11, FAULT_UNKNOWN_ELEMENT, 0, "none" }, { 0, FAULT_MISSING, 0, "" },
	};
	enum { N = sizeof(want) / sizeof(*want) };
	static struct config_file_report report;
	struct sample_settings s = { 0 };
	struct arena arena;

	arena_init(&arena, 1 << 20);
	cr_expect(!config_file_read(&sample_settings_record, &s, text_of(body), &arena, &report));
	cr_assert_eq(report.problems_n, N, "%zu", report.problems_n);
	for (size_t i = 0; i < N; i++) {
		const struct config_file_problem *problem = &report.problems[i];

		cr_expect(problem->line == want[i].line && problem->code == want[i].code && problem->first_line == want[i].first_line,
			"%zu: line %d %s, first %d", i, problem->line, fault_row(problem->code)->name, problem->first_line);
		cr_expect(*want[i].word ? text_is(problem->word, want[i].word) : !problem->word.n, "%zu", i);
	}
	arena_done(&arena);
}

CASE(config_file, counts_what_it_no_longer_keeps)
{
	static struct config_file_report report;
	struct sample_settings s = { 0 };
	char body[4 * 100 + 1];
	struct arena arena;

	for (int i = 0; i < 100; i++)
		memcpy(body + (ptrdiff_t)4 * i, "x=y\n", 5);
	arena_init(&arena, 1 << 20);
	cr_expect(!config_file_read(&sample_settings_record, &s, text_of(body), &arena, &report));
	cr_expect(report.problems_n == CONFIG_FILE_PROBLEMS_MAX && report.problems_all == 102);
	arena_done(&arena);
}
