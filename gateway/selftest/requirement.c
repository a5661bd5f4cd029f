/* SPDX-License-Identifier: Apache-2.0 */
/* The requirements as rows, and how many of them got which verdict. */
#include "gateway/selftest/selftest.h"

static const struct {
	const char *name, *title;
} groups[] = {
#define GROUP(key, name, title) { name, title },
#define REQUIREMENT(group, id, reference, sentence)
#define CANNOT(group, id, reference, sentence, why)
#include "gateway/def/requirement.def"
#undef GROUP
#undef REQUIREMENT
#undef CANNOT
};

const struct requirement requirements[] = {
#define GROUP(key, name, title)
#define REQUIREMENT(group, id, reference, sentence) { SELFTEST_##group, id, reference, sentence, NULL },
#define CANNOT(group, id, reference, sentence, why) { SELFTEST_##group, id, reference, sentence, why },
#include "gateway/def/requirement.def"
#undef GROUP
#undef REQUIREMENT
#undef CANNOT
};
const size_t requirements_n = sizeof(requirements) / sizeof(*requirements);

const char *selftest_group_name(enum selftest_group group)
{
	return groups[group].name;
}

const char *selftest_group_title(enum selftest_group group)
{
	return groups[group].title;
}

bool selftest_group_of(struct text name, enum selftest_group *group)
{
	for (int i = 0; i < SELFTEST_GROUPS; i++)
		if (text_is(name, groups[i].name)) {
			*group = (enum selftest_group)i;
			return true;
		}
	return false;
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = { [VERDICT_NONE] = "none", [VERDICT_PASS] = "pass", [VERDICT_FAIL] = "FAIL", [VERDICT_SKIPPED] = "skipped",
		[VERDICT_CANNOT] = "cannot" };

	return names[verdict];
}

size_t selftest_count(const struct selftest *selftest, int group, enum verdict verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < requirements_n; i++)
		n += selftest->found[i].verdict == verdict && (group < 0 || requirements[i].group == (enum selftest_group)group);
	return n;
}

void selftest_document(struct buffer *out)
{
	buffer_lit(out, "# What `dualtrack selftest` checks\n\nPrinted by `dualtrack print selftest`. Each row stands beside the test of the public kits (Inferno), or the place in a "
			"guide, that asks the same; the words are ours.\n");
	for (int group = 0; group < SELFTEST_GROUPS; group++) {
		buffer_format(out, "\n## %s\n\n| requirement | what is asserted | asked by |\n|---|---|---|\n", groups[group].title);
		for (size_t i = 0; i < requirements_n; i++) {
			const struct requirement *r = &requirements[i];

			if (r->group == (enum selftest_group)group)
				buffer_format(out, "| `%s` | %s%s%s | %s |\n", r->id, r->sentence, r->cannot ? "; cannot be checked: " : "", r->cannot ? r->cannot : "",
					r->reference);
		}
	}
}
