/* SPDX-License-Identifier: Apache-2.0 */
/* What a payer answers to a PAS request, as the bundles that the guide wants: decisions item by item, business errors, questions. */
#pragma once

#include "fhir-bridge/pas/pas.h"

/* What is authorized instead of what was asked (A6): the same service in another quantity. */
struct pas_instead {
	struct text quantity, unit; /* quantity at NULL: as asked */
};

/* The decision on one item. Texts at NULL are left out. */
struct pas_line {
	struct text sequence;    /* Claim.item.sequence; at NULL: every item that has no line of its own */
	struct text action;      /* X12 306: A1 A2 A3 A4 A6 C CT NA */
	struct text number;      /* of the authorization */
	struct text previous;    /* of the authorization that it takes the place of */
	struct text reference;   /* the payer's number of the case, for what is pended */
	struct text reason_code; /* X12 886; only what an operator's own licensed table says */
	struct text reason;      /* in words: a process note that the item points to */
	struct text effective_date, expiration_date;
	struct pas_instead instead; /* of A6 */
};

/* Why a request that is well formed cannot be dealt with: an answer of outcome "error" with HTTP 200. The words are ours; the codes are X12 901
   and 889 as companion guides that payers publish have them, unverified against the licensed lists. */
enum pas_trouble {
#define TROUBLE(name, code, follow_up, words) PAS_TROUBLE_##name,
#include "fhir-bridge/def/trouble.def"
#undef TROUBLE
};
struct pas_error {
	enum pas_trouble trouble;
	struct text path;  /* FHIRPath of what is wrong, from our tables; at NULL: none */
	struct text words; /* at NULL: those of the table */
};

/* What the payer still wants to know: a document, or (LOINC_QUESTIONNAIRE) the answers to a questionnaire, about one item. */
#define LOINC_QUESTIONNAIRE "102089-0" /* PAS 2.2.1 ainfo-3 */
struct pas_question {
	struct text sequence; /* Claim.item.sequence; at NULL: of the whole claim */
	struct text loinc;
};

enum pas_reviewer { PAS_REVIEWER_NOT_SAID, PAS_REVIEWED_BY_RULES, PAS_REVIEWED_BY_PERSON };

struct pas_answer {
	struct text identifier; /* of the answer: the same whenever it is made again */
	int64_t wall_ms;
	const struct pas_line *lines;
	size_t lines_n;
	const struct pas_error *errors; /* when there are any, nothing else is answered */
	size_t errors_n;
	const struct pas_question *questions;
	size_t questions_n;
	struct text note; /* for the submitter, apart from the reasons; at NULL: none */
	enum pas_reviewer reviewer;
};

/* The PAS response bundle: the ClaimResponse first, then the resources of the request that it points to with their fullUrl, id and identifiers
   (PAS 2.2.1 spec-33), then what is asked. Every item of the request has a result (spec-46): one that has no line, not even the line for all,
   is cancelled when the request cancels it and pended otherwise. Trace numbers come back, sender and receiver change places. NULL when
   the arena is full or `request` is not one that pas_read accepts. The parts of the request are shared, not copied. */
struct fhir_bundle *pas_answer_of(const struct fhir_bundle *request, const struct pas_answer *answer, enum pas_version version, struct arena *arena);

/* What $inquire gives: Parameters with each of these answers in it (2.0.1: write the bundle itself). The bundles are changed to say that
   they answer an inquiry. NULL when the arena is full or one of them is no answer. */
struct fhir_parameters *pas_inquiry_answer_of(struct fhir_bundle *const *answers, size_t n, struct arena *arena);
void pas_write_parameters(const struct fhir_parameters *parameters, struct buffer *out);
