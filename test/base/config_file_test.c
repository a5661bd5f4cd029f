/* SPDX-License-Identifier: Apache-2.0 */
#include "base/config_file.h"
#include "test/base/sample.h"
#include "test/case.h"

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
	struct sample_settings s = { 0 };
	struct fault fault;
	int line = -1;

	arena_init(&arena, 1 << 20);
	cr_assert(config_file_read(&sample_settings_record, &s, text_of(body), &arena, &line, &fault), "line %d: %s %s", line,
		fault_row(fault.code)->name, fault.path);
	cr_expect(text_is(s.id, "7") && text_is(s.code, "AA") && text_is(s.long_text, "https://example.test/#top = x"));
	cr_expect(s.flag == 1 && s.extra == 12 && s.texts_n == 2);
	cr_assert_eq(s.notes_n, 2);
	cr_expect(text_is(s.notes[0].text, "first") && text_is(s.notes[1].text, "second"));
	cr_expect(!text_there(s.notes[0].tag), "not mentioned");
	cr_expect(text_there(s.notes[1].tag) && s.notes[1].tag.n == 0, "mentioned, and empty");
	arena_done(&arena);
}

CASE(config_file, says_which_line_is_wrong)
{
	static const struct {
		const char *body;
		int line;
		enum fault_code code;
		const char *path;
	} rows[] = {
		{ "ID=7\nCode=AA\nnothing", 3, FAULT_CONFIG, "" },
		{ "ID=7\n=AA", 2, FAULT_CONFIG, "" },
		{ "[note", 1, FAULT_CONFIG, "" },
		{ "ID=7\n\n# x\nOther=1", 4, FAULT_UNKNOWN_ELEMENT, "" },
		{ "[other]", 1, FAULT_UNKNOWN_ELEMENT, "" },
		{ "[ID]", 1, FAULT_UNKNOWN_ELEMENT, "" },
		{ "note=1", 1, FAULT_UNKNOWN_ELEMENT, "" },
		{ "[]", 1, FAULT_UNKNOWN_ELEMENT, "" },
		{ "[", 1, FAULT_CONFIG, "" },
		{ "ID=7\nCode=AA\nID=7", 3, FAULT_REPEATED, "ID" },
		{ "ID=7\nCode=AA\nID=", 3, FAULT_REPEATED, "ID" },
		{ "ID=123456789", 1, FAULT_TOO_LONG, "ID" },
		{ "Code=ZZ", 1, FAULT_BAD_CODE, "Code" },
		{ "Flag=yes", 1, FAULT_BAD_CODE, "Flag" },
		{ "ID=7\nExtra=-1", 2, FAULT_BAD_NUMBER, "Extra" },
		{ "ID=7\nCode=AA\n[note]\ntag=x\n\n[note]\ntext=y", 3, FAULT_MISSING, "note[0]/text" },
		{ "ID=7\nCode=AA\n[note]\ntext=y\n[note]\n\n", 5, FAULT_MISSING, "note[1]/text" },
		{ "ID=7\nCode=AA\n[note]\ntext=y\n[note]\ntext=y\n[note]\n", 7, FAULT_REPEATED, "note" },
		{ "ID=7", 0, FAULT_MISSING, "Code" },
		{ "ID=7\nCode=AA\n[note]\ntext=y\nID=8", 5, FAULT_UNKNOWN_ELEMENT, "note[0]" },
	};
	struct arena arena;
	struct fault fault;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sample_settings s = { 0 };
		int line = -1;

		fault.code = FAULT_NONE;
		cr_expect(!config_file_read(&sample_settings_record, &s, text_of(rows[i].body), &arena, &line, &fault), "row %zu", i);
		cr_expect(line == rows[i].line && fault.code == rows[i].code, "row %zu: line %d %s", i, line,
			fault_row(fault.code)->name);
		cr_expect_str_eq(fault.path, rows[i].path, "row %zu", i);
	}
	arena_done(&arena);
}
