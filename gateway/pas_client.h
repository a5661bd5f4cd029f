/* SPDX-License-Identifier: Apache-2.0 */
/* What a PAS client may have done for it. */
#pragma once

#include "gateway/config.h"

/* Whether notifications of this client (case_message.partner) may be posted there: to https:// at a host that the configuration allows
   it; without that, to a loopback address only. A name that merely begins like it is none. */
bool pas_endpoint_allowed(const struct config *config, struct text partner, struct text endpoint);
