/* SPDX-License-Identifier: Apache-2.0 */
/* Concepts, references, dates and numbers of PDex resources. */
#include "formulary/pdex/pdex_make.h"

#include "base/clock.h"
#include "formulary/pdex/pdex_codes.h"

static struct pdex_coding *add_coding(struct make *make, struct pdex_concept *concept, const char *system, struct text code, const char *display)
{
	struct pdex_coding *coding = make_push(make, concept->coding, concept->coding_n);

	coding->system = text_of(system);
	coding->code = code;
	coding->display = text_of(display);
	return coding;
}

struct pdex_concept *pdex_concept_of(struct make *make, const char *system, struct text code, const char *display)
{
	struct pdex_concept *concept = make_new(make, struct pdex_concept);

	add_coding(make, concept, system, code, display);
	return concept;
}

struct pdex_meta *pdex_meta_of(struct make *make, const struct pdex_view *view, const char *profile)
{
	struct pdex_meta *meta = make_new(make, struct pdex_meta);

	meta->last_updated = clock_format(pdex_view_loaded(view), true, make->arena);
	if (!text_there(meta->last_updated))
		make->failed = true;
	if (profile)
		*make_push(make, meta->profile, meta->profile_n) = text_of(profile);
	return meta;
}

struct pdex_reference *pdex_reference_of(struct make *make, const char *type, struct text id)
{
	struct pdex_reference *reference = make_new(make, struct pdex_reference);

	reference->reference = make_text(make, text_of(type), text_lit("/"), id);
	return reference;
}

static struct text date_of(struct make *make, struct text day)
{
	struct buffer date;

	if (day.n != 8)
		return TEXT_NONE;
	buffer_init(&date, make->arena, 12);
	buffer_format(&date, "%.4s-%.2s-%.2s", day.at, day.at + 4, day.at + 6);
	return make_written(make, &date);
}

struct pdex_period *pdex_period_of(struct make *make, const struct formulary_list *list)
{
	struct pdex_period *period;

	if (!list || (!list->effective_date.n && !list->expiration_date.n))
		return NULL;
	period = make_new(make, struct pdex_period);
	period->start = date_of(make, list->effective_date);
	period->end = date_of(make, list->expiration_date);
	return period;
}

struct text pdex_number(struct make *make, int64_t amount, int places)
{
	int64_t unit = 1;
	struct buffer number;

	for (int i = 0; i < places; i++)
		unit *= 10;
	buffer_init(&number, make->arena, 24);
	buffer_format(&number, "%lld", (long long)(amount / unit));
	if (amount % unit) {
		buffer_format(&number, ".%0*lld", places, (long long)(amount % unit));
		while (number.n && number.at[number.n - 1] == '0')
			number.n--;
	}
	return make_written(make, &number);
}

/* The guide's code first, then what the publisher has besides. */
struct pdex_concept *pdex_tier_concept(struct make *make, struct text tier_name, int64_t tier, struct text status, bool medical)
{
	struct pdex_concept *concept = make_new(make, struct pdex_concept);
	struct text code = medical ? text_lit("medical-service") : pdex_tier_of(tier_name);

	if (code.n)
		add_coding(make, concept, PDEX_TIERS PDEX_TRIAL, code, pdex_tier_display(code));
	else if (tier_name.n)
		concept->text = tier_name;
	if (tier)
		add_coding(make, concept, PDEX_OUR_TIER, pdex_number(make, tier, 0), NULL);
	if (status.n)
		add_coding(make, concept, PDEX_OUR_STATUS, status, NULL);
	return concept;
}

struct text pdex_formulary_id(struct make *make, const struct pdex_formulary_of *formulary)
{
	return make_text(make, text_lit("F."), text_of(formulary->name), TEXT_NONE);
}

struct text pdex_drug_id(struct make *make, struct text product)
{
	char id[PDEX_ID_MAX + 1];

	return make_text(make, pdex_id_write(product, PDEX_ID_MAX, id), TEXT_NONE, TEXT_NONE);
}
