/* SPDX-License-Identifier: Apache-2.0 */
/* The manual of what is checked of a PAS bundle, printed from the rows that check it. */
#include "fhir-bridge/profile.h"
#include "fhir-bridge/systems.h"

static void add_versions(unsigned versions, struct buffer *out)
{
	bool early = versions & PAS_2_0_1, late = versions & PAS_2_2_1;

	buffer_add(out, early && late ? text_lit("both") : late ? text_lit("2.2.1") : text_lit("2.0.1"));
}

static void add_profiles(uint64_t profiles, struct buffer *out)
{
	bool first = true;

	for (enum profile p = 0; p < PROFILES; p++)
		if (profiles & PROFILE_BIT(p)) {
			buffer_format(out, "%s%s", first ? "" : ", ", profile_canonical(p));
			first = false;
		}
}

/* Bars would end a table's cell; a word of the table's own with underscores is a sentence. */
static void add_words(const char *words, bool sentence, struct buffer *out)
{
	for (; *words; words++)
		if (*words == '|')
			buffer_lit(out, ": ");
		else
			buffer_add_char(out, sentence && *words == '_' ? ' ' : *words);
}

static void add_times(struct text range, struct buffer *out)
{
	if (text_is(range, "1..1"))
		buffer_lit(out, "once");
	else if (text_is(range, "0..0"))
		buffer_lit(out, "not there");
	else
		buffer_format(out, "%.*s times", TEXT_ARGS(range));
}

static void add_targets(struct text names, struct buffer *out)
{
	const char *between = "refers to ";

	for (; text_there(names); between = ", ") {
		struct text name = text_cut(&names, ' ');
		int profile = profile_named(name);

		buffer_format(out, "%s%s", between, profile < 0 ? "anything in the bundle" : profile_canonical((enum profile)profile));
	}
}

static void add_rule(const struct profile_rule *rule, struct buffer *out)
{
	switch (rule->kind) {
	case TIMES:
		add_times(text_of(rule->argument), out);
		return;
	case CODES:
		buffer_format(out, "one of: %s", rule->argument);
		return;
	case CONCEPT:
		buffer_lit(out, "a coding of ");
		add_words(rule->argument, false, out);
		return;
	case SYSTEMS:
		buffer_format(out, "a coding of one of: %s", rule->argument);
		return;
	case DAY:
		buffer_lit(out, "a whole date");
		return;
	case TO:
		add_targets(text_of(rule->argument), out);
		return;
	case POINTS:
		buffer_format(out, "numbers of %s", rule->argument);
		return;
	case UNIQUE:
		buffer_format(out, "no %s twice", rule->argument);
		return;
	case NPI:
		buffer_lit(out, "an NPI has its check digit");
		return;
	case HOLDS:
		add_words(rule->argument, true, out);
		return;
	}
	__builtin_unreachable();
}

void profile_document(unsigned versions, struct buffer *out)
{
	for (size_t i = 0; i < profile_rules_n; i++) {
		const struct profile_rule *rule = &profile_rules[i];

		if (!(rule->versions & versions))
			continue;
		buffer_lit(out, "| ");
		add_profiles(rule->profiles, out);
		buffer_lit(out, " | ");
		if (versions != PROFILES_OF_CARIN) {
			add_versions(rule->versions, out);
			buffer_lit(out, " | ");
		}
		buffer_format(out, "%.*s | ", TEXT_ARGS(rule->path.n ? rule->path : text_lit("(the resource)")));
		add_rule(rule, out);
		buffer_lit(out, " |\n");
	}
}

void pas_document(struct buffer *out)
{
	buffer_lit(out, "# What is checked of a Da Vinci PAS bundle\n\nBeside what base FHIR asks of each element. A refusal is an OperationOutcome that says where, as FHIRPath.\n\n"
			"## Profiles\n\n| profile | version | where | what |\n|---|---|---|---|\n");
	profile_document(PAS_2_0_1 | PAS_2_2_1, out);
	buffer_lit(out, "\n## Extensions\n\n| extension | part | times | value | system |\n|---|---|---|---|---|\n");
#define ROW(url, part, times, member, system)                               \
	do {                                                                \
		buffer_lit(out, "| " url " | " part " | " times " | ");     \
		add_words(member, false, out);                              \
		buffer_lit(out, " | " system " |\n");                       \
	} while (0);
#define EXTENSION(url, member, system) ROW(url, "", "", member, system)
#define PART(url, part, min, max, member, system) ROW(url, part, #min ".." #max, member, system)
#include "fhir-bridge/def/extensions.def"
#undef PART
#undef EXTENSION
#undef ROW
	buffer_lit(out, "\nTimes end in 0 where there is no limit.\n");
}
