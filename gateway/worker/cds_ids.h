/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of what was said about the coverage of an order (coverage-assertion-id). To everybody else they are random characters. */
#pragma once

#include "base/crypto_key.h"
#include "gateway/records.h"
#include "gateway/bus/role.h"

/* The key under which they are made, derived from that of access tokens where there is one that all workers can read; else one of this process, and ids
   mean nothing any more when it ends. */
void cds_key_start(unsigned char key[SEAL_KEY_BYTES], const struct role_setup *setup);
/* The same for the same assertion. TEXT_NONE past the arena. */
struct text cds_id_make(const unsigned char key[SEAL_KEY_BYTES], const struct cds_assertion *assertion, struct arena *arena);
/* What an id stands for, in the arena; false when this key did not make it. */
bool cds_id_open(const unsigned char key[SEAL_KEY_BYTES], struct text id, struct arena *arena, struct cds_assertion *out)
	__attribute__((warn_unused_result));
