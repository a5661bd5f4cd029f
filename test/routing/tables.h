/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of the router share: rules from a file, a question from words. */
#pragma once

#include "routing/routing.h"
#include "test/case.h"

#include <stdio.h>

static inline struct text table_bytes(const char *path, struct arena *arena)
{
	enum { MOST = 256 * 1024 };
	FILE *in = fopen(path, "re");
	char *at = arena_alloc(arena, MOST);
	size_t n;

	cr_assert(in && at, "%s", path);
	n = fread(at, 1, MOST, in);
	fclose(in);
	return (struct text){ at, n };
}

static inline struct rules *rules_of_text(struct text file)
{
	struct rules *rules;
	struct fault fault = { 0 };
	int line;

	cr_assert(rules_read(file, &rules, &line, &fault), "line %d: %s at %s", line, fault_row(fault.code)->name, fault.path);
	return rules;
}

static inline struct rules *rules_of_file(const char *path, struct arena *arena)
{
	return rules_of_text(table_bytes(path, arena));
}

static inline struct route_question question_of_words(const char *words, struct arena *arena)
{
	struct route_question question = { 0 };
	struct fault fault = { 0 };

	cr_assert(route_words_read(arena_text(arena, text_of(words)), arena, &question, &fault), "%s: %s at %s", words,
		fault_row(fault.code)->name, fault.path);
	return question;
}
