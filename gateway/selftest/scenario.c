/* SPDX-License-Identifier: Apache-2.0 */
/* Plays a scenario file: a line is a step, its first word says which. test/conformance/README.md tells the words. */
#include "base/crypto.h"
#include "gateway/selftest/conformance.h"
#include "gateway/selftest/run.h"
#include "gateway/selftest/steps.h"

#include <stdio.h>
#include <string.h>

bool run_wrong(const struct run *run, const char *what, struct text about)
{
	fprintf(stderr, "dualtrack selftest: %.*s:%d: %s%s%.*s\n", TEXT_ARGS(run->file), run->line, what, about.n ? ": " : "", TEXT_ARGS(about));
	return false;
}

struct text scenario_word(struct text *rest)
{
	struct text word;

	*rest = text_trim(*rest);
	word = text_cut(rest, ' ');
	*rest = text_there(*rest) ? text_trim(*rest) : text_lit("");
	return word;
}

/* -- expectations -- */

static const struct check *find_check(struct text name)
{
	const struct check *const tables[] = { checks_plain, checks_pas, checks_cds, checks_dtr };

	for (size_t t = 0; t < sizeof(tables) / sizeof(*tables); t++)
		for (const struct check *check = tables[t]; check->name; check++)
			if (text_is(name, check->name))
				return check;
	return NULL;
}

static const struct requirement *find_requirement(struct text id)
{
	for (size_t i = 0; i < requirements_n; i++)
		if (text_is(id, requirements[i].id))
			return &requirements[i];
	return NULL;
}

/* What failed stays failed, and what could not be looked at once is not passed by another look. */
static void judge(struct run *run, const struct requirement *requirement, enum held held, struct text seen)
{
	static const enum verdict verdicts[] = { [HELD] = VERDICT_PASS, [NOT_HELD] = VERDICT_FAIL, [NOT_HERE] = VERDICT_SKIPPED };
	struct found *found = &run->selftest->found[requirement - requirements];
	enum verdict verdict = verdicts[held];

	found->held += held == HELD;
	if (found->verdict == VERDICT_FAIL || (found->verdict == VERDICT_SKIPPED && verdict == VERDICT_PASS))
		return;
	if (found->verdict == verdict && verdict != VERDICT_NONE)
		return;
	*found = (struct found){ .verdict = verdict, .held = found->held, .seen = held == HELD ? TEXT_NONE : seen, .scenario = run->scenario,
		.line = run->line, .file = run->file };
}

static bool expect(struct run *run, struct text rest)
{
	struct text ids = scenario_word(&rest), name = scenario_word(&rest), id;
	const struct check *check = find_check(name);
	enum held held = NOT_HERE;
	struct buffer seen;

	if (!check)
		return run_wrong(run, "no such check", name);
	buffer_init(&seen, run->arena, 80);
	if (run->off)
		buffer_add(&seen, run->off_why);
	else if (!run->exchange)
		buffer_lit(&seen, "nothing came that could be looked at");
	else
		held = check->holds(run, rest, &seen);
	while (text_there(ids)) {
		const struct requirement *requirement;

		id = text_cut(&ids, ',');
		requirement = find_requirement(id);
		if (!requirement || requirement->cannot)
			return run_wrong(run, "no requirement of this name can be checked", id);
		if (requirement->group == run->group) /* a file that is played for two suites names what only one of them asks, too */
			judge(run, requirement, held, buffer_text(&seen));
	}
	return true;
}

/* -- steps -- */

static bool play_step(struct run *run, struct text line)
{
	struct text rest = line, word = scenario_word(&rest);

	if (text_is(word, "expect"))
		return expect(run, rest);
	for (const struct step *step = steps; step->name; step++)
		if (text_is(word, step->name))
			return run->off && !step->always ? true : step->take(run, rest);
	return run_wrong(run, "no such step", word);
}

static bool blank(struct text line)
{
	return !line.n || *line.at == '#';
}

/* The lines of one scenario, once. */
static bool play_lines(struct run *run, struct text lines, int line)
{
	run->off = false;
	run->exchange = NULL;
	run->body = NULL;
	run->token = TEXT_NONE;
	steps_reset(run);
	while (text_there(lines)) {
		struct text one = text_trim(text_cut(&lines, '\n')), filled;

		run->line = line++;
		if (blank(one) || text_starts(one, "for ") || text_starts(one, "only "))
			continue;
		filled = run_fill(run, one);
		if (!text_there(filled) || !play_step(run, filled))
			return false;
	}
	return true;
}

static struct text first_line(struct text *lines)
{
	struct text line = TEXT_NONE;

	while (text_there(*lines) && blank(line))
		line = text_trim(text_cut(lines, '\n'));
	return line;
}

/* "only crd": nothing for another suite. "for hook = order-sign order-select": the scenario is played for each. */
static bool play_each(struct run *run, struct text lines, int line)
{
	struct text rest = lines, first = first_line(&rest), name, value;

	if (text_starts(first, "only ")) {
		scenario_word(&first);
		if (!text_is(first, selftest_group_name(run->group)))
			return true;
		first = first_line(&rest);
	}
	if (!text_starts(first, "for "))
		return play_lines(run, lines, line);
	scenario_word(&first);
	name = scenario_word(&first);
	scenario_word(&first);
	while (first.n) {
		value = scenario_word(&first);
		run_set(run, name, value);
		if (!play_lines(run, lines, line))
			return false;
	}
	return true;
}

/* The lines up to the next scenario; *lines is then what follows, *count how many they were. */
static struct text cut_scenario(struct text *lines, int *count)
{
	struct text rest = *lines, all = { lines->at, 0 };

	*count = 0;
	while (text_there(rest)) {
		struct text ahead = rest, line = text_cut(&ahead, '\n');

		if (text_starts(line, "scenario "))
			break;
		rest = ahead;
		(*count)++;
	}
	all.n = text_there(rest) ? (size_t)(rest.at - lines->at) : lines->n;
	*lines = rest;
	return all;
}

static bool play_scenario(struct run *run, struct text title, struct text lines, int line)
{
	struct text name = scenario_word(&title);

	run->scenario = arena_text(run->arena, name);
	if (run->selftest->progress)
		fprintf(stderr, "  %-28.*s %.*s\n", TEXT_ARGS(name), TEXT_ARGS(title));
	return play_each(run, lines, line);
}

bool scenario_play(struct run *run, struct text file, struct text content)
{
	struct text rest = content, line;
	int number = 1, count;

	run->file = file;
	while (text_there(rest)) {
		struct text lines;

		line = text_trim(text_cut(&rest, '\n'));
		run->line = number++;
		if (blank(line))
			continue;
		if (!text_starts(line, "scenario "))
			return run_wrong(run, "a scenario should begin here", line);
		scenario_word(&line);
		if (!text_there(rest))
			return true;
		lines = cut_scenario(&rest, &count);
		if (!play_scenario(run, line, lines, number))
			return false;
		number += count;
	}
	return true;
}
