/* SPDX-License-Identifier: Apache-2.0 */
/* A record is a list of rows in a .def file. Expanded once it is a C struct, expanded again it is a table of fields, and
   reading, checking, writing, packing and printing the manual are loops over that table.

   A .def file describes one record after another:

	#define SELF address
	RECORD(SEQUENCE, "a postal address")
	TEXT (line1,   "AddressLine1", 0, 40, "street and number")
	TEXT (city,    "City",         1, 35, "city")
	END
	#undef SELF

   and a pair <folder>/records.h, <folder>/records.c expands it (see base/record_struct.h and base/record_table.h).

   Rows (member is the C name, wire the name in the message; "A|B" reads both and writes A; need 1 = required):
	TEXT   (member, wire, need, max, doc)          characters, at most max (0: no limit of its own)
	CODE   (member, wire, need, "A B C", doc)      one of the words
	DIGITS (member, wire, need, max, doc)          decimal digits
	DECIMAL(member, wire, need, max, doc)          a number of at most max digits with optional sign and point, kept as text
	DATE   (member, wire, need, doc)               YYYY-MM-DD
	TIME   (member, wire, need, doc)               xs:dateTime
	FLAG   (member, wire, need, doc)               true or false
	COUNT  (member, wire, need, min, max, doc)     whole number; always there once packed
	GROUP  (member, wire, need, record, doc)       another record
	LIST   (member, wire, min, max, record, doc)   several of another record (max 0: as many as fit)
	TEXTS  (member, wire, min, max, length, doc)   several texts
	CODES  (member, wire, min, max, "A B C", doc)  several codes
	RAW    (member, wire, need, doc)               the element with all that is in it, untouched, as it stood in the message; in a
	                                              record that is only packed: bytes that nobody looks into, such as another packed record
	ATTRIBUTE(member, wire, need, "A B C" or "", doc)  an XML attribute of the record's own element; these rows come first
	CONTENT(member, need, max, doc)                the text of the record's own element, beside its attributes
   New rows go at the end of a record that is packed (bus, store): an older reader then still understands it. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/fault.h"

enum field_kind {
	FIELD_TEXT,
	FIELD_CODE,
	FIELD_DIGITS,
	FIELD_DECIMAL,
	FIELD_DATE,
	FIELD_TIME,
	FIELD_FLAG,
	FIELD_COUNT,
	FIELD_GROUP,
	FIELD_LIST,
	FIELD_TEXTS,
	FIELD_CODES,
	FIELD_RAW,
};

enum field_place { PLACE_ELEMENT, PLACE_ATTRIBUTE, PLACE_CONTENT };

enum record_shape {
	SHAPE_SEQUENCE, /* its fields in this order */
	SHAPE_CHOICE,   /* exactly one of its fields */
};

/* What a field is in the C struct, by kind:
	TEXT CODE DIGITS DECIMAL DATE TIME RAW   struct text        (at NULL: absent)
	FLAG COUNT                               int64_t            (absent reads as 0)
	GROUP                                    struct x *         (NULL: absent)
	LIST                                     struct x *, size_t (member and member_n)
	TEXTS CODES                              struct text *, size_t
   A zeroed struct is an empty record. */
struct field {
	enum field_kind kind;
	enum field_place place;
	bool need;
	bool several_names; /* wire has a '|' */
	uint16_t offset, count_offset; /* of the member, and of member_n */
	const struct record *of;       /* GROUP and LIST; up here beside what every walk over a message asks of every row */
	uint32_t min, max;             /* items for LIST, TEXTS, CODES; characters or digits or value else */
	uint32_t item_max;             /* characters of one item of TEXTS */
	int64_t low, high;             /* of COUNT */
	struct text wire;              /* "A|B": A is written, both are read */
	const char *codes;             /* space separated; NULL: open */
	const char *member, *doc;
};

struct record {
	const char *name, *doc;
	enum record_shape shape;
	const struct field *fields;
	size_t n, size;
};

/* The name a field is written under. */
struct text field_name(const struct field *field);
/* True when `name` is one of the field's wire names. */
bool field_named(const struct field *field, struct text name);
/* The member of `rec` (a struct of this record) that a field describes. */
static inline void *field_at(const struct field *field, const void *rec)
{
	return (char *)rec + field->offset;
}
static inline size_t *field_count_at(const struct field *field, const void *rec)
{
	return (size_t *)((char *)rec + field->count_offset);
}
/* True when the field holds something. FLAG and COUNT are there when not 0 or when they are needed. Here, because every check of a
   message asks it of every row. */
static inline bool field_there(const struct field *field, const void *rec)
{
	const void *at = field_at(field, rec);

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_RAW:
		return ((const struct text *)at)->n > 0;
	case FIELD_FLAG:
	case FIELD_COUNT:
		return field->need || *(const int64_t *)at != 0;
	case FIELD_GROUP:
		return *(void *const *)at != NULL;
	case FIELD_LIST:
	case FIELD_TEXTS:
	case FIELD_CODES:
		return *field_count_at(field, rec) > 0;
	}
	__builtin_unreachable();
}
/* The field of a record by C member name; NULL when there is none. */
const struct field *record_field(const struct record *record, const char *member);

/* -- text of one scalar (record_text.c) -- */

/* Checks one scalar value of a field: characters, length, code list, date form. The fault's path is "". */
bool field_check_text(const struct field *field, struct text value, struct fault *fault) fault_check;
/* One line of an operator's table: a cell for each row of the record, all of them texts, parted by |. Texts point into the line; an empty cell
   is absent. FAULT_MISSING, what field_check_text says, FAULT_UNKNOWN_ELEMENT when there are more cells than rows. */
bool record_read_cells(const struct record *record, struct text line, void *rec, struct fault *fault) fault_check;
/* Puts text that is already known to belong to FLAG or COUNT into the member; other scalars keep their text. */
bool field_parse_number(const struct field *field, struct text value, int64_t *out, struct fault *fault) fault_check;

/* -- whole records -- */

/* Every rule the table states, all the way down: required, repeated, choice, length, codes, forms. On failure the path
   says where, from this record down ("Patient/HumanPatient/Gender"). */
bool record_check(const struct record *record, const void *rec, struct fault *fault) fault_check;

/* msgpack, one array per record in row order, nil for what is absent. Never fails but for the buffer's arena. */
void record_pack(const struct record *record, const void *rec, struct buffer *out);
/* Reads what record_pack wrote, of this or an older or newer table (missing rows are absent, further ones ignored). Texts
   point into `bytes`, so those must outlive rec; the rest lives in the arena. Damaged bytes give FAULT_INTERNAL. */
bool record_unpack(const struct record *record, void *rec, struct arena *arena, struct text bytes,
	struct fault *fault) fault_check;

/* Same content, field by field. */
bool record_equal(const struct record *record, const void *a, const void *b);

/* What the record holds, as an indented outline of wire names and values, for a person at a terminal. Never for a log. */
void record_outline(const struct record *record, const void *rec, int indent, struct buffer *out);

/* Appends what belongs where a fault's path points, from this record down: "one of F, M, U: ...". False, and nothing is
   appended, when the path leads nowhere in the tables or only to the record itself. */
bool record_expected(const struct record *record, const char *path, struct buffer *out);
/* Appends the names that are known in the record where a fault's path points, "ID, Flag, Part". False as above. */
bool record_names(const struct record *record, const char *path, struct buffer *out);

/* The manual of the records, in Markdown: one table each. */
void record_document(const struct record *record, struct buffer *out);
