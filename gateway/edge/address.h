/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses that the edge serves, and how each says no: a message address in the standard that was posted to it, the
   others in JSON of the form their clients know. */
#pragma once

#include "gateway/bus/family.h"
#include "gateway/bus/role.h"

enum address {
	ADDRESS_SCRIPT,
	ADDRESS_RTPB,
	ADDRESS_HEALTH,
	ADDRESS_READY,
	ADDRESS_METRICS,
	ADDRESS_TOKEN,      /* where clients get access tokens */
	ADDRESS_SMART,      /* where they learn that */
	ADDRESS_SMART_FHIR, /* the same, below /fhir */
	ADDRESS_JWKS,       /* our own public key */
	ADDRESS_FORMULARY, /* /formulary/v1 and all below it */
	ADDRESS_FHIR,      /* /fhir and all below it */
	ADDRESS_CDS,       /* /cds-services and all below it */
	ADDRESS_CDS_2_0,   /* the same as CRD 2.0.1 has it */
	ADDRESS_ROUTE,     /* /route and all below it */
	ADDRESS_NOTIFY,    /* below /fhir-notify: payers that decide for us have news */
	ADDRESS_NONE
};

#define MEDIA_XML "application/xml; charset=utf-8"

enum address address_of(struct text path);
/* As far as the first bytes of a request that cannot be read let it be seen: "POST /ncpdp/script HT..." */
enum address address_guess(struct text bytes);
/* True for an address whose requests workers answer; *family is of which kind they are. */
bool address_takes(enum address address, enum family *family);
/* The address that takes requests of this family. */
enum address address_of_family(enum family family);
/* True when this method may be used at the address; where it is not, address_extra for 405 says which. */
bool address_allows(enum address address, struct text method);

/* Header lines that every answer carries: X-Trace-ID, for 503 Retry-After, for 405 Allow. A C string in the arena. */
const char *address_extra(enum address address, int status, struct text trace, struct arena *arena);

/* Fills an OUT_REPLY with the refusal. `received` is what there is of the body, "" if nothing. status 0: a message address
   answers what the sender can only mend in the message with 200 (the body decides), what may be tried again with 503; the others as
   the fault table says. */
void address_refuse(enum address address, const struct fault *fault, int status, struct text received, struct text trace,
	struct now now, struct arena *arena, struct out *out);
