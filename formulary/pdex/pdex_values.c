/* SPDX-License-Identifier: Apache-2.0 */
/* Dates, references and extensions of PDex resources. */
#include "formulary/pdex/pdex_rows.h"

#include <stdio.h>

/* -- days -- */

static int days_of(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : days[month - 1];
}

/* So many digits off the front of *rest. */
static bool digits(struct text *rest, size_t n, int *out)
{
	*out = 0;
	if (rest->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (rest->at[i] < '0' || rest->at[i] > '9')
			return false;
		*out = *out * 10 + (rest->at[i] - '0');
	}
	*rest = (struct text){ rest->at + n, rest->n - n };
	return true;
}

/* YYYY, YYYY-MM, YYYY-MM-DD or a moment of that day: FHIR takes the last moment that is meant for an end. */
static bool day_of(struct text date, bool end, char to[9])
{
	int year, month = end ? 12 : 1, day;
	bool all = false;

	to[0] = '\0';
	if (!date.n)
		return true;
	if (!digits(&date, 4, &year) || year < 1000)
		return false;
	if (date.n && (date.at[0] != '-' || (date.at++, date.n--, !digits(&date, 2, &month)) || month < 1 || month > 12))
		return false;
	day = end ? days_of(year, month) : 1;
	if (date.n) {
		if (date.at[0] != '-' || (date.at++, date.n--, !digits(&date, 2, &day)) || day < 1 || day > days_of(year, month))
			return false;
		all = true;
	}
	if (date.n && (!all || date.at[0] != 'T'))
		return false;
	snprintf(to, 9, "%04u%02u%02u", (unsigned)year % 10000, (unsigned)month % 100, (unsigned)day % 100);
	return true;
}

bool pdex_days(const struct pdex_period *period, struct pdex_days *days, struct fault *fault)
{
	*days = (struct pdex_days){ 0 };
	if (!period)
		return true;
	if (!day_of(period->start, false, days->from))
		return fault_set(fault, FAULT_BAD_DATE, "start");
	if (!day_of(period->end, true, days->to))
		return fault_set(fault, FAULT_BAD_DATE, "end");
	return !days->to[0] || strcmp(days->from, days->to) <= 0 || fault_set(fault, FAULT_RULE, "end");
}

bool pdex_days_both(const struct pdex_days *a, const struct pdex_days *b, struct pdex_days *out)
{
	const char *to = !a->to[0] || (b->to[0] && strcmp(b->to, a->to) < 0) ? b->to : a->to;
	struct pdex_days both;

	memcpy(both.from, strcmp(a->from, b->from) > 0 ? a->from : b->from, sizeof(both.from));
	memcpy(both.to, to, sizeof(both.to));
	*out = both;
	return !both.to[0] || strcmp(both.from, both.to) <= 0;
}

/* -- references -- */

struct text pdex_target(struct text reference)
{
	const char *version, *slash;
	struct text id, rest = reference;

	if (text_starts(reference, "urn:"))
		return reference;
	version = memmem(rest.at ? rest.at : "", rest.n, "/_history/", 10);
	if (version)
		rest.n = (size_t)(version - rest.at);
	slash = rest.n ? memrchr(rest.at, '/', rest.n) : NULL;
	if (!slash)
		return TEXT_NONE;
	id = (struct text){ slash + 1, rest.n - (size_t)(slash + 1 - rest.at) };
	slash = memrchr(rest.at, '/', (size_t)(slash - rest.at));
	if (slash)
		rest = (struct text){ slash + 1, rest.n - (size_t)(slash + 1 - rest.at) };
	return id.n && rest.n > id.n + 1 ? rest : TEXT_NONE;
}

/* -- extensions -- */

bool pdex_extension_of(const struct pdex_extension *items, size_t n, const char *url, bool need, const struct pdex_extension **out,
	struct fault *fault)
{
	*out = NULL;
	for (size_t i = 0; i < n; i++) {
		if (!text_is(items[i].url, url))
			continue;
		if (*out)
			return fault_set(fault, FAULT_REPEATED, "extension");
		*out = &items[i];
	}
	return *out || !need || fault_set(fault, FAULT_MISSING, "extension");
}

bool pdex_yes(const struct pdex_extension *extension, int64_t *out, struct fault *fault)
{
	*out = extension && text_is(extension->boolean, "true");
	return !extension || *out || text_is(extension->boolean, "false") || fault_set(fault, FAULT_BAD_TEXT, "extension/valueBoolean");
}

/* -- the rest -- */

struct text pdex_shortened(struct text t, size_t most)
{
	while (text_characters(t) > most)
		do
			t.n--;
		while (t.n && ((unsigned char)t.at[t.n] & 0xc0) == 0x80);
	return t;
}

void pdex_without_home(struct pdex_report *report, const char *where)
{
	for (size_t i = 0; i < PDEX_WITHOUT_HOME; i++) {
		if (!report->without_home[i].times)
			text_to_z(text_of(where), report->without_home[i].where, sizeof(report->without_home[i].where));
		else if (strcmp(report->without_home[i].where, where) != 0)
			continue;
		report->without_home[i].times++;
		return;
	}
}

bool pdex_identity(const struct pdex_insurance_plan *plan, struct text *out, struct fault *fault)
{
	enum { MOST = 80 }; /* characters, as in plan_row */

	*out = TEXT_NONE;
	for (size_t i = 0; i < plan->identifier_n && !out->n; i++)
		*out = text_trim(plan->identifier[i].value);
	if (!out->n)
		return fault_set(fault, FAULT_MISSING, "identifier/value");
	if (text_characters(*out) > MOST)
		return fault_set(fault, FAULT_TOO_LONG, "identifier/value");
	for (size_t i = 0; i < out->n; i++)
		if ((unsigned char)out->at[i] < ' ' || out->at[i] == 0x7f)
			return fault_set(fault, FAULT_BAD_TEXT, "identifier/value");
	return true;
}

/* As pdex_first remembers it: identity, from, to, and whether it is active. */
bool pdex_formulary_at(const struct pdex_rows *rows, const struct pdex_reference *reference, struct pdex_formulary *out, struct fault *fault)
{
	struct text target = reference ? pdex_target(reference->reference) : TEXT_NONE, rest;
	const struct name *name = target.n ? names_find(&rows->known, target) : NULL;

	if (!name || name->about.at[0] != 'F')
		return fault_set(fault, FAULT_NOT_FOUND, "valueReference/reference");
	rest = (struct text){ name->about.at + 1, name->about.n - 1 };
	*out = (struct pdex_formulary){ .identity = text_cut(&rest, '\037') };
	text_to_z(text_cut(&rest, '\037'), out->days.from, sizeof(out->days.from));
	text_to_z(text_cut(&rest, '\037'), out->days.to, sizeof(out->days.to));
	out->active = text_is(rest, "active");
	return true;
}

bool pdex_list(struct pdex_rows *rows, const char *kind, const char *subtype, const struct pdex_formulary *formulary, const struct pdex_days *days,
	uint32_t *number, struct fault *fault)
{
	struct formulary_list list = { .kind = text_of(kind), .list_id = formulary->identity, .file = rows->file,
		.effective_date = days->from[0] ? text_of(days->from) : TEXT_NONE, .expiration_date = days->to[0] ? text_of(days->to) : TEXT_NONE };
	bool own = strcmp(days->from, formulary->days.from) != 0 || strcmp(days->to, formulary->days.to) != 0;
	char apart[40];

	/* Lists alike take each other's place by their dates; these count beside each other. */
	if (own)
		snprintf(apart, sizeof(apart), "%s%s%s-%s", subtype, subtype[0] ? " " : "", days->from, days->to);
	else
		snprintf(apart, sizeof(apart), "%s", subtype);
	if (apart[0])
		list.subtype = text_of(apart);
	return builder_list(rows->builder, &list, BUILDER_FULL, number, fault);
}
