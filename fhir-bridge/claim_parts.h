/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that fhir_claim_of puts a PAS request together from: one function per resource. */
#pragma once

#include "fhir-bridge/fhir.h"
#include "fhir-bridge/make.h"

struct claim_making {
	struct make make;
	const struct claim_about *about;
	const struct script_message *request;
	const struct pa_common *common;
	const struct benefits_coordination *benefits; /* the coverage that is asked; NULL: none is named */
	const struct answered_question *questions;
	size_t questions_n;
	const struct answered_set_header *set; /* NULL: no answers */
	struct fhir_bundle *bundle;
	/* fullUrls of what was made so far */
	struct text claim, patient, coverage, insurer, practitioner, role, order, answers;
};

void claim_patient(struct claim_making *making);
void claim_insurer(struct claim_making *making);
void claim_coverage(struct claim_making *making);
void claim_prescriber(struct claim_making *making);
void claim_order(struct claim_making *making);
void claim_answers(struct claim_making *making);

/* A diagnosis with the system its qualifier stands for; ICD codes get back the point that NCPDP leaves out. */
struct fhir_concept *claim_diagnosis(struct make *make, const struct diagnosis_code *code);
/* The product as NDC, RxNorm concept and words. */
struct fhir_concept *claim_product(struct make *make, const struct medication *medication);
/* Date or moment as FHIR writes it: moments get their time zone (UTC where the message names none). */
struct text claim_moment(struct make *make, const struct date_or_time *when);
/* The day alone. */
struct text claim_day(const struct date_or_time *when);

/* Adds to `loss` every path that is filled in `record` and not among what a claim carries. */
void claim_losses(struct claim_making *making, const struct record *record, const void *message, const char *name,
	struct loss *loss);
