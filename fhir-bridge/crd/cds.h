/* SPDX-License-Identifier: Apache-2.0 */
/* CDS Hooks requests of Da Vinci CRD 2.2.1 and 2.0.1: read strictly where an answer depends on it, everything else passed over. */
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

/* 2.0.1 may be asked for at the same service (CRD 2.2.1 dev-2), and has a base of its own for those who cannot ask. */
enum cds_version { CDS_2_2, CDS_2_0, CDS_VERSIONS };
const char *cds_version_name(enum cds_version version); /* "2.2" */

/* Something that was read for us after the request had come. */
struct cds_later {
	struct text key;  /* of prefetch, where it would have stood; one of ours */
	struct text body; /* a resource or a Bundle; empty: it could not be read */
};

/* What a request is read by; NULL: 2.2, and nothing came later. */
struct cds_terms {
	enum cds_version version; /* that is meant when none is named */
	bool only;                /* and no other may be named */
	const struct cds_later *later;
	size_t later_n; /* not 0: what is still missing cannot be had, and what can be answered without it is */
};

/* A resource as it came and as it was read. */
struct cds_held {
	struct text raw, full_url;
	struct text type, id;
	const struct cds_resource *resource;
	const struct cds_order *order; /* NULL: not an order or appointment */
};

struct cds_question {
	enum cds_hook hook;
	enum cds_version version;
	const struct cds_request *request;
	struct cds_held *held; /* all that is known: what is being ordered, then what was read for us */
	size_t held_n;
	const struct cds_held **orders; /* of it, what is to be answered */
	size_t orders_n;
	const struct fhir_coverage *coverage; /* NULL only where no order is to be answered */
	struct text coverage_reference;       /* "Coverage/id" */
	bool coverage_wanted;                 /* configuration: coverage information is wanted; and the kinds of cards */
	bool alternatives_wanted, insurance_wanted, guideline_wanted;
	int64_t cards_max;
};

/* Reads a request for the service of `hook`. *out lives in the arena and points into body. A fault's path begins with "Request". *status says how
   HTTP tells it (CRD 2.2.1 hook-9 to hook-14, found-32): 400 it is no CDS Hooks request, no FHIR, or its coverage is missing or not one; 412
   something was not read for us in advance; 422 it is FHIR, and not what CRD asks for. */
bool cds_read(struct text body, enum cds_hook hook, const struct cds_terms *terms, struct arena *arena, struct cds_question *out, int *status,
	struct fault *fault) fault_check;

/* -- cds_missing.c -- */

enum { CDS_WANTED_MAX = 12 /* reads for one request */ };
struct cds_wanted {
	const char *key;   /* of prefetch */
	struct text query; /* below the base of the client's FHIR server: "Medication/m1", "Coverage?patient=EX1&status=active" */
};
/* What an answer depends on and was not sent along, of a question that was read or refused with 412; those that the client's FHIR server has under a
   plain name. `payer`: whose the coverage is matters, too. Returns how many; what does not fit the arena is left out. */
size_t cds_missing(const struct cds_question *question, bool payer, struct arena *arena, struct cds_wanted wanted[CDS_WANTED_MAX]);

/* What a reference means: a contained resource of `order` ("#id"), or one that was sent (by fullUrl, or Type/id whatever stands before it).
   NULL: neither. */
const struct cds_resource *cds_find(const struct cds_question *question, const struct cds_order *order, struct text reference);
/* NPI of who orders; TEXT_NONE: not sent along. */
struct text cds_orderer_npi(const struct cds_question *question, const struct cds_held *order);
/* What an Appointment is made for: R4 lets basedOn name a ServiceRequest only, so that other orders stand in an extension of it. */
struct text cds_based_on(const struct fhir_reference *reference);
/* Does the payer of the coverage have this identifier ("system|value", or a value)? *known false: the payer's identifiers were not sent. */
bool cds_payer_is(const struct cds_question *question, struct text identifier, bool *known);
/* The concept by which an order names its drug or service; NULL: it names none. */
const struct cds_concept *cds_ordered(const struct cds_question *question, const struct cds_held *order);

/* The resource as it came, with this extension (JSON of one) in place of those that `replaced` (may be NULL) says to drop; nothing else of it is changed
   (CRD 2.2.1 resp-37). FAULT_REPEATED: its extensions are null, which FHIR does not know. FAULT_TOO_LARGE past the arena. */
bool cds_extended(struct text raw, struct text extension, bool (*replaced)(void *context, struct text extension), void *context, struct arena *arena,
	struct text *out, struct fault *fault) fault_check;
