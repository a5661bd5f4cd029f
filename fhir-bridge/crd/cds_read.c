/* SPDX-License-Identifier: Apache-2.0 */
/* From the bytes of a hook request to the orders that are to be answered and the coverage that they are asked under. */
#include "fhir-bridge/crd/cds.h"

#include "fhir-bridge/find.h"
#include "fhir-bridge/systems.h"

#include <stdio.h>
#include <string.h>

#define ALTERNATE_REFERENCE "http://hl7.org/fhir/StructureDefinition/alternate-reference"

enum { CARDS_DEFAULT = 10 };

static const struct cds_hook_row hooks[CDS_HOOKS] = {
	[CDS_ORDER_SELECT] = { "order-select", "Coverage of a drug that was chosen",
		"Which benefit of the plan pays for a drug, and whether prior authorization is needed, as soon as it is chosen",
		"user_id patient_id draft_orders selections", false, true },
	[CDS_ORDER_SIGN] = { "order-sign", "Coverage of what is about to be ordered",
		"Which benefit of the plan pays for each drug that is ordered, its limits, and how prior authorization is asked for where it is needed",
		"user_id patient_id draft_orders", true, true },
	[CDS_ORDER_DISPATCH] = { "order-dispatch", "Coverage of an order for its performer",
		"The same for orders that are being sent to a performer", "patient_id dispatched performer", true, true },
	[CDS_APPOINTMENT_BOOK] = { "appointment-book", "Coverage of what an appointment is for",
		"The same for the drugs that an appointment is made for", "user_id patient_id appointments", true, true },
	[CDS_ENCOUNTER_START] = { "encounter-start", "Coverage at the start of a visit",
		"Says when the plan of the coverage is not known here", "user_id patient_id encounter_id", false, false },
	[CDS_ENCOUNTER_DISCHARGE] = { "encounter-discharge", "Coverage at the end of a visit",
		"Says when the plan of the coverage is not known here", "user_id patient_id encounter_id", false, false },
};

const struct cds_hook_row *cds_hook_row(enum cds_hook hook)
{
	return &hooks[hook];
}

bool cds_hook_of(struct text name, enum cds_hook *hook)
{
	for (size_t i = 0; i < CDS_HOOKS; i++)
		if (text_is(name, hooks[i].name)) {
			*hook = (enum cds_hook)i;
			return true;
		}
	return false;
}

const char *cds_version_name(enum cds_version version)
{
	static const char *const names[CDS_VERSIONS] = { [CDS_2_2] = "2.2", [CDS_2_0] = "2.0" };

	return names[version];
}

struct reading {
	const struct cds_terms *terms;
	struct cds_question *out;
	struct arena *arena;
	struct fault *fault;
	int *status;
};

static bool refuse(struct reading *r, int status, enum fault_code code, const char *where)
{
	*r->status = status;
	return fault_set(r->fault, code, where);
}

/* -- the request itself -- */

static bool uuid(struct text t)
{
	enum { UUID_CHARACTERS = 36 };

	for (size_t i = 0; i < t.n; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? t.at[i] != '-' : !memchr("0123456789abcdefABCDEF", t.at[i], 22))
			return false;
	}
	return t.n == UUID_CHARACTERS;
}

static bool check_context(struct reading *r)
{
	struct text rest = text_of(hooks[r->out->hook].context);

	while (text_there(rest)) {
		struct text member = text_cut(&rest, ' ');
		char name[32];
		const struct field *field = record_field(&cds_context_record, text_to_z(member, name, sizeof(name)));

		if (!field_there(field, r->out->request->context)) {
			fault_set(r->fault, FAULT_MISSING, text_to_z(field_name(field), name, sizeof(name)));
			return fault_under(r->fault, text_lit("Request/context"), -1);
		}
	}
	return true;
}

/* true and false are JSON's, a number of cards too; another thing in their place is as if it were not there (CRD 2.2.1 dev-17). */
static bool wanted(struct text raw)
{
	return !text_is(raw, "false");
}

static void read_configuration(struct reading *r)
{
	const struct cds_request_extension *extension = r->out->request->extension;
	const struct cds_configuration *said = extension ? extension->configuration : NULL;
	static const struct cds_configuration nothing;
	int64_t most;

	if (!said)
		said = &nothing;
	r->out->coverage_wanted = wanted(said->coverage_info);
	r->out->alternatives_wanted = wanted(said->alternatives);
	r->out->insurance_wanted = wanted(said->insurance);
	r->out->guideline_wanted = wanted(said->guideline);
	r->out->cards_max = text_to_int(said->max_cards, &most) && most >= 0 ? most : CARDS_DEFAULT;
}

static bool choose_version(struct reading *r, struct text named)
{
	r->out->version = r->terms->version;
	for (int version = 0; version < CDS_VERSIONS && named.n; version++)
		if (text_is(named, cds_version_name((enum cds_version)version))) {
			r->out->version = (enum cds_version)version;
			return !r->terms->only || r->out->version == r->terms->version;
		}
	return !named.n;
}

static bool read_request(struct reading *r, struct text body)
{
	struct cds_request *request = arena_new(r->arena, struct cds_request);

	if (!request)
		return refuse(r, 0, FAULT_TOO_LARGE, "");
	*r->status = 400;
	if (!json_read(&cds_request_record, request, body, r->arena, NULL, r->fault) || !record_check(&cds_request_record, request, r->fault))
		return fault_under(r->fault, text_lit("Request"), -1);
	r->out->request = request;
	if (!text_is(request->hook, hooks[r->out->hook].name))
		return refuse(r, 400, FAULT_BAD_CODE, "Request/hook");
	if (!uuid(request->instance))
		return refuse(r, 400, FAULT_BAD_TEXT, "Request/hookInstance");
	if (request->authorization && !request->fhir_server.n)
		return refuse(r, 400, FAULT_MISSING, "Request/fhirServer");
	if (!choose_version(r, request->extension ? request->extension->version : TEXT_NONE))
		return refuse(r, 400, FAULT_VERSION, "Request/extension");
	read_configuration(r);
	return check_context(r);
}

/* -- the resources in it -- */

static const struct field *kind_of(const struct cds_resource *resource)
{
	for (size_t i = 0; i < cds_resource_record.n; i++)
		if (field_there(&cds_resource_record.fields[i], resource))
			return &cds_resource_record.fields[i];
	return NULL;
}

static struct text id_of(const struct cds_resource *resource, const struct cds_order *order)
{
	return order           ? order->id
	: resource->coverage     ? resource->coverage->id
	: resource->medication   ? resource->medication->id
	: resource->organization ? resource->organization->id
	: resource->practitioner ? resource->practitioner->id
				 : TEXT_NONE;
}

/* Reads one resource into *out. FAULT_* with the path from "Request" when it is no FHIR. */
static bool read_resource(struct reading *r, struct text raw, const char *where, int index, struct cds_held *out)
{
	struct cds_resource *resource = arena_new(r->arena, struct cds_resource);
	const struct field *kind;

	if (!resource)
		return refuse(r, 0, FAULT_TOO_LARGE, "");
	*r->status = 400;
	*out = (struct cds_held){ .raw = raw, .resource = resource };
	if (!raw.n || raw.at[0] != '{' || !json_read(&cds_resource_record, resource, raw, r->arena, NULL, r->fault) ||
		!record_check(&cds_resource_record, resource, r->fault)) {
		if (!raw.n || raw.at[0] != '{')
			fault_set(r->fault, FAULT_MISSING, "resource");
		return fault_under(r->fault, text_of(where), index) || fault_under(r->fault, text_lit("Request"), -1);
	}
	kind = kind_of(resource);
	out->type = text_is(kind->wire, "*") ? resource->other->type : field_name(kind);
	if (kind->of == &cds_order_record)
		out->order = *(struct cds_order *const *)field_at(kind, resource);
	out->id = id_of(resource, out->order);
	return true;
}

static struct cds_held *hold(struct reading *r)
{
	return arena_push(r->arena, (void **)&r->out->held, &r->out->held_n, sizeof(*r->out->held));
}

static bool read_entries(struct reading *r, const struct cds_bundle *bundle, const char *where)
{
	for (size_t i = 0; bundle && i < bundle->entry_n; i++) {
		struct cds_held *held = hold(r);

		if (!held)
			return refuse(r, 0, FAULT_TOO_LARGE, "");
		if (!read_resource(r, bundle->entry[i].resource, where, (int)i, held))
			return false;
		held->full_url = bundle->entry[i].full_url;
	}
	return true;
}

/* A resource, or a Bundle of them. */
static bool read_key(struct reading *r, struct text key, struct text raw)
{
	struct cds_held one, *held;
	char where[80];

	snprintf(where, sizeof(where), "prefetch/%.*s", TEXT_ARGS(key));
	if (!read_resource(r, raw, where, -1, &one))
		return false;
	if (one.resource->bundle)
		return read_entries(r, one.resource->bundle, where);
	held = hold(r);
	if (!held)
		return refuse(r, 0, FAULT_TOO_LARGE, "");
	*held = one;
	return true;
}

static bool read_prefetch(struct reading *r)
{
	const struct cds_prefetch *prefetch = r->out->request->prefetch;

	for (size_t i = 0; prefetch && i < cds_prefetch_record.n; i++) {
		const struct field *field = &cds_prefetch_record.fields[i];
		struct text raw = *(const struct text *)field_at(field, prefetch);

		if (raw.n && !read_key(r, field_name(field), raw))
			return false;
	}
	return true;
}

/* What somebody's server says that is no FHIR is as if it had said nothing. */
static bool read_later(struct reading *r)
{
	for (size_t i = 0; i < r->terms->later_n; i++) {
		const struct cds_later *later = &r->terms->later[i];
		size_t before = r->out->held_n;

		if (!later->body.n || read_key(r, later->key, later->body))
			continue;
		if (r->fault->code == FAULT_TOO_LARGE)
			return false;
		*r->fault = (struct fault){ 0 };
		r->out->held_n = before;
	}
	return true;
}

/* -- references -- */

/* Type/id at the end of the reference, whatever address stands before it. */
static bool means(struct text reference, const struct cds_held *held)
{
	size_t n = held->type.n + 1 + held->id.n;
	struct text end;

	if (held->full_url.n && text_equal(reference, held->full_url))
		return true;
	if (!held->id.n || reference.n < n)
		return false;
	end = (struct text){ reference.at + reference.n - n, n };
	return (reference.n == n || reference.at[reference.n - n - 1] == '/') && memcmp(end.at, held->type.at, held->type.n) == 0 &&
	       end.at[held->type.n] == '/' && memcmp(end.at + held->type.n + 1, held->id.at, held->id.n) == 0;
}

static const struct cds_held *find_held(const struct cds_question *question, struct text reference)
{
	for (size_t i = 0; i < question->held_n; i++)
		if (means(reference, &question->held[i]))
			return &question->held[i];
	return NULL;
}

const struct cds_resource *cds_find(const struct cds_question *question, const struct cds_order *order, struct text reference)
{
	const struct cds_held *held;

	if (reference.n && reference.at[0] == '#') {
		struct text id = { reference.at + 1, reference.n - 1 };

		for (size_t i = 0; order && i < order->contained_n; i++)
			if (order->contained[i].medication && text_equal(order->contained[i].medication->id, id))
				return &order->contained[i];
		return NULL;
	}
	held = find_held(question, reference);
	return held ? held->resource : NULL;
}

struct text cds_based_on(const struct fhir_reference *reference)
{
	const struct fhir_extension *other = fhir_extension(reference->extension, reference->extension_n, ALTERNATE_REFERENCE);

	return other && other->reference ? other->reference->reference : reference->reference;
}

struct text cds_orderer_npi(const struct cds_question *question, const struct cds_held *order)
{
	const struct fhir_reference *requester = order->order->requester;
	const struct cds_resource *resource = requester ? cds_find(question, order->order, requester->reference) : NULL;

	if (requester && requester->identifier && text_is(requester->identifier->system, SYSTEM_NPI))
		return requester->identifier->value;
	for (size_t i = 0; resource && resource->practitioner && i < resource->practitioner->identifier_n; i++)
		if (text_is(resource->practitioner->identifier[i].system, SYSTEM_NPI))
			return resource->practitioner->identifier[i].value;
	return TEXT_NONE;
}

const struct cds_concept *cds_ordered(const struct cds_question *question, const struct cds_held *order)
{
	const struct cds_resource *resource;

	if (text_is(order->type, "MedicationRequest") && order->order->medication)
		return order->order->medication;
	if (text_is(order->type, "MedicationRequest") && order->order->medication_reference) {
		resource = cds_find(question, order->order, order->order->medication_reference->reference);
		return resource && resource->medication ? resource->medication->code : NULL;
	}
	for (size_t i = 0; i < order->order->based_on_n; i++) {
		const struct cds_held *held = find_held(question, cds_based_on(&order->order->based_on[i]));

		if (held && held->order && held != order && !held->order->based_on_n)
			return cds_ordered(question, held);
	}
	return order->order->code;
}

/* -- what is to be answered -- */

/* Named twice, it is one order still. */
static bool add_order(struct reading *r, const struct cds_held *held)
{
	const struct cds_held **order;

	for (size_t i = 0; i < r->out->orders_n; i++)
		if (r->out->orders[i] == held)
			return true;
	order = arena_push(r->arena, (void **)&r->out->orders, &r->out->orders_n, sizeof(*order));
	if (!order)
		return refuse(r, 0, FAULT_TOO_LARGE, "");
	*order = held;
	return true;
}

/* Those of a list of references; what was not sent along is something that we could not read: as long as it may still be read, all wait for it. */
static bool add_named(struct reading *r, const struct text *names, size_t n, const char *where, int status, enum fault_code code)
{
	bool wait = status != 412 || !r->terms->later_n;

	for (size_t i = 0; i < n; i++) {
		const struct cds_held *held = find_held(r->out, names[i]);

		if (held && held->order) {
			if (!add_order(r, held))
				return false;
		} else if (wait) {
			return refuse(r, status, code, where);
		}
	}
	return r->out->orders_n || !n || refuse(r, status, code, where);
}

static bool find_orders(struct reading *r, size_t in_context)
{
	const struct cds_context *context = r->out->request->context;

	switch (r->out->hook) {
	case CDS_ORDER_SELECT:
		return add_named(r, context->selections, context->selections_n, "Request/context/selections", 400, FAULT_NOT_FOUND);
	case CDS_ORDER_DISPATCH:
		return add_named(r, context->dispatched, context->dispatched_n, "Request/prefetch", 412, FAULT_NOT_SENT);
	case CDS_ORDER_SIGN:
	case CDS_APPOINTMENT_BOOK:
		for (size_t i = 0; i < in_context; i++)
			if (r->out->held[i].order && !add_order(r, &r->out->held[i]))
				return false;
		return true;
	case CDS_ENCOUNTER_START:
	case CDS_ENCOUNTER_DISCHARGE:
	case CDS_HOOKS:
		return true;
	}
	__builtin_unreachable();
}

/* What an order must have of the CRD profiles for an answer to go back in it (profile-medicationrequest 2.2.1). */
static bool check_orders(struct reading *r)
{
	for (size_t i = 0; i < r->out->orders_n; i++) {
		const struct cds_held *held = r->out->orders[i];
		const struct cds_order *order = held->order;

		if (!order->id.n)
			return refuse(r, 422, FAULT_MISSING, "Request/context/draftOrders/id");
		if (!text_is(held->type, "MedicationRequest"))
			continue;
		if (!order->medication == !order->medication_reference)
			return refuse(r, 422, FAULT_CHOICE, "Request/context/draftOrders/medication");
		if (!order->subject || !order->status.n || !order->intent.n)
			return refuse(r, 422, FAULT_MISSING, !order->subject ? "Request/context/draftOrders/subject" : "Request/context/draftOrders/status");
		if (order->medication_reference && !cds_ordered(r->out, held) && !r->terms->later_n)
			return refuse(r, 412, FAULT_NOT_SENT, "Request/prefetch/medications");
	}
	return true;
}

/* -- the coverage -- */

/* A reference of another form, or none at all, says nothing of whose it is. */
static bool patients(struct text reference, struct text patient_id)
{
	struct text tail;

	if (!reference.n)
		return true;
	tail = (struct text){ reference.at + reference.n, 0 };
	while (tail.at > reference.at && tail.at[-1] != '/')
		tail.at--, tail.n++;
	return tail.n == reference.n || text_equal(tail, patient_id);
}

static bool find_coverage(struct reading *r)
{
	const struct cds_prefetch *prefetch = r->out->request->prefetch;
	const struct cds_held *found = NULL;
	struct buffer reference;

	for (size_t i = 0; i < r->out->held_n; i++) {
		if (!r->out->held[i].resource->coverage)
			continue;
		if (found)
			return refuse(r, 400, FAULT_REPEATED, "Request/prefetch/coverage");
		found = &r->out->held[i];
	}
	if (!found && (!prefetch || !prefetch->coverage.n))
		return r->out->orders_n == 0 || refuse(r, 412, FAULT_NOT_SENT, "Request/prefetch/coverage");
	if (!found)
		return refuse(r, 400, FAULT_MISSING, "Request/prefetch/coverage");
	if (!found->id.n)
		return refuse(r, 422, FAULT_MISSING, "Request/prefetch/coverage/id");
	r->out->coverage = found->resource->coverage;
	if (!patients(r->out->coverage->beneficiary->reference, r->out->request->context->patient_id))
		return refuse(r, 400, FAULT_RULE, "Request/prefetch/coverage/beneficiary");
	buffer_init(&reference, r->arena, 80);
	buffer_lit(&reference, "Coverage/");
	buffer_add(&reference, found->id);
	r->out->coverage_reference = buffer_text(&reference);
	return text_there(r->out->coverage_reference) || refuse(r, 0, FAULT_TOO_LARGE, "");
}

static bool has_identifier(const struct fhir_identifier *identifier, struct text wanted)
{
	struct text value = wanted, system = text_cut(&value, '|');

	if (!identifier)
		return false;
	return text_there(value) ? text_equal(identifier->system, system) && text_equal(identifier->value, value) :
				   text_equal(identifier->value, system);
}

bool cds_payer_is(const struct cds_question *question, struct text identifier, bool *known)
{
	*known = false;
	for (size_t i = 0; i < question->coverage->payor_n; i++) {
		const struct fhir_reference *payor = &question->coverage->payor[i];
		const struct cds_resource *resource = cds_find(question, NULL, payor->reference);
		const struct fhir_organization *payer = resource ? resource->organization : NULL;

		*known |= payor->identifier || (payer && payer->identifier_n);
		if (has_identifier(payor->identifier, identifier))
			return true;
		for (size_t k = 0; payer && k < payer->identifier_n; k++)
			if (has_identifier(&payer->identifier[k], identifier))
				return true;
	}
	return false;
}

bool cds_read(struct text body, enum cds_hook hook, const struct cds_terms *terms, struct arena *arena, struct cds_question *out, int *status,
	struct fault *fault)
{
	static const struct cds_terms usual = { .version = CDS_2_2 };
	struct reading r = { terms ? terms : &usual, out, arena, fault, status };
	size_t in_context;

	*out = (struct cds_question){ .hook = hook };
	*status = 0;
	if (!read_request(&r, body) || !read_entries(&r, out->request->context->draft_orders, "context/draftOrders/entry") ||
		!read_entries(&r, out->request->context->appointments, "context/appointments/entry"))
		return false;
	in_context = out->held_n;
	*status = 400;
	if (!read_prefetch(&r) || !read_later(&r) || !find_orders(&r, in_context) || !check_orders(&r) || !find_coverage(&r))
		return false;
	*status = 0;
	return true;
}
