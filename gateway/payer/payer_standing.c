/* SPDX-License-Identifier: Apache-2.0 */
/* How a member stands with the house payer before anything is asked of it: covered or not, what is approved already, and where the questions of a
   policy are. */
#include "gateway/payer/payer.h"

#include "adjudication/closing.h"
#include "adjudication/payer.h"

/* Whoever is covered today counts when it is not certain which person on the card is meant; its last day is said only of one who is certain. */
static void say_member(const struct house *house, const struct house_case *about, const struct house_member *person, struct standing *out)
{
	const struct house_member *member;

	out->member = text_lit("UNKNOWN");
	for (size_t i = 0; (member = payer_member(house, about->plan, about->cardholder_id, i)); i++) {
		bool covered = (!person || member == person) && payer_within_days(member->covered_from, member->covered_to, about->wall_ms);

		if (covered)
			out->member = text_lit("COVERED");
		else if (text_is(out->member, "UNKNOWN"))
			out->member = text_lit("NOT_COVERED");
	}
	if (person)
		out->covered_to = person->covered_to;
}

static void say_policy(const struct house *house, const struct house_member *person, int64_t wall_ms, struct arena *arena, struct standing_policy *out)
{
	const struct house_policy *policy = payer_policy(house, out->policy);
	const struct house_authorization *on_file = closing_on_file(person, out->policy, wall_ms);

	if (policy)
		out->criteria_url = policy->criteria_url;
	if (policy && policy->stages_n)
		out->questionnaire = payer_canonical(house, policy, &policy->stages[0], arena);
	if (!on_file || !text_is(on_file->status, "APPROVED"))
		return;
	out->authorization = on_file->number;
	out->authorized_to = on_file->expires;
}

static void say_help(const struct house *house, struct standing *out)
{
	const struct house_file *file = &house->file;

	out->payer = file->name;
	out->telephone = file->telephone;
	for (size_t i = 0; i < file->help_desks_n; i++) {
		const struct house_desk *desk = &file->help_desks[i];

		if (!text_is(desk->type, "2")) /* clinical, and prior authorization */
			continue;
		out->telephone = desk->telephone.n ? desk->telephone : out->telephone;
		out->url = desk->url;
		return;
	}
}

void payer_standing(const struct house *house, int64_t wall_ms, struct arena *arena, struct standing *standing)
{
	struct house_case about = { .plan = standing->plan, .cardholder_id = standing->cardholder_id, .person_code = standing->person_code, .wall_ms = wall_ms };
	const struct house_member *person;

	if (!payer_plan(house, standing->plan)) {
		standing->member = text_lit("ELSEWHERE");
		return;
	}
	person = closing_person(house, &about);
	say_member(house, &about, person, standing);
	say_help(house, standing);
	for (size_t i = 0; i < standing->policies_n; i++)
		say_policy(house, person, wall_ms, arena, &standing->policies[i]);
}
