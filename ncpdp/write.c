/* SPDX-License-Identifier: Apache-2.0 */
/* From a record to the bytes of a message. What we send is held to the same tables and rules as what we receive, and to a few
   rules more. */
#include "ncpdp/rules.h"
#include "ncpdp/version.h"

static bool write_checked(const struct record *record, const void *message, struct buffer *out, struct fault *fault)
{
	if (!record_check(record, message, fault) || !rules_check(record, message, RULES_WRITING, fault))
		return false;
	xml_write(record, message, "Message", "", out);
	return !out->failed || fault_set(fault, FAULT_TOO_LARGE, "");
}

bool ncpdp_write(const struct ncpdp_message *message, struct text version, struct buffer *out, struct fault *fault)
{
	switch (message->family) {
	case NCPDP_SCRIPT: {
		struct script_message stamped = *message->script;

		version_stamp_script(&stamped, version);
		return write_checked(&script_message_record, &stamped, out, fault);
	}
	case NCPDP_RTPB: {
		struct rtpb_message stamped = *message->rtpb;

		version_stamp_rtpb(&stamped, version);
		return write_checked(&rtpb_message_record, &stamped, out, fault);
	}
	case NCPDP_FAMILIES:
		break;
	}
	__builtin_unreachable();
}
