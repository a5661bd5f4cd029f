/* SPDX-License-Identifier: Apache-2.0 */
/* Which remote backend the configuration names for a coverage or a kind of message. */
#pragma once

#include "gateway/records.h"

/* The [backend] of this name; NULL when there is none, as for "house" and for TEXT_NONE. */
const struct backend *backend_find(const struct config *config, struct text name);
/* The first [backend] whose id this is: who a message comes from. NULL: no backend. */
const struct backend *backend_from(const struct config *config, struct text party);
/* True when `name` is the backend `from` or one that is asked in its place, however many steps away, or sends with the id of one of
   these, being another address of it: who may answer what `from` was asked. */
bool backend_stands_in(const struct config *config, struct text from, struct text name);

/* The [route] that fits a coverage best: PCN and group, then PCN, then group, then the BIN alone; NULL when none does. A walk over all
   of them: ten thousand take some 30 us. */
const struct route *route_of_coverage(const struct config *config, struct text bin, struct text pcn, struct text group);
/* A coverage on its medical side. Texts that are not known are absent. */
struct medical_coverage {
	struct text bin, pcn, group, plan, programme;
	const struct text *payers; /* identifiers of its payer: "system|value" */
	size_t payers_n;
};
/* The [route] of benefit MEDICAL that fits best: the payer counts for more than the plan, that for more than card routing, and the
   programme least; one without any of them is for all. NULL when none fits. */
const struct route *route_of_medical(const struct config *config, const struct medical_coverage *coverage);
bool route_is_medical(const struct route *route);

/* The [route] that forwards messages of this name; NULL: they are not forwarded. */
const struct route *route_of_message(const struct config *config, struct text name);
/* What a route of a coverage says, for the evidence: "BIN 999998 PCN EXPCN". */
struct text route_words(const struct route *route, struct arena *arena);
/* True when two routes are about the same coverage or the same message. */
bool route_same_key(const struct route *a, const struct route *b);
