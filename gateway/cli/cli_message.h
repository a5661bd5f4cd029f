/* SPDX-License-Identifier: Apache-2.0 */
/* What `send` and `check` both need of a message in a file. */
#pragma once

#include "ncpdp/ncpdp.h"

/* Which standard a body belongs to, by the first element in it that is the name of a message; false when there is none. */
bool cli_family(struct text body, enum ncpdp_family *family);
/* The message as an outline on standard output. */
void cli_outline(const struct ncpdp_message *message, struct arena *arena);
/* The schema folder of an operator, ready; NULL when it is not, with the reason on stderr. */
struct xml_schema;
struct xml_schema *cli_schema(const char *folder, const char *root);
