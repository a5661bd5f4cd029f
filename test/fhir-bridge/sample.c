/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the test messages. */
#include "test/fhir-bridge/sample.h"

#include <stdio.h>
#include <string.h>

struct script_message *sample_script(const char *name, struct arena *arena)
{
	struct script_message *message = arena_new(arena, struct script_message);
	struct xml_reader *reader = xml_reader_new();
	struct fault fault = { 0 };
	char path[512], *bytes = arena_alloc(arena, 64 * 1024);
	struct text body, root;
	FILE *in;

	snprintf(path, sizeof(path), MESSAGES "%s", name);
	in = fopen(path, "re");
	cr_assert(in && bytes && message, "%s", path);
	body = (struct text){ bytes, fread(bytes, 1, 64 * 1024, in) };
	fclose(in);
	cr_assert(xml_read(reader, &script_message_record, message, body, &root, arena, NULL, &fault), "%s: %s %s", name,
		fault_row(fault.code)->name, fault.path);
	cr_assert(record_check(&script_message_record, message, &fault), "%s: %s %s", name, fault_row(fault.code)->name,
		fault.path);
	xml_reader_free(reader);
	return message;
}

struct fhir_bundle *sample_claim(const char *name, struct arena *arena)
{
	const struct claim_about about = { .identifier = text_lit("trace-1"), .hcpcs = text_lit("J3490"), .received_ms = WALL_MS };
	struct fhir_bundle *bundle;
	struct fault fault = { 0 };
	struct loss loss;

	cr_assert(fhir_claim_of(sample_script(name, arena), &about, arena, &bundle, &loss, &fault), "%s", fault.path);
	return bundle;
}

struct text sample_json(const struct fhir_bundle *bundle, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, 4096);
	fhir_write(bundle, &out);
	cr_assert(!out.failed);
	return buffer_text(&out);
}

static const char *found(struct text bytes, const char *find)
{
	return memmem(bytes.at, bytes.n, find, strlen(find));
}

bool text_holds(struct text bytes, const char *find)
{
	return found(bytes, find) != NULL;
}

struct text sample_replaced(struct text bytes, const char *find, const char *with, struct arena *arena)
{
	const char *at = found(bytes, find);
	struct buffer out;

	cr_assert(at, "%s is not there", find);
	buffer_init(&out, arena, bytes.n + strlen(with));
	buffer_add(&out, (struct text){ bytes.at, (size_t)(at - bytes.at) });
	buffer_add(&out, text_of(with));
	at += strlen(find);
	buffer_add(&out, (struct text){ at, (size_t)(bytes.at + bytes.n - at) });
	return buffer_text(&out);
}

static struct text without_space(const char *path, struct arena *arena)
{
	FILE *in;
	char *bytes = arena_alloc(arena, 1 << 18);
	size_t n, kept = 0;
	bool quoted = false;

	in = fopen(path, "re");
	cr_assert(in && bytes, "%s", path);
	n = fread(bytes, 1, 1 << 18, in);
	fclose(in);
	for (size_t i = 0; i < n; i++) {
		quoted ^= bytes[i] == '"' && (!i || bytes[i - 1] != '\\');
		if (quoted || (bytes[i] != ' ' && bytes[i] != '\n'))
			bytes[kept++] = bytes[i];
	}
	return (struct text){ bytes, kept };
}

struct text sample_pas(const char *name, struct arena *arena)
{
	char path[300];

	snprintf(path, sizeof(path), PAS_EXAMPLES "%s.json", name);
	return without_space(path, arena);
}

struct text sample_example(const char *name, struct arena *arena)
{
	char path[300];

	snprintf(path, sizeof(path), EXAMPLES "/%s.json", name);
	return without_space(path, arena);
}
