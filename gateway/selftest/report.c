/* SPDX-License-Identifier: Apache-2.0 */
/* What the self-test found, for a person, as JSON and as JUnit's XML. */
#include "gateway/selftest/selftest.h"

#include <inttypes.h>
#include <stdio.h>

static bool played(const struct selftest *selftest, size_t i)
{
	return selftest->groups & 1u << requirements[i].group && selftest->found[i].verdict != VERDICT_NONE;
}

static void add_counts(const struct selftest *selftest, int group, struct buffer *out)
{
	static const struct {
		enum verdict verdict;
		const char *word;
	} counted[] = { { VERDICT_PASS, "passed" }, { VERDICT_FAIL, "failed" }, { VERDICT_SKIPPED, "skipped" }, { VERDICT_CANNOT, "cannot be checked" } };

	for (size_t i = 0; i < sizeof(counted) / sizeof(*counted); i++)
		buffer_format(out, "%s%zu %s", i ? ", " : "", selftest_count(selftest, group, counted[i].verdict), counted[i].word);
}

static void add_finding(const struct found *found, const struct requirement *requirement, struct buffer *out)
{
	buffer_format(out, "%-8s %-44s %s\n", verdict_name(found->verdict), requirement->id, requirement->sentence);
	if (!found->seen.n)
		return;
	buffer_format(out, "         %-44s -> ", "");
	buffer_add(out, found->seen);
	if (found->verdict == VERDICT_FAIL) {
		buffer_lit(out, " (");
		buffer_add(out, found->file);
		buffer_format(out, ":%d)", found->line);
	}
	buffer_add_char(out, '\n');
}

void selftest_print(const struct selftest *selftest, bool only_bad, struct buffer *out)
{
	for (int group = 0; group < SELFTEST_GROUPS; group++) {
		if (!(selftest->groups & 1u << group))
			continue;
		buffer_format(out, "%s\n", selftest_group_title((enum selftest_group)group));
		for (size_t i = 0; i < requirements_n; i++)
			if (requirements[i].group == (enum selftest_group)group && played(selftest, i) &&
				(!only_bad || selftest->found[i].verdict != VERDICT_PASS))
				add_finding(&selftest->found[i], &requirements[i], out);
		buffer_add_char(out, '\n');
	}
	for (int group = 0; group < SELFTEST_GROUPS; group++) {
		if (!(selftest->groups & 1u << group))
			continue;
		buffer_format(out, "%-24s ", selftest_group_title((enum selftest_group)group));
		add_counts(selftest, group, out);
		buffer_add_char(out, '\n');
	}
	buffer_format(out, "%-24s ", "all");
	add_counts(selftest, -1, out);
	buffer_format(out, "; %zu requests, %zu notifications\n", selftest->exchanges, selftest->notifications);
}

static void add_json_text(struct text t, struct buffer *out)
{
	buffer_add_char(out, '"');
	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.at[i];

		if (c == '"' || c == '\\')
			buffer_format(out, "\\%c", c);
		else if (c < ' ')
			buffer_format(out, "\\u%04x", c);
		else
			buffer_add_char(out, (char)c);
	}
	buffer_add_char(out, '"');
}

static void add_member(const char *name, struct text value, struct buffer *out)
{
	if (!value.n)
		return;
	buffer_format(out, ",\"%s\":", name);
	add_json_text(value, out);
}

void selftest_json(const struct selftest *selftest, struct buffer *out)
{
	const char *comma = "";

	buffer_lit(out, "{\"gateway\":");
	add_json_text(selftest->url, out);
	buffer_lit(out, ",\"version\":\"" DUALTRACK_VERSION "\"");
	for (int v = VERDICT_PASS; v <= VERDICT_CANNOT; v++)
		buffer_format(out, ",\"%s\":%zu", v == VERDICT_FAIL ? "fail" : verdict_name((enum verdict)v), selftest_count(selftest, -1, (enum verdict)v));
	buffer_lit(out, ",\"requirements\":[\n");
	for (size_t i = 0; i < requirements_n; i++) {
		const struct found *found = &selftest->found[i];

		if (!played(selftest, i))
			continue;
		buffer_format(out, "%s{\"id\":\"%s\",\"group\":\"%s\",\"verdict\":\"%s\"", comma, requirements[i].id, selftest_group_name(requirements[i].group),
			found->verdict == VERDICT_FAIL ? "fail" : verdict_name(found->verdict));
		add_member("reference", text_of(requirements[i].reference), out);
		add_member("sentence", text_of(requirements[i].sentence), out);
		add_member("seen", found->seen, out);
		add_member("scenario", found->scenario, out);
		buffer_format(out, ",\"held\":%zu}", found->held);
		comma = ",\n";
	}
	buffer_lit(out, "]}\n");
}

static void add_xml_text(struct text t, struct buffer *out)
{
	for (size_t i = 0; i < t.n; i++) {
		switch (t.at[i]) {
		case '<':
			buffer_lit(out, "&lt;");
			break;
		case '&':
			buffer_lit(out, "&amp;");
			break;
		case '"':
			buffer_lit(out, "&quot;");
			break;
		default:
			buffer_add_char(out, t.at[i]);
		}
	}
}

static void add_test_case(const struct found *found, const struct requirement *requirement, struct buffer *out)
{
	buffer_format(out, "    <testcase classname=\"%s\" name=\"%s\"", selftest_group_name(requirement->group), requirement->id);
	if (found->verdict == VERDICT_PASS) {
		buffer_lit(out, "/>\n");
		return;
	}
	buffer_format(out, "><%s message=\"", found->verdict == VERDICT_FAIL ? "failure" : "skipped");
	add_xml_text(found->seen, out);
	buffer_format(out, "\"/></testcase>\n");
}

void selftest_junit(const struct selftest *selftest, struct buffer *out)
{
	buffer_lit(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dualtrack selftest\">\n");
	for (int group = 0; group < SELFTEST_GROUPS; group++) {
		size_t failed = selftest_count(selftest, group, VERDICT_FAIL), passed = selftest_count(selftest, group, VERDICT_PASS);
		size_t skipped = selftest_count(selftest, group, VERDICT_SKIPPED) + selftest_count(selftest, group, VERDICT_CANNOT);

		if (!(selftest->groups & 1u << group))
			continue;
		buffer_format(out, "  <testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\">\n", selftest_group_title((enum selftest_group)group),
			failed + passed + skipped, failed, skipped);
		for (size_t i = 0; i < requirements_n; i++)
			if (requirements[i].group == (enum selftest_group)group && played(selftest, i))
				add_test_case(&selftest->found[i], &requirements[i], out);
		buffer_lit(out, "  </testsuite>\n");
	}
	buffer_lit(out, "</testsuites>\n");
}
