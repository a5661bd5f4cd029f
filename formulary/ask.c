/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a question, finds the one product it is about, and puts together what all lookups say of it. */
#include "formulary/ask.h"

#include "formulary/asking.h"
#include "formulary/find.h"
#include "formulary/hcpcs.h"
#include "formulary/ndc.h"

enum {
	LINKED_MAX = 40, /* NDCs of a concept that are tried in a plan file's plan, whose rows are by NDC */
	RXCUI_MAX = 8,   /* digits */
	NPI_DIGITS = 10,
	DAY_DIGITS = 8,
};

struct question {
	const struct formulary *formulary; /* on the day asked for */
	const struct formulary_question *asked;
	struct product_name name;
	char ndc[NDC_DIGITS + 1];
	bool plan_file;
	struct arena *arena;
	struct coverage_answer *out;
	struct fault *fault;
};

/* -- is it a question -- */

static bool digits(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return t.n > 0;
}

bool formulary_is_day(struct text day)
{
	static const int most[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t year, month, of_month;

	if (day.n != DAY_DIGITS || !digits(day) || !text_to_int((struct text){ day.at, 4 }, &year) ||
		!text_to_int((struct text){ day.at + 4, 2 }, &month) || !text_to_int((struct text){ day.at + 6, 2 }, &of_month))
		return false;
	if (month < 1 || month > 12 || of_month < 1 || of_month > most[month - 1])
		return false;
	return month != 2 || of_month < 29 || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

static bool any_list(const struct list_ids *lists)
{
	return lists->formulary.n || lists->alternative.n || lists->coverage_n || lists->copay_n;
}

static bool check_whose(const struct formulary_question *q, struct fault *fault)
{
	int ways = (q->plan.n > 0) + (q->bin.n > 0) + any_list(&q->lists);

	if (ways > 1)
		return fault_set(fault, FAULT_CHOICE, "plan");
	if (!q->bin.n && (q->pcn.n || q->group.n))
		return fault_set(fault, FAULT_MISSING, "bin");
	if (any_list(&q->lists) != (q->lists.source.n > 0))
		return fault_set(fault, FAULT_MISSING, q->lists.source.n ? "formulary" : "source");
	return ways == 1 || fault_set(fault, FAULT_MISSING, "plan");
}

static bool check_product(const struct formulary_question *q, struct fault *fault)
{
	int ways = (q->ndc.n > 0) + (q->rxcui.n > 0) + (q->words.n > 0);

	if (ways != 1)
		return fault_set(fault, ways ? FAULT_CHOICE : FAULT_MISSING, "ndc");
	if (q->rxcui.n && (!digits(q->rxcui) || q->rxcui.n > RXCUI_MAX || q->rxcui.at[0] == '0'))
		return fault_set(fault, FAULT_BAD_NUMBER, "rxcui");
	return true;
}

static bool check(struct question *question)
{
	const struct formulary_question *q = question->asked;
	struct fault *fault = question->fault;

	if (!check_whose(q, fault) || !check_product(q, fault))
		return false;
	if (q->ndc.n && !ndc_normal(q->ndc, question->ndc))
		return fault_set(fault, FAULT_BAD_CODE, "ndc");
	if (q->day.n && !formulary_is_day(q->day))
		return fault_set(fault, FAULT_BAD_DATE, "day");
	if (q->npi.n && (q->npi.n != NPI_DIGITS || !digits(q->npi)))
		return fault_set(fault, FAULT_BAD_NUMBER, "pharmacy");
	return true;
}

static bool too_large(struct question *question)
{
	return fault_set(question->fault, FAULT_TOO_LARGE, "");
}

/* -- whose lists -- */

static bool find_plan(struct question *question)
{
	const struct formulary_question *q = question->asked;
	struct coverage_answer *out = question->out;
	struct asking asking = { .reading = &question->formulary->now, .arena = question->arena, .fault = question->fault };
	struct formulary_list list = { .source = text_lit("plan-file"), .kind = text_lit("PRODUCT") };
	bool there;

	if (any_list(&q->lists))
		return true;
	out->plan = q->plan;
	if (q->bin.n) {
		out->plan = formulary_plan(question->formulary, q->bin, q->pcn, q->group);
		out->programme = formulary_programme(question->formulary, q->bin, q->pcn, q->group);
		if (!out->plan.n)
			return fault_set(question->fault, FAULT_NOT_FOUND, "bin");
	}
	list.list_id = out->plan;
	question->plan_file = index_same_list(&asking.reading->index, &list) != NULL;
	if (question->plan_file)
		return true;
	return asking_find_plan(&asking, out->plan, &there) && (there || fault_set(question->fault, FAULT_NOT_FOUND, "plan"));
}

/* -- which product -- */

static bool name_it(struct question *question, struct text product)
{
	struct text id = { product.at + 1, product.n - 1 };

	question->out->product = product;
	switch (product.at[0]) {
	case 'N':
		question->name.ndc = id;
		return true;
	case 'R':
		question->name.rxcui = id;
		return true;
	default:
		question->name.qualifier = text_cut(&id, ':');
		question->name.reference = id;
		return true;
	}
}

/* By words: one product, or those that it may be. */
static bool find_product(struct question *question, bool *one)
{
	struct find find = { .words = question->asked->words, .plan = question->out->plan };
	struct product_matches matches;
	const struct product_match *match;

	if (!formulary_find(question->formulary, &find, question->arena, &matches, question->fault))
		return false;
	*one = matches.matches_n == 1 && !matches.more;
	if (!*one) {
		question->out->candidates = matches.matches;
		question->out->candidates_n = matches.matches_n;
		question->out->more = matches.more;
		return true;
	}
	match = &matches.matches[0];
	return name_it(question, match->listed_as.n ? match->listed_as : match->product);
}

static bool name_product(struct question *question, bool *one)
{
	const struct formulary_question *q = question->asked;
	char key[PRODUCT_KEY_MAX];
	struct text product;

	*one = true;
	if (q->words.n)
		return find_product(question, one);
	product = arena_text(question->arena,
		q->ndc.n ? product_ndc(text_of(question->ndc), key) : product_rxcui(q->rxcui, key));
	return text_there(product) ? name_it(question, product) : too_large(question);
}

/* -- what is said of it -- */

/* A plan file has its products by NDC: of a concept, those that a file links to it. */
static bool linked_ndc(struct question *question, struct coverage *coverage, bool *found)
{
	const struct reading *reading = &question->formulary->now;
	struct text linked[LINKED_MAX];
	struct formulary_key key;
	struct table_walk walk;
	struct found row;
	size_t n = 0;
	bool ok = true;

	key_body(&key, ROW_LINK, 0, question->out->product);
	table_walk(reading->table, key_text(&key), TEXT_NONE, &walk);
	while (ok && n < LINKED_MAX && asking_next_row(reading, &walk, &row)) {
		struct link_row link = { 0 };

		ok = record_unpack(&link_row_record, &link, question->arena, row.value, question->fault);
		if (ok && link.product.n == 1 + NDC_DIGITS && link.product.at[0] == 'N')
			linked[n++] = (struct text){ link.product.at + 1, NDC_DIGITS };
	}
	if (!table_walk_end(&walk, ok ? question->fault : &(struct fault){ 0 }) || !ok)
		return false;
	for (size_t i = 0; i < n && !*found; i++)
		if (!formulary_lookup(question->formulary, question->out->plan, linked[i], question->arena, coverage, found, question->fault))
			return false;
	return true;
}

static bool by_plan_file(struct question *question)
{
	struct coverage *coverage = arena_new(question->arena, struct coverage);
	bool found = false;

	if (!coverage)
		return too_large(question);
	if (question->name.rxcui.n ?
			!linked_ndc(question, coverage, &found) :
			!formulary_lookup(question->formulary, question->out->plan, question->name.ndc, question->arena, coverage, &found,
				question->fault))
		return false;
	question->out->listed = found;
	question->out->coverage = found ? coverage : NULL;
	return true;
}

/* Copays for other pharmacies or lengths of supply than those asked for are left out. */
static bool wanted(const struct question *question, const struct copay_row *copay)
{
	const struct formulary_question *q = question->asked;
	const struct network_row *standing = question->out->pharmacy;
	bool mail = text_is(copay->pharmacy, "M");

	if (q->days && copay->days_supply && copay->days_supply != q->days)
		return false;
	if (q->pharmacy.n && copay->pharmacy.n && !text_is(copay->pharmacy, "A") && !text_equal(copay->pharmacy, q->pharmacy))
		return false;
	return !standing || !copay->network.n || text_equal(copay->network, mail ? standing->mail : standing->retail);
}

static void leave_out(struct question *question)
{
	struct product_answer *lists = question->out->lists;
	size_t kept = 0;

	for (size_t i = 0; i < lists->copays_n; i++)
		if (wanted(question, lists->copays[i].copay))
			lists->copays[kept++] = lists->copays[i];
	lists->copays_n = kept;
	kept = 0;
	for (size_t i = 0; i < lists->prices_n; i++)
		if (!question->asked->days || lists->prices[i].price->days_supply == question->asked->days)
			lists->prices[kept++] = lists->prices[i];
	lists->prices_n = kept;
}

static bool by_lists(struct question *question)
{
	struct product_answer *answer = arena_new(question->arena, struct product_answer);
	struct coverage *coverage = arena_new(question->arena, struct coverage);
	const struct list_ids *lists = &question->asked->lists;
	bool found, says;

	if (!answer || !coverage)
		return too_large(question);
	if (any_list(lists) ? !formulary_answer_lists(question->formulary, lists, &question->name, question->arena, answer, &found,
				      question->fault) :
			      !formulary_answer(question->formulary, question->out->plan, &question->name, question->arena, answer, &found,
				      question->fault))
		return false;
	question->out->listed = found;
	if (!found)
		return true;
	question->out->lists = answer;
	if (!formulary_coverage_of(answer, &question->name, question->arena, coverage, &says, question->fault))
		return false;
	question->out->coverage = says ? coverage : NULL;
	leave_out(question);
	return true;
}

static bool find_pharmacy(struct question *question)
{
	struct coverage_answer *out = question->out;
	struct network_row *standing = arena_new(question->arena, struct network_row);
	struct answer_from *from = arena_new(question->arena, struct answer_from);
	bool found;

	if (!question->asked->npi.n || !out->plan.n)
		return true;
	if (!standing || !from)
		return too_large(question);
	if (!formulary_network(question->formulary, out->plan, question->asked->npi, question->arena, standing, from, &found, question->fault))
		return false;
	out->pharmacy = found ? standing : NULL;
	out->pharmacy_from = found && from->source.n ? from : NULL;
	return true;
}

static bool find_codes(struct question *question)
{
	struct hcpcs_answer *hcpcs = arena_new(question->arena, struct hcpcs_answer);
	bool found;

	if (!hcpcs)
		return too_large(question);
	if (!formulary_hcpcs(question->formulary, &question->name, question->arena, hcpcs, &found, question->fault))
		return false;
	question->out->hcpcs = found ? hcpcs : NULL;
	return true;
}

bool formulary_ask(const struct formulary *formulary, const struct formulary_question *asked, struct arena *arena,
	struct coverage_answer *out, struct fault *fault)
{
	struct question *question = arena_new(arena, struct question);
	bool one;

	*out = (struct coverage_answer){ .generation = formulary_generation(formulary) };
	if (!question)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	*question = (struct question){ .formulary = formulary, .asked = asked, .arena = arena, .out = out, .fault = fault };
	if (!check(question))
		return false;
	if (asked->day.n && !(question->formulary = formulary_on(formulary, asked->day, arena)))
		return too_large(question);
	out->day = text_of(question->formulary->now.day);
	if (!find_plan(question) || !name_product(question, &one))
		return false;
	if (!one)
		return true;
	return find_pharmacy(question) && (question->plan_file ? by_plan_file(question) : by_lists(question)) && find_codes(question);
}
