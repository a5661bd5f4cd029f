/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer depends on and the client did not send along, as it would be read from its FHIR server. */
#include "fhir-bridge/crd/cds.h"

#include <string.h>

/* Which key of prefetch what is read would have come under. */
static const struct {
	const char *type, *key;
} keys[] = {
	{ "Coverage", "coverage" },
	{ "Medication", "medications" },
	{ "MedicationRequest", "medicationRequests" },
	{ "ServiceRequest", "serviceRequests" },
	{ "DeviceRequest", "deviceRequests" },
	{ "NutritionOrder", "nutritionOrders" },
	{ "CommunicationRequest", "communicationRequests" },
	{ "VisionPrescription", "visionPrescriptions" },
	{ "Organization", "organizations" },
};

struct missing {
	const struct cds_question *question;
	struct arena *arena;
	struct cds_wanted *wanted;
	size_t n;
};

static const char *key_of(struct text type)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (text_is(type, keys[i].type))
			return keys[i].key;
	return NULL;
}

/* FHIR R4, id: what needs no escape in an address. */
static bool good_id(struct text id)
{
	enum { ID_MAX = 64 };

	for (size_t i = 0; i < id.n; i++) {
		char c = id.at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-' && c != '.')
			return false;
	}
	return id.n > 0 && id.n <= ID_MAX && !(id.n >= 2 && memmem(id.at, id.n, "..", 2));
}

static void want(struct missing *m, const char *key, struct text before, struct text id, const char *after)
{
	struct buffer query;
	struct text made;

	buffer_init(&query, m->arena, before.n + id.n + 32);
	buffer_add(&query, before);
	buffer_add(&query, id);
	buffer_add(&query, text_of(after));
	made = buffer_text(&query);
	for (size_t i = 0; i < m->n; i++)
		if (text_equal(m->wanted[i].query, made))
			return;
	if (text_there(made) && m->n < CDS_WANTED_MAX)
		m->wanted[m->n++] = (struct cds_wanted){ key, made };
}

/* Type/id; or what the client's own server calls it, without the address. */
static struct text relative(const struct missing *m, struct text reference)
{
	struct text server = m->question->request->fhir_server;

	while (server.n && server.at[server.n - 1] == '/')
		server.n--;
	if (server.n && reference.n > server.n + 1 && memcmp(reference.at, server.at, server.n) == 0 && reference.at[server.n] == '/')
		return (struct text){ reference.at + server.n + 1, reference.n - server.n - 1 };
	return reference;
}

static void want_reference(struct missing *m, const struct cds_order *order, struct text reference)
{
	struct text name, id, type;
	const char *key;

	if (!reference.n || reference.at[0] == '#' || cds_find(m->question, order, reference))
		return;
	name = relative(m, reference);
	id = name;
	type = text_cut(&id, '/');
	key = key_of(type);
	if (key && text_there(id) && good_id(id))
		want(m, key, (struct text){ name.at, type.n + 1 }, id, "");
}

static void want_coverage(struct missing *m)
{
	const struct cds_prefetch *prefetch = m->question->request->prefetch;

	if (prefetch && prefetch->coverage.n)
		return; /* a search that found nothing was made, too */
	for (size_t i = 0; i < m->question->held_n; i++)
		if (m->question->held[i].resource->coverage)
			return;
	if (good_id(m->question->request->context->patient_id))
		want(m, "coverage", text_lit("Coverage?patient="), m->question->request->context->patient_id, "&status=active");
}

static void want_payer(struct missing *m)
{
	for (size_t i = 0; i < m->question->held_n; i++) {
		const struct fhir_coverage *coverage = m->question->held[i].resource->coverage;

		for (size_t k = 0; coverage && k < coverage->payor_n; k++)
			if (!coverage->payor[k].identifier)
				want_reference(m, NULL, coverage->payor[k].reference);
	}
}

size_t cds_missing(const struct cds_question *question, bool payer, struct arena *arena, struct cds_wanted wanted[CDS_WANTED_MAX])
{
	struct missing m = { question, arena, wanted, 0 };
	const struct cds_context *context = question->request->context;

	want_coverage(&m);
	for (size_t i = 0; question->hook == CDS_ORDER_DISPATCH && i < context->dispatched_n; i++)
		want_reference(&m, NULL, context->dispatched[i]);
	for (size_t i = 0; i < question->held_n; i++) {
		const struct cds_order *order = question->held[i].order;

		if (!order)
			continue;
		if (order->medication_reference)
			want_reference(&m, order, order->medication_reference->reference);
		for (size_t k = 0; text_is(question->held[i].type, "Appointment") && k < order->based_on_n; k++)
			want_reference(&m, order, cds_based_on(&order->based_on[k]));
	}
	if (payer)
		want_payer(&m);
	return m.n;
}
