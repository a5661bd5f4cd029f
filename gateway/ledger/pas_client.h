/* SPDX-License-Identifier: Apache-2.0 */
/* What a PAS client may have done for it. */
#pragma once

#include "gateway/config/config.h"

/* Whether notifications of this client (case_message.partner) may be posted there: to the host of the endpoint that its [client] names;
   of who has none, nowhere but to this very host, and that only where no tokens are asked for (open). */
bool pas_endpoint_allowed(const struct config *config, struct text partner, struct text endpoint);
/* Whether it may be told of the requests of this organization: of its own, when the configuration says which that is. TEXT_NONE or "": of all that are its. */
bool pas_organization_allowed(const struct config *config, struct text partner, struct text organization);
