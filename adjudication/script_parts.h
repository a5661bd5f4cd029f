/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that the answers to a prescriber share: whom to call, what is said, how to appeal, for how long, and the questions. */
#pragma once

#include "adjudication/house.h"
#include "adjudication/make.h"

/* One answer being written. */
struct writing {
	struct make make;
	const struct house *house;
	const struct house_case *about;
	const struct house_decision *decision;
};

/* Each gives a part that lives in the answer's arena. */
struct contact_numbers *part_contact(struct writing *w);
struct date_or_time *part_day(struct writing *w, struct text date);
struct date_or_time *part_moment(struct writing *w, int64_t wall_ms);
/* The decision's reason and note, what is said meanwhile and the router's sentence; TEXT_NONE when there is none of them. */
struct text part_note(struct writing *w);
/* Of a decision on a request, or on an appeal (which cannot be appealed electronically once more). */
struct pa_appeal *part_appeal(struct writing *w);
/* NULL when nothing was approved. */
struct authorization_period *part_period(struct writing *w);
/* The authorization on file that a closing points to. */
struct authorization_period *part_period_on_file(struct writing *w);
struct question_set_header *part_set_header(struct writing *w);
/* The questions of the stage, as further questions with their deadline. */
struct question_set_response *part_more(struct writing *w);
