/* SPDX-License-Identifier: Apache-2.0 */
/* From a record to the bytes of a message. What we send is held to the same tables and rules as what we receive, and to a few
   rules more. */
#include "ncpdp/catalogue.h"
#include "ncpdp/profile.h"
#include "ncpdp/rules.h"

static bool written(const struct record *table, const void *message, struct buffer *out, struct fault *fault)
{
	xml_write(table, message, "Message", "", out);
	return !out->failed || fault_set(fault, FAULT_TOO_LARGE, "");
}

/* The name of what stands in the body, which the version does not have. */
static bool no_such_message(enum ncpdp_kind kind, struct fault *fault)
{
	fault_set(fault, FAULT_UNKNOWN_MESSAGE, ncpdp_kind_row(kind)->name);
	return fault_under(fault, text_lit("Body"), -1);
}

static bool write_script(const struct script_message *script, enum ncpdp_version version, struct text stamp, struct buffer *out,
	struct fault *fault)
{
	enum ncpdp_kind kind = ncpdp_kind_in(NCPDP_SCRIPT, &script_body_record, script->body);
	struct script_message stamped = *script;
	const struct record *table;
	const void *form;

	version = version_to_write(script, version, stamp);
	version_stamp_script(&stamped, version, stamp);
	if (!ncpdp_kind_in_version(kind, version))
		return no_such_message(kind, fault);
	table = profile_message(version);
	return profile_unfold(version, &stamped, out->arena, &form, fault) && record_check(table, form, fault) &&
	       rules_check(&script_message_record, &stamped, RULES_WRITING, fault) && written(table, form, out, fault);
}

bool ncpdp_write(const struct ncpdp_message *message, struct text stamp, struct buffer *out, struct fault *fault)
{
	switch (message->family) {
	case NCPDP_SCRIPT:
		return write_script(message->script, message->version, stamp, out, fault);
	case NCPDP_RTPB: {
		struct rtpb_message stamped = *message->rtpb;

		version_stamp_rtpb(&stamped, stamp);
		return record_check(&rtpb_message_record, &stamped, fault) &&
		       rules_check(&rtpb_message_record, &stamped, RULES_WRITING, fault) &&
		       written(&rtpb_message_record, &stamped, out, fault);
	}
	case NCPDP_FAMILIES:
		break;
	}
	__builtin_unreachable();
}
