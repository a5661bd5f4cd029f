/* SPDX-License-Identifier: Apache-2.0 */
#include "test/base/sample.h"
#include "test/case.h"

#include <string.h>

static bool holds(struct text t, const char *part)
{
	return memmem(t.at, t.n, part, strlen(part)) != NULL;
}

/* Cells of a Markdown table line: bars that are not escaped, less one. */
static int cells(struct text line)
{
	int bars = 0;

	for (size_t i = 0; i < line.n; i++)
		bars += line.at[i] == '|' && (i == 0 || line.at[i - 1] != '\\');
	return bars - 1;
}

CASE(document, every_line_of_the_table_has_four_cells)
{
	struct arena arena;
	struct buffer out;
	struct text rest;
	int lines = 0;

	arena_init(&arena, 1 << 20);
	buffer_init(&out, &arena, 0);
	record_document(&sample_record, &out);
	record_document(&sample_part_record, &out);
	for (rest = buffer_text(&out); text_there(rest);) {
		struct text line = text_cut(&rest, '\n');

		if (text_starts(line, "|")) {
			lines++;
			cr_expect_eq(cells(line), 4, "%.*s", TEXT_ARGS(line));
		}
	}
	cr_expect_eq(lines, (int)(sample_record.n + sample_part_record.n + 4));
	rest = buffer_text(&out);
	cr_expect(holds(rest, "| Code | 1 | one of AA, BB, CCC | closed code |"));
	cr_expect(holds(rest, "| Codes or Kode or K | 0..* |"));
	cr_expect(holds(rest, "| Part | 0..3 | [sample_part](#sample_part) |"));
	cr_expect(holds(rest, "whole number from -5 to 5"));
	cr_expect(holds(rest, "a part \\| with a bar"));
	cr_expect(holds(rest, "| @kind | 0..1 |") && holds(rest, "| (its text) | 0..1 |"));
	arena_done(&arena);
}

CASE(document, what_is_expected_where_a_path_points)
{
	static const struct {
		const char *path, *said;
	} cases[] = {
		{ "Code", "one of AA, BB, CCC: closed code" },
		{ "Part[2]", "parts" },
		{ "Kode", "one of X, Y: codes, by three names" },
		{ "", NULL },
		{ "Nowhere", NULL },
		{ "Code/Deeper", NULL },
	};
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buffer out;

		buffer_init(&out, &arena, 0);
		cr_expect_eq(record_expected(&sample_record, cases[i].path, &out), cases[i].said != NULL, "%s", cases[i].path);
		cr_expect(cases[i].said ? text_starts(buffer_text(&out), cases[i].said) : out.n == 0, "%s: %.*s", cases[i].path,
			TEXT_ARGS(buffer_text(&out)));
	}
	{
		struct buffer out;

		buffer_init(&out, &arena, 0);
		cr_expect(!record_names(&sample_record, "Code", &out) && !record_names(&sample_record, "Nowhere", &out) && out.n == 0);
		cr_expect(record_names(&sample_record, "Part[1]", &out) && text_starts(buffer_text(&out), "kind, "));
	}
	arena_done(&arena);
}

CASE(document, an_outline_shows_what_is_there_and_cannot_drive_a_terminal)
{
	struct arena arena;
	struct buffer out;
	struct sample_part part = { .kind = text_lit("A"), .text = text_lit("x\x1B[2Jy\nz") };
	struct sample s = { .id = text_lit("7"), .flag = 1, .parts = &part, .parts_n = 1 };

	arena_init(&arena, 1 << 20);
	buffer_init(&out, &arena, 0);
	record_outline(&sample_record, &s, 1, &out);
	cr_expect(text_is(buffer_text(&out), "  ID: 7\n  Flag: true\n  Count: 0\n  Part\n    kind: A\n    (text): x.[2Jy / z\n"),
		"%.*s", TEXT_ARGS(buffer_text(&out)));
	arena_done(&arena);
}
