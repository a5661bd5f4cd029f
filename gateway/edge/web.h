/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that have their question in method, path and query, as the edge sees them: into a web_request, and the headers of their answer. */
#pragma once

#include "gateway/bus/family.h"
#include "gateway/bus/role.h"

/* Who asks, and what they may; nothing: nobody in particular. */
struct caller {
	struct text client, scopes;
};

/* The request as a packed web_request; TEXT_NONE when the arena is full. */
struct text web_pack(const struct http_request *request, const struct caller *caller, struct arena *arena);

/* Header lines of an answer that came in a REPLY: what all carry, and of the families that are not of NCPDP ETag, Location, Allow and
   Cache-Control (no-store unless the answer says otherwise). A C string in the arena. */
const char *web_extra(enum family family, const struct envelope *envelope, int status, struct arena *arena);
