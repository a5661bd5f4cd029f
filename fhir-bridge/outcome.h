/* SPDX-License-Identifier: Apache-2.0 */
/* A fault as FHIR tells it: an OperationOutcome with one issue. */
#pragma once

#include "base/buffer.h"
#include "base/fault.h"

enum { FHIR_EXPRESSION_MAX = FAULT_PATH_MAX + 16 }; /* bytes: the resource's own name may come in front */

/* Appends an OperationOutcome as JSON (application/fhir+json): severity "error", the issue type of the fault's row, the row's sentence as
   details, and where as `expression` when the path leads into a resource ("Bundle.entry[0].resource.item[1].quantity"), else (a header,
   a setting) as `diagnostics`. Holds names of our tables only, never a value. What belongs to an operator to mend says no more than
   its sentence. */
void fhir_outcome_write(const struct fault *fault, struct buffer *out);

/* The path of a fault as FHIRPath (R4 OperationOutcome.issue.expression: names, indices): '/' becomes '.', and the name of the resource kind
   that our tables have behind "resource" is left out. */
void fhir_expression(const struct fault *fault, char out[FHIR_EXPRESSION_MAX]);
