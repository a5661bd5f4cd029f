/* SPDX-License-Identifier: Apache-2.0 */
/* Resource ids made of what a resource is about, and back: in FHIR's alphabet (A-Z a-z 0-9 - .), the same in every generation, found again without
   a search. */
#pragma once

#include "base/text.h"

enum { PDEX_ID_MAX = 64 }; /* characters, FHIR R4 2.24.0.1 */

/* Writes at most `room` characters, at least 40, and their NUL for a name: itself where it is made of the alphabet, else its bytes in base 64, else the
   first of its bytes and a hash. */
struct text pdex_id_write(struct text name, size_t room, char to[PDEX_ID_MAX + 1]);

/* What an id may be about. */
struct pdex_id {
	char at[PDEX_ID_MAX];
	size_t n;
	bool whole;    /* the name, else what it begins with: those that begin so are then compared with pdex_id_is */
};
/* False: it was not made by pdex_id_write. */
bool pdex_id_read(struct text id, struct pdex_id *out);
bool pdex_id_is(struct text id, struct text name, size_t room);
