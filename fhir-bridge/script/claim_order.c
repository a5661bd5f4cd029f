/* SPDX-License-Identifier: Apache-2.0 */
/* The drug of a SCRIPT request as the order that a claim asks for. */
#include "fhir-bridge/script/claim_parts.h"

#include "ncpdp/sig.h"

struct text claim_substitution(struct text code)
{
	/* NCPDP's list is licensed; public messages use 0, another product may be given, and 1, the prescriber wants none */
	return text_is(code, "0") ? text_lit("true") : text_is(code, "1") ? text_lit("false") : TEXT_NONE;
}

struct text claim_date(const struct medication *medication, const char *qualifier)
{
	for (size_t i = 0; i < medication->other_dates_n; i++)
		if (text_is(medication->other_dates[i].qualifier, qualifier))
			return claim_day(medication->other_dates[i].date);
	return TEXT_NONE;
}

static void add_reasons(struct make *make, const struct medication *medication, struct fhir_medication_request *order)
{
	for (size_t i = 0; i < medication->diagnoses_n * 2; i++) {
		const struct diagnosis *pair = &medication->diagnoses[i / 2];
		const struct diagnosis_code *code = i % 2 ? pair->secondary : pair->primary;

		if (code)
			*make_push(make, order->reason_code, order->reason_code_n) = *claim_diagnosis(make, code);
	}
}

static void add_directions(struct make *make, struct text sig, struct fhir_medication_request *order)
{
	bool alone;
	struct text words = sig.n ? sig_words(sig, make, &alone) : TEXT_NONE;

	if (text_there(words))
		make_push(make, order->dosage, order->dosage_n)->text = words;
}

static struct fhir_dispense *dispense_of(struct claim_making *making)
{
	struct make *make = &making->make;
	const struct medication *medication = making->common->medication_prescribed;
	struct fhir_dispense *out = make_new(make, struct fhir_dispense);

	out->quantity = make_new(make, struct fhir_quantity);
	out->quantity->value = medication->quantity->value;
	if (claim_is_code(medication->quantity->unit->code)) {
		out->quantity->system = text_lit(SYSTEM_NCIT);
		out->quantity->code = medication->quantity->unit->code;
	} else {
		out->quantity->unit = medication->quantity->unit->code;
	}
	if (text_there(medication->days_supply)) {
		out->supply_duration = make_new(make, struct fhir_quantity);
		*out->supply_duration = (struct fhir_quantity){ .value = medication->days_supply, .unit = text_lit("days"),
			.system = text_lit(SYSTEM_UCUM), .code = text_lit("d") };
	}
	if (text_there(making->pharmacy))
		out->performer = make_reference(make, making->pharmacy);
	return out;
}

void claim_order(struct claim_making *making)
{
	struct make *make = &making->make;
	const struct medication *medication = making->common->medication_prescribed;
	struct fhir_medication_request *order = make_new(make, struct fhir_medication_request);

	make_entry(make, making->bundle, "MedicationRequest", &order->id, &making->order)->medication_request = order;
	order->meta = make_meta(make, PAS "profile-medicationrequest");
	order->status = text_lit("active");
	order->intent = text_lit("order");
	order->medication = claim_product(make, medication);
	order->subject = make_reference(make, making->patient);
	order->authored_on = clock_format_date(making->about->received_ms, make->arena);
	order->requester = make_reference(make, making->practitioner);
	add_reasons(make, medication, order);
	add_directions(make, medication->sig, order);
	order->dispense = dispense_of(making);
	if (text_there(claim_substitution(medication->substitutions))) {
		order->substitution = make_new(make, struct fhir_substitution);
		order->substitution->allowed = claim_substitution(medication->substitutions);
	}
}
