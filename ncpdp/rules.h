/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that span fields, tied to the record they are about: one walk through a message holds every part of it to its rules. */
#pragma once

#include "ncpdp/ncpdp.h"

enum rules_when {
	RULES_READING, /* what anyone's message must keep */
	RULES_WRITING, /* that, and what only ours must */
};

/* Holds a record that has passed record_check, and all in it, to the rules. FAULT_RULE or the code of the rule; the path is from
   this record down. */
bool rules_check(const struct record *record, const void *rec, enum rules_when when, struct fault *fault) fault_check;
