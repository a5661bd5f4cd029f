/* SPDX-License-Identifier: Apache-2.0 */
/* Second expansion of a .def file: the tables. Included by <folder>/records.c after <folder>/records.h and before the
   .def files, without an include guard; base/record_end.h takes the macros away again. */
#include "base/record.h"

#define RECORD_CAT_(a, b) a##b
#define RECORD_CAT(a, b) RECORD_CAT_(a, b)
#define RECORD_STR_(a) #a
#define RECORD_STR(a) RECORD_STR_(a)
/* name, doc and shape stand before the rows, the struct record after them */
#define RECORD(record_shape, record_doc)                                           \
	enum { RECORD_CAT(SELF, _shape) = SHAPE_##record_shape };                   \
	static const char RECORD_CAT(SELF, _doc)[] = record_doc;                    \
	static const struct field RECORD_CAT(SELF, _fields)[] = {
#define END                                                                                             \
	}                                                                                               \
	;                                                                                               \
	const struct record RECORD_CAT(SELF, _record) = { RECORD_STR(SELF), RECORD_CAT(SELF, _doc),     \
		(enum record_shape)RECORD_CAT(SELF, _shape), RECORD_CAT(SELF, _fields),                 \
		sizeof(RECORD_CAT(SELF, _fields)) / sizeof(struct field), sizeof(struct SELF) };
#define ROW(row_kind, row_member, row_wire, row_need, row_doc)                                            \
	.kind = FIELD_##row_kind, .offset = offsetof(struct SELF, row_member), .need = (row_need),         \
	.several_names = __builtin_strchr("" row_wire, '|') != NULL, .wire = { "" row_wire, sizeof(row_wire) - 1 }, .member = #row_member, .doc = row_doc
#define TEXT(member, wire, need, limit, doc) { ROW(TEXT, member, wire, need, doc), .max = limit },
#define CODE(member, wire, need, list, doc) { ROW(CODE, member, wire, need, doc), .codes = list },
#define DIGITS(member, wire, need, limit, doc) { ROW(DIGITS, member, wire, need, doc), .max = limit },
#define DECIMAL(member, wire, need, limit, doc) { ROW(DECIMAL, member, wire, need, doc), .max = limit },
#define DATE(member, wire, need, doc) { ROW(DATE, member, wire, need, doc) },
#define TIME(member, wire, need, doc) { ROW(TIME, member, wire, need, doc) },
#define FLAG(member, wire, need, doc) { ROW(FLAG, member, wire, need, doc) },
#define COUNT(member, wire, need, least, most, doc) \
	{ ROW(COUNT, member, wire, need, doc), .low = least, .high = most },
#define GROUP(member, wire, need, record, doc) { ROW(GROUP, member, wire, need, doc), .of = &record##_record },
#define ROW_ITEMS(member, least, most) \
	.min = least, .max = most, .count_offset = offsetof(struct SELF, member##_n)
#define LIST(member, wire, least, most, record, doc)                                                       \
	{ ROW(LIST, member, wire, (least) > 0, doc), ROW_ITEMS(member, least, most), .of = &record##_record },
#define TEXTS(member, wire, least, most, length, doc) \
	{ ROW(TEXTS, member, wire, (least) > 0, doc), ROW_ITEMS(member, least, most), .item_max = length },
#define CODES(member, wire, least, most, list, doc) \
	{ ROW(CODES, member, wire, (least) > 0, doc), ROW_ITEMS(member, least, most), .codes = list },
#define RAW(member, wire, need, doc) { ROW(RAW, member, wire, need, doc) },
#define ATTRIBUTE(member, wire, need, list, doc) \
	{ ROW(CODE, member, wire, need, doc), .place = PLACE_ATTRIBUTE, .codes = (list)[0] ? (list) : NULL },
#define CONTENT(member, need, limit, doc) { ROW(TEXT, member, "", need, doc), .place = PLACE_CONTENT, .max = limit },
