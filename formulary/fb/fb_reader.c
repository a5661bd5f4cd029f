/* SPDX-License-Identifier: Apache-2.0 */
/* Which record comes when, and whether there are as many as their trailer says. */
#include "formulary/fb/fb_reader.h"

#include <assert.h>
#include <string.h>

void fb_reader_init(struct fb_reader *reader, const struct fb_layout *layout)
{
	*reader = (struct fb_reader){ .layout = layout };
}

/* Whether a trailer counts itself and the header is not public: with both, with one, with neither. */
static bool counted(int64_t said, int64_t records)
{
	return said <= records && said >= records - 2;
}

static struct text subtype(const struct fb_reader *reader)
{
	return text_of(reader->subtype);
}

static const struct fb_shape *shape_of(struct fb_reader *reader, struct text type)
{
	if (!reader->last || type.n != FB_RECORD_TYPE || memcmp(reader->last->type, type.at, FB_RECORD_TYPE))
		reader->last = fb_layout_shape(reader->layout, type, subtype(reader));
	return reader->last;
}

/* The list that is open ends without being whole. */
static void lose(struct fb_reader *reader, struct fb_found *found, enum fault_code code, const char *where)
{
	const struct fb_shape *trailer = fb_layout_part(reader->layout, reader->kind, FB_TRAILER, subtype(reader));

	if (reader->at != FB_IN_LIST)
		return;
	found->lost = true;
	fault_set(&found->lost_why, code, where);
	fault_under(&found->lost_why, text_of(trailer->type), -1);
}

static bool bad(struct fb_found *found, enum fault_code code, const struct fb_shape *shape)
{
	found->event = FB_BAD_DETAIL;
	fault_set(&found->fault, code, shape->type);
	return true;
}

static bool file_header(struct fb_reader *reader, const struct fb_shape *shape, struct text columns, struct fb_found *found,
	struct fault *fault)
{
	uint64_t given;

	if (reader->at != FB_AT_START)
		return fault_set(fault, FAULT_REPEATED, shape->type);
	if (!fb_cells_read(shape, columns, &found->file, &given, fault))
		return false;
	if (!fb_layout_is(reader->layout, found->file.version)) {
		fault_set(fault, FAULT_VERSION, "version");
		return fault_under(fault, text_of(shape->type), -1);
	}
	found->event = FB_GOT_FILE;
	reader->at = FB_BETWEEN;
	return true;
}

static bool file_trailer(struct fb_reader *reader, const struct fb_shape *shape, struct text columns, struct fb_found *found,
	struct fault *fault)
{
	uint64_t given;

	lose(reader, found, FAULT_MISSING, "");
	if (!fb_cells_read(shape, columns, &found->file, &given, fault))
		return false;
	if (!counted(found->file.records, reader->records)) {
		fault_set(fault, FAULT_RULE, "records");
		return fault_under(fault, text_of(shape->type), -1);
	}
	found->event = FB_GOT_FILE_END;
	reader->at = FB_AT_END;
	return true;
}

static bool list_header(struct fb_reader *reader, const struct fb_shape *shape, struct text columns, struct fb_found *found)
{
	uint64_t given;
	bool good;

	lose(reader, found, FAULT_MISSING, "");
	reader->kind = found->kind = shape->kind;
	reader->list_records = 1;
	reader->last = NULL;
	good = fb_cells_read(shape, columns, &found->list, &given, &found->fault);
	text_to_z(found->list.subtype, reader->subtype, sizeof(reader->subtype));
	if (good && !fb_layout_part(reader->layout, shape->kind, FB_DETAIL, subtype(reader))) {
		fault_set(&found->fault, FAULT_BAD_CODE, "subtype");
		fault_under(&found->fault, text_of(shape->type), -1);
		good = false;
	}
	found->event = good ? FB_GOT_LIST : FB_BAD_LIST;
	reader->at = good ? FB_IN_LIST : FB_PASSING;
	return true;
}

static bool list_trailer(struct fb_reader *reader, const struct fb_shape *shape, struct text columns, struct fb_found *found)
{
	struct fault why;
	uint64_t given;

	found->event = reader->at == FB_PASSING ? FB_PASSED : FB_GOT_LIST_END;
	if (reader->at == FB_BETWEEN)
		return bad(found, FAULT_RULE, shape);
	if (shape->kind != reader->kind) {
		lose(reader, found, FAULT_RULE, "");
		bad(found, FAULT_RULE, shape);
	} else if (reader->at == FB_IN_LIST && !fb_cells_read(shape, columns, &found->list, &given, &why)) {
		lose(reader, found, why.code, "records");
	} else if (reader->at == FB_IN_LIST && !counted(found->list.records, reader->list_records)) {
		lose(reader, found, FAULT_RULE, "records");
	}
	reader->at = FB_BETWEEN;
	reader->last = NULL;
	return true;
}

static bool detail(struct fb_reader *reader, const struct fb_shape *shape, struct text columns, struct fb_found *found)
{
	if (reader->at == FB_PASSING) {
		found->event = FB_PASSED;
		return true;
	}
	if (reader->at != FB_IN_LIST || shape->kind != reader->kind)
		return bad(found, FAULT_RULE, shape);
	found->kind = shape->kind;
	found->event = fb_cells_read(shape, columns, &found->detail, &found->given, &found->fault) ? FB_GOT_DETAIL : FB_BAD_DETAIL;
	return true;
}

bool fb_reader_line(struct fb_reader *reader, struct text line, struct fb_found *found, struct fault *fault)
{
	struct text columns = line, type;
	const struct fb_shape *shape;

	found->event = FB_NOTHING;
	found->lost = false;
	if (reader->records == 0 && line.n >= 3 && !memcmp(line.at, "\xEF\xBB\xBF", 3)) {
		columns.at += 3; /* a byte order mark */
		columns.n -= 3;
	}
	if (!text_trim(columns).n)
		return true;
	type = text_trim(text_cut(&columns, '|'));
	shape = shape_of(reader, type);
	reader->records++;
	reader->list_records++;
	if (reader->at == FB_AT_END || (reader->at == FB_AT_START && !(shape && shape->kind == FB_FILE && shape->part == FB_HEADER))) {
		enum fb_part part = reader->at == FB_AT_END ? FB_TRAILER : FB_HEADER;
		const struct fb_shape *wanted = fb_layout_part(reader->layout, FB_FILE, part, TEXT_NONE);

		return fault_set(fault, part == FB_TRAILER ? FAULT_RULE : text_utf8(line) ? FAULT_MISSING : FAULT_BAD_TEXT, wanted ? wanted->type : "");
	}
	if (!shape && fb_layout_knows(reader->layout, type)) {
		/* a detail that only lists of another type have */
		found->event = reader->at == FB_PASSING ? FB_PASSED : FB_BAD_DETAIL;
		return fault_set(&found->fault, FAULT_RULE, "record") || true;
	}
	if (!shape) {
		found->event = FB_UNKNOWN;
		return true;
	}
	switch (shape->part) {
	case FB_HEADER:
		return shape->kind == FB_FILE ? file_header(reader, shape, columns, found, fault) : list_header(reader, shape, columns, found);
	case FB_DETAIL:
		return detail(reader, shape, columns, found);
	case FB_TRAILER:
		return shape->kind == FB_FILE ? file_trailer(reader, shape, columns, found, fault) : list_trailer(reader, shape, columns, found);
	case FB_PARTS:
		break;
	}
	__builtin_unreachable();
}

bool fb_reader_long_line(struct fb_reader *reader, struct fb_found *found, struct fault *fault)
{
	found->event = reader->at == FB_PASSING ? FB_PASSED : FB_BAD_DETAIL;
	found->lost = false;
	if (reader->at == FB_AT_START || reader->at == FB_AT_END)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	reader->records++;
	reader->list_records++;
	return fault_set(&found->fault, FAULT_TOO_LARGE, "record") || true;
}

bool fb_reader_end(const struct fb_reader *reader, struct fault *fault)
{
	const struct fb_shape *trailer = fb_layout_part(reader->layout, FB_FILE, FB_TRAILER, TEXT_NONE);

	return reader->at == FB_AT_END || fault_set(fault, FAULT_MISSING, trailer ? trailer->type : "");
}
