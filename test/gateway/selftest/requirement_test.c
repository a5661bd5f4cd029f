/* SPDX-License-Identifier: Apache-2.0 */
/* Each requirement is shown by a scenario or says why it cannot be checked, and each scenario speaks of requirements that there are. */
#include "gateway/selftest/conformance.h"
#include "gateway/selftest/selftest.h"
#include "base/buffer.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>


static bool *shown;
static const struct selftest_play *play;
static const char *file_name;
static int line;

static void mark(const char *id)
{
	for (size_t i = 0; i < requirements_n; i++)
		if (strcmp(requirements[i].id, id) == 0) {
			cr_expect_null(requirements[i].cannot, "%s:%d: %s can be checked, or it cannot", file_name, line, id);
			shown[i] |= requirements[i].group == play->group;
			return;
		}
	cr_expect_fail("%s:%d: there is no requirement %s", file_name, line, id);
}

/* The text with {{name}} replaced, once. */
static void replace(char *out, size_t size, const char *name, struct text value)
{
	char before[200], *at;

	snprintf(before, sizeof(before), "%s", out);
	at = strstr(before, name);
	if (at)
		snprintf(out, size, "%.*s%.*s%s", (int)(at - before), before, TEXT_ARGS(value), at + strlen(name));
}

/* "crd/{{hook}}/call" is one for each value that the scenario is played for. */
static void mark_each(struct text id, struct text values)
{
	char one[200];

	do {
		struct text value = text_cut(&values, ' ');

		text_to_z(id, one, sizeof(one));
		replace(one, sizeof(one), "{{suite}}", text_of(selftest_group_name(play->group)));
		replace(one, sizeof(one), "{{hook}}", value);
		mark(one);
	} while (text_there(values));
}

static void read_scenarios(void)
{
	struct text rest = conformance_file(text_of(play->file), NULL, NULL), values = TEXT_NONE;
	bool ours = true;

	cr_assert(text_there(rest), "%s", play->file);
	for (line = 1; text_there(rest); line++) {
		struct text words = text_trim(text_cut(&rest, '\n')), first = text_cut(&words, ' ');

		if (text_is(first, "scenario")) {
			ours = true;
			values = TEXT_NONE;
		}
		if (text_is(first, "only"))
			ours = text_is(words, selftest_group_name(play->group));
		if (text_is(first, "for")) {
			text_cut(&words, '=');
			values = text_trim(words);
		}
		if (!ours || !text_is(first, "expect"))
			continue;
		for (struct text ids = text_cut(&words, ' '); text_there(ids);)
			mark_each(text_cut(&ids, ','), values);
	}
}

CASE(requirement, each_is_shown_by_a_scenario_or_says_why_not)
{
	shown = calloc(requirements_n, sizeof(*shown));
	for (size_t i = 0; i < selftest_plays_n; i++) {
		play = &selftest_plays[i];
		file_name = play->file;
		read_scenarios();
	}
	for (size_t i = 0; i < requirements_n; i++)
		cr_expect(shown[i] || requirements[i].cannot, "a scenario shows %s", requirements[i].id);
	free(shown);
}

CASE(requirement, each_has_a_name_of_its_own_that_begins_with_its_group)
{
	for (size_t i = 0; i < requirements_n; i++) {
		const char *group = selftest_group_name(requirements[i].group);

		cr_expect(strncmp(requirements[i].id, group, strlen(group)) == 0 && requirements[i].id[strlen(group)] == '/', "%s", requirements[i].id);
		for (size_t k = 0; k < i; k++)
			cr_expect_str_neq(requirements[k].id, requirements[i].id);
	}
}

static bool tells(const struct buffer *out, const char *words)
{
	return memmem(out->at, out->n, words, strlen(words)) != NULL;
}

CASE(requirement, what_was_found_is_told_in_every_form)
{
	struct arena arena;
	struct buffer out;
	struct selftest selftest = { .groups = (1u << SELFTEST_GROUPS) - 1, .url = text_lit("http://127.0.0.1:1") };

	arena_init(&arena, 16 << 20);
	buffer_init(&out, &arena, 1 << 16);
	selftest.found = calloc(requirements_n, sizeof(*selftest.found));
	for (size_t i = 0; i < requirements_n; i++)
		selftest.found[i] = (struct found){ .verdict = (enum verdict)(1 + i % 4), .seen = i % 4 ? text_lit("a <b> & \"c\"") : TEXT_NONE };
	cr_expect_eq(selftest_count(&selftest, -1, VERDICT_PASS) + selftest_count(&selftest, -1, VERDICT_FAIL) +
			     selftest_count(&selftest, -1, VERDICT_SKIPPED) + selftest_count(&selftest, -1, VERDICT_CANNOT), requirements_n);
	selftest_print(&selftest, false, &out);
	cr_expect(tells(&out, "FAIL     "));
	out.n = 0;
	selftest_json(&selftest, &out);
	cr_expect(tells(&out, "\"seen\":\"a <b> & \\\"c\\\"\""));
	out.n = 0;
	selftest_junit(&selftest, &out);
	cr_expect_not_null(memmem(out.at, out.n, "<failure message=\"a &lt;b> &amp; &quot;c&quot;\"/>", strlen("<failure message=\"a &lt;b> &amp; &quot;c&quot;\"/>")));
	free(selftest.found);
	arena_done(&arena);
}
