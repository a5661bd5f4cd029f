/* SPDX-License-Identifier: Apache-2.0 */
/* Weighs what several sources say of an order: the stronger holds, then the later, and where neither is, nothing is known. */
#include "routing/evidence.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

static const struct evidence_row rows[EVIDENCE_KINDS_N] = {
#define ROW(kind, strength, says, source, citation, doc) [EVIDENCE_##kind] = { #kind, strength, says, source, citation, doc },
	EVIDENCE_ROWS(ROW)
#undef ROW
};

const struct evidence_row *evidence_row(enum evidence_kind kind)
{
	assert((size_t)kind < EVIDENCE_KINDS_N);
	return &rows[kind];
}

/* -- names -- */

/* Who tells us the members that stand in the question itself; ORDER where there is no row. */
static const struct {
	const char *member;
	enum evidence_kind kind;
} tellers[] = {
	{ "listed", EVIDENCE_FORMULARY }, { "status", EVIDENCE_FORMULARY }, { "benefit", EVIDENCE_FORMULARY },
	{ "administered_by", EVIDENCE_FORMULARY }, { "route", EVIDENCE_FORMULARY }, { "drug_class", EVIDENCE_FORMULARY },
	{ "hcpcs", EVIDENCE_FORMULARY }, { "prior_authorization", EVIDENCE_FORMULARY }, { "indication", EVIDENCE_PART_D_FILE },
	{ "backend", EVIDENCE_CONFIGURATION }, { "routed_by", EVIDENCE_CONFIGURATION }, { "law_class", EVIDENCE_LAW },
	{ "self_listed", EVIDENCE_SAD_LIST }, { "carve_out", EVIDENCE_CARVE_OUT }, { "told", EVIDENCE_EARLIER },
	{ "hint", EVIDENCE_RTPB_70 },
};

enum { NAMES = 256 }; /* slots: several times the names there are, so that most are found at once */

struct names {
	struct {
		struct text name;
		uint8_t index;
	} at[NAMES];
};

/* Made once, from tables that never change. */
static struct names members, kinds;
static uint8_t teller[FACTS_MAX];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void names_add(struct names *names, const char *name, size_t index)
{
	size_t i = text_hash(text_of(name)) % NAMES;

	while (text_there(names->at[i].name))
		i = (i + 1) % NAMES;
	names->at[i].name = text_of(name);
	names->at[i].index = (uint8_t)index;
}

static int names_find(const struct names *names, struct text name)
{
	for (size_t i = text_hash(name) % NAMES; text_there(names->at[i].name); i = (i + 1) % NAMES)
		if (text_equal(names->at[i].name, name))
			return names->at[i].index;
	return -1;
}

static void names_make(void)
{
	assert(route_question_record.n <= FACTS_MAX);
	_Static_assert(EVIDENCE_KINDS_N < NAMES / 2 && FACTS_MAX < NAMES / 2, "a search for a name must end");
	for (size_t i = 0; i < route_question_record.n; i++) {
		const struct field *field = &route_question_record.fields[i];

		teller[i] = EVIDENCE_ORDER;
		for (size_t k = 0; k < sizeof(tellers) / sizeof(*tellers); k++)
			if (strcmp(tellers[k].member, field->member) == 0)
				teller[i] = (uint8_t)tellers[k].kind;
		if (evidence_member(field))
			names_add(&members, field->member, i);
	}
	for (size_t k = 0; k < EVIDENCE_KINDS_N; k++)
		names_add(&kinds, rows[k].name, k);
}

bool evidence_member(const struct field *field)
{
	return field->kind != FIELD_LIST && field->kind != FIELD_GROUP && field->kind != FIELD_RAW && field->kind != FIELD_COUNT;
}

bool evidence_ordered(const struct field *field)
{
	pthread_once(&once, names_make);
	return teller[field - route_question_record.fields] == EVIDENCE_ORDER;
}

const struct field *evidence_field(struct text name)
{
	int index;

	pthread_once(&once, names_make);
	index = names_find(&members, name);
	return index < 0 ? NULL : &route_question_record.fields[index];
}

bool evidence_kind_of(struct text name, enum evidence_kind *kind)
{
	int index;

	pthread_once(&once, names_make);
	index = names_find(&kinds, name);
	if (index < 0)
		return false;
	*kind = (enum evidence_kind)index;
	return true;
}

struct text evidence_track(const struct field *field, struct text value)
{
	bool names = strcmp(field->member, "told") == 0 || strcmp(field->member, "hint") == 0 ||
		(strcmp(field->member, "benefit") == 0 && !text_is(value, "BOTH"));

	return names ? value : TEXT_NONE;
}

/* -- gathering -- */

static uint64_t date_number(struct text date)
{
	uint64_t number = 0;

	for (size_t i = 0; i < date.n; i++)
		if (date.at[i] >= '0' && date.at[i] <= '9')
			number = number * 10 + (uint64_t)(date.at[i] - '0');
	return number & UINT32_MAX;
}

static void add(struct facts *facts, const struct evidence *item)
{
	struct evidence *at;
	uint64_t order = (uint64_t)item->member << 56 | (uint64_t)(255 - rows[item->kind].strength) << 48 |
		(UINT64_C(0xffffffff) - date_number(item->date)) << 16 | item->kind;
	size_t i = facts->items_n;

	if (facts->items_n == EVIDENCE_MAX)
		return;
	/* kept in order: most come in order already */
	while (i && (facts->items[i - 1].order > order ||
			    (facts->items[i - 1].order == order && text_compare(facts->items[i - 1].value, item->value) > 0)))
		i--;
	at = &facts->items[i];
	memmove(at + 1, at, (facts->items_n++ - i) * sizeof(*at));
	*at = *item;
	at->order = order;
}

static void add_member(struct facts *facts, const struct field *field, uint8_t member, const struct route_question *question)
{
	struct evidence item = { .field = field, .member = member, .kind = teller[member], .outcome = OUTCOME_CONTEXT };
	const struct text *values;

	if (field->kind == FIELD_TEXTS || field->kind == FIELD_CODES) {
		values = *(struct text *const *)field_at(field, question);
		for (size_t i = 0; i < *field_count_at(field, question); i++) {
			item.value = values[i];
			add(facts, &item);
		}
		return;
	}
	item.value = field->kind == FIELD_FLAG ? text_lit("true") : *(const struct text *)field_at(field, question);
	add(facts, &item);
}

static void add_said(struct facts *facts, const struct route_said *said, struct text today)
{
	int kind = names_find(&kinds, said->kind), member = names_find(&members, said->member);
	struct evidence item = { .value = said->value, .date = said->date, .citation = said->citation, .outcome = OUTCOME_CONTEXT };

	if (kind < 0 || member < 0)
		return;
	item.kind = (uint8_t)kind;
	item.member = (uint8_t)member;
	item.field = &route_question_record.fields[member];
	if (said->until.n && today.n && text_compare(said->until, today) < 0)
		item.outcome = OUTCOME_EXPIRED;
	add(facts, &item);
}

/* -- weighing -- */

/* All that is said of a member that takes several values holds. */
static void weigh_several(struct facts *facts, struct evidence *items, size_t n)
{
	struct fact *fact = &facts->of[items->member];

	fact->values = &facts->several[facts->several_n];
	for (size_t i = 0; i < n; i++) {
		if (items[i].outcome == OUTCOME_EXPIRED || facts->several_n == FACT_VALUES_MAX)
			continue;
		facts->several[facts->several_n++] = items[i].value;
		fact->n++;
		if (!fact->strength)
			fact->strength = (uint8_t)rows[items[i].kind].strength;
	}
}

static void weigh_one(struct facts *facts, struct evidence *items, size_t n)
{
	struct fact *fact = &facts->of[items->member];
	const struct evidence *first = NULL;
	bool tied = false;

	for (size_t i = 0; i < n; i++) {
		struct evidence *item = &items[i];

		if (item->outcome == OUTCOME_EXPIRED)
			continue;
		if (!first) {
			first = item;
		} else if (!text_equal(item->value, first->value)) {
			/* as strong and as late: the order without the kind */
			bool even = item->order >> 16 == first->order >> 16;

			item->outcome = even ? OUTCOME_CONFLICT : OUTCOME_OVERRULED;
			tied |= even;
			fact->contested = true;
		}
	}
	if (!first)
		return;
	fact->strength = (uint8_t)rows[first->kind].strength;
	if (!tied) {
		fact->one = first->value;
		fact->values = &fact->one;
		fact->n = 1;
		return;
	}
	for (size_t i = 0; i < n; i++) /* nothing holds, whoever came first */
		if (items[i].outcome != OUTCOME_EXPIRED && items[i].order >> 16 == first->order >> 16)
			items[i].outcome = OUTCOME_CONFLICT;
}

void evidence_weigh(const struct route_question *question, struct facts *facts)
{
	size_t end;

	pthread_once(&once, names_make);
	memset(facts->of, 0, sizeof(facts->of));
	facts->items_n = facts->several_n = 0;
	for (size_t i = 0; i < route_question_record.n; i++) {
		const struct field *field = &route_question_record.fields[i];

		if (evidence_member(field) && field_there(field, question))
			add_member(facts, field, (uint8_t)i, question);
	}
	for (size_t i = 0; i < question->said_n; i++)
		add_said(facts, &question->said[i], question->date);
	for (size_t i = 0; i < facts->items_n; i = end) {
		struct evidence *items = &facts->items[i];

		for (end = i + 1; end < facts->items_n && facts->items[end].member == items->member;)
			end++;
		if (items->field->kind == FIELD_TEXTS || items->field->kind == FIELD_CODES)
			weigh_several(facts, items, end - i);
		else
			weigh_one(facts, items, end - i);
	}
}

bool evidence_check(const struct route_question *question, struct fault *fault)
{
	for (size_t i = 0; i < question->said_n; i++) {
		const struct route_said *said = &question->said[i];
		const struct field *field = evidence_field(said->member);
		struct field one;
		bool good;

		if (!field) {
			fault_set(fault, FAULT_UNKNOWN_ELEMENT, "member");
			return fault_under(fault, text_lit("said"), (int)i);
		}
		/* one value of a member that takes several has the length of one */
		one = *field;
		if (field->kind == FIELD_TEXTS) {
			one.kind = FIELD_TEXT;
			one.max = field->item_max;
		}
		good = field->kind == FIELD_FLAG ? text_is(said->value, "true") || fault_set(fault, FAULT_BAD_CODE, "")
						 : field_check_text(&one, said->value, fault);
		if (!good) {
			fault_under(fault, text_of(field->member), -1);
			return fault_under(fault, text_lit("said"), (int)i);
		}
	}
	return true;
}
