/* SPDX-License-Identifier: Apache-2.0 */
/* JSON to records and back: strict (RFC 8259, no duplicate keys, limits), numbers keep their text. */
#pragma once

#include "base/record_build.h"

enum {
	JSON_BODY_MAX = 5 << 20, /* bytes */
	JSON_DEPTH_MAX = 60,     /* levels */
	JSON_MEMBERS_MAX = 512,  /* per object */
};

/* Reads one object into a zeroed rec. A record of shape CHOICE stands for a FHIR resource: its "resourceType" member, wherever
   it stands in the object, chooses the row of that wire name, or else the row named "*" (whose record then has a row "resourceType" of
   its own), and the object's members fill that row's record. Values of DECIMAL and COUNT
   rows may be JSON numbers (a DECIMAL with an exponent is kept without it), FLAG rows true or false, the rest strings; another type is FAULT_BAD_TEXT. null is as absent.
   A LIST, TEXTS or CODES row wants an array. RAW keeps the value's JSON text. Texts point into body where they hold no
   escape. notes (may be NULL) counts unknown members as in xml.h, and numbers that were written as strings, which FHIR does not allow. */
struct json_notes {
	size_t unknown, quoted;
	char unknown_at[FAULT_PATH_MAX], quoted_at[FAULT_PATH_MAX];
};
bool json_read(const struct record *record, void *rec, struct text body, struct arena *arena,
	struct json_notes *notes, struct fault *fault) fault_check;

/* Cuts the next item off the JSON text of an array, as a RAW row keeps it: *rest is that text and then what is left of it. The first call is with
   `first`. False when there is none any more, or what was read is no array. */
bool json_item(struct text *rest, bool first, struct text *item);

/* Appends the record as an object, absent fields left out, no white space. A CHOICE writes "resourceType" first. */
void json_write(const struct record *record, const void *rec, struct buffer *out);
