/* SPDX-License-Identifier: Apache-2.0 */
#include "test/gateway/pas_sample.h"

#include "test/case.h"

#include <stdio.h>
#include <string.h>

enum { EXAMPLE_MAX = 64 << 10 };

#define IDENTIFIER "EXAMPLE-PAS-1"

struct text pas_sample(const char *identifier, struct arena *arena)
{
	FILE *in = fopen(EXAMPLES "/pas-submit.json", "re");
	char *bytes = arena_alloc(arena, EXAMPLE_MAX);
	struct text rest = { bytes, 0 };
	struct buffer out;
	const char *at;

	cr_assert(in && bytes);
	rest.n = fread(bytes, 1, EXAMPLE_MAX, in);
	fclose(in);
	buffer_init(&out, arena, rest.n + 100);
	while ((at = memmem(rest.at, rest.n, IDENTIFIER, strlen(IDENTIFIER)))) {
		buffer_add(&out, (struct text){ rest.at, (size_t)(at - rest.at) });
		buffer_add(&out, text_of(identifier));
		rest.n -= (size_t)(at - rest.at) + strlen(IDENTIFIER);
		rest.at = at + strlen(IDENTIFIER);
	}
	buffer_add(&out, rest);
	return buffer_text(&out);
}

struct text pas_sample_answer(struct text request, const char *action, const char *reason, struct arena *arena)
{
	struct fhir_decision decision = { .action = text_of(action), .reason = text_of(reason), .preauth_ref = text_lit("EXAUTH1") };
	struct fhir_bundle *bundle;
	struct buffer json;
	struct fault fault;

	cr_assert(fhir_read(request, arena, &bundle, &fault), "%s", fault.path);
	bundle = fhir_response_of(bundle, &decision, text_lit("decision-1"), 1795339800000, arena);
	cr_assert(bundle);
	buffer_init(&json, arena, 8192);
	fhir_write(bundle, &json);
	return buffer_text(&json);
}

bool pas_holds(struct text bytes, const char *find)
{
	return memmem(bytes.at, bytes.n, find, strlen(find)) != NULL;
}
