/* SPDX-License-Identifier: Apache-2.0 */
/* The table of faults and the path that says where one happened. */
#include "base/fault.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct fault_row rows[] = {
	{ FAULT_NONE, "NONE", MEND_OPERATOR, "", "", "", "", 200, LEVEL_INFO, false, "no fault" },
#define FAULT(code, mend, script, detail, rtpb, fhir, http, level, retry, sentence) \
	{ FAULT_##code, #code, MEND_##mend, script, detail, rtpb, fhir, http, LEVEL_##level, retry, sentence },
#include "base/fault.def"
#undef FAULT
};

const struct fault_row *fault_row(enum fault_code code)
{
	assert((unsigned)code < FAULT_CODES && rows[code].code == code);
	return &rows[code];
}

const struct fault_row *fault_find(const char *name)
{
	for (size_t i = 0; i < FAULT_CODES; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

bool fault_set(struct fault *fault, enum fault_code code, const char *where)
{
	assert(code != FAULT_NONE);
	fault->code = code;
	snprintf(fault->path, sizeof(fault->path), "%s", where);
	return false;
}

bool fault_under(struct fault *fault, struct text parent, int index)
{
	char below[FAULT_PATH_MAX], here[80];

	memcpy(below, fault->path, sizeof(below));
	if (index >= 0)
		snprintf(here, sizeof(here), "%.*s[%d]", TEXT_ARGS(parent), index);
	else
		snprintf(here, sizeof(here), "%.*s", TEXT_ARGS(parent));
	/* Too long a path loses its end, the least useful part. */
	if (snprintf(fault->path, sizeof(fault->path), "%s%s%s", here, *below ? "/" : "", below) < 0)
		fault->path[0] = '\0';
	return false;
}
