/* SPDX-License-Identifier: Apache-2.0 */
/* Which version of SCRIPT a message is, and which one we write. */
#include "ncpdp/version.h"

struct stamp {
	const char *wire;
	size_t offset;
};

static const struct stamp stamps[] = {
	{ "TransactionVersion", offsetof(struct script_message, transaction_version) },
	{ "DatatypesVersion", offsetof(struct script_message, datatypes_version) },
	{ "TransportVersion", offsetof(struct script_message, transport_version) },
	{ "StructuresVersion", offsetof(struct script_message, structures_version) },
	{ "ECLVersion", offsetof(struct script_message, ecl_version) },
};
enum { STAMPS = sizeof(stamps) / sizeof(stamps[0]) };

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Senders of 2017071 write the date of their schema set: 20170715 mostly, 20170712 and 20170701 were seen, and some write
   2017071. */
static bool of_2017071(struct text t)
{
	if (text_is(t, "2017071"))
		return true;
	return t.n == 8 && text_starts(t, "201707") && digit(t.at[6]) && digit(t.at[7]);
}

bool version_check(const struct script_message *script, struct fault *fault)
{
	for (size_t i = 0; i < STAMPS; i++)
		if (!((const struct text *)(const void *)((const char *)script + stamps[i].offset))->n)
			return fault_set(fault, FAULT_VERSION, stamps[i].wire);
	return of_2017071(script->transaction_version) || fault_set(fault, FAULT_VERSION, "TransactionVersion");
}

void version_stamp_script(struct script_message *script, struct text version)
{
	for (size_t i = 0; i < STAMPS; i++) {
		struct text *stamp = (void *)((char *)script + stamps[i].offset);

		if (version.n)
			*stamp = version;
		else if (!stamp->n)
			*stamp = text_lit(SCRIPT_VERSION_DEFAULT);
	}
	if (!script->transaction_domain.n)
		script->transaction_domain = text_lit("SCRIPT");
}

void version_stamp_rtpb(struct rtpb_message *rtpb, struct text version)
{
	if (version.n)
		rtpb->rtpb_version = version;
	else if (!rtpb->rtpb_version.n)
		rtpb->rtpb_version = text_lit(RTPB_VERSION_DEFAULT);
}
