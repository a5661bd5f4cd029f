/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what the operations of Da Vinci DTR take: never a crash, and what is given for a response can be sent again. */
#include "fhir-bridge/dtr/dtr.h"

#include <stdlib.h>

enum { MEMORY = 64 << 20, WALL_MS = 1767225600 };
#define T(literal) { literal, sizeof(literal) - 1 }

static struct choice kinds[] = {
	{ .choice_id = T("ONE"), .choice_text = T("one"), .additional_free_text_indicator = T("NA") },
	{ .choice_id = T("TWO"), .choice_text = T("two"), .additional_free_text_indicator = T("M"), .next_question_id = T("WORDS") },
};
static struct select_question kind = { .select_multiple = T("Y"), .choices = kinds, .choices_n = 2 };
static struct single_comparison enough = { .comparison_operator = T("GE"), .comparison_value = T("12"), .next_question_id = T("DAY") };
static struct next_question_condition conditions[] = { { .single = &enough } };
static struct numeric_question weeks = { .is_numeric = T("Y"), .conditions = conditions, .conditions_n = 1 };
static struct date_question day = { .is_date_time_required = T("Y") };
static struct free_text_question words = { .is_free_text = T("Y") };
static struct question_type types[] = { { .select = &kind }, { .numeric = &weeks }, { .date = &day }, { .free_text = &words } };
static const struct question questions[] = {
	{ .question_id = T("KIND"), .sequence_number = T("1"), .question_text = T("?"), .default_next_question_id = T("WEEKS"), .type = &types[0] },
	{ .question_id = T("WEEKS"), .sequence_number = T("2"), .question_text = T("?"), .default_next_question_id = T("WORDS"), .type = &types[1] },
	{ .question_id = T("DAY"), .sequence_number = T("3"), .question_text = T("?"), .default_next_question_id = T("WORDS"), .type = &types[2] },
	{ .question_id = T("WORDS"), .sequence_number = T("4"), .question_text = T("?"), .default_next_question_id = T("END"), .type = &types[3] },
};
static const bool optional[] = { false, false, false, true };
static const struct question_set_header header = { .question_set_id = T("SET"), .title = T("t"), .description = T("d") };
static const struct question_form form = { .header = &header, .questions = questions, .n = 4, .optional = optional, .url = T("urn:x") };

/* What is given for a response is one itself. (Alone, also where it came as a parameter: that has another name on the way back.) */
static void answer(struct text body, struct arena *arena, int more)
{
	struct fhir_questionnaire_response *response;
	struct fault fault = { 0 };
	struct buffer out;
	struct text asked;
	bool wrapped;

	if (!dtr_read_next(body, DTR_2_2_0, arena, &response, &wrapped, &asked, &fault)) {
		if (more == 0 && fault.code != FAULT_TOO_LARGE && fault.code != FAULT_TOO_DEEP)
			abort();
		return;
	}
	buffer_init(&out, arena, 1024);
	if (!dtr_next(&form, response, false, text_lit("http://127.0.0.1/fhir"), WALL_MS, arena, &out, &fault)) {
		if (more == 0 && fault.code != FAULT_TOO_LARGE)
			abort();
		return;
	}
	if (more)
		answer(buffer_text(&out), arena, more - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct text body = { (const char *)data, n }, questionnaire;
	struct dtr_package_request package;
	struct arena arena;
	struct fault fault;
	size_t issues;

	arena_init(&arena, MEMORY);
	(void)!dtr_read_package(body, DTR_2_2_0, &arena, &package, &fault);
	(void)!dtr_read_errors(body, &arena, &questionnaire, &issues, &fault);
	answer(body, &arena, 1);
	arena_done(&arena);
	return 0;
}
