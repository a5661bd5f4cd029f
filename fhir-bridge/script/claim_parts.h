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
	const struct question_set_request *set; /* NULL: no answers */
	const char *name;                       /* of the message: "PARequest" */
	struct loss *loss;
	struct fhir_bundle *bundle;
	/* fullUrls of what was made so far */
	struct text claim, before, patient, coverage, insurer, practitioner, practice, role, pharmacy, order, answers;
};

/* -- claim_parties.c -- */
void claim_patient(struct claim_making *making);
void claim_insurer(struct claim_making *making);
void claim_coverage(struct claim_making *making);
void claim_prescriber(struct claim_making *making);
void claim_name(struct make *make, struct fhir_name **items, size_t *n, const struct person_name *from, const char *use);
void claim_address(struct make *make, struct fhir_address **items, size_t *n, struct text line1, struct text line2, struct text city, struct text state,
	struct text postal_code, struct text country);
/* home: whether it is a person, who alone may be reached at home (R4 org-3). */
void claim_contacts(struct make *make, struct fhir_contact **items, size_t *n, const struct communication_numbers *from, bool home);
/* The number that the member goes by. */
struct text claim_member(const struct benefits_coordination *benefits);

/* -- claim_places.c -- */
/* Who holds the coverage: the patient, a Patient of its own, a number; NULL when it is the patient and nobody is named. */
struct fhir_reference *claim_subscriber(struct claim_making *making);
/* True when the name of the cardholder has its place. */
bool claim_names_holder(const struct claim_making *making);
/* Coverage.order; TEXT_NONE: the code is none. */
struct text claim_order_of_payment(struct text code);
/* Where the prescriber practices; false when nothing is said of it. */
bool claim_practice(struct claim_making *making);
void claim_pharmacy(struct claim_making *making);

/* -- claim_order.c -- */
void claim_order(struct claim_making *making);
/* MedicationRequest.substitution.allowedBoolean of a code; TEXT_NONE: the code is none. */
struct text claim_substitution(struct text code);
/* The day on which the drug is wanted from or to, in OtherMedicationDate; TEXT_NONE: not said. */
struct text claim_date(const struct medication *medication, const char *qualifier);

/* -- claim_answers.c -- */
bool claim_answers(struct claim_making *making, struct fault *fault) fault_check;
/* -- claim_documents.c: one more supportingInfo, and the documents -- */
struct fhir_supporting_info *claim_information(struct make *make, struct fhir_claim *claim, const char *category);
void claim_document_information(struct make *make, struct fhir_supporting_info *info, struct text control_number);
void claim_documents(struct claim_making *making, struct fhir_claim *claim);
/* The document that was given in the place of the answer i; NULL: none. */
const struct attachment *claim_answer_document(const struct answered_type *type, size_t i);

/* -- claim_values.c -- */
/* make_identifier, but that an NPI with a wrong check digit and a NAIC code that is none, which no profile takes, go into a namespace of ours. */
void claim_identifier(struct make *make, struct fhir_identifier **items, size_t *n, const char *system, struct text value);
/* The form of FHIR's codes: no space but single ones inside. */
bool claim_is_code(struct text value);
/* A diagnosis with the system its qualifier stands for; ICD codes get back the point that NCPDP leaves out. */
struct fhir_concept *claim_diagnosis(struct make *make, const struct diagnosis_code *code);
/* The product as NDC, RxNorm concept and words. */
struct fhir_concept *claim_product(struct make *make, const struct medication *medication);
/* Why a request is taken back, in words: FHIR has no code for it. TEXT_NONE: not said. */
struct text claim_cancel_reason(struct text code);
/* The day alone. */
struct text claim_day(const struct date_or_time *when);

/* Adds to the loss every path that is filled in the message and that a claim does not carry. */
void claim_losses(struct claim_making *making, const struct record *record, const void *message);
