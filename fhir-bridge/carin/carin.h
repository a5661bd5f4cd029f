/* SPDX-License-Identifier: Apache-2.0 */
/* The CARIN consumer Real-time Pharmacy Benefit Check (a message of FHIR): its request becomes an RTPBRequest, and whatever answers that, here or
   elsewhere, becomes its response. What the guide has no place for (the plan's cost, safety notes, prescribers a member is locked in to) stays out: it is
   told to prescribers, not to patients. */
#pragma once

#include "fhir-bridge/records.h"
#include "ncpdp/ncpdp.h"

#define CARIN "http://hl7.org/fhir/us/carin-rtpbc/"

/* A request with what it refers to. All of it points into the body it was read from, and the arena. */
struct carin_request {
	const struct fhir_entry *header_entry, *patient_entry, *pharmacy_entry, *order_entry, *coverage_entry;
	const struct fhir_message_header *header;
	const struct fhir_claim *claim;
	const struct fhir_patient *patient;
	const struct fhir_coverage *coverage;
	const struct fhir_medication_request *order;
	const struct fhir_practitioner *prescriber;
	const struct fhir_organization *pharmacy;
};

/* A message bundle from JSON: strict about form, structure, references and profiles. A fault's path is FHIRPath from "Bundle" on. Faults as those of
   pas_read; RULE where Claim and MedicationRequest do not ask for the same. */
bool carin_read(struct text body, struct arena *arena, struct carin_request *out, struct fault *fault) fault_check;

/* The same question as RTPB, to the payer that the coverage names and from its prescriber. What a request may leave out and a price cannot be told
   without stands in *lacks (a reject code of NCPDP with a sentence of ours; code NULL: nothing), and *out may then not be sent.
   False when the arena is full. */
struct carin_lack {
	const char *code, *words;
};
bool carin_question(const struct carin_request *request, struct text message_id, int64_t wall_ms, struct arena *arena, struct rtpb_message **out,
	struct carin_lack *lacks, struct fault *fault) fault_check;
/* The answer to a question that lacks something: an RTPBResponse that says so. NULL when the arena is full. */
struct rtpb_message *carin_lacking(const struct rtpb_message *question, const struct carin_lack *lacks, struct text reply_id, int64_t wall_ms,
	struct arena *arena);

/* Who answers, and how. */
struct carin_answering {
	struct text id;         /* of the answer: names its resources, the same when it is written again */
	struct text public_url; /* of this gateway; TEXT_NONE: it has none that is known */
	int64_t wall_ms;
};
/* Appends the response bundle as JSON. answer: an RTPBResponse to the question. False when the arena is full. */
bool carin_answer(const struct carin_request *request, const struct rtpb_message *answer, const struct carin_answering *how, struct arena *arena,
	struct buffer *out, struct fault *fault) fault_check;

/* The manual: what of RTPB becomes what, in Markdown. */
void carin_document(struct buffer *out);
