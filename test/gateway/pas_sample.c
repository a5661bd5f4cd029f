/* SPDX-License-Identifier: Apache-2.0 */
#include "test/gateway/pas_sample.h"

#include "test/case.h"

#include <stdio.h>
#include <string.h>

static struct script_message *example(struct arena *arena)
{
	struct xml_reader *reader = xml_reader_new();
	FILE *in = fopen(EXAMPLES "/pa-request-medical.xml", "re");
	struct ncpdp_message message;
	struct fault fault;
	char *bytes = arena_alloc(arena, 1 << 20);
	struct text body = { bytes, 0 };

	cr_assert(in && bytes);
	body.n = fread(bytes, 1, 1 << 20, in);
	fclose(in);
	cr_assert(ncpdp_read(reader, NCPDP_SCRIPT, body, false, arena, &message, &fault), "%s", fault.path);
	xml_reader_free(reader);
	return message.script;
}

static struct text written(const struct fhir_bundle *bundle, struct arena *arena)
{
	struct buffer out;

	cr_assert(bundle);
	buffer_init(&out, arena, 8192);
	fhir_write(bundle, &out);
	return buffer_text(&out);
}

struct text pas_sample(const char *identifier, struct arena *arena)
{
	struct fhir_loss loss = { .n = 0 };

	return written(fhir_claim_of(example(arena), arena_text(arena, text_of(identifier)), text_lit("J0129"), 1795339800000, arena, &loss),
		arena);
}

struct text pas_sample_answer(struct text request, const char *action, const char *reason, struct arena *arena)
{
	struct fhir_decision decision = { .action = text_of(action), .reason = text_of(reason), .preauth_ref = text_lit("EXAUTH1") };
	struct fhir_bundle *bundle;
	struct fault fault;

	cr_assert(fhir_read(request, arena, &bundle, &fault), "%s", fault.path);
	return written(fhir_response_of(bundle, &decision, text_lit("decision-1"), 1795339800000, arena), arena);
}

bool pas_holds(struct text bytes, const char *find)
{
	return memmem(bytes.at, bytes.n, find, strlen(find)) != NULL;
}
