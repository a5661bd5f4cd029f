/* SPDX-License-Identifier: Apache-2.0 */
/* Rules and limits that the guide has no element for, in plain words, for AdditionalCoverageInformation. */
#include "formulary/pdex/pdex_make.h"

struct words {
	struct make *make;
	struct buffer text;
	struct pdex_losses *losses;
};

static void begin(struct words *words, enum pdex_loss loss)
{
	words->losses->times[loss]++;
	if (words->text.n)
		buffer_lit(&words->text, "\n");
	buffer_lit(&words->text, "- ");
}

static void say_ages(struct words *words, int64_t from, struct text from_unit, int64_t to, struct text to_unit)
{
	begin(words, LOSS_LIMIT);
	buffer_lit(&words->text, "Age:");
	if (from)
		buffer_format(&words->text, " from %lld %s", (long long)from, text_is(from_unit, "D") ? "days" : "years");
	if (to)
		buffer_format(&words->text, " to %lld %s", (long long)to, text_is(to_unit, "D") ? "days" : "years");
}

static void say_limits(struct words *words, const struct limits *limits)
{
	if (limits->age_min || limits->age_max)
		say_ages(words, limits->age_min, limits->age_unit, limits->age_max, limits->age_unit);
	if (limits->sex.n) {
		begin(words, LOSS_LIMIT);
		buffer_format(&words->text, "Sex: %s only", text_is(limits->sex, "F") ? "female" : "male");
	}
	if (limits->specialty_only) {
		begin(words, LOSS_LIMIT);
		buffer_lit(&words->text, "At specialty pharmacies only");
	}
	if (limits->days_max) {
		begin(words, LOSS_LIMIT);
		buffer_format(&words->text, "At most %lld days of supply in one fill", (long long)limits->days_max);
	}
}

static void say_quantity(struct words *words, const struct coverage_row *rule)
{
	static const struct {
		const char *code, *word;
	} units[] = { { "DL", "dollars" }, { "DS", "days of supply" }, { "FL", "fills" }, { "QY", "units" } },
	  periods[] = { { "CM", "a calendar month" }, { "CQ", "a calendar quarter" }, { "CY", "a calendar year" }, { "LT", "a lifetime" },
		  { "PD", "a fill" }, { "SP", "a span of time" } };

	begin(words, LOSS_QUANTITY);
	buffer_lit(&words->text, "Quantity: at most ");
	buffer_add(&words->text, pdex_number(words->make, rule->amount_e4, 4));
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (text_is(rule->amount_unit, units[i].code))
			buffer_format(&words->text, " %s", units[i].word);
	if (text_is(rule->period, "DY"))
		buffer_format(&words->text, " in %lld days", (long long)rule->period_units);
	for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++)
		if (text_is(rule->period, periods[i].code))
			buffer_format(&words->text, " in %s", periods[i].word);
}

static void say_text(struct words *words, const char *what, struct text value)
{
	if (!value.n)
		return;
	begin(words, LOSS_RULE);
	buffer_add(&words->text, text_of(what));
	buffer_add(&words->text, value);
}

static void say_rule(struct words *words, const struct coverage_row *rule)
{
	if (text_is(rule->type, "AL")) {
		say_ages(words, rule->age_min, rule->age_min_unit, rule->age_max, rule->age_max_unit);
	} else if (text_is(rule->type, "GL")) {
		begin(words, LOSS_RULE);
		buffer_format(&words->text, "Sex: %s only", text_is(rule->sex, "F") ? "female" : "male");
	} else if (text_is(rule->type, "TM")) {
		say_text(words, "", rule->message_long.n ? rule->message_long : rule->message);
	} else if (text_is(rule->type, "RD") || text_is(rule->type, "RS")) {
		say_text(words, "See ", rule->url);
	} else if (text_is(rule->type, "INDICATION")) {
		say_text(words, "Covered for: ", rule->diagnosis);
	} else if (text_is(rule->type, "SM")) {
		say_text(words, "To be tried first: ", rule->step_product.n ? rule->step_product : rule->step_class);
	}
}

/* What can be said in an element is not said again: QL in units a number of days, PA, ST. */
static bool has_element(const struct coverage_row *rule)
{
	return text_is(rule->type, "PA") || text_is(rule->type, "ST") || text_is(rule->type, "DE") ||
	       (text_is(rule->type, "QL") && (!rule->amount_e4 || (text_is(rule->period, "DY") && rule->period_units &&
		       (text_is(rule->amount_unit, "QY") || text_is(rule->amount_unit, "DS")) && (rule->amount_e4 % 10000 == 0 || (rule->period_units == 1 && text_is(rule->amount_unit, "QY"))))));
}

struct text pdex_words(struct make *make, const struct pdex_item *item, struct pdex_losses *losses)
{
	struct words words = { .make = make, .losses = losses };

	buffer_init(&words.text, make->arena, 256);
	buffer_add(&words.text, item->status->additional);
	if (item->status->limits)
		say_limits(&words, item->status->limits);
	for (size_t i = 0; i < item->rules_n; i++) {
		if (has_element(&item->rules[i]))
			continue;
		if (text_is(item->rules[i].type, "QL"))
			say_quantity(&words, &item->rules[i]);
		else
			say_rule(&words, &item->rules[i]);
	}
	return words.text.n ? make_written(make, &words.text) : TEXT_NONE;
}
