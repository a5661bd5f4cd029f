/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that the answers to a prescriber share. */
#include "adjudication/script_parts.h"

#include "adjudication/payer.h"
#include "adjudication/stage.h"
#include "base/clock.h"

enum { NOTE_MAX = 2000 }; /* characters of PANote, an1..2000 */

/* -- small parts -- */

struct contact_numbers *part_contact(struct writing *w)
{
	struct contact_numbers *numbers = make_new(&w->make, struct contact_numbers);

	numbers->primary_telephone = make_new(&w->make, struct telephone);
	numbers->primary_telephone->number = w->house->file.telephone;
	return numbers;
}

struct date_or_time *part_day(struct writing *w, struct text date)
{
	struct date_or_time *out = make_new(&w->make, struct date_or_time);

	out->date = date;
	return out;
}

struct date_or_time *part_moment(struct writing *w, int64_t wall_ms)
{
	struct date_or_time *out = make_new(&w->make, struct date_or_time);

	out->date_time = clock_format(wall_ms, false, w->make.arena);
	w->make.failed |= !text_there(out->date_time);
	return out;
}

static bool is_undecided(enum house_outcome outcome)
{
	return outcome == HOUSE_OPEN || outcome == HOUSE_MORE_INFORMATION || outcome == HOUSE_IN_PROCESS;
}

/* Why, then what is to be said of it, then how it was routed: what matters most is first and is never what the limit cuts off. */
struct text part_note(struct writing *w)
{
	const struct text parts[] = { w->decision->reason, is_undecided(w->decision->outcome) ? w->about->meanwhile : TEXT_NONE,
		w->decision->note, w->about->sentence };
	struct buffer out;

	buffer_init(&out, w->make.arena, 512);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i].n)
			continue;
		if (out.n)
			buffer_add_char(&out, ' ');
		buffer_add(&out, parts[i]);
	}
	return out.n ? make_cut(&w->make, make_written(&w->make, &out), NOTE_MAX) : TEXT_NONE;
}

struct pa_appeal *part_appeal(struct writing *w)
{
	const struct house_policy *policy = w->decision->policy;
	struct pa_appeal *out = make_new(&w->make, struct pa_appeal);
	bool appealed = text_there(w->decision->appeal_case_id);

	out->is_e_appeal_supported = policy->e_appeal && !appealed ? text_lit("Y") : text_lit("N");
	if (w->decision->appeal_by_ms)
		out->expiration_date = part_day(w, clock_format_date(w->decision->appeal_by_ms, w->make.arena));
	out->pa_note = appealed ? policy->appeal_further : policy->appeal_note;
	return out;
}

static struct authorization_period *from_to(struct writing *w, struct text effective, struct text expiration)
{
	struct authorization_period *out = make_new(&w->make, struct authorization_period);

	out->effective_date = part_day(w, effective);
	out->expiration_date = part_day(w, expiration);
	return out;
}

struct authorization_period *part_period(struct writing *w)
{
	return from_to(w, w->decision->effective_date, w->decision->expiration_date);
}

struct authorization_period *part_period_on_file(struct writing *w)
{
	const struct house_authorization *on_file = w->decision->on_file;

	return on_file && text_there(on_file->effective) ? from_to(w, on_file->effective, on_file->expires) : NULL;
}

/* -- questions -- */

struct question_set_header *part_set_header(struct writing *w)
{
	const struct house_stage *stage = w->decision->stage;
	struct question_set_header *out = make_new(&w->make, struct question_set_header);

	out->question_set_id = stage->id;
	out->title = stage->title;
	out->description = stage->description;
	out->contact = part_contact(w);
	out->attachment_required = text_there(stage->attachment) ? text_lit("Y") : text_lit("N");
	out->attachment_notes = stage->attachment;
	return out;
}

struct question_set_response *part_more(struct writing *w)
{
	struct question_set_response *set = make_new(&w->make, struct question_set_response);

	set->header = part_set_header(w);
	set->questions = stage_questions(w->decision->stage, &w->make, &set->questions_n);
	set->deadline_for_reply = part_moment(w, w->decision->reply_by_ms);
	return set;
}
