/* SPDX-License-Identifier: Apache-2.0 */
/* Who may send what: the partners of a configuration by the ids they send with, and what was agreed with each of them. */
#pragma once

#include "gateway/records.h"

struct partner_book;

/* A book over this configuration, which must outlive it; made whenever a role takes another one. partner_book_free takes NULL. */
struct partner_book *partner_book_new(const struct config *config);
void partner_book_free(struct partner_book *book);
/* Who sends with this id ("D:1234567893"), as id or also; NULL: nobody we know. Takes the same time however many there are. */
const struct partner *partner_of(const struct partner_book *book, struct text id);
/* True when the partner may ask about members of this plan; bin and pcn as in the message, none when it names none. */
bool partner_may_use(const struct partner *partner, struct text bin, struct text pcn);
