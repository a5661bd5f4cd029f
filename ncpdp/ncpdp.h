/* SPDX-License-Identifier: Apache-2.0 */
/* What NCPDP says: SCRIPT electronic prior authorization, 2017071 and what is public of 2023011, and the real-time prescription benefit
   check (RTPB), read, checked and written. Structure from public facts; output is unverified against the licensed specification,
   and that of 2023011 doubly so. */
#pragma once

#include "base/clock.h"
#include "base/xml.h"
#include "ncpdp/version.h"

enum ncpdp_family { NCPDP_SCRIPT, NCPDP_RTPB, NCPDP_FAMILIES };

/* "script", "rtpb" */
const char *ncpdp_family_name(enum ncpdp_family family);
bool ncpdp_family_of(struct text name, enum ncpdp_family *family);

/* What a message is, by the name of its body. */
enum ncpdp_kind {
	NCPDP_UNKNOWN,
#define MESSAGE(kind, ...) NCPDP_##kind,
#include "ncpdp/def/messages.def"
#undef MESSAGE
	NCPDP_KINDS
};

/* One row of ncpdp/def/messages.def. */
struct ncpdp_kind_row {
	enum ncpdp_kind kind;
	const char *name; /* "PAInitiationRequest" */
	enum ncpdp_family family;
	enum ncpdp_version only; /* the one version of SCRIPT that has it; NCPDP_NO_VERSION: all */
	const char *comes_from; /* "prescriber", "payer" or "either" */
	bool served;            /* false: known, and answered with an Error that says it is not supported here */
	const char *doc;
};
const struct ncpdp_kind_row *ncpdp_kind_row(enum ncpdp_kind kind);

/* A message that was read, or is to be written. Exactly one of script, rtpb is set, by family. Its record has the same form in every
   version. */
struct ncpdp_message {
	enum ncpdp_family family;
	enum ncpdp_kind kind;
	enum ncpdp_version version; /* of SCRIPT; NCPDP_NO_VERSION in writing: as its attributes say */
	struct script_message *script;
	struct rtpb_message *rtpb;
	struct xml_notes notes; /* what a lenient read passed over */
};

/* How to read. Zeroed: leniently, by the built-in versions, at any time. */
struct ncpdp_terms {
	bool strict; /* unknown elements are refused */
	const struct ncpdp_versions *versions; /* NULL: the built-in ones */
	int64_t wall_ms; /* versions must be taken at this time; 0: at any */
};

/* Reads body as a message of this family, checks it against the table of its version and then against the rules across fields. The
   message lives in the arena and points into body. On failure the fault says what is wrong and where
   ("Body/PARequest/Request/..."), and *out holds what could be read, header included, or is zeroed. */
bool ncpdp_read_on(const struct ncpdp_terms *terms, struct xml_reader *reader, enum ncpdp_family family, struct text body,
	struct arena *arena, struct ncpdp_message *out, struct fault *fault) fault_check;
/* The same by the built-in versions, at any time. */
bool ncpdp_read(struct xml_reader *reader, enum ncpdp_family family, struct text body, bool strict,
	struct arena *arena, struct ncpdp_message *out, struct fault *fault) fault_check;

/* The table that a message of this family and version is read, checked and written by: where a fault's path leads. */
const struct record *ncpdp_table(enum ncpdp_family family, enum ncpdp_version version);

/* The rules that span fields (choices beyond the tables, question flow, dates in order, answers that fit their questions). */
bool ncpdp_check(const struct ncpdp_message *message, struct fault *fault) fault_check;
/* All of them as (id, sentence), for the manual; NULL ends. */
struct ncpdp_rule {
	const char *id, *sentence, *source;
};
const struct ncpdp_rule *ncpdp_rules(void);

/* Writes a message whole in its version, after checking it: what we send is held to the same tables as what we receive. `stamp` is the
   value of the version attributes where it is one of that version, "" for none; an answer begun with ncpdp_script_answer is of
   the version of its question. What this version has no place for is a fault: FAULT_UNKNOWN_MESSAGE for a whole message. */
bool ncpdp_write(const struct ncpdp_message *message, struct text stamp, struct buffer *out, struct fault *fault) fault_check;

/* -- answers of our own -- */

/* Who we answer: taken from the message, or as far as it could be read from the raw body. */
struct ncpdp_sender {
	struct text to, to_qualifier, from, from_qualifier; /* as in the message received; the answer turns them round */
	struct text message_id;
	enum ncpdp_version version; /* of SCRIPT: the answer is in it too */
	struct text stamp;          /* TransactionVersion or RTPBVersion of the message, to be repeated; TEXT_NONE: our own */
	/* RTPB identifies on up to three levels; these are the second and third of To. */
	struct text to_second, to_second_qualifier;
};
/* From a message read in full or part (NULL: not at all); falls back to a tolerant scan of the body. Missing parts become what public captures show
   (To "Unknown", RelatesToMessageID "0"). */
void ncpdp_sender(const struct ncpdp_message *message, struct text body, struct ncpdp_sender *out);

/* SCRIPT Status (code "000" or "010"), whole message. reply_id is its MessageID. */
void ncpdp_write_status(const struct ncpdp_sender *sender, struct text reply_id, int64_t wall_ms, const char *code,
	struct buffer *out);
/* The refusal of a message in its own standard: SCRIPT Error, or an RTPBResponse with NotProcessed. The description is the fault's
   sentence and path, never a value. */
void ncpdp_write_refusal(enum ncpdp_family family, const struct ncpdp_sender *sender, struct text reply_id,
	int64_t wall_ms, const struct fault *fault, struct buffer *out);

/* A SCRIPT message that answers `request`: version and stamps as there, header turned round, PACommon echoed, body left to the
   caller. */
struct script_message *ncpdp_script_answer(const struct script_message *request, struct text reply_id,
	int64_t wall_ms, struct arena *arena);
struct rtpb_message *ncpdp_rtpb_answer(const struct rtpb_message *request, struct text reply_id, int64_t wall_ms,
	struct arena *arena);

/* -- what others need to know of a message, wherever it stands in it -- */

/* The product asked about: NDC as 11 digits. */
struct ncpdp_drug {
	struct text ndc, rxcui, description;
	struct text quantity, quantity_unit, days_supply;
};
/* The coverage it is to be paid from. */
struct ncpdp_coverage {
	struct text bin, pcn, group, cardholder_id, person_code, payer_id, payer_type;
};
void ncpdp_drug(const struct ncpdp_message *message, struct ncpdp_drug *out);
void ncpdp_coverage(const struct ncpdp_message *message, struct ncpdp_coverage *out);
/* PACommon of any ePA message; NULL when the message has none. */
const struct pa_common *ncpdp_pa_common(const struct script_message *script);

/* By which keys a SCRIPT message belongs to a case, wherever they stand in it; absent ones are TEXT_NONE. Those of a PANotification
   are looked for tolerantly, as its content is not known. */
struct ncpdp_keys {
	struct text pa_reference_id, pa_case_id, appeal_case_id, relates_to;
};
void ncpdp_keys(const struct ncpdp_message *message, struct ncpdp_keys *out);
