/* SPDX-License-Identifier: Apache-2.0 */
/* The first pass over a JSON body, inside base/json*.c only: what it lets through, the second may trust. */
#pragma once

#include "base/json.h"

/* An object's "resourceType" and where that object begins in the body. */
struct json_type {
	size_t object;
	struct text name; /* decoded */
};
struct json_types {
	struct json_type *at; /* by object, ascending */
	size_t n;
};

/* One linear pass: RFC 8259 to the letter, UTF-8, no lone surrogate, no name twice in an object, the limits of json.h, an
   object at the root. FAULT_NOT_JSON, REPEATED, TOO_LARGE, TOO_DEEP; the path is "" (nothing of the body may be quoted). */
bool json_scan(struct text body, struct arena *arena, struct json_types *types, struct fault *fault) fault_check;

/* From behind the opening quote of a string to its closing quote; *escaped says whether a backslash stands in it. Stops
   at `end`. */
const char *json_string_end(const char *at, const char *end, bool *escaped);
/* A scanned string without its escapes: itself when it has none, an arena copy else (TEXT_NONE past the limit). */
struct text json_unescape(struct text raw, struct arena *arena);
