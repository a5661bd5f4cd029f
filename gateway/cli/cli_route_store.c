/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack route misses, replay: what became of decisions that a store holds. Works beside a running gateway. */
#include "gateway/cli/cli_route.h"
#include "routing/case_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SCRATCH_MAX = 64 << 20, /* bytes for one entry, and for one case */
	ATTEMPTS = 5,           /* a running gateway may put its files in order while they are being opened */
	MISSES_MOST = 4096,     /* rules, versions and backends that are told apart */
};

/* -- misses -- */

struct miss {
	struct text rule, rules, backend;
	size_t times, pharmacy, medical; /* of them, where the case went */
};

struct missing {
	struct arena *arena, scratch;
	struct miss *at;
	size_t n, all, beyond;
};

static struct miss *miss_of(struct missing *m, const struct audit_entry *entry)
{
	struct miss *miss;

	for (size_t i = 0; i < m->n; i++)
		if (text_equal(m->at[i].rule, entry->rule) && text_equal(m->at[i].rules, entry->rules) && text_equal(m->at[i].backend, entry->backend))
			return &m->at[i];
	if (m->n == MISSES_MOST)
		return NULL;
	miss = arena_push(m->arena, (void **)&m->at, &m->n, sizeof(*miss));
	if (miss)
		*miss = (struct miss){ .rule = arena_text(m->arena, entry->rule), .rules = arena_text(m->arena, entry->rules),
			.backend = arena_text(m->arena, entry->backend) };
	return miss;
}

static bool count_entry(struct missing *m, struct text value, struct fault *fault)
{
	unsigned char chain[SHA256_BYTES];
	struct audit_entry entry = { 0 };
	struct miss *miss;
	struct text packed;

	if (!case_audit_split(value, chain, &packed) || !record_unpack(&audit_entry_record, &entry, &m->scratch, packed, fault))
		return fault_set(fault, FAULT_STORE_CORRUPT, "audit");
	if (!entry.rule.n)
		return true;
	m->all++;
	miss = miss_of(m, &entry);
	if (!miss) {
		m->beyond++;
		return true;
	}
	miss->times++;
	miss->pharmacy += text_is(entry.track, "PHARMACY");
	miss->medical += text_is(entry.track, "MEDICAL");
	return true;
}

static bool count(struct missing *m, struct store *store, struct fault *fault)
{
	struct store_walk *walk = store_walk_new(store, text_lit("a/"), TEXT_NONE);
	struct text key, value;
	struct fault ending;
	bool good = true;

	while (good && store_walk_next(walk, &key, &value)) {
		arena_reset(&m->scratch);
		good = count_entry(m, value, fault);
	}
	if (store_walk_free(walk, &ending))
		return good;
	*fault = ending;
	return false;
}

static int most_first(const void *a, const void *b)
{
	const struct miss *x = a, *y = b;

	return x->times != y->times ? (x->times < y->times) - (x->times > y->times) : text_compare(x->rule, y->rule);
}

static void print_misses(const struct missing *m)
{
	if (m->n)
		printf("%6s %-24s %-16s %-12s went on to\n", "times", "rule", "rules", "backend");
	for (size_t i = 0; i < m->n; i++) {
		const struct miss *miss = &m->at[i];
		size_t nowhere = miss->times - miss->pharmacy - miss->medical;

		printf("%6zu %-24.*s %-16.*s %-12.*s", miss->times, TEXT_ARGS(miss->rule), TEXT_ARGS(miss->rules), TEXT_ARGS(miss->backend));
		if (miss->pharmacy)
			printf(" pharmacy %zu", miss->pharmacy);
		if (miss->medical)
			printf(" medical %zu", miss->medical);
		if (nowhere)
			printf(" nobody %zu", nowhere);
		putchar('\n');
	}
	printf("%zu cases came to a backend that said it was not its to decide\n", m->all);
	if (m->beyond)
		printf("%zu of them under further rules\n", m->beyond);
}

int cli_route_misses(const struct cli_route *options, struct arena *arena)
{
	struct missing m = { .arena = arena };
	struct fault fault = { 0 };
	bool good = false;

	arena_init(&m.scratch, SCRATCH_MAX);
	for (int i = 0; i < ATTEMPTS && !good; i++) {
		struct store *store = NULL;

		m.n = m.all = m.beyond = 0;
		m.at = NULL;
		good = store_open_read(options->in, &store, &fault) && count(&m, store, &fault);
		store_free(store);
	}
	if (!good)
		cli_complain(options->in, &fault);
	else {
		if (m.n)
			qsort(m.at, m.n, sizeof(*m.at), most_first);
		print_misses(&m);
	}
	arena_done(&m.scratch);
	return good ? CLI_OK : CLI_FAILED;
}

/* -- replay -- */

static bool read_case(struct store *store, const char *case_id, struct arena *arena, struct route_decision *out, bool *found, struct fault *fault)
{
	struct pa_case at = { 0 };
	struct store_row row;

	*found = false;
	if (!store_get(store, case_key(text_of(case_id), arena), arena, &row, fault))
		return false;
	if (!row.found)
		return true;
	if (!record_unpack(&pa_case_record, &at, arena, row.value, fault) ||
		(at.decision.n && !record_unpack(&route_decision_record, out, arena, at.decision, fault)))
		return false;
	*found = true;
	return true;
}

/* All but who decides: a payer that the configuration names for a track is put in after the decision. */
static bool same_decision(const struct route_decision *a, const struct route_decision *b)
{
	struct route_decision x = *a, y = *b;

	x.backend = y.backend = text_lit("house");
	x.version = y.version; /* it is of the file: another one may decide the same */
	x.question = y.question = NULL;
	return record_equal(&route_decision_record, &x, &y);
}

static int replay(const struct route_decision *stored, const struct cli_route *options, struct arena *arena)
{
	struct route_explanation explanation;
	struct rules *rules = NULL;
	struct buffer out;
	bool same;
	int code = cli_route_rules(options->rules, arena, &rules);

	if (code != CLI_OK)
		return code;
	route_explain(rules, stored->question, arena, &explanation);
	same = same_decision(stored, explanation.decision);
	buffer_init(&out, arena, 16384);
	buffer_format(&out, "stored      %.*s by %.*s, rules version %.*s\n", TEXT_ARGS(stored->track), TEXT_ARGS(stored->rule), TEXT_ARGS(stored->version));
	buffer_format(&out, "replayed    %s%s\n\n", same ? "the same" : "another decision", 
		text_equal(stored->version, explanation.decision->version) ? "" : "; the rules have changed since");
	cli_route_print(&explanation, &out);
	cli_put(buffer_text(&out));
	rules_free(rules);
	return same ? CLI_OK : CLI_WRONG;
}

int cli_route_replay(const char *case_id, const struct cli_route *options, struct arena *arena)
{
	struct route_decision stored = { 0 };
	struct fault fault = { 0 };
	bool good = false, found = false;

	for (int i = 0; i < ATTEMPTS && !good; i++) {
		struct store *store = NULL;

		good = store_open_read(options->in, &store, &fault) && read_case(store, case_id, arena, &stored, &found, &fault);
		store_free(store);
	}
	if (!good) {
		cli_complain(options->in, &fault);
		return CLI_FAILED;
	}
	if (!found || !stored.question) {
		fprintf(stderr, "dualtrack: %s: %s\n", options->in, found ? "this case holds no question to ask again" : "there is no such case");
		return CLI_FAILED;
	}
	return replay(&stored, options, arena);
}
