/* SPDX-License-Identifier: Apache-2.0 */
/* Puts an extension into a resource and leaves every other byte of it as it came. */
#include "fhir-bridge/cds.h"

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

struct text cds_extended(struct text raw, struct text extension, bool (*replaced)(void *context, struct text extension), void *context,
	struct arena *arena)
{
	struct cds_extended resource = { 0 };
	const char *end = raw.at + raw.n;
	struct fault fault = { 0 };
	struct buffer out;

	if (!json_read(&cds_extended_record, &resource, raw, arena, NULL, &fault))
		return TEXT_NONE;
	buffer_init(&out, arena, raw.n + extension.n + 32);
	if (!resource.extension.n) {
		buffer_lit(&out, "{\"extension\":[");
		buffer_add(&out, extension);
		buffer_lit(&out, "],");
		buffer_add(&out, (struct text){ raw.at + 1, raw.n - 1 });
		return buffer_text(&out);
	}
	buffer_add(&out, (struct text){ raw.at, (size_t)(resource.extension.at - raw.at) });
	buffer_add_char(&out, '[');
	keep(resource.extension, replaced, context, &out);
	buffer_add(&out, extension);
	buffer_add_char(&out, ']');
	buffer_add(&out, (struct text){ resource.extension.at + resource.extension.n, (size_t)(end - resource.extension.at) - resource.extension.n });
	return buffer_text(&out);
}
