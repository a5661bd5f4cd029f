/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that pause: asked for, answered, given up, and never held longer than was said. */
#include "gateway/worker/worker_pause.h"

#include "test/case.h"


enum { MEMORY = 8 << 20 };

struct pausing {
	struct worker worker;
	struct arena arena;
	struct outbox out;
	struct envelope envelope;
	struct input request;
	struct now now;
};

static void begin(struct pausing *it)
{
	*it = (struct pausing){ .worker = { .self = { ROLE_WORKER, 1 }, .pauses = pauses_new() }, .now = { 1000, 1000000 } };
	arena_init(&it->arena, MEMORY);
	it->out.arena = &it->arena;
	it->envelope = (struct envelope){ .trace = text_lit("trace-1"), .edge = text_lit("edge.0"), .slot = 7, .family = text_lit("script") };
	it->request = (struct input){ .kind = IN_MESSAGE, .type = TYPE_REQUEST, .envelope = &it->envelope, .payload = text_lit("<a/>"), .deadline_ms = 11000 };
}

static void end(struct pausing *it)
{
	pauses_free(it->worker.pauses);
	arena_done(&it->arena);
}

static bool ask(struct pausing *it, const char *key, int64_t budget_ms)
{
	const struct remote_question question = { .kind = text_lit("PRICE"), .family = text_lit("rtpb"), .backend = text_lit("remote"),
		.body = text_lit("<b/>") };

	pauses_begin(it->worker.pauses, &it->request);
	return pause_ask(&it->worker, &it->request, &question, text_of(key), budget_ms, it->now, &it->out);
}

/* The answer to the last ASK, as the courier sends it. */
static void answered(struct pausing *it, const char *trace, int64_t slot_off, const char *fault)
{
	const struct out *asked = &it->out.outs[it->out.n - 1];
	struct envelope envelope = { .trace = text_of(trace), .edge = asked->envelope.edge, .slot = asked->envelope.slot + slot_off, .status = 200,
		.fault = fault ? text_of(fault) : TEXT_NONE };
	struct input reply = { .kind = IN_MESSAGE, .type = TYPE_REPLY, .envelope = &envelope, .payload = text_lit("<c/>") };

	pauses_take(it->worker.pauses, &reply);
}

CASE(worker_pause, an_answer_brings_the_request_back)
{
	struct pausing it;
	struct input again;
	const struct pause_answer *answer;

	begin(&it);
	cr_assert(ask(&it, "k", 1500) && pause_waits(&it.worker));
	cr_assert_eq(it.out.n, 1);
	cr_expect(it.out.outs[0].peer.kind == ROLE_COURIER && it.out.outs[0].type == TYPE_ASK && text_is(it.out.outs[0].envelope.edge, "worker.1"));
	cr_expect_eq(it.out.outs[0].deadline_ms, 2500);
	pauses_done(it.worker.pauses);
	cr_expect(!pause_waits(&it.worker) && !pauses_next(it.worker.pauses, it.now, &again), "not yet");
	answered(&it, "trace-1", 0, NULL);
	cr_assert(pauses_next(it.worker.pauses, it.now, &again));
	cr_expect(text_is(again.payload, "<a/>") && again.envelope->slot == 7 && text_is(again.envelope->family, "script") && again.deadline_ms == 11000);
	answer = pause_answer(&it.worker, text_lit("k"));
	cr_assert(answer && answer->there);
	cr_expect(text_is(answer->body, "<c/>") && answer->status == 200 && !answer->fault.n);
	cr_expect(!pause_answer(&it.worker, text_lit("other")));
	cr_expect(!ask(&it, "k", 1500), "it is not asked twice");
	pauses_done(it.worker.pauses);
	cr_expect_eq(pauses_n(it.worker.pauses), 0);
	end(&it);
}

CASE(worker_pause, silence_costs_the_budget_and_no_more)
{
	struct pausing it;
	struct input again;
	const struct pause_answer *answer;

	begin(&it);
	cr_assert(ask(&it, "k", 1500) && ask(&it, "l", 1500));
	pauses_done(it.worker.pauses);
	cr_expect_eq(pauses_wake(it.worker.pauses), 2500);
	answered(&it, "trace-1", 0, NULL);
	it.now.mono_ms = 2499;
	cr_expect(!pauses_next(it.worker.pauses, it.now, &again), "the other may still come");
	it.now.mono_ms = 2500;
	cr_assert(pauses_next(it.worker.pauses, it.now, &again));
	answer = pause_answer(&it.worker, text_lit("k"));
	cr_expect(answer && !answer->there);
	answer = pause_answer(&it.worker, text_lit("l"));
	cr_expect(answer && answer->there, "what came is there");
	pauses_done(it.worker.pauses);
	answered(&it, "trace-1", -1, NULL);
	cr_expect(!pauses_next(it.worker.pauses, it.now, &again), "and nobody waits for what is late");
	end(&it);
}

CASE(worker_pause, a_third_of_the_time_is_kept_for_the_answer)
{
	struct pausing it;

	begin(&it);
	it.request.deadline_ms = 1900; /* 900 left */
	cr_assert(ask(&it, "k", 1500));
	cr_expect_eq(it.out.outs[0].deadline_ms, 1600);
	end(&it);
	begin(&it);
	it.request.deadline_ms = 1060;
	cr_expect(!ask(&it, "k", 1500) && it.out.n == 0, "with no time nobody is asked");
	end(&it);
}

CASE(worker_pause, only_the_answer_to_this_question_is_taken)
{
	struct pausing it;
	struct input again;

	begin(&it);
	cr_assert(ask(&it, "k", 1500));
	pauses_done(it.worker.pauses);
	answered(&it, "trace-0", 0, NULL); /* an earlier life of this worker counted from 1 too */
	answered(&it, "trace-1", 1, NULL);
	cr_expect(!pauses_next(it.worker.pauses, it.now, &again));
	answered(&it, "trace-1", 0, "BUSY");
	answered(&it, "trace-1", 0, NULL); /* the bus may repeat */
	cr_assert(pauses_next(it.worker.pauses, it.now, &again));
	cr_expect(text_is(pause_answer(&it.worker, text_lit("k"))->fault, "BUSY"));
	pauses_done(it.worker.pauses);
	end(&it);
}

CASE(worker_pause, a_courier_that_dies_holds_nothing_up)
{
	struct pausing it;
	struct input again;

	begin(&it);
	cr_assert(ask(&it, "k", 1500));
	pauses_done(it.worker.pauses);
	pauses_peer(it.worker.pauses, ROLE_COURIER, false);
	cr_assert(pauses_next(it.worker.pauses, it.now, &again), "at once");
	cr_expect(!ask(&it, "l", 1500), "there is nobody to ask");
	pauses_done(it.worker.pauses);
	pauses_peer(it.worker.pauses, ROLE_COURIER, true);
	cr_expect(ask(&it, "k", 1500), "its twin comes when it is back");
	pauses_done(it.worker.pauses);
	pauses_stop(it.worker.pauses);
	cr_assert(pauses_next(it.worker.pauses, it.now, &again), "a worker that ends answers with what it has");
	pauses_done(it.worker.pauses);
	cr_expect_eq(pauses_n(it.worker.pauses), 0);
	end(&it);
}

CASE(worker_pause, a_second_round_keeps_the_first)
{
	struct pausing it;
	struct input again;

	begin(&it);
	cr_assert(ask(&it, "k", 1500));
	pauses_done(it.worker.pauses);
	answered(&it, "trace-1", 0, NULL);
	cr_assert(pauses_next(it.worker.pauses, it.now, &again));
	cr_assert(ask(&it, "l", 1500) && pause_waits(&it.worker));
	pauses_done(it.worker.pauses);
	cr_expect_eq(pauses_n(it.worker.pauses), 1);
	answered(&it, "trace-1", 0, NULL);
	cr_assert(pauses_next(it.worker.pauses, it.now, &again));
	cr_expect(pause_answer(&it.worker, text_lit("k"))->there && pause_answer(&it.worker, text_lit("l"))->there);
	pauses_done(it.worker.pauses);
	end(&it);
}

CASE(worker_pause, there_is_room_for_so_many)
{
	struct pausing it;
	size_t n = 0;

	begin(&it);
	while (ask(&it, "k", 1500)) {
		pauses_done(it.worker.pauses);
		n++;
		cr_assert(n <= PAUSED_MAX);
	}
	cr_expect_eq(n, PAUSED_MAX);
	pauses_done(it.worker.pauses);
	end(&it);
}
