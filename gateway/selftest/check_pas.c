/* SPDX-License-Identifier: Apache-2.0 */
/* What Da Vinci PAS asks of requests, answers, Subscriptions and notifications. */
#include "gateway/selftest/run.h"
#include "gateway/selftest/steps.h"

#include <stdio.h>

#define REVIEW "adjudication.extension(extension-reviewAction).extension(extension-reviewActionCode).valueCodeableConcept.coding"
#define X12_REVIEW "https://codesystem.x12.org/005010/306"

/* The bundles of an answer: itself, those of Parameters, those a notification carries. */
static bool bundles_of(struct run *run, const struct tree *answer, struct tree_set *out)
{
	static const char *const paths[] = { "parameter{name:return}.resource.ofType(Bundle)", "parameter{name:responseBundle}.resource.ofType(Bundle)",
		"entry.resource.ofType(Bundle)" };
	struct tree **one;

	*out = (struct tree_set){ 0 };
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (!out->n && !tree_find(answer, text_of(paths[i]), run->arena, out))
			return false;
	if (out->n || !text_is(tree_word(answer, "resourceType"), "Bundle"))
		return true;
	one = arena_push(run->arena, (void **)&out->at, &out->n, sizeof(*one));
	if (one)
		*one = (struct tree *)answer;
	return one != NULL;
}

/* -- the request -- */

/* pas-request submit|inquire: what we sent is what the guide wants, or the rest proves nothing */
static enum held request(struct run *run, struct text args, struct buffer *seen)
{
	enum pas_kind kind = text_is(args, "inquire") ? PAS_INQUIRE : PAS_SUBMIT;
	struct fhir_bundle *bundle;
	struct fault fault;

	return pas_read(run->exchange->request, kind, run->version, run->arena, &bundle, &fault) ? HELD : fault_held(seen, &fault);
}

static enum held subscription_request(struct run *run, struct text args, struct buffer *seen)
{
	struct fhir_subscription *subscription;
	struct text organization;
	struct fault fault;

	if (!pas_read_subscription(run->exchange->request, run->version, run->arena, &subscription, &organization, &fault))
		return fault_held(seen, &fault);
	return organization.n ? HELD : not_held(seen, "no organization is named by its filter");
}

/* -- the answer -- */

static bool refers(struct run *run, const struct tree *bundle, const struct tree *node, struct buffer *seen);

/* The target of a reference in an answer is in the bundle, once; but for that of ClaimResponse.request, and what is elsewhere by its kind. */
static bool leads_somewhere(struct run *run, const struct tree *bundle, const struct tree *node, struct buffer *seen)
{
	struct text reference = tree_word(node, "reference");
	size_t n = tree_resolves(bundle, reference);

	if (!reference.n || text_is(node->name, "request") || *reference.at == '#' || n == 1)
		return true;
	buffer_add(seen, n ? text_lit("a resource that is there more than once, referred to at ") :
			     text_lit("a reference that leads nowhere in the Bundle, at "));
	tree_where(node, seen);
	return false;
}

static bool refers(struct run *run, const struct tree *bundle, const struct tree *node, struct buffer *seen)
{
	if (node->kind == TREE_OBJECT && tree_member(node, "reference") && !leads_somewhere(run, bundle, node, seen))
		return false;
	for (const struct tree *child = node->first; child; child = child->next)
		if (child->first && !refers(run, bundle, child, seen))
			return false;
	return true;
}

static enum held bundle_holds(struct run *run, const struct tree *bundle, struct buffer *seen)
{
	const struct tree *first = tree_member(bundle, "entry") ? tree_member(bundle, "entry")->first : NULL;

	if (!text_is(tree_word(tree_member(first, "resource"), "resourceType"), "ClaimResponse"))
		return not_held(seen, "the first entry is no ClaimResponse");
	for (const struct tree *entry = first; entry; entry = entry->next) {
		struct text url = tree_word(entry, "fullUrl");

		if (!text_starts(url, "urn:uuid:") && !text_starts(url, "http://") && !text_starts(url, "https://"))
			return not_held(seen, "an entry without an address or urn:uuid: as its fullUrl");
	}
	return refers(run, bundle, bundle, seen) ? HELD : NOT_HELD;
}

static bool read_strictly(struct run *run, enum pas_kind kind, struct fault *fault)
{
	struct text body = run->exchange->answer;
	struct fhir_bundle *bundle, **bundles;
	size_t n;

	if (kind == PAS_INQUIRE_ANSWER && run->version == PAS_2_2_1)
		return pas_read_inquiry_answer(body, run->version, run->arena, &bundles, &n, fault);
	return pas_read(body, kind, run->version, run->arena, &bundle, fault);
}

/* pas-answer submit|inquire: profiles, structure, references */
static enum held answer(struct run *run, struct text args, struct buffer *seen)
{
	enum pas_kind kind = text_is(args, "inquire") ? PAS_INQUIRE_ANSWER : PAS_SUBMIT_ANSWER;
	struct tree_set bundles;
	struct fault fault;

	if (!run->exchange->answer_tree)
		return not_held(seen, "HTTP %d, and the body is no JSON", run->exchange->status);
	if (!read_strictly(run, kind, &fault))
		return fault_held(seen, &fault);
	if (!bundles_of(run, run->exchange->answer_tree, &bundles))
		return not_held(seen, "too large");
	if (!bundles.n)
		return not_held(seen, "no bundle is in it");
	for (size_t i = 0; i < bundles.n; i++)
		if (bundle_holds(run, bundles.at[i], seen) != HELD)
			return NOT_HELD;
	return HELD;
}

/* decision A1: of an item, as code of X12 306 */
static enum held decision(struct run *run, struct text args, struct buffer *seen)
{
	struct tree_set bundles, codings;
	bool any = false;

	if (!run->exchange->answer_tree || !bundles_of(run, run->exchange->answer_tree, &bundles))
		return not_held(seen, "HTTP %d, and no bundle", run->exchange->status);
	for (size_t b = 0; b < bundles.n; b++) {
		if (!tree_find(bundles.at[b], text_lit("entry.resource.ofType(ClaimResponse).item." REVIEW), run->arena, &codings))
			return not_held(seen, "too large");
		for (size_t i = 0; i < codings.n; i++) {
			if (text_is(tree_word(codings.at[i], "system"), X12_REVIEW) && text_in_list(tree_word(codings.at[i], "code"), "A1 A2 A3 A4 A6 C CT NA")) {
				struct text wanted = args;

				while (wanted.n)
					if (text_equal(scenario_word(&wanted), tree_word(codings.at[i], "code")))
						return HELD;
			}
			if (tree_member(codings.at[i], "code")) {
				buffer_add(seen, any ? text_lit(" ") : text_lit("review action "));
				add_seen(seen, tree_member(codings.at[i], "code"));
				any = true;
			}
		}
	}
	return any ? NOT_HELD : not_held(seen, "HTTP %d, and no item has a review action", run->exchange->status);
}

/* echo: what an answer repeats of the request, it repeats under the same fullUrl and with the same identifiers (PAS 2.2.1 spec-33) */
static enum held echo(struct run *run, struct text args, struct buffer *seen)
{
	struct tree_set entries, sent;

	if (!tree_find(run->exchange->answer_tree, text_lit("entry"), run->arena, &entries) ||
		!tree_find(run->exchange->request_tree, text_lit("entry"), run->arena, &sent) || !entries.n || !sent.n)
		return not_held(seen, "HTTP %d, and no bundle", run->exchange->status);
	for (size_t i = 0; i < entries.n; i++) {
		const struct tree *resource = tree_member(entries.at[i], "resource");
		struct text type = tree_word(resource, "resourceType");
		bool found = false, there = false;

		for (size_t k = 0; k < sent.n && !found; k++) {
			const struct tree *other = tree_member(sent.at[k], "resource");

			there |= text_equal(tree_word(other, "resourceType"), type);
			found = text_equal(tree_word(sent.at[k], "fullUrl"), tree_word(entries.at[i], "fullUrl")) &&
				text_equal(tree_word(other, "id"), tree_word(resource, "id"));
		}
		if (there && !found)
			return not_held(seen, "entry[%zu] has a fullUrl or an id that the request has not", i);
	}
	return HELD;
}

static bool has_sequence(struct run *run, const struct tree *bundle, const char *path, struct text number)
{
	struct tree_set found;

	if (!tree_find(bundle, text_of(path), run->arena, &found))
		return false;
	for (size_t i = 0; i < found.n; i++)
		if (text_equal(tree_value(found.at[i]), number))
			return true;
	return false;
}

/* Every number at one path of one bundle is at the other path of the other. */
static enum held all_in(struct run *run, const struct tree *from, const char *path, const struct tree *in, const char *other, const char *what,
	struct buffer *seen)
{
	struct tree_set found;

	if (!from || !in || !tree_find(from, text_of(path), run->arena, &found))
		return not_held(seen, "HTTP %d, and no bundle", run->exchange->status);
	for (size_t i = 0; i < found.n; i++)
		if (!has_sequence(run, in, other, tree_value(found.at[i])))
			return not_held(seen, "%s: the %zu.", what, i + 1);
	return HELD;
}

/* sequence-echo (spec-34) */
static enum held sequence_echo(struct run *run, struct text args, struct buffer *seen)
{
	const struct tree *answer = run->exchange->answer_tree;
	struct tree_set items;

	if (!answer || !tree_find(answer, text_lit("entry[0].resource.item"), run->arena, &items))
		return not_held(seen, "HTTP %d, and no bundle", run->exchange->status);
	return all_in(run, answer, "entry[0].resource.item.itemSequence", run->exchange->request_tree, "entry[0].resource.item.sequence",
		"an item of the answer is of none that was sent", seen);
}

/* current-results (spec-46) */
static enum held current_results(struct run *run, struct text args, struct buffer *seen)
{
	return all_in(run, run->exchange->request_tree, "entry[0].resource.item.sequence", run->exchange->answer_tree,
		"entry[0].resource.item.itemSequence", "an item that was sent has no result", seen);
}

/* -- being notified -- */

/* notification handshake|event-notification */
static enum held notification(struct run *run, struct text args, struct buffer *seen)
{
	struct pas_notification out;
	struct fault fault;

	if (!pas_read_notification(run->exchange->answer, run->arena, &out, &fault))
		return fault_held(seen, &fault);
	if (!text_equal(out.type, args))
		return not_held(seen, "a notification of another type");
	if (text_is(args, "event-notification") && !out.event_number)
		return not_held(seen, "an event without a number");
	return HELD;
}

/* focus: each event's focus is an entry of the bundle, a collection with a ClaimResponse */
static enum held focus(struct run *run, struct text args, struct buffer *seen)
{
	const struct tree *answer = run->exchange->answer_tree;
	struct tree_set focuses;

	if (!tree_find(answer, text_lit("entry[0].resource.parameter{name:notification-event}.part{name:focus}.valueReference.reference"), run->arena,
		    &focuses))
		return not_held(seen, "too large");
	if (!focuses.n)
		return not_held(seen, "no notification-event has a focus");
	for (size_t i = 0; i < focuses.n; i++) {
		const struct tree *bundle = tree_resolve(answer, tree_value(focuses.at[i]));
		struct tree_set responses;

		if (!bundle)
			return not_held(seen, "the focus of event %zu is not in the Bundle", i + 1);
		if (!text_is(tree_word(bundle, "type"), "collection"))
			return not_held(seen, "the focus of event %zu is no collection", i + 1);
		if (!tree_find(bundle, text_lit("entry.resource.ofType(ClaimResponse)"), run->arena, &responses) || !responses.n)
			return not_held(seen, "the focus of event %zu has no ClaimResponse", i + 1);
	}
	return HELD;
}

const struct check checks_pas[] = {
	{ "pas-request", request },
	{ "subscription-request", subscription_request },
	{ "pas-answer", answer },
	{ "decision", decision },
	{ "echo", echo },
	{ "sequence-echo", sequence_echo },
	{ "current-results", current_results },
	{ "notification", notification },
	{ "focus", focus },
	{ 0 },
};
