/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of message, and every branch of those that have some (the models of a request, the outcomes of a response), has an accepted
   example and three bad twins. Which there are is asked of the tables: a new one is missed here until it has its examples. */
#include "ncpdp/catalogue.h"
#include "test/case.h"
#include "test/ncpdp/fixtures.h"
#include "test/ncpdp/twins.h"

#include <stdio.h>
#include <string.h>

enum { BRANCHES_MAX = 12, TWINS_MIN = 3 };

/* A kind of message: where its branches stand. */
struct tree {
	const struct record *body;                /* of the family */
	const struct field *kind, *part, *status; /* body/part[/status]; NULL: not on the way */
	const struct record *branches;            /* NULL: one tree */
	size_t good[BRANCHES_MAX], bad[BRANCHES_MAX];
};

static const struct field *group_named(const struct record *record, const char *a, const char *b)
{
	for (size_t i = 0; i < record->n; i++)
		if (record->fields[i].kind == FIELD_GROUP && record->fields[i].place == PLACE_ELEMENT &&
			(text_is(field_name(&record->fields[i]), a) || text_is(field_name(&record->fields[i]), b)))
			return &record->fields[i];
	return NULL;
}

static struct tree tree_of(const struct record *body, const struct field *kind)
{
	struct tree tree = { .body = body, .kind = kind, .part = group_named(kind->of, "Request", "Response") };

	if (!tree.part)
		return tree;
	tree.branches = tree.part->of;
	tree.status = group_named(tree.part->of, "ResponseStatus", "ResponseStatus");
	if (tree.status)
		tree.branches = tree.status->of;
	if (tree.branches->shape != SHAPE_CHOICE)
		tree.branches = NULL; /* the request itself */
	cr_assert(!tree.branches || tree.branches->n <= BRANCHES_MAX);
	return tree;
}

static size_t branch_of(const struct tree *tree, const void *body)
{
	const void *at = *(void *const *)field_at(tree->kind, body);

	if (!tree->branches)
		return 0;
	at = *(void *const *)field_at(tree->part, at);
	if (tree->status)
		at = *(void *const *)field_at(tree->status, at);
	for (size_t i = 0; i < tree->branches->n; i++)
		if (field_there(&tree->branches->fields[i], at))
			return i;
	cr_assert(false, "a good message is of one branch");
	return 0;
}

struct forest {
	struct tree trees[NCPDP_KINDS];
	size_t n;
};

/* What is known and not served has no table to be an example of. */
static void plant(struct forest *forest, const struct record *body)
{
	forest->n = 0;
	for (size_t i = 0; i < body->n; i++)
		if (body->fields[i].kind == FIELD_GROUP)
			forest->trees[forest->n++] = tree_of(body, &body->fields[i]);
}

static struct tree *tree_in(struct forest *forest, const void *body)
{
	for (size_t i = 0; i < forest->n; i++)
		if (field_there(forest->trees[i].kind, body))
			return &forest->trees[i];
	return NULL;
}

static const void *body_of(const struct ncpdp_message *message)
{
	return message->script ? (const void *)message->script->body : message->rtpb->body;
}

static void count(struct forest *forest, enum ncpdp_family family, const char *name, bool bad)
{
	struct reading reading;
	const void *body;
	struct tree *tree;

	reading_init(&reading);
	body = body_of(reading_good(&reading, family, name));
	tree = tree_in(forest, body);
	if (tree && bad)
		tree->bad[branch_of(tree, body)]++;
	else if (tree)
		tree->good[branch_of(tree, body)]++;
	reading_done(&reading);
}

static void examples(enum ncpdp_family family, const struct record *body)
{
	struct forest forest;
	struct fixtures names;
	char directory[40];

	plant(&forest, body);
	snprintf(directory, sizeof(directory), "good/%s", ncpdp_family_name(family));
	fixtures_of(directory, &names);
	for (size_t i = 0; i < names.n; i++)
		count(&forest, family, names.names[i], false);
	for (size_t i = 0; i < twins_n; i++)
		if (twins[i].family == family)
			count(&forest, family, twins[i].of, true);
	for (size_t i = 0; i < forest.n; i++) {
		const struct tree *tree = &forest.trees[i];

		for (size_t b = 0; b < (tree->branches ? tree->branches->n : 1); b++) {
			const char *branch = tree->branches ? tree->branches->fields[b].member : "";

			cr_expect(tree->good[b] > 0, "%s %s has no accepted example", tree->kind->member, branch);
			cr_expect(tree->bad[b] >= TWINS_MIN, "%s %s has %zu bad twins", tree->kind->member, branch, tree->bad[b]);
		}
	}
}

CASE(trees, of_script_have_their_examples)
{
	examples(NCPDP_SCRIPT, &script_body_record);
}

CASE(trees, of_rtpb_have_their_examples)
{
	examples(NCPDP_RTPB, &rtpb_body_record);
}

/* A twin keeps a quarter at least of what it is a twin of (without its question set little more is left): it has one change, and is no other message. */
CASE(trees, a_twin_differs_in_one_place)
{
	for (size_t i = 0; i < twins_n; i++) {
		struct arena arena;
		struct text good, bad;
		char directory[40];
		size_t front = 0, back = 0;

		arena_init(&arena, (size_t)16 << 20);
		snprintf(directory, sizeof(directory), "good/%s", ncpdp_family_name(twins[i].family));
		good = fixture_packed(fixture(directory, twins[i].of, "xml", &arena), &arena);
		bad = twin_body(&twins[i], good, &arena);
		while (front < good.n && front < bad.n && good.at[front] == bad.at[front])
			front++;
		while (back < good.n - front && back < bad.n - front && good.at[good.n - 1 - back] == bad.at[bad.n - 1 - back])
			back++;
		cr_expect(front + back < good.n || bad.n != good.n, "%s.%s is no different", twins[i].of, twins[i].name);
		cr_expect(4 * (front + back) >= good.n, "%s.%s is another message", twins[i].of, twins[i].name);
		for (size_t k = 0; k < i; k++)
			cr_expect(strcmp(twins[k].of, twins[i].of) != 0 || strcmp(twins[k].name, twins[i].name) != 0,
				"%s.%s is there twice", twins[i].of, twins[i].name);
		arena_done(&arena);
	}
}

static struct text written(struct reading *reading, const char *name)
{
	struct buffer out;

	buffer_init(&out, &reading->arena, 0);
	cr_assert(ncpdp_write(&reading->message, TEXT_NONE, &out, &reading->fault), "%s: %s at %s", name,
		fault_row(reading->fault.code)->name, reading->fault.path);
	return buffer_text(&out);
}

/* What we write has one form: written, read and written again, it is the same to the byte. */
static void one_form(enum ncpdp_family family)
{
	struct fixtures names;
	char directory[40];

	snprintf(directory, sizeof(directory), "good/%s", ncpdp_family_name(family));
	fixtures_of(directory, &names);
	for (size_t i = 0; i < names.n; i++) {
		struct reading reading, again;
		struct text once;

		reading_init(&reading);
		reading_init(&again);
		reading_good(&reading, family, names.names[i]);
		once = written(&reading, names.names[i]);
		cr_assert(reading_of(&again, family, once), "%s", names.names[i]);
		cr_expect(text_equal(written(&again, names.names[i]), once), "%s is written in two ways", names.names[i]);
		reading_done(&reading);
		reading_done(&again);
	}
}

CASE(trees, a_message_is_written_in_one_way)
{
	one_form(NCPDP_SCRIPT);
	one_form(NCPDP_RTPB);
}
