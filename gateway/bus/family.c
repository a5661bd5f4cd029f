/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of requests, as a table. */
#include "gateway/bus/family.h"

#include <assert.h>

static const struct {
	const char *name;
	bool ncpdp, lasts;
	enum ncpdp_family standard;
} rows[FAMILIES] = {
	[FAMILY_SCRIPT] = { "script", true, true, NCPDP_SCRIPT },
	[FAMILY_RTPB] = { "rtpb", true, false, NCPDP_RTPB },
	[FAMILY_FORMULARY] = { "formulary", false, false, NCPDP_FAMILIES },
	[FAMILY_FHIR] = { "fhir", false, true, NCPDP_FAMILIES },
	[FAMILY_CDS] = { "cds", false, false, NCPDP_FAMILIES },
	[FAMILY_ROUTE] = { "route", false, false, NCPDP_FAMILIES },
};

const char *family_name(enum family family)
{
	assert((unsigned)family < FAMILIES);
	return rows[family].name;
}

bool family_of(struct text name, enum family *family)
{
	for (int i = 0; i < FAMILIES; i++)
		if (text_is(name, rows[i].name)) {
			*family = (enum family)i;
			return true;
		}
	return false;
}

bool family_is_ncpdp(enum family family, enum ncpdp_family *standard)
{
	assert((unsigned)family < FAMILIES);
	*standard = rows[family].standard;
	return rows[family].ncpdp;
}

bool family_is_fhir(enum family family)
{
	return family == FAMILY_FHIR || family == FAMILY_CDS;
}

bool family_lasts(enum family family)
{
	assert((unsigned)family < FAMILIES);
	return rows[family].lasts;
}
