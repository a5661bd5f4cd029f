/* SPDX-License-Identifier: Apache-2.0 */
/* What a client can fill in before anybody is asked: expressions on items, and the library that they stand in. Shared by the files that
   write Questionnaires. */
#pragma once

#include "fhir-bridge/dtr/questionnaire.h"

/* Adds to the item the expression that gives its first answer, if there is one for the question. */
void fill_item_in(const struct question_form *form, size_t index, struct fhir_question_item *item, struct make *make);
/* Adds to the Questionnaire which library its expressions stand in, and what it is to be started with. */
void fill_questionnaire(const struct question_form *form, struct fhir_questionnaire *out, struct make *make);
