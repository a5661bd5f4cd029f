/* SPDX-License-Identifier: Apache-2.0 */
/* What a payer says of one order: the coverage-information extension of Da Vinci CRD 2.2.1, and of 2.0.1. */
#pragma once

#include "base/json.h"
#include "fhir-bridge/records.h"

#define COVERAGE_INFORMATION "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
#define CRD_REASONS "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"
#define CRD_DETAILS "http://terminology.hl7.org/CodeSystem/crd-coverage-detail"

enum { COVERAGE_DETAILS_MAX = 8 };

struct coverage_detail {
	const char *category, *code;       /* cat-limitation, cat-decisional, cat-other; allowed-quantity, instructions, ... */
	struct text words, number, url;    /* the value: exactly one of them */
	struct text qualification;
};

/* TEXT_NONE and NULL: not said. */
struct coverage_info {
	struct text coverage;      /* reference */
	const char *covered;       /* covered, not-covered, conditional, indeterminate */
	const char *pa_needed;     /* no-auth, auth-needed, satisfied, conditional, indeterminate */
	const char *doc_needed;    /* clinical, admin, patient, conditional, indeterminate */
	const char *doc_purpose;   /* withpa, withclaim, withorder, retain-doc, OTH */
	const char *info_needed;   /* performer, location, timeframe, contract-window, detail-code, OTH */
	const char *billing_system;
	struct text billing_code;
	const char *reason;        /* gold-card, no-member-found, no-active-coverage, coverage-not-found, auth-out-network, technical */
	struct text own_system, own_reason; /* a code of another system beside it, as an operator agreed it with clients */
	struct text reason_words;
	struct coverage_detail details[COVERAGE_DETAILS_MAX];
	size_t details_n;
	struct text questionnaire; /* canonical */
	struct text date;          /* YYYY-MM-DD */
	struct text assertion_id;
	struct text satisfied_pa_id;
	struct text contact_name, contact_telephone, contact_url; /* whom to ask: a name alone is not written */
	struct text expiry_date;   /* YYYY-MM-DD: it is not said for longer */
	bool as_2_0;               /* in the terms of CRD 2.0.1, which has fewer codes */
};

/* One of the guide's rules between its parts (crd-ci-q1 to q9, and the sub-extensions that must be there). */
struct coverage_rule {
	const char *name, *sentence;
	bool (*holds)(const struct coverage_info *info);
};
extern const struct coverage_rule coverage_rules[];
extern const size_t coverage_rules_n;

/* The rule that is broken; NULL: none. */
const struct coverage_rule *coverage_info_broken(const struct coverage_info *info);
/* As the JSON of one extension, in the arena. An info that breaks a rule is our bug. TEXT_NONE past the arena. */
struct text coverage_info_write(const struct coverage_info *info, struct arena *arena);
/* What identifies an answer: all of it but its date and its assertion id. TEXT_NONE past the arena. */
struct text coverage_info_essence(const struct coverage_info *info, struct arena *arena);

/* An extension that came with an order: is it coverage-information about this coverage (whatever address stands before Coverage/id)? *assertion_id
   is what it has, TEXT_NONE: nothing. */
bool coverage_info_about(const struct fhir_extension *extension, struct text coverage, struct text *assertion_id);
