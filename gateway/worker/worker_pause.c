/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that pause: their bytes, what was asked for them, and when the wait is over. */
#include "gateway/worker/worker_pause.h"

#include <stdio.h>
#include <stdlib.h>

struct pause_question {
	uint64_t slot; /* in the envelope of what was sent and of its REPLY */
	enum role_kind to;
	struct pause_answer answer;
};

struct paused {
	struct arena arena;
	struct envelope envelope; /* of the request */
	struct input request;
	int64_t until_ms;         /* mono */
	struct pause_question *questions;
	size_t questions_n, open; /* open: not answered yet */
};

struct pauses {
	struct paused *paused[PAUSED_MAX];
	size_t n, open;
	const struct input *message; /* that brought the request in hand: from the edge, or back from others */
	struct paused *in_hand;      /* the request that is being served; NULL: it has not paused */
	bool waits;             /* something was asked for it in this step */
	bool stopping, gone[ROLE_KINDS];
	uint64_t last_slot;
};

struct pauses *pauses_new(void)
{
	struct pauses *pauses = calloc(1, sizeof(*pauses));

	if (!pauses) {
		fputs("dualtrack: out of memory\n", stderr);
		abort();
	}
	return pauses;
}

static void paused_free(struct pauses *pauses, struct paused *paused)
{
	for (size_t i = 0; i < pauses->n; i++)
		if (pauses->paused[i] == paused) {
			pauses->paused[i] = pauses->paused[--pauses->n];
			break;
		}
	pauses->open -= paused->open;
	arena_done(&paused->arena);
	free(paused);
}

void pauses_free(struct pauses *pauses)
{
	while (pauses && pauses->n)
		paused_free(pauses, pauses->paused[0]);
	free(pauses);
}

/* -- asking -- */

/* Its bytes belong to the step, so they are copied. NULL: there is no room. */
static struct paused *pause_request(struct pauses *pauses)
{
	const struct input *of = pauses->message;
	struct paused *paused;
	struct text trace, edge, payload;

	if (!of || pauses->n == PAUSED_MAX)
		return NULL;
	paused = calloc(1, sizeof(*paused));
	if (!paused)
		return NULL;
	arena_init(&paused->arena, PAUSE_MEMORY);
	trace = arena_text(&paused->arena, of->envelope->trace);
	edge = arena_text(&paused->arena, of->envelope->edge);
	payload = arena_text(&paused->arena, of->payload);
	if (!text_there(payload) || !text_there(trace) || !text_there(edge)) {
		arena_done(&paused->arena);
		free(paused);
		return NULL;
	}
	paused->envelope = (struct envelope){ .trace = trace, .edge = edge, .family = arena_text(&paused->arena, of->envelope->family),
		.slot = of->envelope->slot, .received_ms = of->envelope->received_ms, .attempt = of->envelope->attempt };
	paused->request = (struct input){ .kind = IN_MESSAGE, .peer = of->peer, .type = of->type, .envelope = &paused->envelope,
		.deadline_ms = of->deadline_ms, .payload = payload };
	pauses->paused[pauses->n++] = paused;
	return paused;
}

/* A third of what is left is for what is done with the answer. */
static int64_t wait_ms(const struct input *of, int64_t budget_ms, struct now now)
{
	int64_t left = of->deadline_ms ? (of->deadline_ms - now.mono_ms) * 2 / 3 : budget_ms;

	return left < budget_ms ? left : budget_ms;
}

static struct pause_question *add_question(struct paused *paused, struct text asked, struct text key)
{
	struct text kind = arena_text(&paused->arena, asked), name = arena_text(&paused->arena, key);
	struct pause_question *question;

	if (!text_there(kind) || !text_there(name))
		return NULL;
	question = arena_push(&paused->arena, (void **)&paused->questions, &paused->questions_n, sizeof(*question));
	if (question)
		question->answer = (struct pause_answer){ .kind = kind, .key = name };
	return question;
}

bool pause_send(struct worker *worker, const struct input *of, const struct pause_message *message, struct text key, int64_t budget_ms,
	struct now now, struct outbox *out)
{
	struct pauses *pauses = worker->pauses;
	int64_t wait = wait_ms(of, budget_ms, now);
	struct pause_question *question;
	struct buffer payload;
	struct out *ask;

	if (pauses->stopping || pauses->gone[message->to] || pauses->open == PAUSE_ASKS_MAX || wait < PAUSE_LEAST_MS ||
		pause_answer(worker, key))
		return false;
	buffer_init(&payload, out->arena, 1024);
	record_pack(message->record, message->rec, &payload);
	if (payload.failed)
		return false;
	if (!pauses->in_hand)
		pauses->in_hand = pause_request(pauses);
	question = pauses->in_hand ? add_question(pauses->in_hand, message->kind, key) : NULL;
	if (!question)
		return false;
	question->slot = ++pauses->last_slot;
	question->to = message->to;
	ask = outbox_send(out, (struct peer){ message->to, PEER_ANY }, message->type, of, buffer_text(&payload));
	ask->envelope.edge = peer_name(worker->self, out->arena);
	ask->envelope.slot = (int64_t)question->slot;
	ask->deadline_ms = now.mono_ms + wait;
	if (!pauses->waits)
		pauses->in_hand->until_ms = now.mono_ms + wait;
	pauses->waits = true;
	pauses->in_hand->open++;
	pauses->open++;
	return true;
}

bool pause_ask(struct worker *worker, const struct input *of, const struct remote_question *asked, struct text key, int64_t budget_ms,
	struct now now, struct outbox *out)
{
	const struct pause_message message = { ROLE_COURIER, TYPE_ASK, asked->kind, &remote_question_record, asked };

	return pause_send(worker, of, &message, key, budget_ms, now, out);
}

void pause_never_mind(struct worker *worker)
{
	worker->pauses->waits = false; /* pauses_done forgets it */
}

bool pause_waits(const struct worker *worker)
{
	return worker->pauses->waits;
}

const struct pause_answer *pause_answer_at(const struct worker *worker, size_t n)
{
	const struct paused *paused = worker->pauses->in_hand;

	return paused && n < paused->questions_n ? &paused->questions[n].answer : NULL;
}

const struct pause_answer *pause_answer(const struct worker *worker, struct text key)
{
	const struct pause_answer *answer;

	for (size_t i = 0; (answer = pause_answer_at(worker, i)); i++)
		if (text_equal(answer->key, key))
			return answer;
	return NULL;
}

/* -- being answered -- */

static void close_question(struct pauses *pauses, struct paused *paused, struct pause_question *question)
{
	question->slot = 0;
	paused->open--;
	pauses->open--;
}

/* The trace tells an answer from one to an earlier life of this worker, which counted its questions from 1 too. */
void pauses_take(struct pauses *pauses, const struct input *input)
{
	for (size_t i = 0; i < pauses->n; i++) {
		struct paused *paused = pauses->paused[i];

		if (!text_equal(paused->envelope.trace, input->envelope->trace))
			continue;
		for (size_t k = 0; k < paused->questions_n; k++) {
			struct pause_question *question = &paused->questions[k];
			struct text body;

			if (!question->slot || question->slot != (uint64_t)input->envelope->slot)
				continue;
			body = arena_text(&paused->arena, input->payload);
			question->answer.there = text_there(body);
			question->answer.status = (int)input->envelope->status;
			question->answer.fault = input->envelope->fault.n ? arena_text(&paused->arena, input->envelope->fault) : TEXT_NONE;
			question->answer.body = body;
			close_question(pauses, paused, question);
		}
	}
}

static void forget_questions(struct pauses *pauses, enum role_kind to)
{
	for (size_t i = 0; i < pauses->n; i++)
		for (size_t k = 0; k < pauses->paused[i]->questions_n; k++) {
			struct pause_question *question = &pauses->paused[i]->questions[k];

			if (question->slot && question->to == to)
				close_question(pauses, pauses->paused[i], question);
		}
}

void pauses_peer(struct pauses *pauses, enum role_kind kind, bool there)
{
	pauses->gone[kind] = !there;
	if (!there)
		forget_questions(pauses, kind);
}

void pauses_stop(struct pauses *pauses)
{
	pauses->stopping = true;
	for (int kind = 0; kind < ROLE_KINDS; kind++)
		forget_questions(pauses, (enum role_kind)kind);
}

/* -- going on -- */

void pauses_begin(struct pauses *pauses, const struct input *message)
{
	pauses->message = message;
}

bool pauses_next(struct pauses *pauses, struct now now, struct input *input)
{
	for (size_t i = 0; i < pauses->n; i++) {
		struct paused *paused = pauses->paused[i];

		if (paused->open && now.mono_ms < paused->until_ms)
			continue;
		for (size_t k = 0; k < paused->questions_n; k++) /* what comes later is late */
			if (paused->questions[k].slot)
				close_question(pauses, paused, &paused->questions[k]);
		pauses->in_hand = paused;
		*input = paused->request;
		return true;
	}
	return false;
}

void pauses_done(struct pauses *pauses)
{
	if (pauses->in_hand && !pauses->waits)
		paused_free(pauses, pauses->in_hand);
	pauses->in_hand = NULL;
	pauses->message = NULL;
	pauses->waits = false;
}

int64_t pauses_wake(const struct pauses *pauses)
{
	int64_t wake = 0;

	for (size_t i = 0; i < pauses->n; i++)
		if (!wake || pauses->paused[i]->until_ms < wake)
			wake = pauses->paused[i]->until_ms;
	return wake;
}

size_t pauses_n(const struct pauses *pauses)
{
	return pauses->n;
}
