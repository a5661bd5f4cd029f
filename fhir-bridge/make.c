/* SPDX-License-Identifier: Apache-2.0 */
/* The small parts every FHIR resource is put together from. */
#include "fhir-bridge/make.h"

#include <stdio.h>

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
static struct text uuid_of(struct make *make, struct text identifier, const char *kind)
{
	char tail[64], *at = make_bytes(make, 37);
	struct text seed;
	uint64_t high, low;

	snprintf(tail, sizeof(tail), "/%s/0", kind);
	seed = make_text(make, identifier, text_of(tail), text_lit("/0"));
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

struct fhir_resource *make_entry(struct make *make, struct fhir_bundle *bundle, const char *kind, struct text *id,
	struct text *full_url)
{
	return make_entry_of(make, bundle, bundle->identifier->value, kind, id, full_url);
}

struct fhir_resource *make_entry_of(struct make *make, struct fhir_bundle *bundle, struct text identifier, const char *kind, struct text *id,
	struct text *full_url)
{
	struct fhir_entry *entry = make_push(make, bundle->entry, bundle->entry_n);
	struct fhir_resource *resource;

	*id = uuid_of(make, identifier, kind);
	*full_url = make_text(make, text_lit("urn:uuid:"), *id, TEXT_NONE);
	entry->full_url = *full_url;
	entry->resource = resource = make_new(make, struct fhir_resource);
	return resource;
}

struct fhir_bundle *make_bundle(struct make *make, const char *profile, struct text identifier, int64_t wall_ms)
{
	struct fhir_bundle *bundle = make_new(make, struct fhir_bundle);

	bundle->id = uuid_of(make, identifier, "Bundle");
	bundle->meta = make_meta(make, profile);
	bundle->identifier = make_new(make, struct fhir_identifier);
	bundle->identifier->system = text_lit(SYSTEM_OURS "bundle");
	bundle->identifier->value = identifier;
	bundle->type = text_lit("collection");
	bundle->timestamp = clock_format(wall_ms, true, make->arena);
	make->failed |= !text_there(bundle->timestamp);
	return bundle;
}
