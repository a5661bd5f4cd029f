/* SPDX-License-Identifier: Apache-2.0 */
/* From the bytes of a message to a record that can be trusted: its version, its table, the rules across its fields. */
#include "ncpdp/catalogue.h"
#include "ncpdp/profile.h"

/* One thing at least that we read stands in the body; what else may be wrong with it is the tables' business. */
static bool kind_check(struct ncpdp_message *message, const struct record *record, const void *body, const char *where,
	struct fault *fault)
{
	message->kind = ncpdp_kind_in(message->family, record, body);
	if (message->kind == NCPDP_UNKNOWN)
		/* No body, or an empty one, is for the tables to refuse; something we have no name for is refused here. */
		return !body || message->notes.unknown == 0 || fault_set(fault, FAULT_UNKNOWN_MESSAGE, where);
	return (ncpdp_kind_row(message->kind)->served && ncpdp_kind_in_version(message->kind, message->version)) ||
	       fault_set(fault, FAULT_UNKNOWN_MESSAGE, where);
}

/* The version decides by which table to read, so it is looked up first; that it is the message's own is checked after. */
static bool read_script(const struct ncpdp_terms *terms, struct xml_reader *reader, struct text body, struct arena *arena,
	struct ncpdp_message *out, struct fault *fault)
{
	enum ncpdp_version peeked = ncpdp_version_of(terms->versions, version_peek(body));
	const struct record *table = profile_message(peeked);
	struct text root;

	out->script = arena_new(arena, struct script_message);
	if (!out->script)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!xml_read(reader, table, out->script, body, &root, arena, &out->notes, fault))
		return false;
	if (!text_is(root, "Message"))
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "");
	/* Not one element of SCRIPT in it, such as an RTPB message at the wrong address: which version it has is not what is wrong. */
	if (!out->script->header && !out->script->body && out->notes.unknown)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "");
	if (!version_check(terms->versions, terms->wall_ms, out->script, &out->version, fault))
		return false;
	if (profile_message(out->version) != table)
		return fault_set(fault, FAULT_VERSION, "TransactionVersion");
	return kind_check(out, &script_body_record, out->script->body, "Body", fault) &&
	       record_check(table, out->script, fault) &&
	       profile_fold(out->version, out->script, arena, &out->notes, fault);
}

static bool read_rtpb(const struct ncpdp_terms *terms, struct xml_reader *reader, struct text body, struct arena *arena,
	struct ncpdp_message *out, struct fault *fault)
{
	struct text root;

	out->rtpb = arena_new(arena, struct rtpb_message);
	if (!out->rtpb)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!xml_read(reader, &rtpb_message_record, out->rtpb, body, &root, arena, &out->notes, fault))
		return false;
	/* Public samples have a request in Message and a response in RTPBMessage. */
	if (!text_is(root, "Message") && !text_is(root, "RTPBMessage"))
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "");
	return version_check_rtpb(terms->versions, terms->wall_ms, out->rtpb, fault) &&
	       kind_check(out, &rtpb_body_record, out->rtpb->body, "RTPBBody", fault) &&
	       record_check(&rtpb_message_record, out->rtpb, fault);
}

bool ncpdp_read_on(const struct ncpdp_terms *terms, struct xml_reader *reader, enum ncpdp_family family, struct text body,
	struct arena *arena, struct ncpdp_message *out, struct fault *fault)
{
	bool good = false;

	*out = (struct ncpdp_message){ .family = family };
	if (!xml_unwrap(body, arena, &body, fault))
		return false;
	switch (family) {
	case NCPDP_SCRIPT:
		good = read_script(terms, reader, body, arena, out, fault);
		break;
	case NCPDP_RTPB:
		good = read_rtpb(terms, reader, body, arena, out, fault);
		break;
	case NCPDP_FAMILIES:
		break;
	}
	if (!good)
		return false;
	if (terms->strict && out->notes.unknown)
		return fault_set(fault, FAULT_UNKNOWN_ELEMENT, out->notes.unknown_at);
	return ncpdp_check(out, fault);
}

bool ncpdp_read(struct xml_reader *reader, enum ncpdp_family family, struct text body, bool strict,
	struct arena *arena, struct ncpdp_message *out, struct fault *fault)
{
	return ncpdp_read_on(&(struct ncpdp_terms){ .strict = strict }, reader, family, body, arena, out, fault);
}

const struct record *ncpdp_table(enum ncpdp_family family, enum ncpdp_version version)
{
	return family == NCPDP_RTPB ? &rtpb_message_record : profile_message(version);
}
