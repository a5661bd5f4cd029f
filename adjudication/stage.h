/* SPDX-License-Identifier: Apache-2.0 */
/* The questions of a stage as SCRIPT asks them: the form in which they are sent, checked and walked. */
#pragma once

#include "adjudication/records.h"
#include "base/make.h"
#include "ncpdp/records.h"

/* In the order of the stage, in make's arena, with the stage's own texts; QuestionID is the house's id. */
struct question *stage_questions(const struct house_stage *stage, struct make *make, size_t *n);
