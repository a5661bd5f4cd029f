/* SPDX-License-Identifier: Apache-2.0 */
/* Signing as a client does: an assertion for a token endpoint (RFC 7523, SMART backend services), or a token for calling a CDS service. */
#pragma once

#include "base/clock.h"
#include "base/crypto_key.h"

struct assertion_wish {
	struct text client;    /* iss, and sub unless `cds` */
	struct text audience;  /* the address it is for, whole; without what JSON would have to escape */
	const char *kid;       /* NULL: the key's thumbprint */
	int64_t life_s;        /* 0: five minutes, which is all that is allowed; less than nothing: it has ended */
	bool cds;              /* CDS Hooks: iss without sub */
};

/* A fresh one in the arena, with an id of its own; TEXT_NONE past the arena's limit. */
struct text assertion_sign(const struct crypto_key *key, const struct assertion_wish *wish, struct now now, struct arena *arena);
