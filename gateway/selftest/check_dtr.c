/* SPDX-License-Identifier: Apache-2.0 */
/* What Da Vinci DTR asks of questionnaire packages and of questions that are asked one at a time. */
#include "fhir-bridge/dtr/dtr.h"
#include "gateway/selftest/run.h"
#include "gateway/selftest/steps.h"

#include <stdio.h>
#include <string.h>

#define CQF_LIBRARY "extension(http://hl7.org/fhir/StructureDefinition/cqf-library).valueCanonical"
#define ADAPTIVE "extension(sdc-questionnaire-questionnaireAdaptive)"

static bool find(struct run *run, const struct tree *root, const char *path, struct tree_set *out)
{
	return tree_find(root, text_of(path), run->arena, out);
}

/* The Questionnaires of packages, of a response that contains one, or the answer itself. */
static bool questionnaires_of(struct run *run, struct tree_set *out)
{
	static const char *const paths[] = { "parameter.resource.ofType(Bundle).entry.resource.ofType(Questionnaire)", "contained.ofType(Questionnaire)",
		"parameter.resource.contained.ofType(Questionnaire)" };

	*out = (struct tree_set){ 0 };
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (!out->n && !find(run, run->exchange->answer_tree, paths[i], out))
			return false;
	return out->n > 0;
}

static enum held no_questionnaire(struct run *run, struct buffer *seen)
{
	return not_held(seen, "HTTP %d, and no Questionnaire", run->exchange->status);
}

/* -- requests -- */

static enum held package_request(struct run *run, struct text args, struct buffer *seen)
{
	struct dtr_package_request request;
	struct fault fault;

	return dtr_read_package(run->exchange->request, run->version == PAS_2_0_1 ? DTR_2_0_1 : DTR_2_2_0, run->arena, &request, &fault) ? HELD : fault_held(seen, &fault);
}

static enum held next_request(struct run *run, struct text args, struct buffer *seen)
{
	struct fhir_questionnaire_response *response;
	struct text asked;
	struct fault fault;
	bool wrapped;

	return dtr_read_next(run->exchange->request, run->version == PAS_2_0_1 ? DTR_2_0_1 : DTR_2_2_0, run->arena, &response, &wrapped, &asked, &fault) ? HELD : fault_held(seen, &fault);
}

/* -- packages -- */

static enum held package_holds(struct run *run, const struct tree *bundle, struct buffer *seen)
{
	struct tree_set found;
	struct {
		const char *type;
		size_t least, most;
	} wanted[] = { { "Questionnaire", 1, 1 }, { "QuestionnaireResponse", 1, 1 } };

	if (!text_is(tree_word(bundle, "type"), "collection"))
		return not_held(seen, "a package that is no collection");
	if (!find(run, bundle, "entry[0].resource.ofType(Questionnaire)", &found) || !found.n)
		return not_held(seen, "a package whose first entry is no Questionnaire");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		char path[60];

		snprintf(path, sizeof(path), "entry.resource.ofType(%s)", wanted[i].type);
		if (!find(run, bundle, path, &found) || found.n < wanted[i].least || found.n > wanted[i].most)
			return not_held(seen, "a package with %zu of %s", found.n, wanted[i].type);
	}
	for (const struct tree *entry = tree_member(bundle, "entry")->first; entry; entry = entry->next)
		if (!text_in_list(tree_word(tree_member(entry, "resource"), "resourceType"), "Questionnaire QuestionnaireResponse Library ValueSet"))
			return not_held(seen, "a package with a resource that has no place there");
	return HELD;
}

/* dtr-packages: Parameters with at least one, each as DTR-QPackageBundle wants it */
static enum held packages(struct run *run, struct text args, struct buffer *seen)
{
	struct tree_set found;

	if (!find(run, run->exchange->answer_tree, "parameter.resource.ofType(Bundle)", &found) || !found.n)
		return not_held(seen, "HTTP %d, and no package", run->exchange->status);
	for (size_t i = 0; i < found.n; i++) {
		struct text name = tree_word(found.at[i]->up, "name");

		if (!text_equal_nocase(name, text_lit("packagebundle")))
			return not_held(seen, "a package under another name than packagebundle");
		if (package_holds(run, found.at[i], seen) != HELD)
			return NOT_HELD;
	}
	return HELD;
}

/* A resource of the package by its canonical, "url" or "url|version". */
static const struct tree *by_canonical(struct run *run, const struct tree *bundle, const char *type, struct text canonical)
{
	struct text version = canonical, url = text_cut(&version, '|');
	struct tree_set found;
	char path[60];

	snprintf(path, sizeof(path), "entry.resource.ofType(%s)", type);
	if (!find(run, bundle, path, &found))
		return NULL;
	for (size_t i = 0; i < found.n; i++)
		if (text_equal(tree_word(found.at[i], "url"), url) && (!text_there(version) || text_equal(tree_word(found.at[i], "version"), version)))
			return found.at[i];
	return NULL;
}

static enum held library_holds(struct run *run, const struct tree *library, struct buffer *seen)
{
	static const char *const kinds[] = { "text/cql", "application/elm+json" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct tree_set found;
		char path[80];

		snprintf(path, sizeof(path), "content{contentType:%s}.data", kinds[i]);
		if (!find(run, library, path, &found) || !found.n)
			return not_held(seen, "a Library without %s inline", kinds[i]);
	}
	return HELD;
}

static enum held libraries(struct run *run, struct text args, struct buffer *seen)
{
	struct tree_set questionnaires, names;
	size_t n = 0;

	if (!questionnaires_of(run, &questionnaires))
		return no_questionnaire(run, seen);
	for (size_t i = 0; i < questionnaires.n; i++) {
		/* questionnaire, entry's resource, entry, list, bundle */
		const struct tree *bundle = questionnaires.at[i]->up && questionnaires.at[i]->up->up ? questionnaires.at[i]->up->up->up : NULL;

		if (!find(run, questionnaires.at[i], CQF_LIBRARY, &names))
			return not_held(seen, "too large");
		for (size_t k = 0; k < names.n; k++, n++) {
			const struct tree *library = bundle ? by_canonical(run, bundle, "Library", tree_value(names.at[k])) : NULL;

			if (!library)
				return not_held(seen, "a Library that is named and is not in the package");
			if (library_holds(run, library, seen) != HELD)
				return NOT_HELD;
		}
	}
	return n ? HELD : not_here(seen, "no Questionnaire names a Library: nothing is filled in beforehand");
}

static bool any_at(struct run *run, const struct tree *root, const char *const *paths, size_t n)
{
	struct tree_set found;

	for (size_t i = 0; i < n; i++)
		if (find(run, root, paths[i], &found) && found.n)
			return true;
	return false;
}

static enum held prepopulation(struct run *run, struct text args, struct buffer *seen)
{
	static const char *const paths[] = { "extension(sdc-questionnaire-launchContext)", "extension(variable)",
		"extension(http://hl7.org/fhir/StructureDefinition/cqf-library)" };
	struct tree_set questionnaires;

	if (!questionnaires_of(run, &questionnaires))
		return no_questionnaire(run, seen);
	for (size_t i = 0; i < questionnaires.n; i++)
		if (any_at(run, questionnaires.at[i], paths, sizeof(paths) / sizeof(*paths)))
			return HELD;
	return not_here(seen, "no Questionnaire is filled in beforehand");
}

/* Whether an item, at any depth, has what one of the paths leads to. */
static bool some_item(struct run *run, const struct tree *node, const char *const *paths, size_t n)
{
	struct tree_set items;

	if (!find(run, node, "item", &items))
		return false;
	for (size_t i = 0; i < items.n; i++)
		if (any_at(run, items.at[i], paths, n) || some_item(run, items.at[i], paths, n))
			return true;
	return false;
}

static enum held some_item_of_all(struct run *run, const char *const *paths, size_t n, const char *otherwise, struct buffer *seen)
{
	struct tree_set questionnaires;

	if (!questionnaires_of(run, &questionnaires))
		return no_questionnaire(run, seen);
	for (size_t i = 0; i < questionnaires.n; i++)
		if (some_item(run, questionnaires.at[i], paths, n))
			return HELD;
	return not_here(seen, "%s", otherwise);
}

static enum held expressions(struct run *run, struct text args, struct buffer *seen)
{
	static const char *const paths[] = { "extension(sdc-questionnaire-initialExpression)", "extension(sdc-questionnaire-candidateExpression)",
		"extension(sdc-questionnaire-calculatedExpression)", "extension(sdc-questionnaire-contextExpression)" };

	return some_item_of_all(run, paths, sizeof(paths) / sizeof(*paths), "no item is filled in by an expression", seen);
}

static enum held relevance(struct run *run, struct text args, struct buffer *seen)
{
	static const char *const paths[] = { "enableWhen", "extension(sdc-questionnaire-enableWhenExpression)" };

	return some_item_of_all(run, paths, sizeof(paths) / sizeof(*paths), "no question depends on another", seen);
}

/* Every valueExpression below is of a language that DTR knows. */
static enum held languages_hold(const struct tree *node, size_t *n, struct buffer *seen)
{
	if (node->kind == TREE_OBJECT && text_is(node->name, "valueExpression")) {
		(*n)++;
		if (!text_in_list(tree_word(node, "language"), "text/cql text/cql-identifier text/cql-expression text/cql.expression text/cql.identifier "
							      "text/fhirpath application/elm+json"))
			return not_held(seen, "an expression in a language of its own");
	}
	for (const struct tree *child = node->first; child; child = child->next)
		if (child->first && languages_hold(child, n, seen) != HELD)
			return NOT_HELD;
	return HELD;
}

static enum held languages(struct run *run, struct text args, struct buffer *seen)
{
	struct tree_set questionnaires;
	size_t n = 0;

	if (!questionnaires_of(run, &questionnaires))
		return no_questionnaire(run, seen);
	for (size_t i = 0; i < questionnaires.n; i++)
		if (languages_hold(questionnaires.at[i], &n, seen) != HELD)
			return NOT_HELD;
	return n ? HELD : not_here(seen, "no Questionnaire has an expression");
}

static enum held value_sets_hold(struct run *run, const struct tree *bundle, const struct tree *node, size_t *n, struct buffer *seen)
{
	struct text named = node->kind == TREE_OBJECT ? tree_word(node, "answerValueSet") : TEXT_NONE;

	if (named.n) {
		(*n)++;
		if (*named.at != '#' && (!bundle || !by_canonical(run, bundle, "ValueSet", named)))
			return not_held(seen, "a ValueSet that is named and is not in the package");
	}
	for (const struct tree *child = node->first; child; child = child->next)
		if (child->first && value_sets_hold(run, bundle, child, n, seen) != HELD)
			return NOT_HELD;
	return HELD;
}

static enum held value_sets(struct run *run, struct text args, struct buffer *seen)
{
	struct tree_set questionnaires;
	size_t n = 0;

	if (!questionnaires_of(run, &questionnaires))
		return no_questionnaire(run, seen);
	for (size_t i = 0; i < questionnaires.n; i++) {
		const struct tree *bundle = questionnaires.at[i]->up && questionnaires.at[i]->up->up ? questionnaires.at[i]->up->up->up : NULL;

		if (value_sets_hold(run, bundle, questionnaires.at[i], &n, seen) != HELD)
			return NOT_HELD;
	}
	return n ? HELD : not_here(seen, "no question names a ValueSet");
}

static bool is_adaptive(struct run *run, const struct tree *questionnaire)
{
	struct tree_set found;

	return find(run, questionnaire, ADAPTIVE, &found) && found.n;
}

static enum held adaptive(struct run *run, struct text args, struct buffer *seen)
{
	struct tree_set questionnaires;

	if (!questionnaires_of(run, &questionnaires))
		return no_questionnaire(run, seen);
	for (size_t i = 0; i < questionnaires.n; i++)
		if (is_adaptive(run, questionnaires.at[i]))
			return HELD;
	return not_here(seen, "the packages have no adaptive Questionnaire: all of these questions can be asked at once");
}

/* dtr-response: each package's response is begun, for its Questionnaire in its version, and about its coverage */
static enum held response(struct run *run, struct text args, struct buffer *seen)
{
	bool version = text_is(args, "version");
	struct tree_set bundles;

	if (!find(run, run->exchange->answer_tree, "parameter.resource.ofType(Bundle)", &bundles) || !bundles.n)
		return not_held(seen, "HTTP %d, and no package", run->exchange->status);
	for (size_t i = 0; i < bundles.n; i++) {
		struct text canonical = tree_at(bundles.at[i], "entry.resource.ofType(QuestionnaireResponse).questionnaire", run->arena);

		if (!canonical.n || !by_canonical(run, bundles.at[i], "Questionnaire", canonical))
			return not_held(seen, "a response to another Questionnaire than that of its package");
		if (version && !memchr(canonical.at, '|', canonical.n))
			return not_held(seen, "a response that does not name the version");
		if (!text_is(tree_at(bundles.at[i], "entry.resource.ofType(QuestionnaireResponse).status", run->arena), "in-progress"))
			return not_held(seen, "a response that is not in progress");
		if (!tree_at(bundles.at[i], "entry.resource.ofType(QuestionnaireResponse).extension(qr-coverage).valueReference.reference", run->arena).n)
			return not_held(seen, "a response that names no coverage");
	}
	return HELD;
}

/* -- one question at a time -- */

/* dtr-next-answer: a QuestionnaireResponse that says where it stands, with its Questionnaire in it */
static enum held next_answer(struct run *run, struct text args, struct buffer *seen)
{
	const struct tree *answer = run->exchange->answer_tree;
	struct text type = tree_word(answer, "resourceType");
	struct tree_set found;

	if (text_is(type, "Parameters") && find(run, answer, "parameter.resource.ofType(QuestionnaireResponse)", &found) && found.n)
		answer = found.at[0];
	if (!text_is(tree_word(answer, "resourceType"), "QuestionnaireResponse"))
		return not_held(seen, "HTTP %d, and no QuestionnaireResponse", run->exchange->status);
	if (!text_in_list(tree_word(answer, "status"), "in-progress completed"))
		return not_held(seen, "a response that is neither in progress nor completed");
	if (!find(run, answer, "contained.ofType(Questionnaire)", &found) || found.n != 1)
		return not_held(seen, "a response with %zu contained Questionnaires", found.n);
	if (*tree_word(answer, "questionnaire").at != '#')
		return not_held(seen, "a response that does not name its contained Questionnaire");
	if (!is_adaptive(run, found.at[0]))
		return not_held(seen, "a contained Questionnaire that is not adaptive");
	return HELD;
}

const struct check checks_dtr[] = {
	{ "dtr-request", package_request },
	{ "dtr-packages", packages },
	{ "dtr-libraries", libraries },
	{ "dtr-prepopulation", prepopulation },
	{ "dtr-expressions", expressions },
	{ "dtr-languages", languages },
	{ "dtr-relevance", relevance },
	{ "dtr-value-sets", value_sets },
	{ "dtr-adaptive", adaptive },
	{ "dtr-response", response },
	{ "dtr-next-request", next_request },
	{ "dtr-next-answer", next_answer },
	{ 0 },
};
