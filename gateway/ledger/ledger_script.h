/* SPDX-License-Identifier: Apache-2.0 */
/* A PAS case whose backend is asked in SCRIPT, because the pharmacy benefit pays: which message each submission becomes, which questions the backend
   has asked, and what its answers are in PAS. Shared by the files of the ledger only.

   A submission becomes a PAInitiationRequest. What that is answered with is stored with the case; when the submission has the answers with it, they go at
   once as a PARequest and nobody is asked; else the submitter is told (A4, a questionnaire is wanted), and its update brings them. */
#pragma once

#include "fhir-bridge/dtr/questionnaire.h"
#include "gateway/ledger/ledger.h"

struct event;
struct ledger_move;

/* What a submission is for a backend that is asked in SCRIPT. */
struct script_plan {
	bool script;          /* it is asked so; else all below is nothing */
	bool anew;            /* under a PAReferenceID of its own: what was asked before is over */
	bool drop;            /* the case was asked in SCRIPT and is not any more */
	const char *event;    /* of the row: INITIATE, SUBMIT, CANCEL */
	struct text request;  /* the message, packed */
	struct pa_script put; /* to be stored with the case; reference at NULL: it stays as it is */
	struct fault why;     /* the submission is refused; FAULT_NONE: it is not */
};
/* at: the case as it is stored, zeroed for a new one; opens: by this submission. False only when the store cannot be read. */
bool event_script_plan(const struct event *event, const struct pa_case *at, bool opens, struct script_plan *out) fault_check;

/* A case that comes to the pharmacy benefit from the other one: the message that asks for its questions, packed, and what is stored with the case. `row` holds
   what was submitted. False when SCRIPT cannot say it. */
bool ledger_script_begin(const struct ledger *ledger, const struct pa_case *at, const struct outbox_row *row, struct text backend, struct text message_id,
	struct arena *arena, struct pa_script *put, struct text *request, struct fault *why) fault_check;

/* What stands beside an answer that the house gives; zeroed for others. */
struct script_beside {
	struct text form_url;
	const struct form_beside *questions;
	size_t questions_n;
};
/* The answer of a backend that was asked in SCRIPT becomes that of the move: its message in PAS, or the PARequest that follows at once. Nothing is
   done for other cases. *sayable false: it is no answer that can be passed on. */
bool ledger_script_say(struct ledger_move *move, const struct script_message *answer, const struct script_beside *beside, bool *sayable,
	struct fault *fault) fault_check;

/* The questions that are stored with the case, in the form they are asked and answered in; false when none were. They live in the arena. */
bool ledger_script_form(const struct pa_script *stored, struct make *make, struct question_form *out);
