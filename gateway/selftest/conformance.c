/* SPDX-License-Identifier: Apache-2.0 */
/* Where the self-test's files stand in the program; gateway/selftest/conformance.S puts them there. */
#include "gateway/selftest/conformance.h"

#include "base/buffer.h"

#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 4 << 20, PATH_BYTES = 1024 };

#define FILES(FILE) \
	FILE(values, "values.txt") \
	FILE(pas, "pas.scenario") \
	FILE(pas_submit, "pas-submit.json") \
	FILE(pas_update, "pas-update.json") \
	FILE(pas_everything, "pas-everything.json") \
	FILE(pas_inquire, "pas-inquire.json") \
	FILE(pas_inquire_everything, "pas-inquire-everything.json") \
	FILE(pas_subscription, "pas-subscription.json") \
	FILE(pas_empty, "pas-empty.json") \
	FILE(pas_older, "pas-2.0.scenario") \
	FILE(crd, "crd.scenario") \
	FILE(crd_orders, "crd-orders.json") \
	FILE(crd_dispatch, "crd-dispatch.json") \
	FILE(crd_appointment, "crd-appointment.json") \
	FILE(crd_encounter, "crd-encounter.json") \
	FILE(dtr, "dtr.scenario") \
	FILE(dtr_package, "dtr-package.json") \
	FILE(dtr_next, "dtr-next.json") \
	FILE(dtr_errors, "dtr-errors.json") \
	FILE(smart, "smart.scenario")

#define ENTRY(label, name) extern const char conformance_##label##_at[], conformance_##label##_end[];
FILES(ENTRY)
#undef ENTRY

const struct conformance_file conformance_files[] = {
#define ENTRY(label, name) { name, conformance_##label##_at, conformance_##label##_end },
	FILES(ENTRY)
#undef ENTRY
};
const size_t conformance_files_n = sizeof(conformance_files) / sizeof(*conformance_files);

static struct text read_own(struct text name, const char *folder, struct arena *arena)
{
	char path[PATH_BYTES];
	struct buffer body;
	FILE *in;
	size_t n;

	if (snprintf(path, sizeof(path), "%s/%.*s", folder, TEXT_ARGS(name)) >= (int)sizeof(path))
		return TEXT_NONE;
	in = fopen(path, "re");
	if (!in)
		return TEXT_NONE;
	buffer_init(&body, arena, 65536);
	do {
		char part[16384];

		n = fread(part, 1, sizeof(part), in);
		buffer_add(&body, (struct text){ part, n });
	} while (n && body.n < FILE_MAX);
	fclose(in);
	return buffer_text(&body);
}

struct text conformance_file(struct text name, const char *folder, struct arena *arena)
{
	struct text own = folder && !memchr(name.at, '/', name.n) ? read_own(name, folder, arena) : TEXT_NONE;

	if (text_there(own))
		return own;
	for (size_t i = 0; i < conformance_files_n; i++)
		if (text_is(name, conformance_files[i].name))
			return (struct text){ conformance_files[i].at, (size_t)(conformance_files[i].end - conformance_files[i].at) };
	return TEXT_NONE;
}
