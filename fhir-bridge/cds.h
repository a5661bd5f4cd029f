/* SPDX-License-Identifier: Apache-2.0 */
/* CDS Hooks requests of Da Vinci CRD 2.2.1: read strictly where an answer depends on it, everything else passed over. */
#pragma once

#include "base/json.h"
#include "fhir-bridge/records.h"

enum cds_hook {
	CDS_ORDER_SELECT,
	CDS_ORDER_SIGN,
	CDS_ORDER_DISPATCH,
	CDS_APPOINTMENT_BOOK,
	CDS_ENCOUNTER_START,
	CDS_ENCOUNTER_DISCHARGE,
	CDS_HOOKS,
};

struct cds_hook_row {
	const char *name;    /* of the hook, and of our service for it */
	const char *title, *description;
	const char *context; /* members of cds_context that must be there, space separated */
	bool primary;        /* every order in scope is answered, and documents may be asked for (CRD 2.2.1 hook-16, hook-19) */
	bool orders;         /* there are orders or appointments to answer */
};
const struct cds_hook_row *cds_hook_row(enum cds_hook hook);
bool cds_hook_of(struct text name, enum cds_hook *hook);

/* A resource as it came and as it was read. */
struct cds_held {
	struct text raw, full_url;
	struct text type, id;
	const struct cds_resource *resource;
	const struct cds_order *order; /* NULL: not an order or appointment */
};

struct cds_question {
	enum cds_hook hook;
	const struct cds_request *request;
	struct cds_held *held; /* all that is known: what is being ordered, then what was read for us */
	size_t held_n;
	const struct cds_held **orders; /* of it, what is to be answered */
	size_t orders_n;
	const struct fhir_coverage *coverage; /* NULL only where no order is to be answered */
	struct text coverage_reference;       /* "Coverage/id" */
	bool coverage_wanted;                 /* configuration: coverage information is wanted; and the kinds of cards */
	bool alternatives_wanted, insurance_wanted;
	int64_t cards_max;
};

/* Reads a request for the service of `hook`. *out lives in the arena and points into body. A fault's path begins with "Request". *status says how
   HTTP tells it (CRD 2.2.1 hook-9 to hook-14, found-32): 400 it is no CDS Hooks request, no FHIR, or its coverage is missing or not one; 412
   something was not read for us in advance; 422 it is FHIR, and not what CRD asks for. */
bool cds_read(struct text body, enum cds_hook hook, struct arena *arena, struct cds_question *out, int *status, struct fault *fault) fault_check;

/* What a reference means: a contained resource of `order` ("#id"), or one that was sent (by fullUrl, or Type/id whatever stands before it).
   NULL: neither. */
const struct cds_resource *cds_find(const struct cds_question *question, const struct cds_order *order, struct text reference);
/* Does the payer of the coverage have this identifier ("system|value", or a value)? *known false: the payer's identifiers were not sent. */
bool cds_payer_is(const struct cds_question *question, struct text identifier, bool *known);
/* The concept by which an order names its drug or service; NULL: it names none. */
const struct cds_concept *cds_ordered(const struct cds_question *question, const struct cds_held *order);

/* The resource as it came, with this extension (JSON of one) in place of those that `replaced` (may be NULL) says to drop; nothing else of it is changed
   (CRD 2.2.1 resp-37). FAULT_REPEATED: its extensions are null, which FHIR does not know. FAULT_TOO_LARGE past the arena. */
bool cds_extended(struct text raw, struct text extension, bool (*replaced)(void *context, struct text extension), void *context, struct arena *arena,
	struct text *out, struct fault *fault) fault_check;
