/* SPDX-License-Identifier: Apache-2.0 */
/* Any lines as rows of Part D files: a line begins with the number of its file. Never a crash, and a row that is refused names a column of its
   file, or what is wrong with all of it. */
#include "formulary/partd/partd_rows.h"

#include "test/fuzz/public.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_place(enum partd_kind kind, const struct fault *fault)
{
	char name[40];

	if (strcmp(fault->path, "") == 0 || strcmp(fault->path, "columns") == 0)
		return;
	for (size_t i = 0; i < partd_columns(kind); i++)
		if (strcmp(partd_column(kind, i, name), fault->path) == 0)
			return;
	abort();
}

static void take(struct partd_rows *rows, enum partd_kind kind, struct text line)
{
	struct partd_cells cells;
	struct fault fault;

	rows->line++;
	if (!partd_split(kind, line, &cells, &fault) || !partd_row(rows, &cells, &fault))
		check_place(kind, &fault);
	else
		rows->report->rows[kind]++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct text rest = { (const char *)data, n };
	struct partd_report report = { 0 };
	struct builder *builder = any_builder("CMS-PARTD");
	enum partd_kind kind = 0;
	struct partd_rows rows;

	partd_rows_init(&rows, builder, &report);
	partd_rows_file(&rows, text_lit("file"));
	while (text_there(rest)) {
		struct text line = text_cut(&rest, '\n');
		enum partd_kind next = line.n ? (enum partd_kind)(line.at[0] - '0') : PARTD_KINDS;

		if (next < kind || next >= PARTD_KINDS)
			continue; /* files come in their order */
		if (next != kind)
			partd_rows_file(&rows, text_lit("file"));
		kind = next;
		take(&rows, kind, (struct text){ line.at + 1, line.n - 1 });
	}
	partd_rows_done(&rows);
	return 0;
}
