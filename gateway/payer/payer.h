/* SPDX-License-Identifier: Apache-2.0 */
/* What the payer's two tracks share. */
#pragma once

#include "adjudication/house.h"
#include "adjudication/payer.h"
#include "fhir-bridge/fhir.h"
#include "gateway/bus/role.h"
#include "routing/routing.h"

struct case_asked;
struct question_form;

/* A case in hand. */
struct payer_case {
	const struct house *house;
	const struct case_work *work;
	const struct script_message *request;
	struct route_decision route;
	struct house_case about;
	const struct case_asked *asked; /* what is to be answered, by which message */
	struct arena *arena;
};

/* The decision of the medical benefit on a PARequest, asked and answered in FHIR: the request becomes a PAS bundle, is written as JSON,
   read by the house payer's FHIR front, decided from its QuestionnaireResponse, and the answer comes back the same way. *loss lists what
   the claim had no place for. FAULT_NO_REASON, FAULT_PEER_ANSWER: nothing that may be passed on. */
bool payer_medical(const struct payer_case *pa, struct house_decision *out, struct loss *loss, struct fault *fault) fault_check;

/* The decision of a case that came as a PAS Claim: fills *said with its answer in FHIR. *track: the benefit, for the log. */
bool payer_pas(const struct house *house, const struct case_work *work, struct now now, struct arena *arena, struct case_decision *said,
	struct text *track, struct fault *fault) fault_check;

/* An operation of Da Vinci DTR on the payer's questions (a FORM): *answer is the FHIR body; else a refusal. */
bool payer_dtr(const struct house *house, const struct config *config, const struct form_question *question, struct text name, struct now now,
	struct arena *arena, struct buffer *answer, struct fault *fault) fault_check;

/* The canonical under which DTR has the questions of a stage; TEXT_NONE past the arena's limit. */
struct text payer_canonical(const struct house *house, const struct house_policy *policy, const struct house_stage *stage, struct arena *arena);

/* What would come of a request for prior authorization (a FORM): *event is what the ledger is told, packed. */
bool payer_preflight(const struct house *house, const struct form_question *question, struct now now, struct arena *arena, struct buffer *event,
	struct fault *fault) fault_check;

/* The questions of a stage in the form that both standards are written from. False past the arena's limit. */
bool payer_form(const struct house *house, const struct house_policy *policy, const struct house_stage *stage, struct arena *arena,
	struct question_form *out);
/* Adds what a WORK with `records` wants to know beside the message: the answer packed, and what its questions are called. */
bool payer_records(const struct payer_case *pa, const struct house_decision *decision, const struct script_message *answer, struct case_decision *said,
	struct fault *fault) fault_check;
/* Where the decision is that the case is the other benefit's: what that says of the track, for the ledger. */
void payer_not_mine(const struct house_decision *decision, struct text track, bool rerouted, struct arena *arena, struct case_decision *said);
/* How a member stands (a STANDING): fills what is told. Texts live in the house or the arena. */
void payer_standing(const struct house *house, int64_t wall_ms, struct arena *arena, struct standing *standing);

/* The X12 306 action that an outcome is; TEXT_NONE: none, it is no decision. */
struct text payer_action(enum house_outcome outcome);
/* Decides a PAS request from the answers in its QuestionnaireResponse. */
bool payer_claim(const struct house *house, const struct house_case *about, const struct fhir_bundle *request, struct arena *arena,
	struct house_decision *out, struct fault *fault) fault_check;
/* The house payer's FHIR front alone: a PAS request bundle as JSON in, the response bundle as JSON out. *beside receives what PAS has no
   element for (which questions are still open, when to ask again, that a case is closed without a decision: *answer is then TEXT_NONE). */
bool payer_front(const struct house *house, const struct house_case *about, struct text request, struct arena *arena,
	struct text *answer, struct house_decision *beside, struct fault *fault) fault_check;
