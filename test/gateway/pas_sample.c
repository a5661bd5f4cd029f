/* SPDX-License-Identifier: Apache-2.0 */
#include "test/gateway/pas_sample.h"

#include "test/case.h"

#include <stdio.h>
#include <string.h>

enum { EXAMPLE_MAX = 64 << 10 };

static struct text example(const char *file, const char *named, const char *identifier, struct arena *arena)
{
	FILE *in = fopen(file, "re");
	char *bytes = arena_alloc(arena, EXAMPLE_MAX);
	struct text rest = { bytes, 0 };
	struct buffer out;
	const char *at;

	cr_assert(in && bytes);
	rest.n = fread(bytes, 1, EXAMPLE_MAX, in);
	fclose(in);
	buffer_init(&out, arena, rest.n + 100);
	while ((at = memmem(rest.at, rest.n, named, strlen(named)))) {
		buffer_add(&out, (struct text){ rest.at, (size_t)(at - rest.at) });
		buffer_add(&out, text_of(identifier));
		rest.n -= (size_t)(at - rest.at) + strlen(named);
		rest.at = at + strlen(named);
	}
	buffer_add(&out, rest);
	return buffer_text(&out);
}

struct text pas_sample(const char *identifier, struct arena *arena)
{
	return example(EXAMPLES "/pas-submit.json", "EXAMPLE-PAS-1", identifier, arena);
}

struct text pas_sample_pharmacy(const char *identifier, const char *questionnaire, const char *items, struct arena *arena)
{
	static const char end[] = "\n ]\n}";
	struct text json = example(EXAMPLES "/pas-submit-pharmacy.json", "EXAMPLE-PAS-4", identifier, arena);
	struct buffer out;

	if (!items)
		return json;
	for (json = text_trim(json); json.n && memcmp(json.at + json.n - (sizeof(end) - 1), end, sizeof(end) - 1) != 0;)
		json.n--;
	cr_assert(json.n);
	buffer_init(&out, arena, json.n + 1000);
	buffer_add(&out, (struct text){ json.at, json.n - (sizeof(end) - 1) });
	buffer_lit(&out, ",{\"fullUrl\":\"urn:uuid:68c31a6a-5739-864d-8523-19e083798c2a\",\"resource\":{\"resourceType\":\"QuestionnaireResponse\","
		"\"id\":\"68c31a6a-5739-864d-8523-19e083798c2a\",\"status\":\"completed\",\"questionnaire\":\"");
	buffer_add(&out, text_of(questionnaire));
	buffer_lit(&out, "\",\"item\":[");
	buffer_add(&out, text_of(items));
	buffer_lit(&out, "]}}]}");
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
