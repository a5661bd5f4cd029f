/* SPDX-License-Identifier: Apache-2.0 */
/* What CDS Hooks and Da Vinci CRD ask of discovery, of calls and of cards. Coverage information is looked at in check_coverage.c. */
#include "gateway/selftest/check_cds.h"
#include "gateway/selftest/steps.h"

#include <stdio.h>

/* -- discovery -- */

static const struct tree *first_service(struct run *run, struct buffer *seen)
{
	const struct tree *services = tree_member(run->exchange->answer_tree, "services");

	if (services && services->kind == TREE_LIST && services->first)
		return services->first;
	not_held(seen, "HTTP %d, and no list of services", run->exchange->status);
	return NULL;
}

static enum held services(struct run *run, struct text args, struct buffer *seen)
{
	const struct tree *service = first_service(run, seen);
	size_t n = 0;

	if (!service)
		return NOT_HELD;
	for (; service; service = service->next, n++)
		if (!tree_word(service, "hook").n || !tree_word(service, "description").n || !tree_word(service, "id").n)
			return not_held(seen, "services[%zu] lacks its hook, description or id", n);
	return HELD;
}

/* "2.2": digits, a point, digits */
static bool is_version(struct text t)
{
	struct text rest = t, major = text_cut(&rest, '.');
	int64_t number;

	return text_to_int(major, &number) && number > 0 && text_there(rest) && text_to_int(rest, &number) && number >= 0;
}

static enum held versions(struct run *run, struct text args, struct buffer *seen)
{
	const struct tree *service = first_service(run, seen);
	size_t n = 0;

	if (!service)
		return NOT_HELD;
	for (; service; service = service->next, n++) {
		const struct tree *list = tree_member(tree_member(service, "extension"), "davinci-crd.version");

		if (!list || list->kind != TREE_LIST || !list->first)
			return not_held(seen, "services[%zu] says no version", n);
		for (const struct tree *one = list->first; one; one = one->next)
			if (!is_version(tree_value(one)))
				return not_held(seen, "services[%zu] has a version that is none", n);
	}
	return HELD;
}

/* Words that name an option for people and programs; each is there once. */
static bool repeated(const struct tree *list, const struct tree *option, const char *member)
{
	for (const struct tree *other = list->first; other != option; other = other->next)
		if (text_equal(tree_word(other, member), tree_word(option, member)))
			return true;
	return false;
}

static enum held options_of(const struct tree *service, size_t n, struct buffer *seen)
{
	static const char primary[] = "order-sign order-dispatch appointment-book";
	const struct tree *list = tree_member(tree_member(service, "extension"), "davinci-crd.configuration-options");
	bool coverage = false;

	if (!list || list->kind != TREE_LIST || !list->first)
		return not_held(seen, "services[%zu] has no configuration options", n);
	for (const struct tree *option = list->first; option; option = option->next) {
		const struct tree *otherwise = tree_member(option, "default");
		bool flag = text_is(tree_word(option, "type"), "boolean");

		if (!tree_word(option, "code").n || !tree_word(option, "name").n || !tree_word(option, "description").n)
			return not_held(seen, "an option of services[%zu] lacks its code, name or description", n);
		if (!text_in_list(tree_word(option, "type"), "boolean integer") || !otherwise || otherwise->kind != (flag ? TREE_FLAG : TREE_NUMBER))
			return not_held(seen, "an option of services[%zu] has no type, or no default of it", n);
		if (repeated(list, option, "code") || repeated(list, option, "name") || repeated(list, option, "description"))
			return not_held(seen, "an option of services[%zu] is called like another", n);
		coverage |= flag && text_is(tree_word(option, "code"), "coverage-info");
	}
	if (text_in_list(tree_word(service, "hook"), primary) && !coverage)
		return not_held(seen, "services[%zu] cannot be asked without coverage information", n);
	return HELD;
}

static enum held options(struct run *run, struct text args, struct buffer *seen)
{
	const struct tree *service = first_service(run, seen);

	if (!service)
		return NOT_HELD;
	for (size_t n = 0; service; service = service->next, n++)
		if (options_of(service, n, seen) != HELD)
			return NOT_HELD;
	return HELD;
}

static enum held prefetch(struct run *run, struct text args, struct buffer *seen)
{
	const struct tree *service = first_service(run, seen);

	if (!service)
		return NOT_HELD;
	for (size_t n = 0; service; service = service->next, n++) {
		const struct tree *keys = tree_member(service, "prefetch");
		bool coverage = false;

		for (const struct tree *key = keys ? keys->first : NULL; key; key = key->next) {
			if (key->kind != TREE_STRING || !key->value.n)
				return not_held(seen, "services[%zu].prefetch has a key without a query", n);
			coverage |= text_starts(key->value, "Coverage?");
		}
		if (!coverage)
			return not_held(seen, "services[%zu] does not ask for the coverage", n);
	}
	return HELD;
}

/* -- our own calls -- */

static enum held call_holds(struct run *run, struct text args, struct buffer *seen)
{
	const struct tree *call = run->exchange->request_tree, *context = tree_member(call, "context");
	enum { UUID = 36 };

	if (tree_word(call, "hookInstance").n != UUID || !tree_word(call, "hook").n || !context || context->kind != TREE_OBJECT)
		return not_held(seen, "the call lacks hook, hookInstance or context");
	return HELD;
}

static enum held context_holds(struct run *run, struct text args, struct buffer *seen)
{
	static const struct {
		const char *hook, *members;
	} contexts[] = {
		{ "order-sign", "userId patientId draftOrders" },
		{ "order-select", "userId patientId draftOrders selections" },
		{ "order-dispatch", "patientId dispatchedOrders performer" },
		{ "appointment-book", "userId patientId appointments" },
		{ "encounter-start", "userId patientId encounterId" },
		{ "encounter-discharge", "userId patientId encounterId" },
	};
	const struct tree *call = run->exchange->request_tree;

	for (size_t i = 0; i < sizeof(contexts) / sizeof(*contexts); i++) {
		struct text members = text_of(contexts[i].members);
		char name[40];

		if (!text_is(tree_word(call, "hook"), contexts[i].hook))
			continue;
		while (members.n)
			if (!tree_member(tree_member(call, "context"), text_to_z(scenario_word(&members), name, sizeof(name))))
				return not_held(seen, "the call's context has no %s", name);
		return HELD;
	}
	return not_held(seen, "the call names no hook of the guide");
}

static enum held optional_holds(struct run *run, struct text args, struct buffer *seen)
{
	const struct tree *call = run->exchange->request_tree, *prefetch = tree_member(call, "prefetch"), *extension = tree_member(call, "extension");

	if (!tree_member(call, "fhirServer") != !tree_member(call, "fhirAuthorization") && tree_member(call, "fhirAuthorization"))
		return not_held(seen, "the call has an authorization and no server it is for");
	if ((prefetch && prefetch->kind != TREE_OBJECT) || (extension && extension->kind != TREE_OBJECT))
		return not_held(seen, "the call's prefetch or extension is no object");
	return HELD;
}

/* -- answers -- */

static enum held action_holds(const struct tree *action, const char *where, struct buffer *seen)
{
	const struct tree *resource = tree_member(action, "resource");
	struct text type = tree_word(action, "type");

	if (!text_in_list(type, "create update delete"))
		return not_held(seen, "%s has an action that neither creates, updates nor deletes", where);
	if (!tree_word(action, "description").n)
		return not_held(seen, "%s has an action without a description", where);
	if (!text_is(type, "delete") && !tree_word(resource, "resourceType").n)
		return not_held(seen, "%s has an action without a resource", where);
	return HELD;
}

static enum held links_hold(const struct tree *card, size_t n, struct buffer *seen)
{
	const struct tree *offered = tree_member(card, "links");

	for (const struct tree *link = offered ? offered->first : NULL; link; link = link->next) {
		if (!tree_word(link, "label").n || !tree_word(link, "url").n || !text_in_list(tree_word(link, "type"), "absolute smart"))
			return not_held(seen, "a link of cards[%zu] lacks its label, url or type", n);
		if (tree_member(link, "appContext") && !text_is(tree_word(link, "type"), "smart"))
			return not_held(seen, "a link of cards[%zu] has a context and launches nothing", n);
	}
	return HELD;
}

static enum held suggestions_hold(const struct tree *card, size_t n, struct buffer *seen)
{
	const struct tree *suggestions = tree_member(card, "suggestions");

	if (!suggestions || !suggestions->first)
		return HELD;
	if (!text_in_list(tree_word(card, "selectionBehavior"), "at-most-one any"))
		return not_held(seen, "cards[%zu] has suggestions and no selectionBehavior", n);
	for (const struct tree *suggestion = suggestions->first; suggestion; suggestion = suggestion->next) {
		const struct tree *actions = tree_member(suggestion, "actions");

		if (!tree_word(suggestion, "label").n || !tree_word(suggestion, "uuid").n)
			return not_held(seen, "a suggestion of cards[%zu] lacks its label or uuid", n);
		for (const struct tree *action = actions ? actions->first : NULL; action; action = action->next)
			if (action_holds(action, "a card", seen) != HELD)
				return NOT_HELD;
	}
	return HELD;
}

static enum held card_holds(const struct tree *card, size_t n, struct buffer *seen)
{
	enum { SUMMARY_MAX = 139 /* characters; 140 by the guide, and the public kit wants less */ };
	const struct tree *source = tree_member(card, "source"), *topic = tree_member(source, "topic");
	struct text summary = tree_word(card, "summary");

	if (!summary.n || text_characters(summary) > SUMMARY_MAX)
		return not_held(seen, "cards[%zu] has no summary, or a long one", n);
	if (!text_in_list(tree_word(card, "indicator"), "info warning critical"))
		return not_held(seen, "cards[%zu] has no indicator of the standard", n);
	if (!tree_word(source, "label").n || !tree_word(topic, "system").n || !tree_word(topic, "code").n)
		return not_held(seen, "cards[%zu].source lacks its label or a coded topic", n);
	return links_hold(card, n, seen) == HELD ? suggestions_hold(card, n, seen) : NOT_HELD;
}

/* cds-answer: cards and system actions, as CDS Hooks has them; skipped when there is neither, unless `must` */
static enum held answer_holds(struct run *run, struct text args, struct buffer *seen)
{
	const struct tree *answer = run->exchange->answer_tree, *cards = tree_member(answer, "cards"), *actions = tree_member(answer, "systemActions");
	size_t n = 0;

	if (run->exchange->status != 200 || !cards || cards->kind != TREE_LIST || (actions && actions->kind != TREE_LIST))
		return not_held(seen, "HTTP %d, and no list of cards", run->exchange->status);
	for (const struct tree *card = cards->first; card; card = card->next, n++)
		if (card_holds(card, n, seen) != HELD)
			return NOT_HELD;
	for (const struct tree *action = actions ? actions->first : NULL; action; action = action->next)
		if (action_holds(action, "systemActions", seen) != HELD)
			return NOT_HELD;
	if (cards->first || (actions && actions->first))
		return HELD;
	return text_is(args, "must") ? not_held(seen, "neither a card nor a system action") : not_here(seen, "neither a card nor a system action was given");
}

static enum held card_optional(struct run *run, struct text args, struct buffer *seen)
{
	static const char *const words[] = { "uuid", "detail", "selectionBehavior" };
	const struct tree *cards = tree_member(run->exchange->answer_tree, "cards");

	if (!cards || !cards->first)
		return not_here(seen, "no card was given");
	for (const struct tree *card = cards->first; card; card = card->next) {
		const struct tree *reasons = tree_member(card, "overrideReasons");

		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (tree_member(card, words[i]) && !tree_word(card, words[i]).n)
				return not_held(seen, "a card's %s is no text", words[i]);
		for (const struct tree *reason = reasons ? reasons->first : NULL; reason; reason = reason->next)
			if (!tree_word(reason, "code").n)
				return not_held(seen, "an override reason has no code");
	}
	return HELD;
}

/* -- kinds of cards -- */

static bool all_links(const struct tree *card, const char *type)
{
	const struct tree *offered = tree_member(card, "links");

	if (!offered || !offered->first)
		return false;
	for (const struct tree *link = offered->first; link; link = link->next)
		if (!text_is(tree_word(link, "type"), type))
			return false;
	return true;
}

static bool every_action(const struct tree *card, bool (*is)(const struct tree *action))
{
	const struct tree *suggestions = tree_member(card, "suggestions");
	size_t n = 0;

	for (const struct tree *suggestion = suggestions ? suggestions->first : NULL; suggestion; suggestion = suggestion->next) {
		const struct tree *actions = tree_member(suggestion, "actions");

		for (const struct tree *action = actions ? actions->first : NULL; action; action = action->next, n++)
			if (!is(action))
				return false;
	}
	return n > 0;
}

static bool is_order(const struct tree *action)
{
	return text_in_list(tree_word(tree_member(action, "resource"), "resourceType"),
		"MedicationRequest ServiceRequest DeviceRequest NutritionOrder CommunicationRequest VisionPrescription");
}

static bool is_new_order(const struct tree *action)
{
	return text_is(tree_word(action, "type"), "create") && is_order(action);
}

static bool changes_order(const struct tree *action)
{
	return text_in_list(tree_word(action, "type"), "update delete") ? is_order(action) || text_is(tree_word(action, "type"), "delete") : is_new_order(action);
}

static bool is_form(const struct tree *action)
{
	return text_is(tree_word(action, "type"), "create") &&
	       text_in_list(tree_word(tree_member(action, "resource"), "resourceType"), "Task Questionnaire");
}

static bool is_coverage(const struct tree *action)
{
	return text_in_list(tree_word(action, "type"), "create update") &&
	       text_is(tree_word(tree_member(action, "resource"), "resourceType"), "Coverage");
}

static bool external(const struct tree *card)
{
	return all_links(card, "absolute");
}

static bool launch(const struct tree *card)
{
	return all_links(card, "smart");
}

static bool words_alone(const struct tree *card)
{
	const struct tree *offered = tree_member(card, "links"), *suggestions = tree_member(card, "suggestions");

	return !(offered && offered->first) && !(suggestions && suggestions->first);
}

static bool companions(const struct tree *card)
{
	return every_action(card, is_new_order);
}

static bool alternate(const struct tree *card)
{
	return every_action(card, changes_order) && !companions(card);
}

static bool form(const struct tree *card)
{
	return every_action(card, is_form);
}

static bool coverage_update(const struct tree *card)
{
	return every_action(card, is_coverage);
}

static const struct card_kind {
	const char *name, *words;
	bool (*is)(const struct tree *card);
	bool (*action)(const struct tree *action); /* system actions count as well; NULL: not of this kind */
} card_kinds[] = {
	{ "external", "no card with links to information was given", external, NULL },
	{ "launch", "no card that launches an app was given", launch, NULL },
	{ "words", "no card of words alone was given", words_alone, NULL },
	{ "alternate", "no other order was proposed", alternate, NULL },
	{ "companions", "no orders beside were proposed", companions, NULL },
	{ "form", "no form to be filled in was asked for", form, is_form },
	{ "coverage-update", "no Coverage was created or updated", coverage_update, is_coverage },
};

static bool given(const struct exchange *exchange, const struct card_kind *kind)
{
	const struct tree *cards = tree_member(exchange->answer_tree, "cards"), *actions = tree_member(exchange->answer_tree, "systemActions");

	for (const struct tree *card = cards ? cards->first : NULL; card; card = card->next)
		if (kind->is(card))
			return true;
	for (const struct tree *action = actions && kind->action ? actions->first : NULL; action; action = action->next)
		if (kind->action(action))
			return true;
	return false;
}

/* card KIND [TAG]: one was given, here or in exchanges whose tag begins so; those given are right by cds-answer */
static enum held card(struct run *run, struct text args, struct buffer *seen)
{
	struct text name = scenario_word(&args);
	char tag[40];

	text_to_z(args, tag, sizeof(tag));
	for (size_t i = 0; i < sizeof(card_kinds) / sizeof(*card_kinds); i++) {
		if (!text_is(name, card_kinds[i].name))
			continue;
		if (!args.n)
			return given(run->exchange, &card_kinds[i]) ? answer_holds(run, text_lit(""), seen) : not_here(seen, "%s", card_kinds[i].words);
		for (const struct exchange *exchange = run->all; exchange; exchange = exchange->next)
			if (text_starts(exchange->tag, tag) && given(exchange, &card_kinds[i]))
				return HELD;
		return not_here(seen, "%s", card_kinds[i].words);
	}
	return not_held(seen, "no such kind of card");
}

const struct check checks_cds[] = {
	{ "services", services },
	{ "crd-versions", versions },
	{ "crd-options", options },
	{ "crd-prefetch", prefetch },
	{ "cds-call", call_holds },
	{ "cds-context", context_holds },
	{ "cds-optional", optional_holds },
	{ "cds-answer", answer_holds },
	{ "card-optional", card_optional },
	{ "card", card },
	{ "coverage-given", coverage_given },
	{ "coverage-valid", coverage_valid },
	{ "coverage-for-all", coverage_for_all },
	{ "coverage-absent", coverage_absent },
	{ "coverage-reason", coverage_reason },
	{ "coverage-no-card", coverage_no_card },
	{ 0 },
};
