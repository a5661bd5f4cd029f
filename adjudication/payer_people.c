/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what a payer file says of its members, of pharmacies and of help desks, beyond the tables. */
#include "adjudication/payer.h"

enum { NDC_DIGITS = 11 };

static bool at(struct fault *fault, const char *list, size_t i)
{
	return fault_under(fault, text_of(list), (int)i);
}

static bool check_place(const struct house_place *place, struct fault *fault)
{
	return !place || text_there(place->ncpdp_id) || text_there(place->npi) || fault_set(fault, FAULT_MISSING, "ncpdp_id");
}

static bool in_order(struct text first, struct text last, const char *where, struct fault *fault)
{
	/* YYYY-MM-DD sorts as it is */
	return !text_there(first) || !text_there(last) || text_compare(first, last) <= 0 || fault_set(fault, FAULT_RULE, where);
}

static bool has_policy(const struct house_file *file, struct text id)
{
	for (size_t i = 0; i < file->policies_n; i++)
		if (text_equal(file->policies[i].id, id))
			return true;
	return false;
}

static bool check_authorization(const struct house_file *file, const struct house_authorization *row, struct fault *fault)
{
	if (!has_policy(file, row->policy))
		return fault_set(fault, FAULT_RULE, "policy");
	/* what is approved is put on the prescription by its number */
	if (text_is(row->status, "APPROVED") != text_there(row->number))
		return fault_set(fault, text_there(row->number) ? FAULT_RULE : FAULT_MISSING, "number");
	return in_order(row->effective, row->expires, "expires", fault);
}

static bool check_fill(const struct house_fill *fill, struct fault *fault)
{
	if (fill->ndc.n != NDC_DIGITS)
		return fault_set(fault, FAULT_BAD_NUMBER, "ndc");
	return check_place(fill->pharmacy, fault) || fault_under(fault, text_lit("pharmacy"), -1);
}

static bool check_member(const struct house_file *file, const struct house_member *member, struct fault *fault)
{
	if (!in_order(member->covered_from, member->covered_to, "covered_to", fault))
		return false;
	if (!check_place(member->pharmacy, fault))
		return fault_under(fault, text_lit("pharmacy"), -1);
	for (size_t i = 0; i < member->authorizations_n; i++)
		if (!check_authorization(file, &member->authorizations[i], fault))
			return at(fault, "authorizations", i);
	for (size_t i = 0; i < member->history_n; i++)
		if (!check_fill(&member->history[i], fault))
			return at(fault, "history", i);
	return true;
}

static bool check_desk(const struct house_desk *desk, struct fault *fault)
{
	if (!text_there(desk->telephone) && (text_there(desk->extension) || !(text_there(desk->url) || text_there(desk->fax))))
		return fault_set(fault, FAULT_MISSING, "telephone");
	return true;
}

bool payer_check_people(const struct house_file *file, struct fault *fault)
{
	/* those of SCRIPT, script_questions.def: attachment */
	static const char types[] = "application/hl7-sda+xml application/x-ccr application/pdf application/jpeg application/tiff application/png";

	for (size_t i = 0; i < file->members_n; i++)
		if (!check_member(file, &file->members[i], fault))
			return at(fault, "members", i);
	for (size_t i = 0; i < file->plans_n; i++)
		for (size_t k = 0; k < file->plans[i].network_n; k++)
			if (!check_place(&file->plans[i].network[k], fault)) {
				at(fault, "network", k);
				return at(fault, "plans", i);
			}
	for (size_t i = 0; i < file->help_desks_n; i++)
		if (!check_desk(&file->help_desks[i], fault))
			return at(fault, "help_desks", i);
	for (size_t i = 0; i < file->attachment_types_n; i++)
		if (!text_in_list(file->attachment_types[i], types)) {
			fault_set(fault, FAULT_BAD_CODE, "");
			return at(fault, "attachment_types", i);
		}
	return true;
}
