/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the rows of the rarest word that was asked for, keeps those whose description has the other words too, and puts them in order. */
#include "formulary/find.h"

#include "formulary/asking.h"
#include "formulary/terms.h"

#include <stdlib.h>

enum {
	FEW = 200,       /* rows after which a word counts as common, and another one is preferred */
	LINKED_MAX = 40, /* NDCs of a concept that are tried in a plan that lists NDCs */
	LAST_LEAST = 2,  /* characters from which a beginning of a word is looked for */
};

struct finding {
	const struct reading *reading;
	const struct find *find;
	struct terms words;
	struct asking asking; /* for what the plan says */
	bool plan_file;       /* the plan is one of a plan file */
	uint32_t owner;       /* of its rows then */
	struct arena *arena;
	struct match {
		struct product_match match;
		bool begins;
	} *matches;
	size_t matches_n;
	bool more;
	struct fault *fault;
};

/* -- rows -- */

/* Rows of a word, or of all words with that beginning. */
static void walk_word(const struct finding *finding, struct text word, bool beginning, struct table_walk *walk)
{
	struct formulary_key key;

	key_start(&key, ROW_NAME);
	key_add(&key, word);
	if (!beginning)
		key_part(&key);
	table_walk(finding->reading->table, key_text(&key), TEXT_NONE, walk);
}

static bool count_rows(struct finding *finding, size_t word, bool beginning, int *n)
{
	struct table_walk walk;
	struct text key, value;

	walk_word(finding, terms_at(&finding->words, word), beginning, &walk);
	for (*n = 0; *n < FEW && table_walk_next(&walk, &key, &value);)
		++*n;
	return table_walk_end(&walk, finding->fault);
}

/* The rarest of the words under which products are stored. The last one may be the beginning of many, so it counts as whole when
   there is another. */
static bool choose(struct finding *finding, size_t *word, bool *beginning)
{
	const struct terms *words = &finding->words;
	int least = FEW + 1, n;
	struct text last;

	*beginning = false;
	for (size_t i = 0; i + 1 < words->count; i++) {
		if (!terms_stored(terms_at(words, i)))
			continue;
		if (!count_rows(finding, i, false, &n))
			return false;
		if (n < least) {
			least = n;
			*word = i;
		}
	}
	if (least <= FEW)
		return true;
	last = words->count ? terms_at(words, words->count - 1) : TEXT_NONE;
	*word = words->count - 1;
	*beginning = true;
	return (last.n >= LAST_LEAST && (last.at[0] < '0' || last.at[0] > '9')) || fault_set(finding->fault, FAULT_MISSING, "q");
}

static bool had(const struct finding *finding, struct text product)
{
	for (size_t i = 0; i < finding->matches_n; i++)
		if (text_equal(finding->matches[i].match.product, product))
			return true;
	return false;
}

/* The row of a product under a word: word 0x1f product key, list. */
static struct text product_of(struct text key)
{
	const char *end = memchr(key.at, '\037', key.n);

	return (struct text){ end + 1, (size_t)(key.at + key.n - KEY_LIST_BYTES - (end + 1)) };
}

static bool take(struct finding *finding, const struct formulary_list *list, struct text value, bool beginning)
{
	struct name_row name = { 0 };
	struct terms words;
	struct match *match;

	if (!record_unpack(&name_row_record, &name, finding->arena, value, finding->fault))
		return false;
	terms_of(name.description, &words);
	if (!terms_hold(&words, &finding->words) || (beginning && had(finding, name.product)))
		return true;
	match = arena_push(finding->arena, (void **)&finding->matches, &finding->matches_n, sizeof(*match));
	if (!match)
		return fault_set(finding->fault, FAULT_TOO_LARGE, "");
	match->match = (struct product_match){ .product = name.product, .description = name.description, .source = list->source };
	if (name.product.n && name.product.at[0] == 'N')
		match->match.ndc = (struct text){ name.product.at + 1, name.product.n - 1 };
	if (name.product.n && name.product.at[0] == 'R')
		match->match.rxcui = (struct text){ name.product.at + 1, name.product.n - 1 };
	match->begins = terms_first(&words, &finding->words);
	return true;
}

static bool collect(struct finding *finding)
{
	struct table_walk walk;
	struct text key, value, before = TEXT_NONE;
	size_t word = 0, rows = 0;
	bool beginning, ok = true;

	if (!choose(finding, &word, &beginning))
		return false;
	walk_word(finding, terms_at(&finding->words, word), beginning, &walk);
	while (ok && table_walk_next(&walk, &key, &value)) {
		const struct formulary_list *list = index_list(&finding->reading->index, key_list(key));
		struct text product = product_of(key);

		if (rows++ == FIND_SCAN || finding->matches_n == FIND_MOST) {
			finding->more = true;
			break;
		}
		if (!list || !finding->reading->counts[key_list(key)] || (text_there(before) && text_equal(product, before)))
			continue;
		before = product; /* keys live as long as the table */
		ok = take(finding, list, value, beginning);
	}
	return table_walk_end(&walk, ok ? finding->fault : &(struct fault){ 0 }) && ok;
}

/* -- what the plan says -- */

static bool in_plan_file(struct finding *finding, struct text product, struct product_match *match, bool *there)
{
	struct coverage coverage = { 0 };
	struct formulary_key key;
	struct table_walk walk;
	struct text at, value;

	key_body(&key, ROW_PRODUCT, finding->owner, product);
	table_walk(finding->reading->table, key_text(&key), TEXT_NONE, &walk);
	*there = table_walk_next(&walk, &at, &value);
	if (!table_walk_end(&walk, finding->fault))
		return false;
	if (!*there)
		return true;
	if (!record_unpack(&coverage_record, &coverage, finding->arena, value, finding->fault))
		return false;
	match->status = coverage.status;
	match->tier = coverage.tier;
	return true;
}

static bool in_lists(struct finding *finding, struct text product, struct product_match *match, bool *there)
{
	const struct plan_row *plan = &finding->asking.plan;
	struct status_row status = { 0 };

	if (!asking_status(&finding->asking, plan->formulary, product, &status, NULL, there) ||
		(!*there && !asking_status(&finding->asking, plan->additions, product, &status, NULL, there)))
		return false;
	match->status = status.status;
	match->tier = status.tier;
	match->tier_name = status.tier_name;
	return true;
}

static bool under(struct finding *finding, struct text product, struct product_match *match, bool *there)
{
	if (!(finding->plan_file ? in_plan_file(finding, product, match, there) : in_lists(finding, product, match, there)))
		return false;
	if (*there)
		match->listed_as = product;
	return true;
}

/* Under its own key, or one that a file links it to. */
static bool listed(struct finding *finding, struct product_match *match, bool *there)
{
	struct text linked[LINKED_MAX];
	struct formulary_key key;
	struct table_walk walk;
	struct text at, value;
	size_t n = 0;
	bool ok = true;

	if (!under(finding, match->product, match, there))
		return false;
	if (*there)
		return true;
	key_body(&key, ROW_LINK, 0, match->product);
	table_walk(finding->reading->table, key_text(&key), TEXT_NONE, &walk);
	while (ok && n < LINKED_MAX && table_walk_next(&walk, &at, &value)) {
		struct link_row link = { 0 };

		ok = record_unpack(&link_row_record, &link, finding->arena, value, finding->fault);
		linked[n++] = link.product;
	}
	if (!table_walk_end(&walk, ok ? finding->fault : &(struct fault){ 0 }) || !ok)
		return false;
	for (size_t i = 0; i < n && !*there; i++)
		if (!under(finding, linked[i], match, there))
			return false;
	return true;
}

static bool keep_listed(struct finding *finding)
{
	size_t kept = 0;

	finding->asking = (struct asking){ .reading = finding->reading, .arena = finding->arena, .fault = finding->fault };
	finding->owner = index_owner(&finding->reading->index, text_lit("plan-file"), text_lit("PRODUCT"), finding->find->plan);
	finding->plan_file = finding->owner != 0;
	if (!finding->plan_file) {
		bool there;

		if (!asking_find_plan(&finding->asking, finding->find->plan, &there))
			return false;
		if (!there)
			finding->matches_n = 0;
	}
	for (size_t i = 0; i < finding->matches_n; i++) {
		bool there;

		if (!listed(finding, &finding->matches[i].match, &there))
			return false;
		if (there)
			finding->matches[kept++] = finding->matches[i];
	}
	finding->matches_n = kept;
	return true;
}

/* -- order -- */

static int better(const void *a, const void *b)
{
	const struct match *x = a, *y = b;
	int order;

	if (x->begins != y->begins)
		return x->begins ? -1 : 1;
	if (x->match.description.n != y->match.description.n)
		return x->match.description.n < y->match.description.n ? -1 : 1;
	order = text_compare(x->match.description, y->match.description);
	return order ? order : text_compare(x->match.product, y->match.product);
}

bool formulary_find(const struct formulary *formulary, const struct find *find, struct arena *arena, struct product_matches *out,
	struct fault *fault)
{
	struct finding finding = { .reading = &formulary->now, .find = find, .arena = arena, .fault = fault };
	size_t from, n;

	*out = (struct product_matches){ .generation = formulary_generation(formulary), .plan = find->plan };
	terms_of(find->words, &finding.words);
	if (!collect(&finding) || (find->plan.n && !keep_listed(&finding)))
		return false;
	if (finding.matches_n)
		qsort(finding.matches, finding.matches_n, sizeof(*finding.matches), better);
	from = find->from < finding.matches_n ? find->from : finding.matches_n;
	n = finding.matches_n - from < FIND_PAGE ? finding.matches_n - from : FIND_PAGE;
	out->matches = n ? arena_alloc(arena, n * sizeof(*out->matches)) : NULL;
	if (n && !out->matches)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	for (; out->matches_n < n; out->matches_n++)
		out->matches[out->matches_n] = finding.matches[from + out->matches_n].match;
	if (from + n < finding.matches_n)
		out->next = (int64_t)(from + n);
	out->more = out->next || finding.more;
	return true;
}
