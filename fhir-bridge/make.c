/* SPDX-License-Identifier: Apache-2.0 */
/* The small parts every FHIR resource is put together from. */
#include "fhir-bridge/make.h"

#include <assert.h>
#include <stdio.h>

void make_init(struct make *make, struct arena *arena, struct text identifier)
{
	*make = (struct make){ .arena = arena, .identifier = identifier };
	arena_init(&make->spare, SIZE_MAX);
}

bool make_done(struct make *make)
{
	arena_done(&make->spare);
	return !make->failed;
}

void *make_bytes(struct make *make, size_t n)
{
	void *at = make->failed ? NULL : arena_alloc(make->arena, n);

	if (at)
		return at;
	make->failed = true;
	at = arena_alloc(&make->spare, n);
	assert(at); /* it has no limit */
	return at;
}

void *make_item(struct make *make, void **items, size_t *n, size_t size)
{
	void *at = make->failed ? NULL : arena_push(make->arena, items, n, size);

	if (at)
		return at;
	make->failed = true;
	at = arena_push(&make->spare, items, n, size);
	assert(at);
	return at;
}

struct text make_text(struct make *make, struct text a, struct text b, struct text c)
{
	struct buffer buffer;

	buffer_init(&buffer, make->arena, a.n + b.n + c.n + 1);
	buffer_add(&buffer, a);
	buffer_add(&buffer, b);
	buffer_add(&buffer, c);
	make->failed |= buffer.failed;
	return buffer_text(&buffer);
}

void make_coding(struct make *make, struct fhir_concept *concept, const char *system, struct text code, struct text display)
{
	struct fhir_coding *coding = make_push(make, concept->coding, concept->coding_n);

	*coding = (struct fhir_coding){ .system = text_of(system), .code = code, .display = display };
}

struct fhir_concept *make_concept(struct make *make, const char *system, struct text code, struct text display)
{
	struct fhir_concept *concept = make_new(make, struct fhir_concept);

	if (text_there(code))
		make_coding(make, concept, system, code, display);
	else
		concept->text = display;
	return concept;
}

struct fhir_reference *make_reference(struct make *make, struct text to)
{
	struct fhir_reference *reference = make_new(make, struct fhir_reference);

	reference->reference = to;
	return reference;
}

struct fhir_meta *make_meta(struct make *make, const char *profile)
{
	struct fhir_meta *meta = make_new(make, struct fhir_meta);

	*make_push(make, meta->profile, meta->profile_n) = text_of(profile);
	return meta;
}

void make_identifier(struct make *make, struct fhir_identifier **items, size_t *n, const char *system, struct text value)
{
	struct fhir_identifier *identifier;

	if (!text_there(value))
		return;
	identifier = make_item(make, (void **)items, n, sizeof(*identifier));
	identifier->system = text_of(system);
	identifier->value = value;
}

struct fhir_extension *make_extension(struct make *make, struct fhir_extension **items, size_t *n, const char *url)
{
	struct fhir_extension *extension = make_item(make, (void **)items, n, sizeof(*extension));

	extension->url = text_of(url);
	return extension;
}

/* A UUID of version 8 (RFC 9562 5.8: from whatever the maker likes), here two hashes of what it stands for. */
static struct text uuid_of(struct make *make, const char *kind, int index)
{
	char tail[48], *at = make_bytes(make, 37);
	struct text seed;
	uint64_t high, low;

	snprintf(tail, sizeof(tail), "/%s/%d", kind, index);
	seed = make_text(make, make->identifier, text_of(tail), text_lit("/0"));
	high = text_hash(seed);
	if (seed.n)
		low = text_hash((struct text){ seed.at, seed.n - 1 });
	else
		low = 0;
	snprintf(at, 37, "%08x-%04x-8%03x-%04x-%012llx", (unsigned)(high >> 32), (unsigned)(high >> 16) & 0xFFFF,
		(unsigned)high & 0xFFF, 0x8000 | ((unsigned)(low >> 48) & 0x3FFF),
		(unsigned long long)(low & 0xFFFFFFFFFFFF));
	return (struct text){ at, 36 };
}

struct fhir_resource *make_entry(struct make *make, struct fhir_bundle *bundle, const char *kind, int index,
	struct text *id, struct text *full_url)
{
	struct fhir_entry *entry = make_push(make, bundle->entry, bundle->entry_n);
	struct fhir_resource *resource;

	*id = uuid_of(make, kind, index);
	*full_url = make_text(make, text_lit("urn:uuid:"), *id, TEXT_NONE);
	entry->full_url = *full_url;
	entry->resource = resource = make_new(make, struct fhir_resource);
	return resource;
}

struct fhir_bundle *make_bundle(struct make *make, const char *profile, int64_t wall_ms)
{
	struct fhir_bundle *bundle = make_new(make, struct fhir_bundle);

	bundle->id = uuid_of(make, "Bundle", 0);
	bundle->meta = make_meta(make, profile);
	bundle->identifier = make_new(make, struct fhir_identifier);
	bundle->identifier->system = text_lit(SYSTEM_OURS "bundle");
	bundle->identifier->value = make->identifier;
	bundle->type = text_lit("collection");
	bundle->timestamp = clock_format(wall_ms, true, make->arena);
	make->failed |= !text_there(bundle->timestamp);
	return bundle;
}
