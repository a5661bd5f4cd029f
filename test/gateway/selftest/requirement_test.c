/* SPDX-License-Identifier: Apache-2.0 */
/* Each requirement is shown by a scenario or says why it cannot be checked, and each scenario speaks of requirements that there are. */
#include "gateway/selftest/conformance.h"
#include "gateway/selftest/selftest.h"
#include "base/buffer.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>


static bool *shown;

static void mark(const char *id, const char *file, int line)
{
	for (size_t i = 0; i < requirements_n; i++)
		if (strcmp(requirements[i].id, id) == 0) {
			cr_expect_null(requirements[i].cannot, "%s:%d: %s can be checked, or it cannot", file, line, id);
			shown[i] = true;
			return;
		}
	cr_expect_fail("%s:%d: there is no requirement %s", file, line, id);
}

/* "crd/{{hook}}/call" is one for each value that the scenario is played for. */
static void mark_each(struct text id, struct text values, const char *file, int line)
{
	const char *open = memmem(id.at, id.n, "{{hook}}", 8);
	char one[120];

	if (!open) {
		mark(text_to_z(id, one, sizeof(one)), file, line);
		return;
	}
	while (text_there(values)) {
		struct text value = text_cut(&values, ' ');

		snprintf(one, sizeof(one), "%.*s%.*s%.*s", (int)(open - id.at), id.at, TEXT_ARGS(value), (int)(id.at + id.n - open - 8), open + 8);
		mark(one, file, line);
	}
}

static void read_scenarios(const struct conformance_file *file)
{
	struct text rest = { file->at, (size_t)(file->end - file->at) }, values = TEXT_NONE;
	int line = 0;

	while (text_there(rest)) {
		struct text words = text_trim(text_cut(&rest, '\n')), first = text_cut(&words, ' ');

		line++;
		if (text_is(first, "for")) {
			text_cut(&words, '=');
			values = text_trim(words);
		}
		if (!text_is(first, "expect"))
			continue;
		for (struct text ids = text_cut(&words, ' '); text_there(ids);)
			mark_each(text_cut(&ids, ','), values, file->name, line);
	}
}

CASE(requirement, each_is_shown_by_a_scenario_or_says_why_not)
{
	shown = calloc(requirements_n, sizeof(*shown));
	for (size_t i = 0; i < conformance_files_n; i++)
		if (strstr(conformance_files[i].name, ".scenario"))
			read_scenarios(&conformance_files[i]);
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
