/* SPDX-License-Identifier: Apache-2.0 */
/* Puts an extension into a resource and leaves every other byte of it as it came. */
#include "fhir-bridge/crd/cds.h"

/* The items of the array that stay, each with the comma behind it. */
static void keep(struct text array, bool (*replaced)(void *context, struct text extension), void *context, struct buffer *out)
{
	struct text item;

	for (bool first = true; json_item(&array, first, &item); first = false)
		if (!replaced || !replaced(context, item)) {
			buffer_add(out, item);
			buffer_add_char(out, ',');
		}
}

/* Where there are none yet. A member "extension" that holds null is as absent when it is read, and would now be there twice. */
static bool begin(struct text raw, struct text extension, struct arena *arena, struct text *out, struct fault *fault)
{
	struct cds_extended again = { 0 };
	struct buffer whole;

	buffer_init(&whole, arena, raw.n + extension.n + 32);
	buffer_lit(&whole, "{\"extension\":[");
	buffer_add(&whole, extension);
	buffer_lit(&whole, "],");
	buffer_add(&whole, (struct text){ raw.at + 1, raw.n - 1 });
	*out = buffer_text(&whole);
	if (!text_there(*out))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	return json_read(&cds_extended_record, &again, *out, arena, NULL, fault);
}

bool cds_extended(struct text raw, struct text extension, bool (*replaced)(void *context, struct text extension), void *context, struct arena *arena,
	struct text *out, struct fault *fault)
{
	struct cds_extended resource = { 0 };
	struct buffer whole;

	if (!json_read(&cds_extended_record, &resource, raw, arena, NULL, fault))
		return false;
	if (!resource.extension.n)
		return begin(raw, extension, arena, out, fault);
	buffer_init(&whole, arena, raw.n + extension.n + 32);
	buffer_add(&whole, (struct text){ raw.at, (size_t)(resource.extension.at - raw.at) });
	buffer_add_char(&whole, '[');
	keep(resource.extension, replaced, context, &whole);
	buffer_add(&whole, extension);
	buffer_add_char(&whole, ']');
	raw.n -= (size_t)(resource.extension.at + resource.extension.n - raw.at);
	buffer_add(&whole, (struct text){ resource.extension.at + resource.extension.n, raw.n });
	*out = buffer_text(&whole);
	return text_there(*out) || fault_set(fault, FAULT_TOO_LARGE, "");
}
