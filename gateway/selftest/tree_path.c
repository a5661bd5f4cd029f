/* SPDX-License-Identifier: Apache-2.0 */
/* Paths through a tree, step by step, and changing what they lead to. */
#include "gateway/selftest/tree.h"

#include <stdio.h>
#include <string.h>

/* -- references -- */

/* The resource of an entry, or one that is contained, when the reference means it. */
static bool means(const struct tree *node, struct text reference)
{
	const struct tree *resource = tree_member(node, "resource");
	struct text url = tree_word(node, "fullUrl"), type = tree_word(resource, "resourceType"), id = tree_word(resource, "id");

	if (!resource)
		return false;
	if (url.n && text_equal(url, reference))
		return true;
	return type.n && reference.n == type.n + 1 + id.n && memcmp(reference.at, type.at, type.n) == 0 && reference.at[type.n] == '/' &&
	       memcmp(reference.at + type.n + 1, id.at, id.n) == 0;
}

static bool contained(const struct tree *node, struct text id)
{
	return node->kind == TREE_OBJECT && node->up && text_is(node->up->name, "contained") && text_equal(tree_word(node, "id"), id);
}

static size_t resolve(const struct tree *root, struct text reference, struct tree **found)
{
	size_t n = 0;

	if (!root)
		return 0;
	if (reference.n > 1 && *reference.at == '#') {
		if (contained(root, (struct text){ reference.at + 1, reference.n - 1 })) {
			*found = (struct tree *)root;
			n++;
		}
	} else if (means(root, reference)) {
		*found = tree_member(root, "resource");
		n++;
	}
	for (const struct tree *child = root->first; child; child = child->next)
		if (child->first)
			n += resolve(child, reference, found);
	return n;
}

struct tree *tree_resolve(const struct tree *root, struct text reference)
{
	struct tree *found = NULL;

	return reference.n && resolve(root, reference, &found) ? found : NULL;
}

size_t tree_resolves(const struct tree *root, struct text reference)
{
	struct tree *found = NULL;

	return reference.n ? resolve(root, reference, &found) : 0;
}

/* -- steps -- */

struct step {
	struct text name;
	enum { PLAIN, ANY_OF, CODED, EXTENSIONS, RESOLVE, OF_TYPE } kind;
	struct text member, code; /* CODED; EXTENSIONS and OF_TYPE: the word in code */
	int64_t index;            /* -1: all */
};

/* Cuts the next step off: to the next '.' that is in no bracket. */
static struct text cut_step(struct text *path)
{
	struct text step = { path->at, 0 };
	int deep = 0;

	while (step.n < path->n && (deep || path->at[step.n] != '.')) {
		char c = path->at[step.n++];

		deep += (c == '(' || c == '{' || c == '[') - (c == ')' || c == '}' || c == ']');
	}
	if (step.n < path->n)
		*path = (struct text){ path->at + step.n + 1, path->n - step.n - 1 };
	else
		*path = TEXT_NONE;
	return step;
}

/* What stands between these two at the end of the step; the step is then without it. */
static bool cut_bracket(struct text *step, char open, char close, struct text *inside)
{
	const char *at = step->n && step->at[step->n - 1] == close ? memchr(step->at, open, step->n) : NULL;

	if (!at)
		return false;
	*inside = (struct text){ at + 1, (size_t)(step->at + step->n - 1 - (at + 1)) };
	step->n = (size_t)(at - step->at);
	return true;
}

static bool read_step(struct text text, struct step *out)
{
	struct text inside;

	*out = (struct step){ .kind = PLAIN, .index = -1 };
	if (text.n && text.at[text.n - 1] == ']') {
		size_t at = text.n - 1;

		while (at && text.at[at] != '[')
			at--;
		inside = (struct text){ text.at + at + 1, text.n - at - 2 };
		text.n = at;
		if (text_is(inside, "x"))
			out->kind = ANY_OF;
		else if (!text_to_int(inside, &out->index) || out->index < 0)
			return false;
	}
	if (cut_bracket(&text, '{', '}', &inside)) {
		out->kind = CODED;
		out->member = text_cut(&inside, ':');
		out->code = inside;
	} else if (cut_bracket(&text, '(', ')', &inside)) {
		out->code = inside;
		if (text_is(text, "resolve"))
			out->kind = RESOLVE;
		else if (text_is(text, "ofType"))
			out->kind = OF_TYPE;
		else
			out->kind = EXTENSIONS;
	}
	out->name = text;
	return text.n > 0;
}

static bool has_code(const struct tree *value, struct text code)
{
	if (!value)
		return false;
	if (value->kind != TREE_LIST && value->kind != TREE_OBJECT)
		return text_equal(value->value, code);
	if (value->kind == TREE_OBJECT) {
		const struct tree *member = tree_member(value, "coding");

		return text_equal(tree_word(value, "code"), code) || text_equal(tree_word(value, "system"), code) || has_code(member, code);
	}
	for (const struct tree *child = value->first; child; child = child->next)
		if (has_code(child, code))
			return true;
	return false;
}

static bool url_is(struct text url, struct text wanted)
{
	if (text_equal(url, wanted))
		return true;
	return url.n > wanted.n && url.at[url.n - wanted.n - 1] == '/' && memcmp(url.at + url.n - wanted.n, wanted.at, wanted.n) == 0;
}

static bool fits(const struct tree *item, const struct step *step)
{
	char member[60];

	if (step->kind == CODED)
		return has_code(tree_member(item, text_to_z(step->member, member, sizeof(member))), step->code);
	if (step->kind == EXTENSIONS)
		return url_is(tree_word(item, "url"), step->code);
	return true;
}

struct finding {
	const struct tree *root;
	struct arena *arena;
	struct tree_set *out;
	bool failed;
};

static void add(struct finding *finding, const struct tree *node)
{
	struct tree **one = arena_push(finding->arena, (void **)&finding->out->at, &finding->out->n, sizeof(struct tree *));

	if (one)
		*one = (struct tree *)node;
	finding->failed |= !one;
}

static void add_items(struct finding *finding, const struct tree *node, const struct step *step)
{
	int64_t index = 0;

	if (node->kind != TREE_LIST) {
		if (node->kind != TREE_NULL && fits(node, step) && step->index <= 0)
			add(finding, node);
		return;
	}
	for (const struct tree *item = node->first; item; item = item->next)
		if (item->kind != TREE_NULL && fits(item, step) && (step->index < 0 || index++ == step->index))
			add(finding, item);
}

/* name[x]: "value" and a capital letter behind it. */
static bool named(const struct tree *child, const struct step *step)
{
	if (step->kind != ANY_OF)
		return text_equal(child->name, step->name);
	return child->name.n > step->name.n && memcmp(child->name.at, step->name.at, step->name.n) == 0 && child->name.at[step->name.n] >= 'A' &&
	       child->name.at[step->name.n] <= 'Z';
}

static void take_step(struct finding *finding, const struct tree *node, const struct step *step)
{
	const struct tree *target;

	if (step->kind == RESOLVE) {
		struct text reference = node->kind == TREE_STRING ? node->value : tree_word(node, "reference");

		target = tree_resolve(finding->root, reference);
		if (target)
			add(finding, target);
		return;
	}
	if (step->kind == OF_TYPE) {
		if (text_equal(tree_word(node, "resourceType"), step->code))
			add(finding, node);
		return;
	}
	for (const struct tree *child = node->kind == TREE_OBJECT ? node->first : NULL; child; child = child->next)
		if (named(child, step))
			add_items(finding, child, step);
}

bool tree_find(const struct tree *root, struct text path, struct arena *arena, struct tree_set *out)
{
	struct tree_set from, to = { 0 };
	struct finding finding = { .root = root, .arena = arena, .out = &to };
	struct step step;

	*out = (struct tree_set){ 0 };
	if (!root)
		return true;
	add(&finding, root);
	while (path.n) {
		if (!read_step(cut_step(&path), &step))
			return false;
		from = to;
		to = (struct tree_set){ 0 };
		for (size_t i = 0; i < from.n; i++)
			take_step(&finding, from.at[i], &step);
	}
	*out = to;
	return !finding.failed;
}

struct text tree_at(const struct tree *root, const char *path, struct arena *arena)
{
	struct tree_set found;

	return tree_find(root, text_of(path), arena, &found) && found.n ? tree_value(found.at[0]) : TEXT_NONE;
}

/* -- changing -- */

/* False: it is in nothing, or was taken out before. */
static bool take_out(struct tree *node)
{
	struct tree *parent = node->up, *before = NULL, *child = parent ? parent->first : NULL;

	for (; child && child != node; child = child->next)
		before = child;
	if (!child)
		return false;
	if (before)
		before->next = node->next;
	else
		parent->first = node->next;
	if (parent->last == node)
		parent->last = before;
	return true;
}

size_t tree_drop(struct tree *root, struct text path, struct arena *arena)
{
	struct tree_set found;
	size_t n = 0;

	if (!tree_find(root, path, arena, &found))
		return 0;
	for (size_t i = 0; i < found.n; i++) {
		struct tree *node = found.at[i], *list = node->up;

		if (!take_out(node))
			continue;
		n++;
		if (list && list->kind == TREE_LIST && !list->first && list->up) /* FHIR knows no empty list */
			take_out(list);
	}
	return n;
}

static struct tree *copy(const struct tree *tree, struct text name, struct arena *arena)
{
	struct tree *made = arena_new(arena, struct tree);

	if (!made)
		return NULL;
	*made = (struct tree){ .kind = tree->kind, .name = name, .value = tree->value };
	for (const struct tree *child = tree->first; child; child = child->next) {
		struct tree *one = copy(child, child->name, arena);

		if (!one)
			return NULL;
		one->up = made;
		if (made->last)
			made->last->next = one;
		else
			made->first = one;
		made->last = one;
	}
	return made;
}

static void append(struct tree *parent, struct tree *child)
{
	child->up = parent;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
}

static bool replace(struct tree *node, const struct tree *value, struct arena *arena)
{
	struct tree *made = copy(value, node->name, arena);

	if (!made)
		return false;
	node->kind = made->kind;
	node->value = made->value;
	node->first = made->first;
	node->last = made->last;
	for (struct tree *child = node->first; child; child = child->next)
		child->up = node;
	return true;
}

/* The path without its last step, which *last gets. */
static struct text parent_path(struct text path, struct text *last)
{
	struct text rest = path, parent = { path.at, 0 };

	while (text_there(rest)) {
		parent.n = rest.at == path.at ? 0 : (size_t)(rest.at - path.at - 1);
		*last = cut_step(&rest);
	}
	return parent;
}

static bool put_new(struct tree *parent, struct text name, const struct tree *value, bool item, struct arena *arena)
{
	char z[80];
	struct tree *list = item ? tree_member(parent, text_to_z(name, z, sizeof(z))) : NULL, *made;

	if (parent->kind != TREE_OBJECT)
		return false;
	if (item && !list) {
		list = copy(&(struct tree){ .kind = TREE_LIST }, name, arena);
		if (!list)
			return false;
		append(parent, list);
	}
	made = copy(value, item ? TEXT_NONE : name, arena);
	if (made)
		append(item ? list : parent, made);
	return made != NULL;
}

bool tree_put(struct tree *root, struct text path, const struct tree *value, struct arena *arena)
{
	bool item = path.n > 2 && path.at[path.n - 1] == ']' && path.at[path.n - 2] == '[';
	struct tree_set found = { 0 };
	struct text last = TEXT_NONE, parent;

	if (item)
		path.n -= 2;
	if (!item && !tree_find(root, path, arena, &found))
		return false;
	for (size_t i = 0; i < found.n; i++)
		if (!replace(found.at[i], value, arena))
			return false;
	if (found.n)
		return true;
	parent = parent_path(path, &last);
	if (!tree_find(root, parent, arena, &found))
		return false;
	for (size_t i = 0; i < found.n; i++)
		if (!put_new(found.at[i], last, value, item, arena))
			return false;
	return found.n > 0;
}
