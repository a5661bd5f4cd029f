/* SPDX-License-Identifier: Apache-2.0 */
/* Strict reading of PAS bundles: what has to hold of the bundle itself, then of each resource in it, then of the profiles from the first
   entry on. */
#include "fhir-bridge/pas/pas.h"

#include "fhir-bridge/find.h"
#include "fhir-bridge/forms.h"
#include "fhir-bridge/outcome.h"
#include "fhir-bridge/profile.h"
#include "fhir-bridge/systems.h"

/* What the first entry of each kind of bundle is, and which profiles the bundle and that entry have. */
static const struct kind {
	const char *first, *bundle;
	enum profile profile;
	size_t most; /* of that kind in one bundle */
} kinds[] = {
	[PAS_SUBMIT] = { "Claim", "profile-pas-request-bundle", PROFILE_CLAIM, 2 },
	[PAS_INQUIRE] = { "Claim", "profile-pas-inquiry-request-bundle", PROFILE_INQUIRY, 1 },
	[PAS_SUBMIT_ANSWER] = { "ClaimResponse", "profile-pas-response-bundle", PROFILE_RESPONSE, 1 },
	[PAS_INQUIRE_ANSWER] = { "ClaimResponse", "profile-pas-inquiry-response-bundle", PROFILE_INQUIRY_RESPONSE, 100 },
};

/* One check of a bundle, and where in it it stands. */
struct checking {
	const struct fhir_bundle *bundle;
	const struct kind *kind;
	enum pas_version version;
	struct arena *arena;
	struct resolve resolve;
	struct fault *fault;
	bool as_peer; /* a partner's answer: what its references miss is no reason to throw the decision away */
};

static bool fails(struct checking *c, const char *name, enum fault_code code)
{
	struct where where = { 0 };

	where_down(&where, text_lit("Bundle"), -1);
	return where_fault(&where, text_of(name), code, c->fault);
}

static struct where entry_at(size_t i)
{
	struct where where = { 0 };

	where_down(&where, text_lit("Bundle"), -1);
	where_down(&where, text_lit("entry"), (int)i);
	return where;
}

static bool entry_fails(struct checking *c, size_t i, const char *name, enum fault_code code)
{
	struct where where = entry_at(i);

	return where_fault(&where, text_of(name), code, c->fault);
}

/* The canonical may carry a version: "...profile-claim|2.2.1". */
static bool is_profile(struct text said, const char *canonical)
{
	struct text url = text_cut(&said, '|');

	return url.n == sizeof(PAS) - 1 + strlen(canonical) && text_starts(url, PAS) &&
	       memcmp(url.at + sizeof(PAS) - 1, canonical, strlen(canonical)) == 0;
}

/* True when meta names profiles of the guide, of bundles or claims, and this is not among them. */
static bool says_other_profile(const struct fhir_meta *meta, const char *canonical)
{
	bool of_guide = false;

	for (size_t i = 0; meta && i < meta->profile_n; i++) {
		if (is_profile(meta->profile[i], canonical))
			return false;
		of_guide |= text_starts(meta->profile[i], PAS);
	}
	return of_guide;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_uuid_urn(struct text url)
{
	static const char pattern[] = "urn:uuid:hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";

	if (url.n != sizeof(pattern) - 1)
		return false;
	for (size_t i = 0; i < url.n; i++)
		if (i < 9 || pattern[i] == '-' ? url.at[i] != pattern[i] : !is_hex(url.at[i]))
			return false;
	return true;
}

/* PAS 2.2.1 spec-16: the URL of the resource on a FHIR server, or urn:uuid:. R4 bdl: the URL ends in type and id. */
static bool right_full_url(struct text url, const struct fhir_held *held)
{
	if (!text_starts(url, "http://") && !text_starts(url, "https://"))
		return is_uuid_urn(url);
	if (!held->id.n)
		return true;
	return url.n > held->type.n + held->id.n + 2 && text_equal((struct text){ url.at + url.n - held->id.n, held->id.n }, held->id) &&
	       url.at[url.n - held->id.n - 1] == '/' &&
	       text_equal((struct text){ url.at + url.n - held->id.n - 1 - held->type.n, held->type.n }, held->type) &&
	       url.at[url.n - held->id.n - held->type.n - 2] == '/';
}

static bool entries_hold(struct checking *c)
{
	size_t first = 0;

	for (size_t i = 0; i < c->bundle->entry_n; i++) {
		const struct fhir_entry *entry = &c->bundle->entry[i];
		struct fhir_held held = fhir_held(entry->resource);

		if (!held.record)
			return entry_fails(c, i, "resource", FAULT_MISSING);
		if (!entry->full_url.n)
			return entry_fails(c, i, "fullUrl", FAULT_MISSING);
		if (!right_full_url(entry->full_url, &held))
			return entry_fails(c, i, "fullUrl", FAULT_BAD_TEXT);
		if (entry->search.n)
			return entry_fails(c, i, "search", FAULT_REPEATED);
		if (entry->request)
			return entry_fails(c, i, "request", FAULT_REPEATED);
		if (entry->response)
			return entry_fails(c, i, "response", FAULT_REPEATED);
		if (i == 0 && !text_is(held.type, c->kind->first)) /* invariants ClaimFirst, ClaimResponseFirst */
			return entry_fails(c, i, "resource.resourceType", FAULT_RULE);
		first += text_is(held.type, c->kind->first);
		if (first > c->kind->most)
			return entry_fails(c, i, "resource", FAULT_REPEATED);
	}
	return true;
}

static bool entries_stand_once(struct checking *c)
{
	size_t twice;

	if (!resolve_init(&c->resolve, c->bundle, c->arena))
		return fails(c, "entry", FAULT_TOO_LARGE);
	twice = resolve_twice(&c->resolve);
	return !twice || entry_fails(c, twice, "fullUrl", FAULT_REPEATED);
}

static bool bundle_holds(struct checking *c)
{
	const struct fhir_bundle *bundle = c->bundle;
	bool optional = c->version == PAS_2_0_1 ? c->kind->profile == PROFILE_RESPONSE || c->kind->profile == PROFILE_INQUIRY_RESPONSE
						: c->kind->profile == PROFILE_INQUIRY_RESPONSE;

	if (bundle->implicit_rules.n)
		return fails(c, "implicitRules", FAULT_RULE);
	if (!text_is(bundle->type, "collection"))
		return fails(c, "type", FAULT_BAD_CODE);
	if (says_other_profile(bundle->meta, c->kind->bundle))
		return fails(c, "meta.profile", FAULT_BAD_CODE);
	if (!bundle->identifier && !optional)
		return fails(c, "identifier", FAULT_MISSING);
	if (bundle->identifier && !bundle->identifier->value.n)
		return fails(c, "identifier.value", FAULT_MISSING);
	if (!bundle->timestamp.n)
		return fails(c, "timestamp", FAULT_MISSING);
	if (!fhir_has_form(bundle->timestamp, FORM_INSTANT))
		return fails(c, "timestamp", FAULT_BAD_DATE);
	if (!bundle->entry_n)
		return fails(c, "entry", FAULT_MISSING);
	return true;
}

static bool forms_hold(struct checking *c)
{
	for (size_t i = 0; i < c->bundle->entry_n; i++) {
		struct fhir_held held = fhir_held(c->bundle->entry[i].resource);
		struct forms_check check = { .resolve = c->as_peer ? NULL : &c->resolve, .fault = c->fault, .where = entry_at(i) };

		where_down(&check.where, text_lit("resource"), -1);
		if (!forms_check(&check, held.record, held.resource))
			return false;
	}
	return true;
}

/* A claim that names an earlier one is an update; what it says of its own profile decides where that says something (2.0.1 allows
   `related` on a first request). */
static enum profile profile_of_first(const struct checking *c)
{
	const struct fhir_claim *claim = c->bundle->entry[0].resource->claim;

	if (c->kind->profile != PROFILE_CLAIM)
		return c->kind->profile;
	for (size_t i = 0; claim->meta && i < claim->meta->profile_n; i++)
		if (is_profile(claim->meta->profile[i], profile_canonical(PROFILE_UPDATE)))
			return PROFILE_UPDATE;
		else if (is_profile(claim->meta->profile[i], profile_canonical(PROFILE_CLAIM)))
			return PROFILE_CLAIM;
	return claim->related_n ? PROFILE_UPDATE : PROFILE_CLAIM;
}

/* PAS 2.2.1 spec-65: the claim that is updated travels with the update. */
static bool earlier_claim_is_there(struct checking *c)
{
	const struct fhir_claim *claim = c->bundle->entry[0].resource->claim;
	const struct fhir_reference *earlier = claim->related[0].claim;
	int entry = earlier ? resolve_find(&c->resolve, earlier->reference) : -1;

	if (entry > 0 && c->bundle->entry[entry].resource->claim)
		return true;
	return entry_fails(c, 0, "resource.related[0].claim.resolve()", entry < 0 ? FAULT_MISSING : FAULT_RULE);
}

static bool profiles_hold(struct checking *c)
{
	struct profile_check check = { .resolve = &c->resolve, .version = c->version, .fault = c->fault,
		.done = arena_alloc(c->arena, c->bundle->entry_n * sizeof(*check.done)) };

	if (!check.done)
		return fails(c, "entry", FAULT_TOO_LARGE);
	for (size_t i = 0; i < c->bundle->entry_n; i++) {
		const struct fhir_resource *resource = c->bundle->entry[i].resource;
		enum profile profile = profile_of_first(c);
		const struct fhir_meta *meta = resource->claim ? resource->claim->meta : resource->claim_response ? resource->claim_response->meta : NULL;

		/* the second claim is history: it was held to its profile when it was new */
		if (i && !(c->kind->profile == PROFILE_INQUIRY_RESPONSE && resource->claim_response))
			continue;
		if (says_other_profile(meta, profile_canonical(profile)))
			return entry_fails(c, i, "resource.meta.profile", FAULT_BAD_CODE);
		if (!profile_check_entry(&check, i, profile))
			return false;
		if (profile == PROFILE_UPDATE && !earlier_claim_is_there(c))
			return false;
	}
	return true;
}

static bool all_holds(struct checking *c)
{
	return bundle_holds(c) && entries_hold(c) && entries_stand_once(c) && forms_hold(c) && profiles_hold(c);
}

bool pas_check(const struct fhir_bundle *bundle, enum pas_kind kind, enum pas_version version, struct arena *arena, struct fault *fault)
{
	struct checking c = { bundle, &kinds[kind], version, arena, { 0 }, fault, false };

	return all_holds(&c);
}

/* As it came from somebody else. */
static bool holds_as_read(const struct fhir_bundle *bundle, enum pas_kind kind, enum pas_version version, struct arena *arena, struct fault *fault)
{
	struct checking c = { bundle, &kinds[kind], version, arena, { 0 }, fault, kind == PAS_SUBMIT_ANSWER || kind == PAS_INQUIRE_ANSWER };

	return all_holds(&c);
}

/* A fault of the reader or the tables in the form that all faults here have. */
static bool in_fhirpath(struct fault *fault)
{
	char expression[FHIR_EXPRESSION_MAX];

	fhir_expression(fault, expression);
	text_to_z(text_of(expression), fault->path, sizeof(fault->path));
	return false;
}

/* The document from JSON, held to its tables. */
static bool read_document(struct text body, struct arena *arena, struct fhir_document *out, struct fault *fault)
{
	struct json_notes notes = { 0 };

	*out = (struct fhir_document){ 0 };
	if (!json_read(&fhir_document_record, out, body, arena, &notes, fault))
		return in_fhirpath(fault);
	if (notes.quoted) {
		fault_set(fault, FAULT_BAD_TEXT, notes.quoted_at);
		return in_fhirpath(fault);
	}
	if (out->operation_outcome)
		return fault_set(fault, FAULT_PEER_ANSWER, "OperationOutcome");
	return record_check(&fhir_document_record, out, fault) || in_fhirpath(fault);
}

bool pas_read(struct text body, enum pas_kind kind, enum pas_version version, struct arena *arena, struct fhir_bundle **out, struct fault *fault)
{
	struct fhir_document document;

	*out = NULL;
	if (!read_document(body, arena, &document, fault))
		return false;
	if (!document.bundle)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "resourceType");
	if (!holds_as_read(document.bundle, kind, version, arena, fault))
		return false;
	*out = document.bundle;
	return true;
}

static bool add_bundle(struct fhir_bundle ***bundles, size_t *n, struct fhir_bundle *bundle, struct arena *arena, struct fault *fault)
{
	struct fhir_bundle **next = arena_push(arena, (void **)bundles, n, sizeof(*next));

	if (!next)
		return fault_set(fault, FAULT_TOO_LARGE, "Parameters.parameter");
	*next = bundle;
	return true;
}

bool pas_read_inquiry_answer(struct text body, enum pas_version version, struct arena *arena, struct fhir_bundle ***bundles, size_t *n,
	struct fault *fault)
{
	struct fhir_document document;

	*bundles = NULL;
	*n = 0;
	if (!read_document(body, arena, &document, fault))
		return false;
	if (document.bundle) /* 2.0.1 */
		return version == PAS_2_0_1 ? holds_as_read(document.bundle, PAS_INQUIRE_ANSWER, version, arena, fault) &&
						      add_bundle(bundles, n, document.bundle, arena, fault)
					    : fault_set(fault, FAULT_UNKNOWN_MESSAGE, "resourceType");
	if (!document.parameters)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "resourceType");
	for (size_t i = 0; i < document.parameters->parameter_n; i++) {
		const struct fhir_parameter *parameter = &document.parameters->parameter[i];

		if (!text_in_list(parameter->name, "return responseBundle"))
			return fault_set(fault, FAULT_BAD_CODE, "Parameters.parameter.name");
		if (!parameter->resource || !parameter->resource->bundle)
			return fault_set(fault, FAULT_MISSING, "Parameters.parameter.resource");
		if (!holds_as_read(parameter->resource->bundle, PAS_INQUIRE_ANSWER, version, arena, fault) ||
			!add_bundle(bundles, n, parameter->resource->bundle, arena, fault))
			return false;
	}
	return true;
}

bool pas_read_subscription(struct text body, enum pas_version version, struct arena *arena, struct fhir_subscription **out,
	struct text *organization, struct fault *fault)
{
	struct fhir_document document;
	struct forms_check forms = { .fault = fault };
	struct profile_check check = { .version = version, .fault = fault };

	*out = NULL;
	if (!read_document(body, arena, &document, fault))
		return false;
	if (!document.subscription)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "resourceType");
	where_down(&forms.where, text_lit("Subscription"), -1);
	check.where = forms.where;
	if (!forms_check(&forms, &fhir_subscription_record, document.subscription) ||
		!profile_check_resource(&check, &fhir_subscription_record, document.subscription, PROFILE_SUBSCRIPTION))
		return false;
	*organization = fhir_filter_organization(document.subscription);
	*out = document.subscription;
	return true;
}
