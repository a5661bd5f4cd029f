/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's part in PAS. Shared by the files of the worker that serve it. */
#pragma once

#include "fhir-bridge/pas/pas.h"
#include "gateway/worker/worker_web.h"

/* The client as the ledger knows it: "FHIR:" and what its token says; "FHIR:open" where no tokens are asked for. */
struct text pas_partner(const struct web *web);
/* Versions that break one another have a base address each (PAS 2.2.1 conf-1): 2.0.1 is at /fhir/2.0. */
enum pas_version pas_version_asked(const struct web *web);
/* What is sent is JSON: else 415. */
bool pas_media(struct web *web, struct fault *fault) fault_check;
/* The request as something to be routed and handed on; NULL with a fault past the arena's limit. */
struct work *pas_work(struct web *web, struct fault *fault);

/* A message to the ledger about what came: event is one of case_message. */
struct case_message pas_message(struct work *work, const struct web *web, const char *event);
bool pas_send(struct work *work, struct case_message *message, struct fault *fault) fault_check;

/* Card routing as CARIN and PAS write it; a plan by its own name when there is none. */
void pas_coverage_of(const struct fhir_coverage *from, struct ncpdp_coverage *out, struct text *plan);

/* -- cds_said.c: what was said of an order while it was written -- */
/* Digest of a member and a drug, for the id of an answer; TEXT_NONE without one of them. */
struct text cds_about(struct work *work, struct text member, struct text ndc);
/* Adds what our CRD service said of this member and drug, by the coverage-information that the orders of the bundle still have: a hint, since more may
   be known by now. False past the arena. */
bool cds_recall(struct work *work, const struct fhir_bundle *bundle, struct text member, struct text ndc, struct route_question *out);

/* -- worker_pas_script.c -- */
/* Says in the message that the backend is asked in SCRIPT, which backend that is, and what SCRIPT has no place for, when the pharmacy benefit pays and the
   request has all that SCRIPT must have. Else the message stays as it is. */
void pas_ask_in_script(struct work *work, const struct fhir_bundle *bundle, struct case_message *message);

/* -- worker_subscription.c -- */
bool pas_subscribe(struct web *web, struct fault *fault) fault_check;
bool pas_resubscribe(struct web *web, struct fault *fault) fault_check;
bool pas_unsubscribe(struct web *web, struct fault *fault) fault_check;
bool pas_read_own(struct web *web, struct fault *fault) fault_check;
