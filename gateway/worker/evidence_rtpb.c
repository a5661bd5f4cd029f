/* SPDX-License-Identifier: Apache-2.0 */
/* An order as a real-time benefit request, and what the answer says about which benefit pays. */
#include "gateway/worker/worker_evidence.h"

#include "base/clock.h"
#include "routing/evidence.h"

/* -- asking -- */

/* Everything that a request must have, and the router would have to guess. */
static bool enough(const struct asked_order *order)
{
	const struct text needed[] = { order->last_name, order->birth, order->member_id, order->bin, order->quantity, order->days, order->npi };

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (!needed[i].n)
			return false;
	return order->ndc.n || order->rxcui.n;
}

/* Where no pharmacy is named any will do: what it costs is not what is asked. */
static struct rtpb_pharmacy pharmacy_of(const struct asked_order *order, struct rtpb_pharmacy_id *id)
{
	*id = (struct rtpb_pharmacy_id){ .ncpdp_id = order->pharmacy };
	return (struct rtpb_pharmacy){ .pharmacy_type = order->pharmacy.n ? TEXT_NONE : text_lit("A"), .identification = order->pharmacy.n ? id : NULL };
}

static struct text written(const struct asked_order *order, struct rtpb_request *request, struct text trace, int64_t wall_ms, struct arena *arena)
{
	struct rtpb_identification bin = { order->bin, text_lit("IIN") }, pcn = { order->pcn, text_lit("PCN") }, doctor = { order->npi, text_lit("D") };
	struct rtpb_party to = { .primary = &bin, .secondary = order->pcn.n ? &pcn : NULL }, from = { .primary = &doctor };
	struct rtpb_header header = { .to = &to, .from = &from, .message_id = trace, .sent_time = clock_format(wall_ms, false, arena) };
	struct rtpb_body body = { .request = request };
	struct rtpb_message rtpb = { .header = &header, .body = &body };
	const struct ncpdp_message message = { .family = NCPDP_RTPB, .kind = NCPDP_RTPB_REQUEST, .rtpb = &rtpb };
	struct buffer out;
	struct fault fault;

	buffer_init(&out, arena, 4096);
	return ncpdp_write(&message, text_lit(""), &out, &fault) ? buffer_text(&out) : TEXT_NONE;
}

struct text evidence_rtpb_request(const struct asked_order *order, struct text trace, int64_t wall_ms, struct arena *arena)
{
	struct rtpb_name name = { .last_name = order->last_name, .first_name = order->first_name };
	struct sex_and_gender sex = { .administrative_gender = order->gender };
	struct rtpb_patient patient = { .name = &name, .sex_and_gender = order->gender.n ? &sex : NULL, .date_of_birth = order->birth,
		.place_of_service = order->place };
	struct rtpb_benefits benefits = { .cardholder_id = order->member_id, .group_id = order->group, .person_code = order->person_code };
	struct rtpb_code concept = { order->rxcui, text_lit("SCD") };
	struct rtpb_drug drug = { .ndc = order->ndc, .product_code = order->ndc.n ? NULL : &concept };
	struct rtpb_product product = { .drug_coded = &drug };
	struct nci_code unit = { .code = order->unit };
	struct rtpb_quantity quantity = { .value = order->quantity, .code_list_qualifier = text_lit("38"), .unit = order->unit.n ? &unit : NULL };
	struct rtpb_diagnosis diagnoses[12];
	struct requested_product requested = { .product = &product, .quantity = &quantity, .days_supply = order->days,
		.dispensed_as_written = text_lit("0"), .diagnoses = diagnoses };
	struct rtpb_prescriber_id npi = { .npi = order->npi };
	struct rtpb_prescriber prescriber = { .identification = &npi, .last_name = order->prescriber };
	struct rtpb_pharmacy_id shop;
	struct rtpb_pharmacy pharmacy = pharmacy_of(order, &shop);
	struct rtpb_request request = { .patient = &patient, .benefits_coordination = &benefits, .requested_product = &requested, .prescriber = &prescriber,
		.pharmacies = &pharmacy, .pharmacies_n = 1 };

	if (!enough(order))
		return TEXT_NONE;
	for (size_t i = 0; i < order->diagnosis_n && i < sizeof(diagnoses) / sizeof(*diagnoses); i++)
		diagnoses[requested.diagnoses_n++] = (struct rtpb_diagnosis){ order->diagnosis[i], text_lit("ABF") };
	return written(order, &request, trace, wall_ms, arena);
}

/* -- being answered -- */

/* Codes of restrictions and rejections that speak of another benefit. */
static const struct {
	const char *code;
	enum evidence_kind kind;
} codes[] = {
	{ "817", EVIDENCE_RTPB_817 },
	{ "816", EVIDENCE_RTPB_816 },
	{ "A6", EVIDENCE_RTPB_A6 },
	{ "620", EVIDENCE_RTPB_620 },
	{ "A3", EVIDENCE_RTPB_A3 },
	{ "A4", EVIDENCE_RTPB_A4 },
	{ "A5", EVIDENCE_RTPB_A5 },
	{ "70", EVIDENCE_RTPB_70 },
	{ "831", EVIDENCE_RTPB_831 },
};

struct telling {
	struct route_question *out;
	struct text day;
	struct arena *arena;
	bool full;
};

static void tell(struct telling *it, enum evidence_kind kind)
{
	struct text value = text_of(evidence_row(kind)->says), member = text_cut(&value, '='), name = text_of(evidence_row(kind)->name);
	struct route_said *said;

	for (size_t i = 0; i < it->out->said_n; i++)
		if (text_equal(it->out->said[i].kind, name))
			return;
	said = arena_push(it->arena, (void **)&it->out->said, &it->out->said_n, sizeof(*said));
	it->full |= !said;
	if (said)
		*said = (struct route_said){ .kind = name, .member = member, .value = value, .date = it->day };
}

/* True when the code speaks of another benefit. */
static bool tell_code(struct telling *it, struct text code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (text_is(code, codes[i].code)) {
			tell(it, codes[i].kind);
			return true;
		}
	return false;
}

/* Covered with restrictions is covered, unless one of them is that another benefit pays; restrictions stand with what is not covered as well. */
static void tell_pricing(struct telling *it, const struct pricing_and_coverage *pricing)
{
	bool other = false;

	for (size_t i = 0; i < pricing->restrictions_n; i++)
		other |= tell_code(it, pricing->restrictions[i].code);
	if (text_is(pricing->coverage_status_code, "CC") || (text_is(pricing->coverage_status_code, "CR") && !other))
		tell(it, EVIDENCE_RTPB_COVERED);
	if (text_is(pricing->coverage_status_code, "NC") && !other)
		tell(it, EVIDENCE_RTPB_NC);
}

bool evidence_of_rtpb(struct xml_reader *reader, struct text body, struct text day, struct arena *arena, struct route_question *out)
{
	struct telling it = { .out = out, .day = day, .arena = arena };
	const struct rtpb_response *response;
	const struct response_product *product;
	struct ncpdp_message message;
	struct fault fault;

	if (!ncpdp_read(reader, NCPDP_RTPB, body, false, arena, &message, &fault) || message.kind != NCPDP_RTPB_RESPONSE)
		return false;
	response = message.rtpb->body->response;
	if (response->response->not_processed)
		for (size_t i = 0; i < response->response->not_processed->reject_codes_n; i++)
			tell_code(&it, response->response->not_processed->reject_codes[i]);
	product = response->response_product;
	for (size_t i = 0; product && i < product->at_pharmacies_n; i++)
		for (size_t k = 0; k < product->at_pharmacies[i].pricings_n; k++)
			tell_pricing(&it, &product->at_pharmacies[i].pricings[k]);
	return !it.full;
}
