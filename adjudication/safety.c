/* SPDX-License-Identifier: Apache-2.0 */
/* Safety notes on a drug: what the payer's table says of its class together with the classes of drugs that the member still has. */
#include "adjudication/payer.h"
#include "adjudication/pricing.h"

#define DAY_MS INT64_C(86400000)

static bool still_has(const struct house_fill *fill, int64_t wall_ms)
{
	int64_t filled = payer_day_ms(fill->filled, INT64_MAX);

	return filled <= wall_ms && wall_ms < filled + fill->days * DAY_MS;
}

static struct rtpb_pharmacy *dispensed_by(struct pricing *p, const struct house_place *place)
{
	struct rtpb_pharmacy *pharmacy;

	if (!place)
		return NULL;
	pharmacy = make_new(&p->make, struct rtpb_pharmacy);
	pharmacy->business_name = place->name;
	if (text_there(place->ncpdp_id) || text_there(place->npi)) {
		pharmacy->identification = make_new(&p->make, struct rtpb_pharmacy_id);
		pharmacy->identification->ncpdp_id = place->ncpdp_id;
		pharmacy->identification->npi = place->npi;
	}
	return pharmacy;
}

static struct rtpb_quantity *how_much(struct pricing *p, const struct house_fill *fill)
{
	struct rtpb_quantity *quantity;

	if (!text_there(fill->quantity))
		return NULL;
	quantity = make_new(&p->make, struct rtpb_quantity);
	quantity->value = fill->quantity;
	quantity->code_list_qualifier = text_lit("PD"); /* of an earlier dispensing */
	if (text_there(fill->unit)) {
		quantity->unit = make_new(&p->make, struct nci_code);
		quantity->unit->code = fill->unit;
	}
	return quantity;
}

static void say_note(struct pricing *p, const struct house_alert *alert, const struct house_fill *fill, struct drug_use_evaluation *out)
{
	out->service_reason_code = alert->reason;
	out->clinical_significance_code = alert->significance;
	out->co_agent = make_new(&p->make, struct rtpb_code);
	out->co_agent->code = fill->ndc;
	out->co_agent->qualifier = text_lit("ND");
	out->dispensing_pharmacy = dispensed_by(p, fill->pharmacy);
	out->quantity = how_much(p, fill);
	out->last_fill_date = fill->filled;
	out->database_indicator = text_lit("4"); /* the payer's own table */
	if (text_there(fill->prescriber_npi)) {
		out->prescriber = make_new(&p->make, struct rtpb_prescriber);
		out->prescriber->identification = make_new(&p->make, struct rtpb_prescriber_id);
		out->prescriber->identification->npi = fill->prescriber_npi;
	}
	out->note = alert->note;
}

void pricing_safety(struct pricing *p, struct text drug_class, struct drug_use_evaluation **list, size_t *list_n)
{
	const struct house_file *file = &p->house->file;

	for (size_t i = 0; i < p->member->history_n; i++) {
		const struct house_fill *fill = &p->member->history[i];

		/* the very drug that is asked about is a refill, not another drug */
		if (!still_has(fill, p->about->wall_ms) || text_equal(fill->ndc, p->drug->ndc))
			continue;
		for (size_t k = 0; k < file->alerts_n; k++)
			if (text_equal(file->alerts[k].drug_class, drug_class) && text_equal(file->alerts[k].with, fill->drug_class))
				say_note(p, &file->alerts[k], fill, make_push(&p->make, *list, *list_n));
	}
}
