/* SPDX-License-Identifier: Apache-2.0 */
/* Which message a body is. */
#pragma once

#include "ncpdp/ncpdp.h"

/* The message of this family and name; NCPDP_UNKNOWN when there is none. */
enum ncpdp_kind ncpdp_kind_of(enum ncpdp_family family, struct text name);

/* What the first thing in a body is; NCPDP_UNKNOWN for an empty one and for NULL. `record` is script_body_record or
   rtpb_body_record, and `body` a struct of it. */
enum ncpdp_kind ncpdp_kind_in(enum ncpdp_family family, const struct record *record, const void *body);

/* True when this version of SCRIPT has the message. */
bool ncpdp_kind_in_version(enum ncpdp_kind kind, enum ncpdp_version version);
