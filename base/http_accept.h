/* SPDX-License-Identifier: Apache-2.0 */
/* What a request says about the form and the age of the answer it wants: Accept and If-None-Match (RFC 9110 12.5.1, 13.1.2). */
#pragma once

#include "base/text.h"

/* True when the header field's value lets an answer be of this media type ("application/json"): the most specific range that fits decides,
   and q=0 says no. An absent or empty field takes anything. Parameters other than q are not compared. */
bool http_accepts(struct text accept, const char *media);
/* True when one of the listed entity tags is this one (without its quotes), compared weakly, or the value is "*". */
bool http_tag_listed(struct text if_none_match, struct text tag);
