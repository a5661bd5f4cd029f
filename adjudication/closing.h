/* SPDX-License-Identifier: Apache-2.0 */
/* Is there anything to decide: the reasons for which a message is answered without looking at its answers. */
#pragma once

#include "adjudication/house.h"

/* Which message is to be answered. */
enum closing_of { CLOSING_INITIATION, CLOSING_REQUEST, CLOSING_APPEAL };

/* True when the case is closed, and *out says why. False: out->policy is the one that decides. */
bool closing(const struct house *house, const struct house_case *about, enum closing_of what, struct house_decision *out);

void closing_say(struct house_decision *out, const char *code, struct text note);

/* Who is meant: of the persons on the card the only one that fits the person code; NULL: it is not certain. */
const struct house_member *closing_person(const struct house *house, const struct house_case *about);
/* Of what a member has on file under a policy, the row that stands today; NULL: none. */
const struct house_authorization *closing_on_file(const struct house_member *member, struct text policy, int64_t wall_ms);
