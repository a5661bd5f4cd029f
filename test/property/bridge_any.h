/* SPDX-License-Identifier: Apache-2.0 */
/* Random SCRIPT requests for the property of the bridge: any() makes them, and what the standards do not leave to chance is put right. */
#pragma once

#include "fhir-bridge/script/to_script.h"
#include "test/property/any.h"

enum { BRIDGE_QUESTIONS = 6 };

struct bridge_any {
	enum script_step step;
	const char *name;            /* of the message: "PARequest" */
	const struct record *record; /* of its body */
	struct script_message *message;
	struct text before;          /* identifier of the claim that it changes or cancels; TEXT_NONE: none */
	struct text reference, case_id;
	struct question_form form;   /* SUBMIT: what was asked */
	bool unsolicited;
	struct question_set_header header;
	struct question questions[BRIDGE_QUESTIONS];
};
void bridge_any(struct any *any, struct bridge_any *out);
/* The message in the body that is of the same kind. */
const void *bridge_any_body(const struct bridge_any *made, const struct script_message *message);
/* Writes a bundle into the folder that DUALTRACK_DUMP names, for a judge outside; nothing when it names none. */
void bridge_any_judge(uint64_t seed, struct text json);
