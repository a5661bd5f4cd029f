/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a CARIN benefit check: never a crash, what is accepted becomes a question that RTPB can be asked, or what it lacks is told, and its
   answer reads back. */
#include "fhir-bridge/carin/carin.h"
#include "fhir-bridge/fhir.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(struct text body, struct arena *arena)
{
	const struct carin_answering how = { .id = text_lit("a"), .wall_ms = INT64_C(1795339800000) };
	struct rtpb_message *question, *answer;
	struct carin_request request;
	struct carin_lack lacks;
	struct fhir_bundle *back;
	struct buffer json;
	struct fault fault;

	if (!carin_read(body, arena, &request, &fault) || !carin_question(&request, text_lit("q"), how.wall_ms, arena, &question, &lacks, &fault))
		return;
	if (!lacks.code)
		lacks = (struct carin_lack){ "52", "nobody" };
	answer = carin_lacking(question, &lacks, text_lit("a"), how.wall_ms, arena);
	buffer_init(&json, arena, 0);
	if (!answer || !carin_answer(&request, answer, &how, arena, &json, &fault) || json.failed)
		return;
	if (!fhir_read(buffer_text(&json), arena, &back, &fault) && fault.code != FAULT_TOO_LARGE && fault.code != FAULT_TOO_DEEP)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena arena;

	arena_init(&arena, 64 << 20);
	check((struct text){ (const char *)data, n }, &arena);
	arena_done(&arena);
	return 0;
}
