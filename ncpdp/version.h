/* SPDX-License-Identifier: Apache-2.0 */
/* Which version of its standard a message is, and which one we write. */
#pragma once

#include "ncpdp/records.h"

/* Versions of SCRIPT that are spoken here. What is written as 2023011 is unverified even more than the rest:
   of its prior authorization messages little is public (ncpdp/def/profile_2023011.def). */
enum ncpdp_version {
	NCPDP_NO_VERSION, /* not known, or not a SCRIPT message */
	NCPDP_2017071,
	NCPDP_2023011,
	NCPDP_VERSIONS
};

/* "2017071"; "" for NO_VERSION. */
const char *ncpdp_version_name(enum ncpdp_version version);
/* NO_VERSION for a name that is not one. */
enum ncpdp_version ncpdp_version_named(struct text name);
/* The stamp that goes into the version attributes when nobody says which. */
struct text ncpdp_version_stamp(enum ncpdp_version version);

/* Which stamps mean which version, and while when. */
struct ncpdp_version_row {
	struct text standard;      /* "script" or "rtpb" */
	struct text id;            /* of SCRIPT: "2017071" or "2023011"; of RTPB: what its operator calls it */
	struct text stamp;         /* how the version attribute begins; only digits follow */
	int64_t from_ms, until_ms; /* Unix time, taken from from_ms on and before until_ms; 0: open */
};

/* Rows take the place of the built-in ones of the same standard and id. RTPB has no built-in rows: its version is not looked at
   unless there are some. */
struct ncpdp_versions {
	const struct ncpdp_version_row *rows;
	size_t n;
};

/* What the stamp means by the rows (NULL: the built-in ones), whatever the time. NO_VERSION when no row has
   it. */
enum ncpdp_version ncpdp_version_of(const struct ncpdp_versions *versions, struct text stamp);

/* The version of a SCRIPT message by its attributes: all there, TransactionVersion and StructuresVersion of
   one version, and that one taken at this time (0: at any). FAULT_VERSION with the attribute that is
   wrong; 10.6 and 2013101 have other attributes. */
bool version_check(const struct ncpdp_versions *versions, int64_t wall_ms, const struct script_message *script,
	enum ncpdp_version *out, struct fault *fault) fault_check;
/* RTPBVersion is one of the rows and taken at this time; anything goes when there are no rows for RTPB. */
bool version_check_rtpb(
	const struct ncpdp_versions *versions, int64_t wall_ms, const struct rtpb_message *rtpb, struct fault *fault) fault_check;

/* TransactionVersion of the first tag of a body, found by a tolerant scan that never fails: which table to
   read by, and which version to answer a body in that cannot be read. TEXT_NONE when there is none. */
struct text version_peek(struct text body);

/* The version to write a message in: `version` when it is one, else what its attributes say, else what the
   stamp says, else 2017071. */
enum ncpdp_version version_to_write(const struct script_message *script, enum ncpdp_version version, struct text stamp);
/* Fills the version attributes: with the stamp, when it is one of this version; else with what stands there, unless the message is of
   another version; else with the version's own. */
void version_stamp_script(struct script_message *script, enum ncpdp_version version, struct text stamp);
/* The stamp when there is one, else what stands there, else RTPB's thirteenth version. */
void version_stamp_rtpb(struct rtpb_message *rtpb, struct text stamp);
