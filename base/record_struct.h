/* SPDX-License-Identifier: Apache-2.0 */
/* First expansion of a .def file: C structs, each with its table declared beside it. Included by <folder>/records.h
   before the .def files, without an include guard; base/record_end.h takes the macros away again. */
#include "base/record.h"

#define RECORD_CAT_(a, b) a##b
#define RECORD_CAT(a, b) RECORD_CAT_(a, b)
#define RECORD(shape, doc)                               \
	extern const struct record RECORD_CAT(SELF, _record); \
	struct SELF {
#define END \
	}   \
	;
#define TEXT(member, wire, need, max, doc) struct text member;
#define CODE(member, wire, need, codes, doc) struct text member;
#define DIGITS(member, wire, need, max, doc) struct text member;
#define DECIMAL(member, wire, need, max, doc) struct text member;
#define DATE(member, wire, need, doc) struct text member;
#define TIME(member, wire, need, doc) struct text member;
#define FLAG(member, wire, need, doc) int64_t member;
#define COUNT(member, wire, need, low, high, doc) int64_t member;
#define GROUP(member, wire, need, record, doc) struct record *member;
#define LIST(member, wire, min, max, record, doc) \
	struct record *member;                    \
	size_t member##_n;
#define TEXTS(member, wire, min, max, length, doc) \
	struct text *member;                       \
	size_t member##_n;
#define CODES(member, wire, min, max, codes, doc) \
	struct text *member;                      \
	size_t member##_n;
#define RAW(member, wire, need, doc) struct text member;
#define ATTRIBUTE(member, wire, need, codes, doc) struct text member;
#define CONTENT(member, need, max, doc) struct text member;
