/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a scenario other than expectations. */
#pragma once

#include "gateway/selftest/run.h"

struct step {
	const char *name;
	bool always; /* taken also when the scenario is not for this run */
	bool (*take)(struct run *run, struct text rest); /* false: the scenario is wrong (said) */
};
extern const struct step steps[]; /* ends with a NULL name */
/* Nothing is left of the request before. */
void steps_reset(struct run *run);
/* Cuts the first word off a line. */
struct text scenario_word(struct text *rest);
/* answering.c */
bool step_answer_questions(struct run *run, struct text rest);
