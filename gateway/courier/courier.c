/* SPDX-License-Identifier: Apache-2.0 */
/* The courier posts to others: answers to partners' callback addresses, and what remote backends are asked. It keeps nothing that must
   last: what it loses the ledger sends again, and an edge refuses at its deadline. */
#include "gateway/courier/courier.h"

#include "base/crypto_key.h"
#include "base/log.h"

#include <string.h>

enum { ARENA_MAX = 32 << 20 /* bytes for one step: an answer of 1 MiB read, packed and written again */ };

static bool start(void *state, const struct role_setup *setup, struct now now, struct fault *fault)
{
	struct courier *courier = state;

	(void)now;
	if (!token_key_read(setup->config, &courier->key, fault))
		return false;
	courier->config = setup->config;
	courier->self = setup->self;
	courier->reader = xml_reader_new();
	arena_init(&courier->arena, ARENA_MAX);
	return true;
}

static void stop(void *state)
{
	struct courier *courier = state;

	deliver_done(courier);
	jobs_done(courier);
	reads_done(courier);
	crypto_key_free(courier->key);
	xml_reader_free(courier->reader);
	arena_done(&courier->arena);
}

static void count(const void *state, struct counters *counters)
{
	const struct courier *courier = state;

	*counters = courier->counters;
	counters->waiting = (int64_t)(courier->deliveries_n + courier->jobs_n + courier->reads_n);
	counters->backends = (struct backend_counters *)courier->lane_counts;
	counters->backends_n = courier->lanes_n;
}

bool courier_final_status(int status)
{
	return status == 400 || status == 413 || status == 415 || status == 422;
}

bool courier_relates(const struct ncpdp_message *answer, struct text message_id)
{
	struct text relates = answer->script ? answer->script->header->relates_to_message_id :
		answer->rtpb->header->relates_to_message_id;

	return !relates.n || text_equal(relates, message_id);
}

static void take_message(struct courier *courier, const struct input *input, struct now now, struct outbox *out)
{
	if (input->type == TYPE_DELIVER)
		deliver_take(courier, input, now, out);
	else if (input->type == TYPE_WORK)
		case_take(courier, input, now, out);
	else if (input->type == TYPE_ASK)
		ask_take(courier, input, now, out);
	else if (input->type == TYPE_READ)
		read_take(courier, input, now, out);
	else if (input->type == TYPE_REPLY)
		fetch_told(courier, input, now, out);
}

static void sooner(struct outbox *out, int64_t wake_ms)
{
	if (wake_ms && (!out->wake_ms || wake_ms < out->wake_ms))
		out->wake_ms = wake_ms;
}

/* A job names its backend; one that is there no more gets no further post. */
static void take_config(struct courier *courier, const struct config *config, struct outbox *out)
{
	struct crypto_key *key = NULL;
	struct fault fault;

	out->kept = !token_key_read(config, &key, &fault);
	if (out->kept) {
		log_event(LEVEL_ERROR, "config.kept", log_word("fault", fault_row(fault.code)->name), log_path("path", fault.path));
		return;
	}
	crypto_key_free(courier->key);
	courier->key = key;
	courier->config = config;
	token_forget(courier);
}

static void step(void *state, const struct input *input, struct now now, struct outbox *out)
{
	struct courier *courier = state;

	switch (input->kind) {
	case IN_MESSAGE:
		take_message(courier, input, now, out);
		break;
	case IN_ANSWER:
		if (!deliver_answered(courier, input, now, out) && !fetch_answered(courier, input, now, out) &&
			!read_answered(courier, input, now, out) && !token_answered(courier, input, now, out) &&
			!subscribe_answered(courier, input, now))
			jobs_answered(courier, input, now, out);
		break;
	case IN_CONFIG:
		take_config(courier, input->config, out);
		break;
	case IN_STOP:
		courier->stopping = true;
		deliver_stop(courier, out);
		jobs_stop(courier, now, out);
		break;
	case IN_TICK:
	case IN_REQUEST:
	case IN_HANGUP:
	case IN_REFUSED:
	case IN_PEER_UP:
	case IN_PEER_GONE: /* the ledger sends again what it misses; what is under way is answered to its next life */
	case IN_CREDIT:
	case IN_DRAINED:
		break;
	}
	deliver_on(courier, now, out);
	fetch_on(courier, now, out);
	jobs_on(courier, now, out);
	subscribe_on(courier, now, out);
	jobs_sweep(courier);
	out->idle = courier->deliveries_n == 0 && courier->jobs_n == 0 && courier->reads_n == 0;
	sooner(out, deliver_wake(courier));
	sooner(out, fetch_wake(courier));
	sooner(out, jobs_wake(courier));
	sooner(out, subscribe_wake(courier));
	arena_reset(&courier->arena);
}

const struct role courier_role = {
	.kind = ROLE_COURIER,
	.doc = "posts answers to partners' callback addresses, and asks remote backends",
	.size = sizeof(struct courier),
	.start = start,
	.step = step,
	.stop = stop,
	.count = count,
};
