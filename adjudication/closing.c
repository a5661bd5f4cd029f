/* SPDX-License-Identifier: Apache-2.0 */
/* Is there anything to decide: another payer's plan, a member who is not covered, a product that needs no authorization, one that is
   on file, a deadline that has passed. */
#include "adjudication/closing.h"

#include "adjudication/payer.h"

#define DAY_MS INT64_C(86400000)

struct closing_case {
	const struct house *house;
	const struct house_case *about;
	const struct house_member *person; /* NULL: it is not certain which person on the card is meant */
	const struct house_authorization *on_file;
};

static const struct house_policy *policy_of(const struct closing_case *c)
{
	return payer_policy(c->house, c->about->policy);
}

static bool not_covered(const struct closing_case *c)
{
	return text_is(c->about->track, "NOT_COVERED") ||
	       (c->about->coverage && !text_is(c->about->coverage->status, "COVERED") && !text_is(c->about->track, "MEDICAL"));
}

static bool not_our_plan(const struct closing_case *c)
{
	return !payer_plan(c->house, c->about->plan);
}

static bool not_our_member(const struct closing_case *c)
{
	return !payer_member(c->house, c->about->plan, c->about->cardholder_id, 0);
}

/* It is not always certain which person on the card is meant: one who is covered is enough then. */
static bool not_eligible(const struct closing_case *c)
{
	const struct house_member *member;

	for (size_t i = 0; (member = payer_member(c->house, c->about->plan, c->about->cardholder_id, i)); i++)
		if ((!c->person || member == c->person) &&
			payer_within_days(member->covered_from, member->covered_to, c->about->wall_ms))
			return false;
	return true;
}

static bool within_limits(const struct closing_case *c)
{
	return !text_there(c->about->policy) && c->about->coverage && c->about->coverage->limits &&
	       c->about->coverage->limits->quantity_e4 > 0;
}

static bool not_needed(const struct closing_case *c)
{
	return !text_there(c->about->policy);
}

static bool not_our_policy(const struct closing_case *c)
{
	return !policy_of(c);
}

static bool on_other_benefit(const struct closing_case *c)
{
	struct text only = policy_of(c)->benefit, track = c->about->track;

	return only.n && text_in_list(track, "PHARMACY MEDICAL") && !text_equal(only, track) && !text_is(only, "ELSEWHERE");
}

static bool decided_elsewhere(const struct closing_case *c)
{
	return text_is(policy_of(c)->benefit, "ELSEWHERE");
}

static bool late(const struct closing_case *c)
{
	return c->about->reply_by_ms && c->about->received_ms > c->about->reply_by_ms;
}

/* Once the payer has asked something in an appeal, only the time to answer that counts. */
static bool late_to_appeal(const struct closing_case *c)
{
	return c->about->appeal_by_ms && c->about->received_ms > c->about->appeal_by_ms && !text_is(c->about->state, "APPEAL_OPEN");
}

static bool no_e_appeal(const struct closing_case *c)
{
	return !policy_of(c)->e_appeal;
}

/* A decision on an appeal stands; what follows it is not electronic. */
static bool appealed_before(const struct closing_case *c)
{
	return text_there(c->about->appeal_case_id) && text_in_list(c->about->state, "DENIED PARTIALLY_DENIED");
}

static bool other_appeal(const struct closing_case *c)
{
	return text_there(c->about->named_appeal_id) && !text_equal(c->about->named_appeal_id, c->about->appeal_case_id);
}

static bool locked_elsewhere(const struct closing_case *c)
{
	return c->person && c->person->prescriber && !text_equal(c->person->prescriber->npi, c->about->prescriber_npi);
}

static bool unreadable_attachment(const struct closing_case *c)
{
	const struct house_file *file = &c->house->file;

	for (size_t i = 0; i < c->about->attachments_n; i++) {
		size_t known = 0;

		while (known < file->attachment_types_n && !text_equal(file->attachment_types[known], c->about->attachments[i]))
			known++;
		if (file->attachment_types_n && known == file->attachment_types_n)
			return true;
	}
	return false;
}

static bool on_file(const struct closing_case *c, const char *status)
{
	return c->on_file && text_is(c->on_file->status, status);
}

static bool renewable(const struct closing_case *c)
{
	return payer_day_ms(c->on_file->expires, 0) - c->about->wall_ms < policy_of(c)->renewal_days * DAY_MS;
}

static bool approved_on_file(const struct closing_case *c)
{
	return on_file(c, "APPROVED") && !renewable(c);
}

static bool in_process_on_file(const struct closing_case *c)
{
	return on_file(c, "IN_PROCESS");
}

static bool denied_on_file(const struct closing_case *c)
{
	return on_file(c, "DENIED");
}

enum { I = 1 << CLOSING_INITIATION, R = 1 << CLOSING_REQUEST, A = 1 << CLOSING_APPEAL };

/* When a case is closed without a decision; the first that holds. A later row may rely on what an earlier one found. `of` says in
   answer to what. Codes are SCRIPT reason codes; a PAInitiationResponse has fewer of them. */
static const struct closing_row {
	unsigned of;
	bool (*holds)(const struct closing_case *c);
	const char *code, *note;
} closings[] = {
	{ I | R | A, not_our_plan, "CP", "This payer does not process prior authorizations for the plan of this patient." },
	{ I | R | A, not_our_member, "CD", "No member of the plan has this cardholder id." },
	{ R | A, late, "FL", "The answers came after the deadline for them: begin again with a new PAInitiationRequest." },
	{ I | R, not_eligible, "CE", "The member is not covered by the plan today." },
	{ I | R, not_covered, "FM", "The plan does not cover this product, and prior authorization cannot change that." },
	{ I | R, within_limits, "FN", "No prior authorization is needed within the limits of the plan." },
	{ I | R | A, not_needed, "CC", "No prior authorization is needed for this product in the plan of this patient." },
	{ I | R | A, not_our_policy, "CP", "The policy that applies to this product is not decided by this payer." },
	{ I | R, on_other_benefit, "CP", "This benefit of the plan does not decide about this drug: the other one does." },
	{ I | R, decided_elsewhere, "CP", "The plan does not decide about this drug: another payer does." },
	{ I, locked_elsewhere, "BY", "The member is locked in to another prescriber, who alone can ask for prior authorization." },
	{ R | A, locked_elsewhere, "CM", "The member is locked in to another prescriber, who alone can ask for prior authorization." },
	{ A, no_e_appeal, "BX", "Appeals under this policy are not taken electronically: call the payer." },
	{ A, late_to_appeal, "FL", "The time in which this decision could be appealed has passed." },
	{ A, appealed_before, "CY", "An appeal of this case was decided before, and that decision stands." },
	{ A, other_appeal, "BY", "The AppealCaseID is not that of the appeal of this case." },
	{ R | A, unreadable_attachment, "CL", "A document is of a type that this payer cannot read." },
	{ I, approved_on_file, "FQ", "A prior authorization for this product is on file." },
	{ R, approved_on_file, "CF", "The same prior authorization was approved before." },
	{ I | R, in_process_on_file, "CG", "The same prior authorization is being decided already." },
	{ I | R, denied_on_file, "CY", "The same prior authorization was denied before, and that denial still stands: appeal it instead." },
};

void closing_say(struct house_decision *out, const char *code, struct text note)
{
	out->outcome = HOUSE_CLOSED;
	out->reason_code = text_of(code);
	out->note = note;
}

/* Nothing is held against a person because of another one on the same card. */
const struct house_member *closing_person(const struct house *house, const struct house_case *about)
{
	const struct house_member *member, *found = NULL;

	for (size_t i = 0; (member = payer_member(house, about->plan, about->cardholder_id, i)); i++) {
		if (text_there(about->person_code) && text_there(member->person_code) &&
			!text_equal(about->person_code, member->person_code))
			continue;
		if (found)
			return NULL;
		found = member;
	}
	return found;
}

const struct house_authorization *closing_on_file(const struct house_member *member, struct text policy, int64_t wall_ms)
{
	for (size_t i = 0; member && text_there(policy) && i < member->authorizations_n; i++) {
		const struct house_authorization *row = &member->authorizations[i];

		if (text_equal(row->policy, policy) && payer_within_days(row->effective, row->expires, wall_ms))
			return row;
	}
	return NULL;
}

bool closing(const struct house *house, const struct house_case *about, enum closing_of what, struct house_decision *out)
{
	const struct house_member *person = closing_person(house, about);
	const struct closing_case c = { house, about, person, closing_on_file(person, about->policy, about->wall_ms) };

	for (size_t i = 0; i < sizeof(closings) / sizeof(closings[0]); i++)
		if ((closings[i].of & 1U << what) && closings[i].holds(&c)) {
			closing_say(out, closings[i].code, text_of(closings[i].note));
			out->not_mine = closings[i].holds == on_other_benefit || closings[i].holds == decided_elsewhere;
			if (text_in_list(out->reason_code, "FQ CF CG CY"))
				out->on_file = what == CLOSING_APPEAL ? NULL : c.on_file;
			return true;
		}
	out->policy = payer_policy(house, about->policy);
	if (what == CLOSING_INITIATION)
		out->on_file = c.on_file;
	return false;
}
