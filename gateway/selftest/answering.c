/* SPDX-License-Identifier: Apache-2.0 */
/* Answers an adaptive questionnaire as somebody would who takes the first of whatever there is to choose, until it is completed. */
#include "gateway/selftest/steps.h"

#include <stdio.h>

enum { ROUNDS_MAX = 60, VALUE_BYTES = 2048 };

static const char origin[] = "\"extension\":[{\"url\":\"http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/information-origin\",\"extension\":["
			     "{\"url\":\"source\",\"valueCode\":\"manual\"},{\"url\":\"author\",\"extension\":[{\"url\":\"practitioner\","
			     "\"valueReference\":{\"reference\":\"Practitioner/d1\"}}]}]}]";

/* Values by type of question; a choice takes its first option instead. */
static const struct {
	const char *type, *value;
} plain[] = {
	{ "boolean", "\"valueBoolean\":true" },
	{ "decimal", "\"valueDecimal\":6" },
	{ "integer", "\"valueInteger\":6" },
	{ "date", "\"valueDate\":\"2026-11-01\"" },
	{ "dateTime", "\"valueDateTime\":\"2026-11-01T09:00:00Z\"" },
	{ "time", "\"valueTime\":\"09:00:00\"" },
	{ "string", "\"valueString\":\"SELFTEST\"" },
	{ "text", "\"valueString\":\"SELFTEST\"" },
	{ "url", "\"valueUri\":\"https://ehr.example/\"" },
	{ "quantity", "\"valueQuantity\":{\"value\":6}" },
	{ "open-choice", "\"valueString\":\"SELFTEST\"" },
};

static bool add_value(const struct tree *question, struct buffer *out)
{
	const struct tree *options = tree_member(question, "answerOption");

	for (const struct tree *member = options && options->first ? options->first->first : NULL; member; member = member->next)
		if (text_starts(member->name, "value")) {
			buffer_add_char(out, '"');
			buffer_add(out, member->name);
			buffer_lit(out, "\":");
			tree_write(member, out);
			return true;
		}
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (text_is(tree_word(question, "type"), plain[i].type)) {
			buffer_add(out, text_of(plain[i].value));
			return true;
		}
	return false;
}

static struct tree *answer_of(struct tree *response, struct text link)
{
	struct tree *items = tree_member(response, "item");

	for (struct tree *item = items ? items->first : NULL; item; item = item->next)
		if (text_equal(tree_word(item, "linkId"), link))
			return item;
	return NULL;
}

/* A new item in the response; with an answer when it is a question. */
static bool add_item(struct run *run, const struct tree *question, struct tree *response)
{
	struct buffer json;
	struct tree *item;

	buffer_init(&json, run->arena, VALUE_BYTES);
	buffer_lit(&json, "{\"linkId\":\"");
	buffer_add(&json, tree_word(question, "linkId"));
	buffer_add_char(&json, '"');
	if (!text_is(tree_word(question, "type"), "group")) {
		buffer_lit(&json, ",\"answer\":[{");
		buffer_add(&json, text_of(origin));
		buffer_add_char(&json, ',');
		if (!add_value(question, &json))
			return false;
		buffer_lit(&json, "}]");
	}
	buffer_add_char(&json, '}');
	item = tree_read(buffer_text(&json), run->arena);
	return item && tree_put(response, text_lit("item[]"), item, run->arena);
}

/* How many questions got an answer. */
static size_t answer_items(struct run *run, const struct tree *questions, struct tree *response)
{
	const struct tree *items = tree_member(questions, "item");
	size_t n = 0;

	for (const struct tree *question = items ? items->first : NULL; question; question = question->next) {
		struct text type = tree_word(question, "type"), link = tree_word(question, "linkId");
		struct tree *item = answer_of(response, link);

		if (text_is(type, "display") || text_is(type, "attachment"))
			continue;
		if (!item && !add_item(run, question, response))
			continue;
		if (text_is(type, "group"))
			n += answer_items(run, question, answer_of(response, link));
		else
			n += !item;
	}
	return n;
}

/* answer-questions as TAG: after the first answer of $next-question was looked at */
bool step_answer_questions(struct run *run, struct text rest)
{
	struct text tag;

	scenario_word(&rest);
	tag = arena_text(run->arena, rest);
	for (int round = 0; run->exchange && round < ROUNDS_MAX; round++) {
		struct tree_set questionnaire;

		if (run->exchange->status != 200 || text_is(tree_word(run->exchange->answer_tree, "status"), "completed"))
			break;
		run->body = tree_read(run->exchange->answer, run->arena);
		if (!run->body || !tree_find(run->body, text_lit("contained.ofType(Questionnaire)"), run->arena, &questionnaire) || !questionnaire.n ||
			!answer_items(run, questionnaire.at[0], run->body))
			break;
		run->media = text_lit("application/fhir+json");
		exchange_send(run, text_lit("POST"), run->exchange->path, tag);
		steps_reset(run);
	}
	return true;
}
