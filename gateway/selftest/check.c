/* SPDX-License-Identifier: Apache-2.0 */
/* What can be expected of any answer: its status, its kind, what stands at a path. */
#include "fhir-bridge/outcome.h"
#include "gateway/selftest/run.h"
#include "gateway/selftest/steps.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 2, 0))) static void add_formatted(struct buffer *out, const char *format, va_list args)
{
	char line[400];

	vsnprintf(line, sizeof(line), format, args);
	buffer_add(out, text_of(line));
}

enum held not_held(struct buffer *seen, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_formatted(seen, format, args);
	va_end(args);
	return NOT_HELD;
}

enum held not_here(struct buffer *seen, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_formatted(seen, format, args);
	va_end(args);
	return NOT_HERE;
}

enum held fault_held(struct buffer *seen, const struct fault *fault)
{
	char where[FHIR_EXPRESSION_MAX];

	fhir_expression(fault, where);
	return not_held(seen, "%s%s%s", fault_row(fault->code)->name, *where ? " at " : "", where);
}

/* Members whose values are words of a standard, so that they can be shown. */
static bool is_word(const struct tree *tree)
{
	const struct tree *named = tree->name.n ? tree : tree->up;

	return named && text_in_list(named->name, "resourceType code status outcome type use valueCode severity indicator hook error mode kind intent "
						  "selectionBehavior token_type");
}

void add_seen(struct buffer *seen, const struct tree *tree)
{
	enum { SHOWN_MAX = 60 };
	struct text value = tree_value(tree);

	if (is_word(tree) && value.n <= SHOWN_MAX && text_there(value))
		buffer_add(seen, value);
	else
		buffer_lit(seen, "another value");
}

static enum held unreadable(struct run *run, struct buffer *seen)
{
	return run->exchange->status ? not_held(seen, "HTTP %d, and the body is no JSON", run->exchange->status) : not_held(seen, "no answer came");
}

/* -- HTTP -- */

/* status 200 201 */
static enum held status(struct run *run, struct text args, struct buffer *seen)
{
	while (args.n) {
		int64_t one;

		if (text_to_int(scenario_word(&args), &one) && one == run->exchange->status)
			return HELD;
	}
	return run->exchange->status ? not_held(seen, "HTTP %d", run->exchange->status) : not_held(seen, "no answer came");
}

static enum held refused(struct run *run, struct text args, struct buffer *seen)
{
	if (run->exchange->status >= 400 && run->exchange->status < 500)
		return HELD;
	return run->exchange->status ? not_held(seen, "HTTP %d, where 4xx refuses", run->exchange->status) : not_held(seen, "no answer came");
}

/* media json: FHIR's or any */
static enum held media(struct run *run, struct text args, struct buffer *seen)
{
	struct text rest = run->exchange->media, kind = text_trim(text_cut(&rest, ';'));

	if (text_equal_nocase(kind, text_lit("application/fhir+json")) || text_equal_nocase(kind, text_lit("application/json")))
		return HELD;
	return not_held(seen, "the answer is not said to be JSON");
}

/* within MS */
static enum held within(struct run *run, struct text args, struct buffer *seen)
{
	int64_t ms;

	if (text_to_int(args, &ms) && run->exchange->took_ms <= ms)
		return HELD;
	return not_held(seen, "it took %" PRId64 " ms", run->exchange->took_ms);
}

static enum held json(struct run *run, struct text args, struct buffer *seen)
{
	return run->exchange->answer_tree ? HELD : unreadable(run, seen);
}

/* resource Bundle */
static enum held resource(struct run *run, struct text args, struct buffer *seen)
{
	const struct tree *answer = run->exchange->answer_tree;

	if (!answer)
		return unreadable(run, seen);
	if (text_equal(tree_word(answer, "resourceType"), args))
		return HELD;
	buffer_format(seen, "HTTP %d, and a resource of type ", run->exchange->status);
	if (tree_member(answer, "resourceType"))
		add_seen(seen, tree_member(answer, "resourceType"));
	else
		buffer_lit(seen, "none");
	return NOT_HELD;
}

/* same TAG: byte for byte what was answered then */
static enum held same(struct run *run, struct text args, struct buffer *seen)
{
	for (const struct exchange *exchange = run->all; exchange; exchange = exchange->next)
		if (text_equal(exchange->tag, args) && exchange != run->exchange)
			return text_equal(exchange->answer, run->exchange->answer) ? HELD : not_held(seen, "another answer than before");
	return not_here(seen, "there was no such answer before");
}

/* PAS 2.2.1 spec-35, spec-39: exactly one OperationOutcome that says what is wrong */
static enum held outcome(struct run *run, struct text args, struct buffer *seen)
{
	static const char severities[] = "fatal error warning information";
	const struct tree *answer = run->exchange->answer_tree;
	struct tree_set issues;

	if (resource(run, text_lit("OperationOutcome"), seen) != HELD)
		return NOT_HELD;
	if (!tree_find(answer, text_lit("issue"), run->arena, &issues) || !issues.n)
		return not_held(seen, "an OperationOutcome without an issue");
	for (size_t i = 0; i < issues.n; i++)
		if (!text_in_list(tree_word(issues.at[i], "severity"), severities) || !tree_word(issues.at[i], "code").n)
			return not_held(seen, "issue[%zu] lacks its severity or its code", i);
	return HELD;
}

/* -- paths -- */

/* has PATH */
static enum held has(struct run *run, struct text args, struct buffer *seen)
{
	struct tree_set found;

	if (!run->exchange->answer_tree)
		return unreadable(run, seen);
	if (tree_find(run->exchange->answer_tree, args, run->arena, &found) && found.n)
		return HELD;
	return not_held(seen, "HTTP %d, nothing at %.*s", run->exchange->status, TEXT_ARGS(args));
}

/* lacks PATH */
static enum held lacks(struct run *run, struct text args, struct buffer *seen)
{
	struct tree_set found;

	if (!run->exchange->answer_tree)
		return unreadable(run, seen);
	if (tree_find(run->exchange->answer_tree, args, run->arena, &found) && !found.n)
		return HELD;
	return not_held(seen, "there is something at %.*s", TEXT_ARGS(args));
}

/* is PATH WORD...: everywhere the path leads to stands one of the words, and it leads somewhere */
static enum held is(struct run *run, struct text args, struct buffer *seen)
{
	struct text path = scenario_word(&args);
	struct tree_set found;

	if (has(run, path, seen) != HELD)
		return NOT_HELD;
	if (!tree_find(run->exchange->answer_tree, path, run->arena, &found))
		return NOT_HELD;
	for (size_t i = 0; i < found.n; i++) {
		struct text words = args;
		bool good = false;

		while (words.n && !good)
			good = text_equal(scenario_word(&words), tree_value(found.at[i]));
		if (good)
			continue;
		add_seen(seen, found.at[i]);
		buffer_lit(seen, " at ");
		tree_where(found.at[i], seen);
		return NOT_HELD;
	}
	return HELD;
}

/* some PATH WORD...: somewhere the path leads to stands one of the words */
static enum held some(struct run *run, struct text args, struct buffer *seen)
{
	struct text path = scenario_word(&args);
	struct tree_set found;

	if (has(run, path, seen) != HELD || !tree_find(run->exchange->answer_tree, path, run->arena, &found))
		return NOT_HELD;
	for (size_t i = 0; i < found.n; i++)
		for (struct text words = args; words.n;)
			if (text_equal(scenario_word(&words), tree_value(found.at[i])))
				return HELD;
	add_seen(seen, found.at[0]);
	buffer_lit(seen, " at ");
	tree_where(found.at[0], seen);
	return NOT_HELD;
}

/* starts PATH PREFIX */
static enum held starts(struct run *run, struct text args, struct buffer *seen)
{
	struct text path = scenario_word(&args);
	struct tree_set found;
	char prefix[200];

	text_to_z(args, prefix, sizeof(prefix));
	if (has(run, path, seen) != HELD || !tree_find(run->exchange->answer_tree, path, run->arena, &found))
		return NOT_HELD;
	for (size_t i = 0; i < found.n; i++)
		if (!text_starts(tree_value(found.at[i]), prefix))
			return not_held(seen, "what is at %.*s begins otherwise", TEXT_ARGS(path));
	return HELD;
}

/* count PATH N */
static enum held count(struct run *run, struct text args, struct buffer *seen)
{
	struct text path = scenario_word(&args);
	struct tree_set found;
	int64_t n;

	if (!run->exchange->answer_tree)
		return unreadable(run, seen);
	if (tree_find(run->exchange->answer_tree, path, run->arena, &found) && text_to_int(args, &n) && found.n == (size_t)n)
		return HELD;
	return not_held(seen, "%zu at %.*s", found.n, TEXT_ARGS(path));
}

/* sent PATH: the request has something there */
static enum held sent(struct run *run, struct text args, struct buffer *seen)
{
	struct tree_set found;

	if (tree_find(run->exchange->request_tree, args, run->arena, &found) && found.n)
		return HELD;
	return not_held(seen, "the request has nothing at %.*s", TEXT_ARGS(args));
}

/* if-any PATH: skipped unless something is there */
static enum held if_any(struct run *run, struct text args, struct buffer *seen)
{
	struct tree_set found;

	if (run->exchange->answer_tree && tree_find(run->exchange->answer_tree, args, run->arena, &found) && found.n)
		return HELD;
	return not_here(seen, "nothing at %.*s", TEXT_ARGS(args));
}

const struct check checks_plain[] = {
	{ "status", status },
	{ "refused", refused },
	{ "media", media },
	{ "within", within },
	{ "json", json },
	{ "resource", resource },
	{ "same", same },
	{ "outcome", outcome },
	{ "has", has },
	{ "lacks", lacks },
	{ "is", is },
	{ "some", some },
	{ "starts", starts },
	{ "count", count },
	{ "sent", sent },
	{ "if-any", if_any },
	{ "must-support", must_support },
	{ 0 },
};
