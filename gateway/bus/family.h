/* SPDX-License-Identifier: Apache-2.0 */
/* What kind of request one is, from the address it came to: a message of an NCPDP standard, or one that has its question in method, path and
   query. The envelope of a REQUEST carries its name. */
#pragma once

#include "ncpdp/ncpdp.h"

enum family { FAMILY_SCRIPT, FAMILY_RTPB, FAMILY_FORMULARY, FAMILY_FHIR, FAMILY_CDS, FAMILY_ROUTE, FAMILIES };

const char *family_name(enum family family); /* "script", "formulary" */
bool family_of(struct text name, enum family *family);
/* True for a standard of NCPDP; the payload of such a REQUEST is the message as posted, of the others a web_request. */
bool family_is_ncpdp(enum family family, enum ncpdp_family *standard);
/* True where answers and refusals are FHIR resources, or JSON that holds them. */
bool family_is_fhir(enum family family);
/* True when a request goes on though its sender hung up, because it may be an event of a case: the sender will ask what became of it. */
bool family_lasts(enum family family);
