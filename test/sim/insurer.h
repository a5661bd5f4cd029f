/* SPDX-License-Identifier: Apache-2.0 */
/* A payer beyond the gateway that takes what clinics submit, in Da Vinci PAS: it decides as the sandbox's payer does, some things later, remembers what it
   answered under each identifier, and holds every repetition against the first. */
#pragma once

#include "adjudication/house.h"
#include "test/sim/world.h"

/* How clinics name it; only what names it goes there. */
#define INSURER_NUMBER "SIM-INSURER"

enum { INSURER_REQUESTS_MAX = 64 };

struct insurer_request {
	struct text identifier, claim, body;
	int64_t first_ms;
	struct text pended, decided; /* the answers */
};

struct insurer {
	struct outside inner;
	struct backend backends[3];
	struct route routes[3];
	struct arena arena; /* of the whole run */
	struct house *house;
	struct insurer_request requests[INSURER_REQUESTS_MAX];
	size_t n;
	uint64_t asked, again, inquired;
};

/* Hands everything but its own calls on to `inner`. */
void insurer_init(struct insurer *insurer, const struct outside *inner);
void insurer_done(struct insurer *insurer);
struct outside insurer_outside(struct insurer *insurer);
/* Adds it to the backends and routes of a configuration. */
void insurer_configure(struct insurer *insurer, struct config *config);
/* After the run: each Claim came under one identifier. Breaks the world otherwise. */
void insurer_judge(struct insurer *insurer, struct world *world);
