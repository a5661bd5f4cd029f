/* SPDX-License-Identifier: Apache-2.0 */
/* Is this signed token what a registered client says it is: for the token address (RFC 7523, SMART backend services) or for a CDS service? */
#pragma once

#include "base/clock.h"
#include "gateway/access/registry.h"
#include "gateway/access/seen.h"

enum {
	ASSERTION_AHEAD_MS = 300000, /* an assertion ends at most five minutes from now (SMART App Launch 2; CDS Hooks says the same) */
	ASSERTION_SKEW_MS = 60000,   /* by which a client's clock may be ahead; for one that is behind its five minutes are shorter */
	ASSERTION_BAD_MAX = 100,     /* signatures a second that may turn out wrong: a tenth of a processor on P-384 */
};

enum assertion_result {
#define ASSERTION(code, error, status, sentence) ASSERTION_##code,
#include "gateway/def/assertion.def"
#undef ASSERTION
	ASSERTION_RESULTS
};

struct assertion_row {
	const char *name;  /* "EXPIRED", for the log */
	const char *error; /* of RFC 6749 5.2 */
	int status;
	const char *sentence; /* for the client */
};
const struct assertion_row *assertion_row(enum assertion_result result);

/* Signatures that were wrong lately. */
struct assertion_budget {
	int64_t second; /* of the mono clock */
	int bad;
};

struct assertion_check {
	const struct registry *registry;
	struct seen *seen;
	struct assertion_budget *budget;
	struct text audience; /* the address that was called, whole */
	bool cds;             /* CDS Hooks: iss is the client's issuer, no sub, iat is needed */
};

/* On ASSERTION_GOOD *who signed it, and it will not be good a second time. */
enum assertion_result assertion_check(const struct assertion_check *check, struct text token, struct now now, struct arena *arena,
	const struct registered **who);
