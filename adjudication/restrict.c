/* SPDX-License-Identifier: Apache-2.0 */
/* One table: which condition gives which restriction code, and whether it ends coverage. Codes as public code and HL7's CARIN guide
   show them; unverified against the licensed specification. */
#include "adjudication/restrict.h"

struct seen {
	const struct house_case *about;
	const struct coverage *coverage; /* NULL: an alternative */
	const struct limits *limits;     /* never NULL */
	const struct asked *asked;
	bool authorized;
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
	return routed(seen, "UNDETERMINED") || routed(seen, "BOTH_BY_SITE");
}

static int64_t age(const struct seen *seen)
{
	return text_is(seen->limits->age_unit, "D") ? seen->asked->age_days : seen->asked->age;
}

static bool too_young(const struct seen *seen)
{
	return seen->limits->age_min > age(seen);
}

static bool too_old(const struct seen *seen)
{
	return seen->limits->age_max && seen->limits->age_max < age(seen);
}

static bool other_sex(const struct seen *seen)
{
	return text_there(seen->limits->sex) && text_there(seen->asked->sex) && !text_equal(seen->limits->sex, seen->asked->sex);
}

static bool sex_not_said(const struct seen *seen)
{
	return text_there(seen->limits->sex) && !text_there(seen->asked->sex);
}

static bool locked_in(const struct seen *seen)
{
	return seen->asked->other_prescriber;
}

static bool needs_authorization(const struct seen *seen)
{
	return seen->limits->prior_authorization && !seen->authorized;
}

static bool has_authorization(const struct seen *seen)
{
	return seen->limits->prior_authorization && seen->authorized;
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

static bool over_days(const struct seen *seen)
{
	return seen->limits->days_max && seen->asked->days > seen->limits->days_max;
}

static bool within_days(const struct seen *seen)
{
	return seen->limits->days_max && !over_days(seen);
}

static void say_days(struct make *make, const struct limits *limits, struct coverage_restriction *out)
{
	struct maximum_amount *amount = make_push(make, out->maximum_amounts, out->maximum_amounts_n);

	amount->amount = make_new(make, struct limit_amount);
	amount->amount->qualifier = text_lit("DS");
	amount->amount->amount = make_number(make, limits->days_max);
}

static void say_sex(struct make *make, const struct limits *limits, struct coverage_restriction *out)
{
	out->sex_and_gender = make_new(make, struct sex_and_gender);
	out->sex_and_gender->sex_assigned_at_birth = limits->sex;
}

static struct text age_unit(const struct limits *limits)
{
	return text_there(limits->age_unit) ? limits->age_unit : text_lit("Y");
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
	out->minimum_age->qualifier = age_unit(limits);
	out->minimum_age->value = make_number(make, limits->age_min);
}

static void say_oldest(struct make *make, const struct limits *limits, struct coverage_restriction *out)
{
	out->maximum_age = make_new(make, struct maximum_age);
	out->maximum_age->qualifier = age_unit(limits);
	out->maximum_age->value = make_number(make, limits->age_max);
}

static const struct restriction {
	bool (*holds)(const struct seen *seen);
	const char *code;
	enum { ENDS_COVERAGE, BURDEN, KEPT } weight; /* KEPT: said, and nothing is in the way */
	void (*say)(struct make *make, const struct limits *limits, struct coverage_restriction *out);
} restrictions[] = {
	{ excluded, "70", ENDS_COVERAGE, NULL },
	{ not_listed_as_covered, "MR", ENDS_COVERAGE, NULL },
	{ routed_away, "70", ENDS_COVERAGE, NULL },
	{ is_medical, "817", ENDS_COVERAGE, NULL },
	{ may_be_medical, "816", ENDS_COVERAGE, NULL },
	{ locked_in, "979", ENDS_COVERAGE, NULL },
	{ either_benefit, "816", BURDEN, NULL },
	{ too_young, "60", ENDS_COVERAGE, say_youngest },
	{ too_old, "66", ENDS_COVERAGE, say_oldest },
	{ other_sex, "61", ENDS_COVERAGE, say_sex },
	{ sex_not_said, "61", BURDEN, say_sex },
	{ needs_authorization, "75", BURDEN, NULL },
	{ has_authorization, "AB8", KEPT, NULL },
	{ needs_step, "608", BURDEN, NULL },
	{ over_quantity, "9G", BURDEN, say_quantity },
	{ within_quantity, "AB9", KEPT, say_quantity },
	{ over_days, "AG", BURDEN, say_days },
	{ within_days, "AC1", KEPT, say_days },
};

struct restricted restrict_product(struct make *make, const struct house_case *about, const struct coverage *coverage,
	const struct limits *limits, bool authorized, const struct asked *asked)
{
	static const struct limits no_limits;
	const struct seen seen = { about, coverage, limits ? limits : &no_limits, asked, authorized };
	struct restricted out = { .covered = true };

	for (size_t i = 0; i < sizeof(restrictions) / sizeof(restrictions[0]); i++) {
		const struct restriction *row = &restrictions[i];
		struct coverage_restriction *said;

		if (!row->holds(&seen))
			continue;
		said = make_push(make, out.list, out.list_n);
		said->code = text_of(row->code);
		if (row->say)
			row->say(make, seen.limits, said);
		out.covered &= row->weight != ENDS_COVERAGE;
		out.burdens += row->weight != KEPT;
	}
	return out;
}

void restrict_by(struct make *make, const char *code, struct coverage_restriction **list, size_t *list_n)
{
	make_push(make, *list, *list_n)->code = text_of(code);
}
