/* SPDX-License-Identifier: Apache-2.0 */
/* Clinics that ask in Da Vinci PAS beside the SCRIPT partners: they submit, repeat, change and cancel, are told of what was pended,
   and hold every answer against the ones before. */
#pragma once

#include "test/sim/world.h"

#define CLINIC_ENDPOINT "http://127.0.0.1:9/told"

struct clinic;

/* An outside with `requests` prior authorizations, and everything else handed on to `inner`. Where the bus delays a message no longer than
   some milliseconds, what is asked in the calm and decided at once must be answered at once. */
struct clinic *clinic_new(const struct outside *inner, const char *examples, int requests, int64_t calm_ms, int64_t delay_max_ms);
void clinic_free(struct clinic *clinic);
struct outside clinic_outside(struct clinic *clinic);
/* Its bundles name the payer by this number. Before clinic_begin. */
void clinic_insure(struct clinic *clinic, const char *number);
/* Once the world is there. */
void clinic_begin(struct clinic *clinic, struct world *world);
/* After the run: every request was decided, as it should be and once; what was pended was told. Breaks the world otherwise. */
void clinic_judge(struct clinic *clinic, struct world *world);
