/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a resource a check stands. */
#include "fhir-bridge/where.h"

static void add(struct where *where, struct text t)
{
	size_t room = sizeof(where->at) - 1 - where->n, n = t.n < room ? t.n : room;

	if (n)
		memcpy(where->at + where->n, t.at, n);
	where->n += n;
	where->at[where->n] = '\0';
}

size_t where_down(struct where *where, struct text name, int index)
{
	size_t before = where->n;
	char digits[16], *at = digits + sizeof(digits);

	if (where->n)
		add(where, text_lit("."));
	add(where, name);
	if (index < 0)
		return before;
	*--at = ']';
	do
		*--at = (char)('0' + index % 10);
	while ((index /= 10) > 0);
	*--at = '[';
	add(where, (struct text){ at, (size_t)(digits + sizeof(digits) - at) });
	return before;
}

bool where_fault(const struct where *where, struct text name, enum fault_code code, struct fault *fault)
{
	struct where here = *where;

	if (text_there(name))
		where_down(&here, name, -1);
	return fault_set(fault, code, here.at);
}
