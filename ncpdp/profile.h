/* SPDX-License-Identifier: Apache-2.0 */
/* How a version of SCRIPT writes differently what the records say: tables derived from theirs by the rows of
   a profile, and the way of a message from one form to the other. There is one set of records; they have the
   form of 2017071. */
#pragma once

#include "base/xml.h"
#include "ncpdp/version.h"

/* One row of a profile, for the manual. */
struct profile_row {
	const char *how;    /* "WRAPPED" */
	const char *record; /* "human_patient" */
	const char *member, *wire, *inner, *codes, *source, *doc;
};
/* How many rows a version has (2017071: none), and each of them. */
size_t profile_rows(enum ncpdp_version version);
const struct profile_row *profile_row(size_t i);

/* The table of a whole message in this version. What is read or written by it, and what it checks, is the
   form that this version has; the structs it reads into have more room than struct script_message. */
const struct record *profile_message(enum ncpdp_version version);

/* From the form of the version, as read by profile_message and passed by record_check, to the records'; in
   place. What the records have no room for is counted in notes. Fails with FAULT_CHOICE where something is
   said in both forms, FAULT_MISSING where in neither. */
bool profile_fold(
	enum ncpdp_version version, void *message, struct arena *arena, struct xml_notes *notes, struct fault *fault) fault_check;

/* From the records to the form of the version: *out is a copy in the arena, sharing what is the same. It is
   to be checked by profile_message: not every value has a place in every version. Fails with FAULT_MISSING,
   FAULT_TOO_LARGE. */
bool profile_unfold(enum ncpdp_version version, const struct script_message *message, struct arena *arena, const void **out,
	struct fault *fault) fault_check;
