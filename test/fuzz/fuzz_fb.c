/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a formulary and benefit file: never a crash; every detail that is taken becomes a row or names a member of our own, and the
   row written and read again is the same row. */
#include "formulary/fb/fb_rows.h"
#include "gateway/sandbox/sandbox.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct fb_layout *layout(void)
{
	static struct fb_layout *layout;
	struct fault fault;
	int line;

	if (!layout && !fb_layout_read(sandbox_fb_layout(0), &layout, &line, &fault))
		abort();
	return layout;
}

/* A row that was taken can be written, and what is written is it. */
static void and_back(const struct fb_reader *reader, const struct fb_row *row, struct arena *arena)
{
	const struct fb_shape *shape = fb_layout_part(layout(), reader->kind, FB_DETAIL, text_of(reader->subtype));
	struct fb_detail detail, again;
	struct fb_row second;
	struct buffer line;
	struct fault fault;
	struct text columns;
	uint64_t given;

	buffer_init(&line, arena, 512);
	if (!fb_detail_of(reader->kind, row->row.body, row->row.owner, &row->rec, &detail, &given, &fault) ||
		!fb_cells_write(shape, &detail, given, &line, &fault) || line.failed)
		abort();
	columns = (struct text){ line.at, line.n - 1 };
	text_cut(&columns, '|');
	if (!fb_cells_read(shape, columns, &again, &given, &fault) ||
		!fb_row_of(reader->kind, text_of(reader->subtype), row->row.owner, &again, given, row->row.line, &second, &fault))
		abort();
	if (!text_equal(row->row.body, second.row.body) || !text_equal(row->row.apart, second.row.apart) ||
		!record_equal(row->row.record, &row->rec, &second.rec))
		abort();
}

static void take(const struct fb_reader *reader, const struct fb_found *found, int64_t line, struct arena *arena)
{
	struct fb_row row;
	struct fault fault;

	if (reader->kind == FB_CROSS)
		return;
	if (!fb_row_of(reader->kind, text_of(reader->subtype), text_lit("LIST"), &found->detail, found->given, line, &row, &fault)) {
		if (!record_field(&fb_detail_record, fault.path))
			abort();
		return;
	}
	if (!row.row.body.n || row.row.apart.n >= FB_APART_MAX)
		abort();
	if (!row.row.remove)
		and_back(reader, &row, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct fb_found found;
	struct text rest = { (const char *)data, n };
	struct fb_reader reader;
	struct arena arena;
	struct fault fault;

	arena_init(&arena, 1 << 20);
	fb_reader_init(&reader, layout());
	for (int64_t line = 1; text_there(rest); line++) {
		arena_reset(&arena);
		if (!fb_reader_line(&reader, text_cut(&rest, '\n'), &found, &fault))
			break;
		if (found.event == FB_GOT_DETAIL)
			take(&reader, &found, line, &arena);
	}
	(void)!fb_reader_end(&reader, &fault);
	arena_done(&arena);
	return 0;
}
