/* SPDX-License-Identifier: Apache-2.0 */
/* Random records from any table: valid ones, and ones spoiled in a single known way. The same seed makes the same record. */
#pragma once

#include "base/record.h"

/* What RAW rows hold depends on the syntax they came in. */
enum any_syntax { ANY_XML, ANY_JSON };

struct any {
	uint64_t state;
	enum any_syntax syntax;
	struct arena *arena;
	int budget; /* optional fields that may still be filled: keeps a record of records from growing without end */
};

void any_init(struct any *any, uint64_t seed, enum any_syntax syntax, struct arena *arena);
uint64_t any_below(struct any *any, uint64_t n);

/* A record that record_check accepts: every length, code, date and choice within its table, optional rows sometimes there,
   texts sometimes nasty (markup, quotes, CR, LF, tab, several bytes per character, as long as allowed). */
void *any_record(struct any *any, const struct record *record);

/* How a record was spoiled: what record_check must say of it. */
struct any_broken {
	enum fault_code code;
	char path[FAULT_PATH_MAX];
};
/* Spoils one thing, anywhere in a valid record, picked evenly from all that can be spoiled. False when nothing can (no rule in its
   tables that a value could break). */
bool any_break(struct any *any, const struct record *record, void *rec, struct any_broken *out);
