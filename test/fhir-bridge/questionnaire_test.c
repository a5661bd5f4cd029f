/* SPDX-License-Identifier: Apache-2.0 */
/* A question set as a Questionnaire: what enables what, what is lost, and responses that fit beside those that do not. */
#include "base/json.h"
#include "fhir-bridge/dtr/dtr.h"
#include "test/case.h"

#include <stdio.h>
#include <string.h>

enum { MEMORY = 16 << 20, WALL_MS = 1767225600 };

/* Kind (a choice that needs words, one that may have them), weeks (12 and more lead on to the day), day, remark (may be left out). */
static struct choice kinds[] = {
	{ .choice_id = { "ONE", 3 }, .choice_text = { "one", 3 }, .additional_free_text_indicator = { "NA", 2 } },
	{ .choice_id = { "NEEDS", 5 }, .choice_text = { "needs", 5 }, .additional_free_text_indicator = { "M", 1 }, .next_question_id = { "REMARK", 6 } },
	{ .choice_id = { "MAY", 3 }, .choice_text = { "may", 3 }, .additional_free_text_indicator = { "O", 1 } },
};
static struct select_question kind = { .select_multiple = { "N", 1 }, .choices = kinds, .choices_n = 3 };
static struct single_comparison enough = { .comparison_operator = { "GE", 2 }, .comparison_value = { "12", 2 }, .next_question_id = { "DAY", 3 } };
static struct next_question_condition conditions[] = { { .single = &enough } };
static struct numeric_question weeks = { .is_numeric = { "Y", 1 }, .conditions = conditions, .conditions_n = 1 };
static struct date_question day = { .is_date_time_required = { "N", 1 } };
static struct free_text_question remark = { .is_free_text = { "Y", 1 } };
static struct question_type types[] = { { .select = &kind }, { .numeric = &weeks }, { .date = &day }, { .free_text = &remark } };
static struct coded_reference codes[] = { { .qualifier = { "LOINC", 5 }, .code = { "1-8", 3 }, .description = { "d", 1 } },
	{ .qualifier = { "ZZ", 2 }, .code = { "x", 1 }, .description = { "d", 1 } } };
#define T(literal) { literal, sizeof(literal) - 1 }
static struct question questions[] = {
	{ .question_id = T("KIND"), .sequence_number = T("1"), .question_text = T("What kind?"), .default_next_question_id = T("WEEKS"), .type = &types[0],
		.coded_references = codes, .coded_references_n = 2, .question_level = T("1") },
	{ .question_id = T("WEEKS"), .sequence_number = T("2"), .question_text = T("How long?"), .default_next_question_id = T("REMARK"), .type = &types[1] },
	{ .question_id = T("DAY"), .sequence_number = T("3"), .question_text = T("When?"), .default_next_question_id = T("REMARK"), .type = &types[2] },
	{ .question_id = T("REMARK"), .sequence_number = T("4"), .question_text = T("Else?"), .default_next_question_id = T("END"), .type = &types[3] },
	{ .question_id = T("NOWHERE"), .sequence_number = T("5"), .question_text = T("Never?"), .default_next_question_id = T("END"), .type = &types[3] },
};
static const bool optional[] = { false, false, false, true, false };
static struct question_set_header header = { .question_set_id = T("SET/1"), .title = T("Title"), .description = T("Description"),
	.attachment_required = T("Y"), .attachment_notes = T("The chart") };
static const struct question_form form = { .header = &header, .questions = questions, .n = 5, .optional = optional, .url = T("urn:example:set") };

static struct text json_of(const struct fhir_questionnaire *questionnaire, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, 4096);
	json_write(&fhir_questionnaire_record, questionnaire, &out);
	return buffer_text(&out);
}

static bool holds(struct text in, const char *what)
{
	return memmem(in.at, in.n, what, strlen(what)) != NULL;
}

CASE(questionnaire, each_question_says_what_enables_it_and_what_is_lost_is_named)
{
	struct loss loss = { 0 };
	struct arena arena;
	struct make make;
	struct text json;
	bool adaptive;

	arena_init(&arena, MEMORY);
	make_init(&make, &arena);
	json = json_of(form_questionnaire(&form, text_lit("http://127.0.0.1/fhir"), &make, &adaptive, &loss), &arena);
	cr_assert(make_done(&make) && !adaptive);
	cr_expect(holds(json, "\"linkId\":\"KIND\",\"code\":[{\"system\":\"http://loinc.org\",\"code\":\"1-8\",\"display\":\"d\"}],\"prefix\":\"1\""));
	cr_expect(holds(json, "\"linkId\":\"WEEKS\",\"text\":\"How long?\",\"type\":\"decimal\",\"enableWhen\":[{\"question\":\"KIND\",\"operator\":\"=\",\"answerCoding\":{"
			      "\"system\":\"urn:dualtrack:QuestionSet:SET%2F1\",\"code\":\"ONE\",\"display\":\"one\"}},{\"question\":\"KIND\""));
	cr_expect(holds(json, "\"linkId\":\"DAY\",\"text\":\"When?\",\"type\":\"date\",\"enableWhen\":[{\"question\":\"WEEKS\",\"operator\":\">=\",\"answerDecimal\":12}],\"required\":true"));
	cr_expect(holds(json, "{\"question\":\"WEEKS\",\"operator\":\"<\",\"answerDecimal\":12},{\"question\":\"WEEKS\",\"operator\":\">=\",\"answerDecimal\":12}],"
			      "\"enableBehavior\":\"any\",\"maxLength\":2000}")); /* REMARK: not required */
	cr_expect(holds(json, "\"linkId\":\"KIND/text\",\"text\":\"Further words to this choice\",\"type\":\"text\",\"enableWhen\":[{\"question\":\"KIND\",\"operator\":\"=\",\"answerCoding\":{"
			      "\"system\":\"urn:dualtrack:QuestionSet:SET%2F1\",\"code\":\"NEEDS\",\"display\":\"needs\"}}],\"required\":true"));
	cr_expect(holds(json, "\"linkId\":\"document\",\"text\":\"The chart\",\"type\":\"attachment\",\"required\":true"));
	cr_expect_not(holds(json, "NOWHERE"));
	cr_assert_eq(loss.n, 2);
	cr_expect(text_is(loss.paths[0], "Question[0]/CodedReference[1]") && text_is(loss.paths[1], "Question[4]"));
	arena_done(&arena);
}

CASE(questionnaire, another_word_is_another_version)
{
	struct question_form other = form;
	struct question changed[5];
	struct text one, again, two, three;
	struct arena arena;
	struct make make;

	arena_init(&arena, MEMORY);
	make_init(&make, &arena);
	memcpy(changed, questions, sizeof(changed));
	changed[2].question_text = text_lit("When then?");
	one = form_version(&form, &make);
	again = form_version(&form, &make);
	other.questions = changed;
	two = form_version(&other, &make);
	other.questions = questions;
	other.optional = NULL;
	three = form_version(&other, &make);
	cr_assert(make_done(&make));
	cr_expect(one.n == 16 && text_equal(one, again) && !text_equal(one, two) && !text_equal(one, three));
	arena_done(&arena);
}

/* -- responses -- */

#define BEGIN "{\"resourceType\":\"QuestionnaireResponse\",\"extension\":[{\"url\":\"http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/qr-coverage\"," \
	      "\"valueReference\":{\"reference\":\"Coverage/1\"}}],\"questionnaire\":\"urn:example:set\",\"status\":\"in-progress\",\"subject\":{\"reference\":\"Patient/1\"},"
#define CODING(code) "\"valueCoding\":{\"system\":\"urn:dualtrack:QuestionSet:SET%2F1\",\"code\":\"" code "\"}"
#define WORDS "\"item\":[{\"linkId\":\"KIND/text\",\"answer\":[{\"valueString\":\"words\"}]}]"

static const struct {
	const char *items;
	enum fault_code fault;
	const char *path;
} responses[] = {
	{ "{\"linkId\":\"KIND\",\"answer\":[{" CODING("ONE") "}]},{\"linkId\":\"WEEKS\",\"answer\":[{\"valueDecimal\":12}]},{\"linkId\":\"DAY\",\"answer\":[{\"valueDate\":\"2026-01-01\"}]}",
		FAULT_NONE, "" },
	{ "{\"linkId\":\"KIND\",\"answer\":[{" CODING("NEEDS") "," WORDS "}]},{\"linkId\":\"REMARK\",\"answer\":[{\"valueString\":\"r\"}]}", FAULT_NONE, "" },
	{ "{\"linkId\":\"KIND\",\"answer\":[{" CODING("MAY") "}]},{\"linkId\":\"WEEKS\",\"answer\":[{\"valueInteger\":3}]}", FAULT_NONE, "" },
	{ "{\"linkId\":\"document\",\"answer\":[{\"valueAttachment\":{\"contentType\":\"application/pdf\",\"data\":\"QQ==\"}}]}", FAULT_NONE, "" },
	{ "{\"linkId\":\"KIND\",\"answer\":[{" CODING("OTHER") "}]}", FAULT_BAD_CODE, "QuestionnaireResponse.item[0].answer[0].value.code" },
	{ "{\"linkId\":\"KIND\",\"answer\":[{\"valueCoding\":{\"system\":\"urn:example:x\",\"code\":\"ONE\"}}]}", FAULT_BAD_CODE, "QuestionnaireResponse.item[0].answer[0].value.system" },
	{ "{\"linkId\":\"KIND\",\"answer\":[{\"valueString\":\"ONE\"}]}", FAULT_CHOICE, "QuestionnaireResponse.item[0].answer[0].value" },
	{ "{\"linkId\":\"KIND\",\"answer\":[{" CODING("NEEDS") "}]}", FAULT_RULE, "QuestionnaireResponse.item[0].answer" },
	{ "{\"linkId\":\"KIND\",\"answer\":[{" CODING("ONE") "," WORDS "}]}", FAULT_RULE, "QuestionnaireResponse.item[0].answer" },
	{ "{\"linkId\":\"KIND\",\"answer\":[{" CODING("ONE") "},{" CODING("MAY") "}]}", FAULT_RULE, "QuestionnaireResponse.item[0].answer" },
	{ "{\"linkId\":\"KIND\",\"answer\":[{" CODING("ONE") "}]},{\"linkId\":\"KIND\",\"answer\":[{" CODING("ONE") "}]}", FAULT_REPEATED, "QuestionnaireResponse.item[1].linkId" },
	{ "{\"linkId\":\"WEEKS\",\"answer\":[{\"valueDecimal\":1e99}]}", FAULT_BAD_NUMBER, "QuestionnaireResponse.item[0].answer[0].valueDecimal" },
	{ "{\"linkId\":\"WEEKS\",\"answer\":[{\"valueDecimal\":1234567890123456789}]}", FAULT_TOO_LONG, "QuestionnaireResponse.item[0].answer[0].value" },
	{ "{\"linkId\":\"DAY\",\"answer\":[{\"valueDate\":\"2026\"}]}", FAULT_BAD_DATE, "QuestionnaireResponse.item[0].answer[0].value" },
	{ "{\"linkId\":\"DAY\",\"answer\":[{\"valueDateTime\":\"2026-01-01\"}]}", FAULT_CHOICE, "QuestionnaireResponse.item[0].answer[0].value" },
	{ "{\"linkId\":\"STRANGER\",\"answer\":[{\"valueString\":\"s\"}]}", FAULT_RULE, "QuestionnaireResponse.item[0].linkId" },
	{ "{\"linkId\":\"STRANGER\",\"answer\":[{\"valueAttachment\":{\"data\":\"QQ==\"}}]}", FAULT_RULE, "QuestionnaireResponse.item[0].linkId" },
	{ "{\"linkId\":\"DAY/when1\",\"item\":[{\"linkId\":\"STRANGER\",\"item\":[]}]}", FAULT_RULE, "QuestionnaireResponse.item[0].item[0].linkId" },
};

CASE(questionnaire, a_response_fits_or_is_refused_where_it_does_not)
{
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < sizeof(responses) / sizeof(*responses); i++) {
		struct fhir_questionnaire_response *response;
		struct form_answers answers = { 0 };
		struct loss loss = { 0 };
		struct fault fault = { 0 };
		struct text asked, body;
		struct buffer json;
		struct make make;
		bool wrapped, good;

		arena_reset(&arena);
		buffer_init(&json, &arena, 1024);
		buffer_format(&json, "%s\"item\":[%s]}", BEGIN, responses[i].items);
		body = buffer_text(&json);
		make_init(&make, &arena);
		good = dtr_read_next(body, DTR_2_2_0, &arena, &response, &wrapped, &asked, &fault) && form_read(&form, response, &make, &answers, &loss, &fault);
		cr_assert(make_done(&make));
		cr_expect_eq(good, !responses[i].fault, "%zu: %s %s", i, fault_row(fault.code)->name, fault.path);
		if (responses[i].fault)
			cr_expect(fault.code == responses[i].fault && strcmp(fault.path, responses[i].path) == 0, "%zu: %s at %s", i, fault_row(fault.code)->name, fault.path);
	}
	arena_done(&arena);
}

/* The next question comes, what was changed takes along what no longer counts, and what may be left out is asked once. */
static struct text next(const char *items, const char *contained, struct arena *arena)
{
	struct fhir_questionnaire_response *response;
	struct fault fault = { 0 };
	struct buffer json, out;
	struct text asked;
	bool wrapped;

	buffer_init(&json, arena, 1024);
	buffer_format(&json, "%s\"contained\":[{\"resourceType\":\"Questionnaire\",\"status\":\"active\",\"derivedFrom\":[\"urn:example:set\"],\"item\":[%s]}],\"item\":[%s]}", BEGIN,
		contained, items);
	buffer_init(&out, arena, 4096);
	cr_assert(dtr_read_next(buffer_text(&json), DTR_2_2_0, arena, &response, &wrapped, &asked, &fault), "%s", fault.path);
	cr_expect(!wrapped && text_is(asked, "urn:example:set"));
	cr_assert(dtr_next(&form, response, wrapped, text_lit("http://127.0.0.1/fhir"), WALL_MS, arena, &out, &fault), "%s", fault.path);
	return buffer_text(&out);
}

CASE(questionnaire, the_next_question_is_where_the_answers_lead)
{
	static const char needs[] = "{\"linkId\":\"KIND\",\"answer\":[{" CODING("NEEDS") "," WORDS "}]}";
	struct arena arena;
	struct text json;

	arena_init(&arena, MEMORY);
	json = next("", "", &arena);
	cr_expect(holds(json, "\"in-progress\"") && holds(json, "\"linkId\":\"KIND\"") && !holds(json, "\"linkId\":\"WEEKS\""));
	json = next("{\"linkId\":\"KIND\",\"answer\":[{" CODING("ONE") "}]}", "", &arena);
	cr_expect(holds(json, "\"in-progress\"") && holds(json, "\"linkId\":\"WEEKS\"") && !holds(json, "\"linkId\":\"REMARK\""));
	/* KIND was ONE before: its weeks are behind */
	json = next("{\"linkId\":\"KIND\",\"answer\":[{" CODING("NEEDS") "," WORDS "}]},{\"linkId\":\"WEEKS\",\"answer\":[{\"valueDecimal\":3}]}", "", &arena);
	cr_expect(holds(json, "\"in-progress\"") && !holds(json, "\"linkId\":\"WEEKS\"") && holds(json, "\"linkId\":\"REMARK\""));
	json = next(needs, "{\"linkId\":\"REMARK\",\"type\":\"text\"}", &arena);
	cr_expect(holds(json, "\"completed\"")); /* asked, and left out */
	json = next(needs, "{\"linkId\":\"KIND\",\"type\":\"choice\"}", &arena);
	cr_expect(holds(json, "\"in-progress\""));
	arena_done(&arena);
}
