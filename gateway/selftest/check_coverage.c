/* SPDX-License-Identifier: Apache-2.0 */
/* Coverage information (Da Vinci CRD 2.2.1, ext-coverage-information) in system actions: is it there, is it what the guide wants, and is nothing else
   of the order changed. */
#include "gateway/selftest/check_cds.h"
#include "gateway/selftest/steps.h"

#include <stdio.h>
#include <string.h>

#define INFORMATION "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"

static bool information_of(struct run *run, const struct tree *action, struct tree_set *out)
{
	return tree_find(action, text_lit("resource.extension(" INFORMATION ")"), run->arena, out);
}

static const struct tree *first_action(const struct exchange *exchange)
{
	const struct tree *actions = tree_member(exchange->answer_tree, "systemActions");

	return actions ? actions->first : NULL;
}

static size_t count_given(struct run *run, const struct exchange *exchange)
{
	struct tree_set found;
	size_t n = 0;

	for (const struct tree *action = first_action(exchange); action; action = action->next)
		if (information_of(run, action, &found) && found.n)
			n++;
	return n;
}

/* coverage-given [must | TAG]: must, or it is only skipped; TAG: somewhere in exchanges whose tag begins so */
enum held coverage_given(struct run *run, struct text args, struct buffer *seen)
{
	char tag[40];

	if (!args.n || text_is(args, "must")) {
		if (count_given(run, run->exchange))
			return HELD;
		return args.n ? not_held(seen, "HTTP %d, and no system action with coverage information", run->exchange->status) :
				not_here(seen, "no system action with coverage information was given");
	}
	text_to_z(args, tag, sizeof(tag));
	for (const struct exchange *exchange = run->all; exchange; exchange = exchange->next)
		if (text_starts(exchange->tag, tag) && count_given(run, exchange))
			return HELD;
	return not_held(seen, "no hook gave coverage information");
}

/* -- what one says -- */

static struct text part(struct run *run, const struct tree *information, const char *name)
{
	char path[80];

	snprintf(path, sizeof(path), "extension(%s).value[x]", name);
	return tree_at(information, path, run->arena);
}

static size_t parts(struct run *run, const struct tree *information, const char *name)
{
	struct tree_set found;
	char path[80];

	snprintf(path, sizeof(path), "extension(%s)", name);
	return tree_find(information, text_of(path), run->arena, &found) ? found.n : 0;
}

static bool says(struct run *run, const struct tree *information, const char *name, const char *code)
{
	struct tree_set found;
	char path[80];

	snprintf(path, sizeof(path), "extension(%s).value[x]", name);
	if (tree_find(information, text_of(path), run->arena, &found))
		for (size_t i = 0; i < found.n; i++)
			if (text_is(tree_value(found.at[i]), code))
				return true;
	return false;
}

static const struct coded {
	const char *name, *codes;
	bool once; /* at most */
} coded[] = {
	{ "covered", "covered not-covered conditional indeterminate", true },
	{ "pa-needed", "no-auth auth-needed performpa satisfied conditional indeterminate", true },
	{ "doc-needed", "clinical admin patient conditional indeterminate", false },
	{ "doc-purpose", "withpa withclaim withorder retain-doc OTH", false },
	{ "info-needed", "performer location timeframe contract-window detail-code OTH", false },
};

/* The same of 2.0.1. */
static const struct coded older[] = {
	{ "covered", "covered not-covered conditional", true },
	{ "pa-needed", "no-auth auth-needed satisfied performpa conditional", true },
	{ "doc-needed", "clinical admin both conditional", true },
	{ "doc-purpose", "withpa withclaim withorder retain-doc OTH", false },
	{ "info-needed", "performer location timeframe contract-window OTH", false },
};

static enum held codes_hold(struct run *run, const struct tree *information, struct buffer *seen)
{
	const struct coded *codes = run->version == PAS_2_0_1 ? older : coded;

	for (size_t i = 0; i < sizeof(coded) / sizeof(*coded); i++) {
		struct tree_set found;
		char path[80];

		snprintf(path, sizeof(path), "extension(%s)", codes[i].name);
		if (!tree_find(information, text_of(path), run->arena, &found))
			return not_held(seen, "too large");
		if (codes[i].once && found.n > 1)
			return not_held(seen, "%s more than once", codes[i].name);
		for (size_t k = 0; k < found.n; k++)
			if (!text_in_list(tree_word(found.at[k], "valueCode"), codes[i].codes))
				return not_held(seen, "%s has no code of the guide", codes[i].name);
	}
	return HELD;
}

/* The guide's invariants crd-ci-q1 to q9; q4 is misspelt there, and meant as here. */
static enum held invariants_hold(struct run *run, const struct tree *i, struct buffer *seen)
{
	bool conditional = says(run, i, "covered", "conditional") || says(run, i, "pa-needed", "conditional") || says(run, i, "doc-needed", "conditional");
	bool open = says(run, i, "covered", "indeterminate") || says(run, i, "pa-needed", "indeterminate") || says(run, i, "doc-needed", "indeterminate");
	bool satisfied = says(run, i, "pa-needed", "satisfied");

	if (parts(run, i, "questionnaire") && !parts(run, i, "doc-needed"))
		return not_held(seen, "a questionnaire where no documents are needed (q1)");
	if (says(run, i, "covered", "not-covered") && parts(run, i, "pa-needed"))
		return not_held(seen, "prior authorization of what is not covered (q2)");
	if (conditional && !parts(run, i, "info-needed"))
		return not_held(seen, "conditional, and not on what (q3)");
	if ((satisfied || says(run, i, "pa-needed", "no-auth")) && says(run, i, "doc-purpose", "withpa"))
		return not_held(seen, "documents for an authorization that is not needed (q4)");
	if (satisfied != (parts(run, i, "satisfied-pa-id") > 0))
		return not_held(seen, "satisfied-pa-id and pa-needed contradict each other (q5)");
	if (says(run, i, "info-needed", "OTH") && !parts(run, i, "reason"))
		return not_held(seen, "info-needed OTH without a reason (q6)");
	if (parts(run, i, "doc-purpose") && !parts(run, i, "reason"))
		return not_held(seen, "doc-purpose without a reason (q8)");
	if (open && !parts(run, i, "reason"))
		return not_held(seen, "indeterminate without a reason (q9)");
	return HELD;
}

static enum held details_hold(struct run *run, const struct tree *information, struct buffer *seen)
{
	struct tree_set details;

	if (!tree_find(information, text_lit("extension(detail)"), run->arena, &details))
		return not_held(seen, "too large");
	for (size_t i = 0; i < details.n; i++) {
		struct tree_set value;

		if (run->version != PAS_2_0_1 && !text_in_list(part(run, details.at[i], "category"), "cat-limitation cat-decisional cat-other"))
			return not_held(seen, "a detail without a category of the guide");
		if (!parts(run, details.at[i], "code") || !tree_find(details.at[i], text_lit("extension(value).value[x]"), run->arena, &value) || value.n != 1)
			return not_held(seen, "a detail without its code or its one value");
	}
	return HELD;
}

static enum held information_holds(struct run *run, const struct tree *information, struct buffer *seen)
{
	static const char *const once[] = { "coverage", "covered", "date", "coverage-assertion-id" };
	enum { DAY = 10 };

	for (size_t i = 0; i < sizeof(once) / sizeof(*once); i++)
		if (parts(run, information, once[i]) != 1)
			return not_held(seen, "%s is not there once", once[i]);
	if (!tree_at(information, "extension(coverage).valueReference.reference", run->arena).n)
		return not_held(seen, "the coverage is no reference");
	if (part(run, information, "date").n != DAY)
		return not_held(seen, "the date is no whole date");
	if (codes_hold(run, information, seen) != HELD || (run->version != PAS_2_0_1 && invariants_hold(run, information, seen) != HELD))
		return NOT_HELD;
	return details_hold(run, information, seen);
}

/* -- the resource that it is in -- */

static bool same(const struct tree *a, const struct tree *b)
{
	const struct tree *x = a->first, *y = b->first;

	if (a->kind != b->kind || !text_equal(a->name, b->name) || !text_equal(a->value, b->value))
		return false;
	for (; x && y; x = x->next, y = y->next)
		if (!same(x, y))
			return false;
	return !x && !y;
}

/* But for coverage information, the resource is as it was sent (resp-37). */
static bool unchanged(struct run *run, const struct tree *sent, const struct tree *given)
{
	struct buffer texts[2];
	struct tree *copies[2];

	for (int i = 0; i < 2; i++) {
		buffer_init(&texts[i], run->arena, 4096);
		tree_write(i ? given : sent, &texts[i]);
		copies[i] = tree_read(buffer_text(&texts[i]), run->arena);
		if (!copies[i])
			return false;
		tree_drop(copies[i], text_lit("extension(" INFORMATION ")"), run->arena);
	}
	return same(copies[0], copies[1]);
}

static const struct tree *find_sent(const struct tree *node, struct text type, struct text id)
{
	const struct tree *found = NULL;

	if (node->kind == TREE_OBJECT && text_equal(tree_word(node, "resourceType"), type) && text_equal(tree_word(node, "id"), id))
		return node;
	for (const struct tree *child = node->first; child && !found; child = child->next)
		if (child->first)
			found = find_sent(child, type, id);
	return found;
}

/* One coverage, one assertion id and at most one satisfied-pa-id in one resource; another coverage, another id (resp-32). */
static enum held ids_hold(struct run *run, const struct tree_set *all, struct buffer *seen)
{
	for (size_t i = 0; i < all->n; i++)
		for (size_t k = 0; k < i; k++) {
			struct text a = tree_at(all->at[i], "extension(coverage).valueReference.reference", run->arena);
			struct text b = tree_at(all->at[k], "extension(coverage).valueReference.reference", run->arena);
			bool ids = text_equal(part(run, all->at[i], "coverage-assertion-id"), part(run, all->at[k], "coverage-assertion-id"));

			if (text_equal(a, b) != ids)
				return not_held(seen, "assertion ids do not go with coverages");
			if (text_equal(a, b) &&
				!text_equal(part(run, all->at[i], "satisfied-pa-id"), part(run, all->at[k], "satisfied-pa-id")))
				return not_held(seen, "two satisfied-pa-ids for one coverage");
		}
	return HELD;
}

enum held coverage_valid(struct run *run, struct text args, struct buffer *seen)
{
	size_t n = 0;

	for (const struct tree *action = first_action(run->exchange); action; action = action->next) {
		const struct tree *resource = tree_member(action, "resource"), *sent;
		struct tree_set found;

		if (!information_of(run, action, &found) || !found.n)
			continue;
		n++;
		if (!text_is(tree_word(action, "type"), "update"))
			return not_held(seen, "coverage information in an action that is no update");
		sent = find_sent(run->exchange->request_tree, tree_word(resource, "resourceType"), tree_word(resource, "id"));
		if (!sent)
			return not_held(seen, "an update of a resource that was not sent");
		if (!unchanged(run, sent, resource))
			return not_held(seen, "more than coverage information was changed");
		for (size_t i = 0; i < found.n; i++)
			if (information_holds(run, found.at[i], seen) != HELD)
				return NOT_HELD;
		if (ids_hold(run, &found, seen) != HELD)
			return NOT_HELD;
	}
	return n ? HELD : not_here(seen, "no coverage information was given");
}

/* coverage-for-all PATH...: each resource there, or that the references there name, is answered */
enum held coverage_for_all(struct run *run, struct text args, struct buffer *seen)
{
	struct tree_set orders;

	if (!tree_find(run->exchange->request_tree, args, run->arena, &orders) || !orders.n)
		return not_held(seen, "the call has no order");
	for (size_t i = 0; i < orders.n; i++) {
		struct text id = tree_word(orders.at[i], "id"), rest = tree_value(orders.at[i]);
		bool answered = false;

		if (rest.n) {
			text_cut(&rest, '/');
			id = rest;
		}
		for (const struct tree *action = first_action(run->exchange); action && !answered; action = action->next) {
			struct tree_set found;

			answered = text_equal(tree_word(tree_member(action, "resource"), "id"), id) && information_of(run, action, &found) && found.n;
		}
		if (!answered)
			return not_held(seen, "order %zu of %zu has no coverage information", i + 1, orders.n);
	}
	return HELD;
}

enum held coverage_absent(struct run *run, struct text args, struct buffer *seen)
{
	if (run->exchange->status != 200)
		return not_held(seen, "HTTP %d", run->exchange->status);
	return count_given(run, run->exchange) ? not_held(seen, "coverage information, though it was not wanted") : HELD;
}

/* coverage-reason COVERED REASON: of every order */
enum held coverage_reason(struct run *run, struct text args, struct buffer *seen)
{
	struct text covered = scenario_word(&args);
	size_t n = 0;

	for (const struct tree *action = first_action(run->exchange); action; action = action->next) {
		struct tree_set found, reasons;

		if (!information_of(run, action, &found) || !found.n)
			continue;
		n++;
		if (!text_equal(part(run, found.at[0], "covered"), covered)) {
			buffer_lit(seen, "covered is ");
			buffer_add(seen, part(run, found.at[0], "covered"));
			return NOT_HELD;
		}
		if (!tree_find(found.at[0], text_lit("extension(reason).valueCodeableConcept.coding.code"), run->arena, &reasons) || !reasons.n ||
			!text_equal(tree_value(reasons.at[0]), args))
			return not_held(seen, "the reason is another one, or none");
	}
	return n ? HELD : not_held(seen, "HTTP %d, and no coverage information", run->exchange->status);
}

/* Coverage information is no card, nor is there one about it (resp-12, resp-25): over exchanges whose tag begins so */
enum held coverage_no_card(struct run *run, struct text args, struct buffer *seen)
{
	char tag[40];

	text_to_z(args, tag, sizeof(tag));
	for (const struct exchange *exchange = run->all; exchange; exchange = exchange->next) {
		struct tree_set found;

		if (!text_starts(exchange->tag, tag))
			continue;
		if (tree_find(exchange->answer_tree, text_lit("cards.suggestions.actions.resource.extension(" INFORMATION ")"), run->arena, &found) && found.n)
			return not_held(seen, "a card suggests coverage information");
		if (tree_find(exchange->answer_tree, text_lit("cards.source.topic{code:coverage-info}"), run->arena, &found) && found.n)
			return not_held(seen, "a card of the kind coverage-info");
	}
	return HELD;
}
