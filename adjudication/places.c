/* SPDX-License-Identifier: Apache-2.0 */
/* How a pharmacy stands with plan and member: lock-in first, then the payer's own pharmacies, the payer's list of the network, the published one. */
#include "adjudication/payer.h"
#include "adjudication/pricing.h"

bool pricing_same_place(const struct rtpb_pharmacy_id *id, struct text ncpdp_id, struct text npi)
{
	return id && ((text_there(ncpdp_id) && text_equal(id->ncpdp_id, ncpdp_id)) || (text_there(npi) && text_equal(id->npi, npi)));
}

static enum standing standing_named(struct text name)
{
	if (text_is(name, "PREFERRED"))
		return STANDING_PREFERRED;
	return text_is(name, "STANDARD") ? STANDING_STANDARD : STANDING_OUT;
}

static struct place both_ways(enum standing standing)
{
	return (struct place){ .retail = standing, .mail = standing };
}

static const struct pharmacy_standing *published_of(const struct pricing *p, const struct rtpb_pharmacy_id *id)
{
	for (size_t i = 0; id && i < p->about->standings_n; i++)
		if (text_there(id->npi) && text_equal(p->about->standings[i].npi, id->npi))
			return &p->about->standings[i];
	return NULL;
}

static const struct house_place *listed_by_payer(const struct pricing *p, const struct rtpb_pharmacy_id *id)
{
	const struct house_place *found = id ? payer_in_network(p->house, p->plan, id->ncpdp_id) : NULL;

	return found || !id ? found : payer_in_network(p->house, p->plan, id->npi);
}

struct place pricing_place(const struct pricing *p, const struct rtpb_pharmacy_id *id)
{
	const struct house_place *locked = p->member->pharmacy, *listed;
	const struct pharmacy_standing *published = published_of(p, id);
	struct place place = both_ways(STANDING_STANDARD);

	place.published = published;
	if (locked && !pricing_same_place(id, locked->ncpdp_id, locked->npi)) {
		place.locked_out = true;
		return place;
	}
	for (size_t i = 0; i < p->house->file.pharmacies_n; i++) {
		const struct house_pharmacy *own = &p->house->file.pharmacies[i];

		if (pricing_same_place(id, own->ncpdp_id, own->npi))
			return both_ways(own->preferred ? STANDING_PREFERRED : STANDING_STANDARD);
	}
	if (p->plan->network_n) {
		listed = listed_by_payer(p, id);
		place.retail = place.mail = !listed ? STANDING_OUT : listed->preferred ? STANDING_PREFERRED : STANDING_STANDARD;
	} else if (published) {
		place.retail = standing_named(published->retail);
		place.mail = standing_named(published->mail);
	}
	return place;
}
