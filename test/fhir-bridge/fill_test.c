/* SPDX-License-Identifier: Apache-2.0 */
/* What record systems can fill in beforehand: which questions get an expression, and that CQL and ELM define what the expressions name.
   With the argument of the environment variable FILL_LIBRARY, a folder, the library is written there, for a CQL engine to run. */
#include "fhir-bridge/dtr/fill.h"
#include "base/json.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY = 16 << 20 };

#define T(literal) { literal, sizeof(literal) - 1 }
static struct numeric_question number = { .is_numeric = T("Y") };
static struct date_question day = { .is_date_time_required = T("N") }, moment = { .is_date_time_required = T("Y") };
static struct free_text_question words = { .is_free_text = T("Y") };
static struct question_type types[] = { { .numeric = &number }, { .date = &day }, { .date = &moment }, { .free_text = &words } };

/* How each question is answered by records; NULL: by nobody's. */
static const struct {
	struct question_type *type;
	struct form_fill fill;
	const char *expression;
} asked[] = {
	{ &types[1], { T("21112-8"), { NULL, 0 } }, "date of birth" },
	{ &types[0], { T("30525-0"), { NULL, 0 } }, "age in years" },
	{ &types[0], { T("4548-4"), T("%") }, "last 4548-4 in %" },
	{ &types[1], { T("4548-4"), { NULL, 0 } }, "day of last 4548-4" },
	{ &types[0], { T("2339-0"), T("mg/dL") }, "last 2339-0 in mg/dL" },
	{ &types[0], { T("4548-4"), T("%") }, "last 4548-4 in %" },
	{ &types[0], { T("718-7"), { NULL, 0 } }, NULL }, /* a number in who knows what */
	{ &types[2], { T("4548-4"), { NULL, 0 } }, NULL }, /* a moment */
	{ &types[3], { T("4548-4"), T("%") }, NULL },
	{ &types[0], { { NULL, 0 }, { NULL, 0 } }, NULL },
};
enum { ASKED = sizeof(asked) / sizeof(*asked) };

static struct question_set_header header = { .question_set_id = T("SET"), .title = T("Title"), .description = T("Description") };

struct filled {
	struct arena arena;
	struct make make;
	struct question questions[ASKED];
	struct form_fill fills[ASKED];
	struct question_form form;
};

static void begin(struct filled *filled)
{
	static const char *const ids[ASKED] = { "Q0", "Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8", "Q9" };

	*filled = (struct filled){ 0 };
	arena_init(&filled->arena, MEMORY);
	make_init(&filled->make, &filled->arena);
	for (size_t i = 0; i < ASKED; i++) {
		filled->questions[i] = (struct question){ .question_id = text_of(ids[i]), .sequence_number = text_lit("1"), .question_text = text_lit("?"),
			.default_next_question_id = i + 1 < ASKED ? text_of(ids[i + 1]) : text_lit("END"), .type = asked[i].type };
		filled->fills[i] = asked[i].fill;
	}
	filled->form = (struct question_form){ .header = &header, .questions = filled->questions, .n = ASKED, .fills = filled->fills, .url = text_lit("urn:example:set") };
}

static int times(struct text in, const char *what)
{
	int n = 0;

	for (const char *at = in.at; at && (at = memmem(at, in.n - (size_t)(at - in.at), what, strlen(what))); at++)
		n++;
	return n;
}

/* From base64, as whoever gets the library reads it. */
static struct text content_of(const struct fhir_library *library, const char *type, struct arena *arena)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buffer out;

	buffer_init(&out, arena, 1024);
	for (size_t i = 0; i < library->content_n; i++) {
		struct text data = library->content[i].data;

		if (!text_is(library->content[i].content_type, type))
			continue;
		cr_assert_eq(data.n % 4, 0);
		for (size_t at = 0; at < data.n; at += 4) {
			uint32_t bits = 0;
			int n = data.at[at + 2] == '=' ? 1 : data.at[at + 3] == '=' ? 2 : 3;

			for (size_t k = 0; k < 4; k++)
				bits = bits << 6 | (data.at[at + k] == '=' ? 0 : (uint32_t)(strchr(letters, data.at[at + k]) - letters));
			for (int k = 0; k < n; k++)
				buffer_add_char(&out, (char)(bits >> (16 - 8 * k)));
		}
	}
	return buffer_text(&out);
}

static void keep(const char *folder, const char *name, struct text body)
{
	char path[400];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "we");
	cr_assert(out && fwrite(body.at, 1, body.n, out) == body.n && !fclose(out));
}

CASE(fill, each_expression_is_defined_once_in_the_library_that_the_questionnaire_names)
{
	struct filled filled;
	struct fhir_questionnaire *questionnaire;
	struct fhir_library *library;
	struct loss loss = { 0 };
	struct text cql, elm;
	char define[100];
	bool adaptive;

	begin(&filled);
	questionnaire = form_questionnaire(&filled.form, text_lit("http://127.0.0.1/fhir"), &filled.make, &adaptive, &loss);
	library = form_library(&filled.form, &filled.make);
	cr_assert(make_done(&filled.make) && !adaptive && library);
	cql = content_of(library, "text/cql", &filled.arena);
	elm = content_of(library, "application/elm+json", &filled.arena);
	cr_assert_eq(questionnaire->item_n, ASKED);
	for (size_t i = 0; i < ASKED; i++) {
		const struct fhir_question_item *item = &questionnaire->item[i];

		cr_assert_eq(item->extension_n, asked[i].expression ? 1 : 0, "question %zu", i);
		if (!asked[i].expression)
			continue;
		snprintf(define, sizeof(define), "\"%s\"", asked[i].expression);
		cr_expect(text_is(item->extension->expression->expression, define), "%.*s", TEXT_ARGS(item->extension->expression->expression));
		snprintf(define, sizeof(define), "define \"%s\":\n", asked[i].expression);
		cr_expect_eq(times(cql, define), 1, "%s", define);
		snprintf(define, sizeof(define), "{\"name\":\"%s\",\"context\":\"Patient\"", asked[i].expression);
		cr_expect_eq(times(elm, define), 1, "%s", define);
	}
	cr_expect_eq(times(cql, "code \"4548-4\": '4548-4' from \"LOINC\"\n"), 1);
	cr_expect_eq(times(elm, "{\"name\":\"4548-4\",\"id\":\"4548-4\""), 1);
	cr_expect_eq(times(cql, "718-7"), 0);
	cr_expect_eq(times(elm, "$") + times(elm, "^") + times(cql, "$") + times(cql, "^"), 0);
	if (getenv("FILL_LIBRARY")) {
		keep(getenv("FILL_LIBRARY"), "library.cql", cql);
		keep(getenv("FILL_LIBRARY"), "library.json", elm);
	}
	arena_done(&filled.arena);
}

CASE(fill, a_set_that_records_know_nothing_of_has_no_library)
{
	struct filled filled;
	struct fhir_questionnaire *questionnaire;
	struct loss loss = { 0 };
	struct text with, without;
	bool adaptive;

	begin(&filled);
	with = form_version(&filled.form, &filled.make);
	filled.form.fills = NULL;
	without = form_version(&filled.form, &filled.make);
	cr_expect_not(text_equal(with, without), "another library is another version");
	questionnaire = form_questionnaire(&filled.form, text_lit("http://127.0.0.1/fhir"), &filled.make, &adaptive, &loss);
	cr_expect_null(form_library(&filled.form, &filled.make));
	cr_expect_eq(questionnaire->extension_n, 1); /* how versions compare */
	cr_assert(make_done(&filled.make));
	arena_done(&filled.arena);
}
