/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of codes, read in both directions. */
#include "formulary/pdex/pdex_codes.h"

static const struct {
	const char *code, *display;
} tiers[] = {
	{ "generic", "Generic" },
	{ "preferred", "Preferred" },
	{ "non-preferred", "Non-preferred" },
	{ "preferred-generic", "Preferred Generic" },
	{ "non-preferred-generic", "Non-preferred Generic" },
	{ "specialty", "Specialty" },
	{ "brand", "Brand" },
	{ "preferred-brand", "Preferred Brand" },
	{ "non-preferred-brand", "Non-preferred Brand" },
	{ "zero-cost-share-preventative", "Zero cost-share preventative" },
	{ "medical-service", "Medical Service" },
};

/* In network does not say whether preferred: STANDARD. */
static const struct {
	const char *code, *display;
	int64_t days;
	const char *network, *pharmacy;
} pharmacies[] = {
	{ "1-month-in-retail", "1 month in network retail", 30, "STANDARD", "R" },
	{ "1-month-out-retail", "1 month out of network retail", 30, "OUT", "R" },
	{ "1-month-in-mail", "1 month in network mail order", 30, "STANDARD", "M" },
	{ "1-month-out-mail", "1 month out of network mail order", 30, "OUT", "M" },
	{ "3-month-in-retail", "3 month in network retail", 90, "STANDARD", "R" },
	{ "3-month-out-retail", "3 month out of network retail", 90, "OUT", "R" },
	{ "3-month-in-mail", "3 month in network mail order", 90, "STANDARD", "M" },
	{ "3-month-out-mail", "3 month out of network mail order", 90, "OUT", "M" },
};

/* Among those that say the same, the first that the kind of cost has is written. */
static const struct pdex_option options[] = {
	{ "after-deductible", "After Deductible", "AFTER", false, false, true, true },
	{ "before-deductible", "Before Deductible", "BEFORE", false, false, true, false },
	{ "no-charge", "No Charge", "NONE", true, false, true, true },
	{ "no-charge-after-deductible", "No Charge After Deductible", "AFTER", true, false, true, true },
	{ "charge", "Charge", NULL, false, false, true, true },
	{ "deductible-waived", "Deductible Waived", "NONE", false, false, true, true },
	{ "copay-not-applicable", "Copay Not Applicable", NULL, false, true, true, false },
	{ "coinsurance-not-applicable", "Coinsurance Not Applicable", NULL, false, true, false, true },
};

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

struct text pdex_code(const struct pdex_concept *concept, const char *system)
{
	for (size_t i = 0; concept && i < concept->coding_n; i++)
		if (concept->coding[i].system.n && text_starts(concept->coding[i].system, system) && concept->coding[i].code.n)
			return concept->coding[i].code;
	return TEXT_NONE;
}

const char *pdex_tier_display(struct text tier)
{
	for (size_t i = 0; i < COUNT_OF(tiers); i++)
		if (text_equal_nocase(tier, text_of(tiers[i].code)))
			return tiers[i].display;
	return NULL;
}

struct text pdex_tier_of(struct text tier_name)
{
	for (size_t i = 0; i < COUNT_OF(tiers); i++)
		if (text_equal_nocase(tier_name, text_of(tiers[i].code)))
			return text_of(tiers[i].code);
	return TEXT_NONE;
}

const char *pdex_pharmacy_display(struct text type)
{
	for (size_t i = 0; i < COUNT_OF(pharmacies); i++)
		if (text_is(type, pharmacies[i].code))
			return pharmacies[i].display;
	return NULL;
}

/* "60-PREFERRED-R" */
static bool read_ours(struct text code, struct pdex_pharmacy *out)
{
	struct text days = text_cut(&code, '-'), network = text_cut(&code, '-');

	*out = (struct pdex_pharmacy){ .network = text_is(network, "ANY") ? TEXT_NONE : network, .pharmacy = text_is(code, "ANY") ? TEXT_NONE : code };
	return text_to_int(days, &out->days) && out->days >= 0 && out->days <= 400 && text_in_list(network, "ANY PREFERRED STANDARD OUT") &&
	       text_in_list(code, "ANY R D M S L A");
}

bool pdex_pharmacy_read(const struct pdex_concept *category, struct pdex_pharmacy *out)
{
	struct text code = pdex_code(category, PDEX_PHARMACIES), ours = pdex_code(category, PDEX_OUR_PHARMACY);

	for (size_t i = 0; code.n && i < COUNT_OF(pharmacies); i++) {
		if (!text_is(code, pharmacies[i].code))
			continue;
		*out = (struct pdex_pharmacy){ pharmacies[i].days, text_of(pharmacies[i].network), text_of(pharmacies[i].pharmacy) };
		return true;
	}
	return ours.n && read_ours(ours, out);
}

struct text pdex_pharmacy_of(const struct pdex_pharmacy *pharmacy)
{
	for (size_t i = 0; i < COUNT_OF(pharmacies); i++)
		if (pharmacies[i].days == pharmacy->days && text_is(pharmacy->network, pharmacies[i].network) &&
			text_is(pharmacy->pharmacy, pharmacies[i].pharmacy))
			return text_of(pharmacies[i].code);
	return TEXT_NONE;
}

const struct pdex_option *pdex_option_read(struct text code)
{
	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (text_is(code, options[i].code))
			return &options[i];
	return NULL;
}

const struct pdex_option *pdex_option_of(const struct copay_row *copay, bool coinsurance)
{
	bool free = !(coinsurance ? copay->rate_e4 : copay->flat_cents);

	/* nothing to pay is said as such where the guide can say it; else it is a charge of 0 */
	for (int pass = free ? 0 : 1; pass < 2; pass++)
		for (size_t i = 0; i < COUNT_OF(options); i++)
			if (!options[i].none && options[i].free == (pass == 0) && (coinsurance ? options[i].coinsurance : options[i].copay) &&
				text_equal(text_of(options[i].deductible), copay->deductible))
				return &options[i];
	return NULL;
}
