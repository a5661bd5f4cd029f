/* SPDX-License-Identifier: Apache-2.0 */
/* What FHIR requests say of an order: a PAS bundle, and the resources of a CDS Hooks request. */
#pragma once

#include "fhir-bridge/crd/cds.h"
#include "fhir-bridge/fhir.h"
#include "fhir-bridge/pas/pas.h"
#include "gateway/worker/order_facts.h"

/* Of a bundle that pas_read let through. False past the arena. */
bool facts_of_bundle(const struct fhir_bundle *bundle, const struct pas_request *request, struct arena *arena, struct order_facts *out);
/* Of one order of a hook: itself, and the Condition, Encounter and Location that it leads to where they were sent along. */
bool facts_of_hook(const struct cds_question *question, const struct cds_held *order, struct arena *arena, struct order_facts *out);
