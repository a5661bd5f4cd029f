/* SPDX-License-Identifier: Apache-2.0 */
/* Which messages there are, and which one a body is. */
#include "ncpdp/catalogue.h"

#include <assert.h>

static const struct ncpdp_kind_row kinds[] = {
	{ NCPDP_UNKNOWN, "", NCPDP_SCRIPT, NCPDP_NO_VERSION, "either", false, "not a message of the table" },
#define MESSAGE(kind, name, family, only, comes_from, served, doc) \
	{ NCPDP_##kind, name, NCPDP_##family, NCPDP_##only, comes_from, served, doc },
#include "ncpdp/def/messages.def"
#undef MESSAGE
};

static const char *const families[NCPDP_FAMILIES] = { [NCPDP_SCRIPT] = "script", [NCPDP_RTPB] = "rtpb" };

const char *ncpdp_family_name(enum ncpdp_family family)
{
	assert((unsigned)family < NCPDP_FAMILIES);
	return families[family];
}

bool ncpdp_family_of(struct text name, enum ncpdp_family *family)
{
	for (unsigned i = 0; i < NCPDP_FAMILIES; i++)
		if (text_is(name, families[i])) {
			*family = (enum ncpdp_family)i;
			return true;
		}
	return false;
}

const struct ncpdp_kind_row *ncpdp_kind_row(enum ncpdp_kind kind)
{
	assert((unsigned)kind < NCPDP_KINDS && kinds[kind].kind == kind);
	return &kinds[kind];
}

enum ncpdp_kind ncpdp_kind_of(enum ncpdp_family family, struct text name)
{
	for (size_t i = 1; i < NCPDP_KINDS; i++)
		if (kinds[i].family == family && text_is(name, kinds[i].name))
			return kinds[i].kind;
	return NCPDP_UNKNOWN;
}

enum ncpdp_kind ncpdp_kind_in(enum ncpdp_family family, const struct record *record, const void *body)
{
	for (size_t i = 0; body && i < record->n; i++)
		if (field_there(&record->fields[i], body))
			return ncpdp_kind_of(family, field_name(&record->fields[i]));
	return NCPDP_UNKNOWN;
}

bool ncpdp_kind_in_version(enum ncpdp_kind kind, enum ncpdp_version version)
{
	enum ncpdp_version only = ncpdp_kind_row(kind)->only;

	return only == NCPDP_NO_VERSION || only == version;
}
