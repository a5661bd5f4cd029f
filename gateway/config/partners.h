/* SPDX-License-Identifier: Apache-2.0 */
/* Who may send what: the partners of a configuration by the ids they send with, and what was agreed with each of them. */
#pragma once

#include "gateway/records.h"
#include "ncpdp/ncpdp.h"

struct partner_book;

/* A book over this configuration, which must outlive it; made whenever a role takes another one. partner_book_free takes NULL. */
struct partner_book *partner_book_new(const struct config *config);
void partner_book_free(struct partner_book *book);
/* Who sends with this id ("D:1234567893"), as id or also; NULL: nobody we know. Takes the same time however many there are. */
const struct partner *partner_of(const struct partner_book *book, struct text id);
/* The versions of the configuration, for ncpdp_read_on; borrowed. */
const struct ncpdp_versions *partner_versions(const struct partner_book *book);
/* A FAULT_VERSION because of a date: puts into its path which version, and that it is expired or not yet valid. */
void partner_version_fault(const struct partner_book *book, const struct script_message *script, int64_t wall_ms, struct fault *fault);
/* True when the partner may send SCRIPT of this version. */
bool partner_may_send(const struct partner *partner, enum ncpdp_version version);
/* From and until when it is taken: Unix time, 0 open. Dates are as config.def says. */
int64_t version_from_ms(const struct standard_version *version);
int64_t version_until_ms(const struct standard_version *version);
/* True when the partner may ask about members of this plan; bin and pcn as in the message, none when it names none. */
bool partner_may_use(const struct partner *partner, struct text bin, struct text pcn);
