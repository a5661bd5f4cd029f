/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of gateway/def/capability.def, and whether what they speak of is served. */
#pragma once

#include "gateway/worker/worker_web.h"

enum capability_kind { CAPABILITY_RESOURCE, CAPABILITY_INTERACTION, CAPABILITY_SEARCH, CAPABILITY_OPERATION, CAPABILITY_GUIDE };

struct capability {
	enum capability_kind kind;
	const char *type, *name; /* name: of the parameter or operation, or code of the interaction */
	const char *value;       /* profile, kind of the parameter, definition or canonical */
	const char *sentence;
};
extern const struct capability capabilities[];
extern const size_t capabilities_n;

#define FHIR_BASE "/fhir"
#define FHIR_BASE_2_0 "/fhir/2.0" /* what Da Vinci's guides of that version break with the later ones */

/* The request that the interaction or operation `name` of a type is at this base address. False when it does not fit or has no name. */
bool capability_request(const struct capability *row, const char *base, const char **method, char *path, size_t size);
/* At this base address, by this configuration: it may shut a part. */
struct served_at {
	const char *base;
	const struct config *config;
};
bool capability_served(const struct capability *row, const struct served_at *at);
