/* SPDX-License-Identifier: Apache-2.0 */
/* Benefit checks of CARIN for tests: the example of the documentation, with what a test wants otherwise. */
#pragma once

#include "fhir-bridge/records.h"
#include "test/gateway/way.h"

/* NULL: as in the example, a member of the sandbox. */
struct carin_about {
	const char *bin, *pcn, *group, *cardholder, *person, *birth, *ndc, *system, *quantity, *unit, *days, *pharmacy_type, *ncpdp_id, *npi;
};
struct text carin_body(struct way *way, const struct carin_about *about);
/* The same question as an RTPBRequest. */
struct text carin_rtpb(struct way *way, const struct carin_about *about);
/* To the worker. */
void carin_post(struct way *way, struct text body);
/* TEXT_NONE: there is none of this category. */
struct text carin_amount(const struct fhir_adjudication *list, size_t n, const char *category);
