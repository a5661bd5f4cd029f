/* SPDX-License-Identifier: Apache-2.0 */
/* What was approved here of a member's drugs, told to whoever may know it: the case is theirs, or they know the member and who ordered (the rule of
   PAS 2.2.1, spec-52). Nothing is stored. */
#include "gateway/ledger/ledger.h"

#include "base/clock.h"
#include "base/log.h"

enum { LOOKED_AT_MOST = 200 /* cases of one member and drug: a bound on the work, far beyond what anybody has */ };

struct looking {
	struct ledger *ledger;
	struct asker asker;
	struct text today; /* YYYY-MM-DD */
	struct arena *arena;
	struct fault *fault;
	size_t looked_at;
};

/* The one decided last, if it still holds and has a number. */
static bool look_at(struct looking *l, struct text case_id, struct standing_drug *drug, int64_t *decided_ms)
{
	struct pa_case at = { 0 };
	bool found, may;

	if (!case_store_read(&l->ledger->cases, case_key(case_id, l->arena), &pa_case_record, &at, l->arena, &found, l->fault))
		return false;
	if (!found || !text_is(at.state, "APPROVED") || !text_there(at.authorization) || at.decided_ms < *decided_ms ||
		(text_there(at.authorized_to) && text_compare(at.authorized_to, l->today) < 0))
		return true;
	if (!ledger_may_know(l->ledger, &at, &l->asker, l->arena, &may, l->fault))
		return false;
	if (!may)
		return true;
	*decided_ms = at.decided_ms;
	drug->case_id = at.case_id;
	drug->authorization = at.authorization;
	drug->authorized_to = at.authorized_to;
	return true;
}

static bool look_by(struct looking *l, struct text digest, struct standing_drug *drug, int64_t *decided_ms)
{
	struct store_walk *walk = store_walk_new(l->ledger->store, case_inquiry_prefix(digest, l->arena), TEXT_NONE);
	struct text key, value;
	struct fault ending;
	bool good = true;

	while (good && l->looked_at++ < LOOKED_AT_MOST && store_walk_next(walk, &key, &value))
		good = look_at(l, arena_text(l->arena, value), drug, decided_ms);
	if (store_walk_free(walk, &ending))
		return good;
	*l->fault = ending;
	return false;
}

bool ledger_standing(struct ledger *ledger, const struct input *input, struct now now, struct fault *fault)
{
	static const struct ncpdp_sender nobody;
	struct looking l = { .ledger = ledger, .today = clock_format_date(now.wall_ms, &ledger->batch), .arena = &ledger->batch, .fault = fault };
	struct standing standing = { .plan = TEXT_NONE };
	struct fault why = { .code = FAULT_NONE };
	struct buffer told;
	size_t found = 0;

	buffer_init(&told, l.arena, 1024);
	if (record_unpack(&standing_record, &standing, l.arena, input->payload, &why) && record_check(&standing_record, &standing, &why)) {
		l.asker = (struct asker){ standing.partner, standing.person_keys, standing.person_keys_n };
		for (size_t i = 0; i < standing.drugs_n; i++) {
			int64_t decided_ms = 0;

			for (size_t k = 0; k < standing.drugs[i].keys_n; k++)
				if (!look_by(&l, standing.drugs[i].keys[k], &standing.drugs[i], &decided_ms))
					return false;
			found += standing.drugs[i].authorization.n > 0;
		}
		record_pack(&standing_record, &standing, &told);
	}
	log_event(why.code ? LEVEL_ERROR : LEVEL_INFO, "case.standing", log_id("trace", input->envelope->trace), log_number("found", (int64_t)found),
		log_path("path", why.path));
	ledger_touch(ledger, now); /* it leaves with the next commit, when all it tells is durable */
	ledger_hold(ledger, input, arena_text(l.arena, input->envelope->trace), &nobody, told.failed ? text_lit("") : buffer_text(&told), why.code)->plain = true;
	return true;
}
