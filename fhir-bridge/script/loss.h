/* SPDX-License-Identifier: Apache-2.0 */
/* What a conversion between SCRIPT and FHIR had no place for, told by name and never by value. */
#pragma once

#include "base/make.h"

/* Paths of names from our tables, in the arena: SCRIPT's from the body on ("Body/PARequest/MedicationPrescribed/Sig"), FHIR's from the resource on
   ("Claim.item.modifier"), those of a question set from the set on ("Question[2]/QuestionLevel"). */
struct loss {
	struct text *paths;
	size_t n;
};

/* One more path, printed as printf does, of names from our tables and indices. */
void loss_add(struct loss *loss, struct make *make, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same once: what is there already is not added. At most LOSSES_MAX are told apart; further ones become the last one, "...". */
enum { LOSSES_MAX = 100 }; /* the tables of one request have fewer names without a place that can stand in one message */
void loss_once(struct loss *loss, struct make *make, struct text path);
