/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of a request: what stands after '?' (or in a form), as names and values with their escapes undone. */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

enum {
	QUERY_PARTS_MAX = 64, /* parameters; the longest lookup, a member's lists with all its coverage and copay ids, has 45 */
};

struct query_part {
	struct text name, value; /* value: "" without '=' or behind it */
};

struct query {
	struct query_part *parts; /* in the order sent, repeated ones too */
	size_t n;
};

/* Reads name=value pairs joined by '&'. A '+' stands for a space (the form of HTML forms), %XX for a byte (RFC 3986 2.1). TEXT_NONE and "" are
   no parameters. Refused (FAULT_HTTP): a '%' without two hexadecimal digits, what is not UTF-8 once the escapes are undone, a control character,
   a pair without a name. FAULT_TOO_DEEP: more than QUERY_PARTS_MAX. Texts without escapes point into `query`, the rest lives in the arena. */
bool query_read(struct text query, struct arena *arena, struct query *out, struct fault *fault) fault_check;
/* The same rules for one segment of a path, in which '+' is a plus. */
bool query_segment(struct text segment, struct arena *arena, struct text *out, struct fault *fault) fault_check;

/* The value of the first parameter of this name; TEXT_NONE when there is none. */
struct text query_of(const struct query *query, const char *name);
/* How often it is there. */
size_t query_count(const struct query *query, const char *name);
