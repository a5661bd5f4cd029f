/* SPDX-License-Identifier: Apache-2.0 */
/* How /formulary and /route say no: a problem of RFC 9457, made of a fault. */
#pragma once

#include "base/buffer.h"
#include "base/fault.h"

#define MEDIA_PROBLEM "application/problem+json"
#define MEDIA_JSON "application/json"
#define MEDIA_FHIR "application/fhir+json"

/* Appends {"title": what HTTP calls the status, "status", "code" and "detail" of the fault table, "at": where, in names of our own,
   "trace"}. Nothing of the request is in it. `in_body`: the path leads into a JSON body, and is told as "pointer" too (RFC 6901 6). */
void problem_write(const struct fault *fault, int status, struct text trace, bool in_body, struct buffer *out);
