/* SPDX-License-Identifier: Apache-2.0 */
/* One table: which condition gives which restriction code, and whether it ends coverage. Codes as public code and HL7's CARIN guide
   show them; unverified against the licensed specification. */
#include "adjudication/restrict.h"

struct seen {
	const struct house_case *about;
	const struct coverage *coverage; /* NULL: an alternative */
	const struct limits *limits;     /* never NULL */
	const struct asked *asked;
};

static bool excluded(const struct seen *seen)
{
	return seen->coverage && text_is(seen->coverage->status, "EXCLUDED");
}

static bool not_listed_as_covered(const struct seen *seen)
{
	return seen->coverage && text_is(seen->coverage->status, "NOT_COVERED");
}

static bool routed(const struct seen *seen, const char *track)
{
	return seen->coverage && text_is(seen->about->track, track);
}

static bool routed_away(const struct seen *seen)
{
	return routed(seen, "NOT_COVERED") && !excluded(seen) && !not_listed_as_covered(seen);
}

static bool is_medical(const struct seen *seen)
{
	return routed(seen, "MEDICAL") && text_is(seen->coverage->benefit, "MEDICAL");
}

static bool may_be_medical(const struct seen *seen)
{
	return routed(seen, "MEDICAL") && !text_is(seen->coverage->benefit, "MEDICAL");
}

static bool either_benefit(const struct seen *seen)
{
	return routed(seen, "UNDETERMINED");
}

static bool too_young(const struct seen *seen)
{
	return seen->limits->age_min > seen->asked->age;
}

static bool too_old(const struct seen *seen)
{
	return seen->limits->age_max && seen->limits->age_max < seen->asked->age;
}

static bool needs_authorization(const struct seen *seen)
{
	return seen->limits->prior_authorization;
}

static bool needs_step(const struct seen *seen)
{
	return seen->limits->step_therapy;
}

/* Both sides as a rate: a limit of 9 in 30 days is 27 in 90. The products stay far inside 64 bits: quantities are at most
   1e12 / 10000 and periods at most 999 days. */
static bool over_quantity(const struct seen *seen)
{
	return seen->limits->quantity_e4 &&
	       seen->asked->quantity_e4 * seen->limits->quantity_days > seen->limits->quantity_e4 * seen->asked->days;
}

static bool within_quantity(const struct seen *seen)
{
	return seen->limits->quantity_e4 && !over_quantity(seen);
}

static void say_quantity(struct make *make, const struct limits *limits, struct coverage_restriction *out)
{
	struct maximum_amount *amount = make_push(make, out->maximum_amounts, out->maximum_amounts_n);

	amount->amount = make_new(make, struct limit_amount);
	amount->amount->qualifier = text_lit("QY");
	amount->amount->amount = make_e4(make, limits->quantity_e4);
	amount->time_period = make_new(make, struct limit_period);
	amount->time_period->code = text_lit("DY");
	amount->units = make_number(make, limits->quantity_days);
}

static void say_youngest(struct make *make, const struct limits *limits, struct coverage_restriction *out)
{
	out->minimum_age = make_new(make, struct minimum_age);
	out->minimum_age->qualifier = text_lit("Y");
	out->minimum_age->value = make_number(make, limits->age_min);
}

static void say_oldest(struct make *make, const struct limits *limits, struct coverage_restriction *out)
{
	out->maximum_age = make_new(make, struct maximum_age);
	out->maximum_age->qualifier = text_lit("Y");
	out->maximum_age->value = make_number(make, limits->age_max);
}

static const struct restriction {
	bool (*holds)(const struct seen *seen);
	const char *code;
	bool ends_coverage;
	void (*say)(struct make *make, const struct limits *limits, struct coverage_restriction *out);
} restrictions[] = {
	{ excluded, "70", true, NULL },
	{ not_listed_as_covered, "MR", true, NULL },
	{ routed_away, "70", true, NULL },
	{ is_medical, "817", true, NULL },
	{ may_be_medical, "816", true, NULL },
	{ either_benefit, "816", false, NULL },
	{ too_young, "60", true, say_youngest },
	{ too_old, "66", true, say_oldest },
	{ needs_authorization, "75", false, NULL },
	{ needs_step, "608", false, NULL },
	{ over_quantity, "9G", false, say_quantity },
	{ within_quantity, "AB9", false, say_quantity },
};

bool restrict_product(struct make *make, const struct house_case *about, const struct coverage *coverage,
	const struct limits *limits, const struct asked *asked, struct coverage_restriction **list, size_t *list_n)
{
	static const struct limits no_limits;
	const struct seen seen = { about, coverage, limits ? limits : &no_limits, asked };
	bool covered = true;

	for (size_t i = 0; i < sizeof(restrictions) / sizeof(restrictions[0]); i++) {
		const struct restriction *row = &restrictions[i];
		struct coverage_restriction *out;

		if (!row->holds(&seen))
			continue;
		out = make_push(make, *list, *list_n);
		out->code = text_of(row->code);
		if (row->say)
			row->say(make, seen.limits, out);
		covered &= !row->ends_coverage;
	}
	return covered;
}

void restrict_specialty(struct make *make, struct coverage_restriction **list, size_t *list_n)
{
	struct coverage_restriction *out = make_push(make, *list, *list_n);

	out->code = text_lit("4W");
}
