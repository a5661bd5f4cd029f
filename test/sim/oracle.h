/* SPDX-License-Identifier: Apache-2.0 */
/* A payer whose CDS service is asked which benefit pays, and that answers everything that settles nothing: at once, late, never, with an error, with
   what is no answer. Whatever it does, every request must be answered as if it had not been asked. */
#pragma once

#include "test/sim/world.h"

struct oracle {
	struct outside inner;
	struct backend backend;
	struct route route;
	uint64_t asked;
	bool prompt; /* it never takes long */
};

/* Hands everything but its own calls on to `inner`. */
void oracle_init(struct oracle *oracle, const struct outside *inner, bool prompt);
struct outside oracle_outside(struct oracle *oracle);
/* The configuration in which it is asked about everything: `rules` is a file in which every row is a presumption. */
void oracle_configure(struct oracle *oracle, struct config *config, const char *rules);
/* Writes such a file: the built-in rules, each asking first. */
void oracle_write_rules(const char *file);
