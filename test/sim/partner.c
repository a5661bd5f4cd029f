/* SPDX-License-Identifier: Apache-2.0 */
/* Each case sends its message again, byte for byte, until it is answered, waits for the business answer by callback or from the mailbox,
   answers the questions with whatever fits them, and goes on until the payer has decided. */
#include "test/sim/partner.h"

#include "ncpdp/ncpdp.h"
#include "test/sim/answering.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CASES_MAX = 16,
	SENT_MAX = 32,          /* messages of one case */
	ANSWERS_MAX = 16,       /* distinct business answers to one message */
	WAIT_MS = 12000,        /* patience with one request; longer than the gateway's own deadline */
	POLL_MS = 400,          /* between two looks into the mailbox */
	EXAMPLE_MAX = 64 << 10, /* bytes of an example file */
	FETCHES_MAX = 4096,
};

enum sent_kind { SENT_INITIATION, SENT_REQUEST, SENT_FETCH, SENT_PRICE };

struct sent {
	enum sent_kind kind;
	char id[36];
	char *body;
	size_t body_n;
	uint64_t connection;   /* 0: not under way */
	int64_t again_ms;      /* when to send it again; 0 not */
	bool acknowledged;     /* Status 010, or a price */
	bool quarantined;
	uint64_t reply_hash;   /* of the first definite reply */
	char answer_ids[ANSWERS_MAX][36]; /* MessageIDs of the business answers */
	uint64_t answer_hash[ANSWERS_MAX];
	bool answer_final[ANSWERS_MAX];
	int answers;
};

struct actor {
	int number;
	bool callback, medical;
	char sender[20];
	char reference[36];
	struct sent sent[SENT_MAX];
	int sent_n;
	int waits_for; /* which of sent wants its business answer, -1 none */
	bool done;
	int64_t look_ms;        /* next look into the mailbox */
	char last_item[36];     /* to acknowledge */
};

struct partners {
	struct actor actors[CASES_MAX];
	int actors_n, prices;
	struct sent price[SENT_MAX];
	struct text rtpb, get_message, initiation, medical;
	char *files[4];
	struct xml_reader *reader;
	uint64_t serial;
	int64_t alarm_ms;
	bool never_away;
};

static char *read_example(const char *folder, const char *name, struct text *out)
{
	char path[4096], *bytes = calloc(1, EXAMPLE_MAX);
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s.xml", folder, name);
	in = fopen(path, "rb");
	if (!in || !bytes) {
		perror(path);
		exit(3);
	}
	*out = (struct text){ bytes, fread(bytes, 1, EXAMPLE_MAX, in) };
	fclose(in);
	return bytes;
}

/* Puts `value` where the text of the first `element` stands. */
static struct text put(struct text body, const char *element, const char *value, struct arena *arena)
{
	struct text old = xml_peek(body, element, 200);
	struct buffer out;

	assert(text_there(old) && old.at >= body.at && old.at < body.at + body.n);
	buffer_init(&out, arena, body.n + 64);
	buffer_add(&out, (struct text){ body.at, (size_t)(old.at - body.at) });
	buffer_add(&out, text_of(value));
	buffer_add(&out, (struct text){ old.at + old.n, body.n - (size_t)(old.at + old.n - body.at) });
	return buffer_text(&out);
}

static void alarm_at(struct partners *partners, struct world *world, int64_t at_ms)
{
	if (!partners->alarm_ms || at_ms < partners->alarm_ms) {
		partners->alarm_ms = at_ms;
		world_wake(world, at_ms, 0);
	}
}

static void post(struct partners *partners, struct world *world, struct sent *sent)
{
	int64_t now = world_now(world).mono_ms;

	sent->connection = world_post(world, sent->kind == SENT_PRICE ? "/ncpdp/rtpb" : "/ncpdp/script",
		(struct text){ sent->body, sent->body_n });
	sent->again_ms = now + WAIT_MS;
	alarm_at(partners, world, sent->again_ms);
}

static struct sent *keep(struct sent *sent, enum sent_kind kind, const char *id, struct text body)
{
	*sent = (struct sent){ .kind = kind, .body = malloc(body.n), .body_n = body.n };
	assert(sent->body && body.n);
	memcpy(sent->body, body.at, body.n);
	snprintf(sent->id, sizeof(sent->id), "%s", id);
	return sent;
}

static struct sent *new_message(struct partners *partners, struct world *world, struct actor *actor,
	enum sent_kind kind, struct text body, const char *id)
{
	struct sent *sent;

	if (actor->sent_n == SENT_MAX) {
		/* fetches are over once answered: the oldest of them makes room */
		int old = 0;

		while (old < SENT_MAX && (actor->sent[old].kind != SENT_FETCH || actor->sent[old].connection))
			old++;
		if (old == SENT_MAX || actor->waits_for == old) {
			world_break(world, "a case ends after a reasonable number of messages", actor->number);
			return NULL;
		}
		free(actor->sent[old].body);
		memmove(&actor->sent[old], &actor->sent[old + 1], (size_t)(SENT_MAX - old - 1) * sizeof(actor->sent[0]));
		actor->sent_n--;
		if (actor->waits_for > old)
			actor->waits_for--;
	}
	sent = keep(&actor->sent[actor->sent_n++], kind, id, body);
	post(partners, world, sent);
	return sent;
}

static void new_id(struct partners *partners, char id[36], const char *what)
{
	snprintf(id, 36, "SIM-%s-%llu", what, (unsigned long long)++partners->serial);
}

static struct text from_sender(struct text body, const struct actor *actor, struct arena *arena)
{
	return put(body, "From", actor->sender, arena);
}

static void open_case(struct partners *partners, struct world *world, struct actor *actor)
{
	struct arena arena;
	struct text body = actor->medical ? partners->medical : partners->initiation;
	char id[36];

	arena_init(&arena, 1 << 20);
	new_id(partners, id, actor->medical ? "ask" : "open");
	body = put(from_sender(body, actor, &arena), "MessageID", id, &arena);
	body = put(body, "PAReferenceID", actor->reference, &arena);
	new_message(partners, world, actor, actor->medical ? SENT_REQUEST : SENT_INITIATION, body, id);
	actor->waits_for = actor->sent_n - 1;
	arena_done(&arena);
}

static void fetch(struct partners *partners, struct world *world, struct actor *actor)
{
	struct arena arena;
	struct text body;
	char id[36];

	for (int i = 0; i < actor->sent_n; i++)
		if (actor->sent[i].kind == SENT_FETCH && actor->sent[i].connection)
			return; /* one is under way */
	arena_init(&arena, 1 << 20);
	new_id(partners, id, "fetch");
	body = put(from_sender(partners->get_message, actor, &arena), "MessageID", id, &arena);
	if (*actor->last_item) {
		struct buffer with;
		const char *end = memmem(body.at, body.n, "</Header>", 9);

		assert(end);
		buffer_init(&with, &arena, body.n + 200);
		buffer_add(&with, (struct text){ body.at, (size_t)(end - body.at) });
		buffer_format(&with, "<Mailbox><AcknowledgementID>%s</AcknowledgementID></Mailbox>", actor->last_item);
		buffer_add(&with, (struct text){ end, body.n - (size_t)(end - body.at) });
		body = buffer_text(&with);
	}
	new_message(partners, world, actor, SENT_FETCH, body, id);
	arena_done(&arena);
}

static void answer_questions(struct partners *partners, struct world *world, struct actor *actor,
	const struct script_message *asked, struct text case_id, const struct question_set_header *header,
	const struct question *questions, size_t n, struct date_or_time *deadline, struct arena *arena)
{
	char id[36];
	struct script_message *answer;
	struct pa_request *request = arena_new(arena, struct pa_request);
	struct question_set_request *set = arena_new(arena, struct question_set_request);
	struct ncpdp_message message = { .family = NCPDP_SCRIPT, .kind = NCPDP_PA_REQUEST };
	struct buffer body;
	struct fault fault;

	new_id(partners, id, "answer");
	answer = ncpdp_script_answer(asked, text_of(id), world_now(world).wall_ms, arena);
	memcpy(request, ncpdp_pa_common(asked), sizeof(struct pa_common));
	answering_fill(world, header, questions, n, set, arena);
	request->request = arena_new(arena, struct pa_model);
	request->request->solicited = arena_new(arena, struct pa_solicited);
	*request->request->solicited =
		(struct pa_solicited){ .pa_case_id = case_id, .deadline_for_reply = deadline, .question_set = set };
	answer->body = arena_new(arena, struct script_body);
	answer->body->pa_request = request;
	message.script = answer;
	buffer_init(&body, arena, 8192);
	if (!ncpdp_write(&message, TEXT_NONE, &body, &fault)) {
		fprintf(stderr, "the partner's own message is wrong: %s %s\n", fault_row(fault.code)->name, fault.path);
		world_break(world, "a question set can be answered", actor->number);
		return;
	}
	new_message(partners, world, actor, SENT_REQUEST, buffer_text(&body), id);
	actor->waits_for = actor->sent_n - 1;
	/* It had given up when its first message was quarantined, but that had been taken before: the case goes on. */
	actor->done = false;
	alarm_at(partners, world, actor->look_ms);
}

/* -- what comes back -- */

static struct sent *find_sent(struct actor *actor, struct text id)
{
	for (int i = 0; i < actor->sent_n; i++)
		if (text_is(id, actor->sent[i].id))
			return &actor->sent[i];
	return NULL;
}

/* Remembers a business answer; false when it was here before. Breaks the world when the same MessageID has other bytes now. */
static bool remember(struct world *world, struct sent *sent, struct text id, struct text body, bool final)
{
	for (int i = 0; i < sent->answers; i++)
		if (text_is(id, sent->answer_ids[i])) {
			if (sent->answer_hash[i] != text_hash(body))
				world_break(world, "I3: the same MessageID always carries the same bytes", 0);
			return false;
		}
	if (sent->answers == ANSWERS_MAX) {
		world_break(world, "I4: a message gets a bounded number of answers", 0);
		return false;
	}
	text_to_z(id, sent->answer_ids[sent->answers], sizeof(sent->answer_ids[0]));
	sent->answer_hash[sent->answers] = text_hash(body);
	sent->answer_final[sent->answers++] = final;
	return true;
}

static void business_answer(struct partners *partners, struct world *world, struct actor *actor, struct text body,
	struct arena *arena)
{
	struct ncpdp_message message;
	struct fault fault;
	struct sent *sent;
	const struct pa_open *open = NULL;
	const struct pa_more_information *more = NULL;
	bool final = true;

	if (!ncpdp_read(partners->reader, NCPDP_SCRIPT, body, true, arena, &message, &fault)) {
		fprintf(stderr, "answer does not read: %s %s\n", fault_row(fault.code)->name, fault.path);
		world_break(world, "what the gateway sends keeps to its own tables", actor->number);
		return;
	}
	sent = find_sent(actor, message.script->header->relates_to_message_id);
	if (!sent)
		return; /* to an earlier life of this partner's memory */
	if (message.kind == NCPDP_PA_INITIATION_RESPONSE) {
		open = message.script->body->pa_initiation_response->response->response_status->open;
	} else if (message.kind == NCPDP_PA_RESPONSE) {
		final = !message.script->body->pa_response->response->response_status->in_process;
		more = message.script->body->pa_response->response->response_status->open;
	} else {
		world_break(world, "only answers come as answers", actor->number);
		return;
	}
	if (!remember(world, sent, message.script->header->message_id, body, final) || !final ||
		actor->waits_for < 0 || sent != &actor->sent[actor->waits_for])
		return;
	actor->waits_for = -1;
	if (actor->done && (open || more)) { /* quarantined, yet the case goes on: so does its mailbox */
		actor->done = false;
		actor->look_ms = world_now(world).mono_ms + POLL_MS;
		alarm_at(partners, world, actor->look_ms);
	}
	if (open)
		answer_questions(partners, world, actor, message.script, open->pa_case_id, open->question_set->header,
			open->question_set->questions, open->question_set->questions_n, open->deadline_for_reply, arena);
	else if (more)
		answer_questions(partners, world, actor, message.script, more->pa_case_id,
			more->more_information_required->header, more->more_information_required->questions,
			more->more_information_required->questions_n, more->more_information_required->deadline_for_reply, arena);
	else
		actor->done = true;
}

/* A reply that asks to be tried again later: SCRIPT 600 and 602, RTPB 92 and 95. */
static bool transient(struct text body)
{
	struct text code = xml_peek(body, "Code", 10), reject = xml_peek(body, "RejectCode", 10);

	return memmem(body.at, body.n, "<Error>", 7) ? text_is(code, "600") || text_is(code, "602") :
						       text_is(reject, "92") || text_is(reject, "95");
}

static void reply_to(struct partners *partners, struct world *world, struct actor *actor, struct sent *sent, int status,
	struct text body)
{
	struct arena arena;

	sent->connection = 0;
	if (partners->never_away && status && transient(body))
		world_break(world, "I5: while a worker lives, nobody is sent away", actor ? actor->number : -1);
	if (!status || transient(body)) {
		sent->again_ms = world_now(world).mono_ms + 50 + (int64_t)world_random(world, 500);
		alarm_at(partners, world, sent->again_ms);
		return;
	}
	sent->again_ms = 0;
	if (memmem(body.at, body.n, "stopped two workers", 19)) {
		/* Two crashes with this message in hand: the gateway cannot know that it was the weather. */
		sent->acknowledged = sent->quarantined = true;
		if (actor && actor->waits_for >= 0 && sent == &actor->sent[actor->waits_for])
			actor->done = true; /* a message that was answered before and is only repeated stops nothing */
		return;
	}
	if (sent->reply_hash && sent->kind != SENT_PRICE && sent->reply_hash != text_hash(body))
		world_break(world, "I3: the same message gets the same reply", actor ? actor->number : -1);
	sent->reply_hash = text_hash(body);
	if (memmem(body.at, body.n, "<Error>", 7) || memmem(body.at, body.n, "<NotProcessed>", 14)) {
		fprintf(stderr, "refused: %.*s\n", TEXT_ARGS(xml_peek(body, "Description", 300)));
		world_break(world, "a good message is not refused", actor ? actor->number : -1);
		return;
	}
	sent->acknowledged = true;
	if (sent->kind == SENT_FETCH && !memmem(body.at, body.n, "<Status>", 8)) {
		arena_init(&arena, 8 << 20);
		text_to_z(xml_peek(body, "MessageID", 35), actor->last_item, sizeof(actor->last_item));
		actor->look_ms = world_now(world).mono_ms + 1;
		alarm_at(partners, world, actor->look_ms);
		business_answer(partners, world, actor, body, &arena);
		arena_done(&arena);
	} else if (sent->kind != SENT_PRICE && world_random(world, 4) == 0 && !sent->answers) {
		post(partners, world, sent); /* and once more, although it was answered: nothing may change */
	}
}

static void answered(void *arg, struct world *world, uint64_t connection, int status, struct text body)
{
	struct partners *partners = arg;

	for (int i = 0; i < partners->prices; i++)
		if (partners->price[i].connection == connection) {
			reply_to(partners, world, NULL, &partners->price[i], status, body);
			return;
		}
	for (int a = 0; a < partners->actors_n; a++)
		for (int i = 0; i < partners->actors[a].sent_n; i++)
			if (partners->actors[a].sent[i].connection == connection) {
				reply_to(partners, world, &partners->actors[a], &partners->actors[a].sent[i], status, body);
				return;
			}
}

static int called(void *arg, struct world *world, struct text url, struct text body, struct arena *arena, int64_t *after_ms,
	struct text *reply)
{
	struct partners *partners = arg;
	struct ncpdp_sender sender;
	struct buffer out;
	struct arena own;
	char id[36];

	if (!text_is(url, PARTNER_CALLBACK))
		world_break(world, "the courier calls configured addresses only", 0);
	arena_init(&own, 8 << 20);
	for (int a = 0; a < partners->actors_n; a++)
		if (partners->actors[a].callback && find_sent(&partners->actors[a], xml_peek(body, "RelatesToMessageID", 35)))
			business_answer(partners, world, &partners->actors[a], body, &own);
	ncpdp_sender(NULL, body, &sender);
	new_id(partners, id, "status");
	buffer_init(&out, arena, 1024);
	ncpdp_write_status(&sender, text_of(id), world_now(world).wall_ms, "010", &out);
	*reply = buffer_text(&out);
	arena_done(&own);
	return 200;
}

static void wake(void *arg, struct world *world, uint64_t what)
{
	struct partners *partners = arg;
	int64_t now = world_now(world).mono_ms;

	if (partners->alarm_ms > now)
		return;
	partners->alarm_ms = 0;
	for (int i = 0; i < partners->prices; i++) {
		struct sent *sent = &partners->price[i];

		if (sent->again_ms && sent->again_ms <= now)
			post(partners, world, sent);
		else if (sent->again_ms)
			alarm_at(partners, world, sent->again_ms);
	}
	for (int a = 0; a < partners->actors_n; a++) {
		struct actor *actor = &partners->actors[a];

		for (int i = 0; i < actor->sent_n; i++) {
			struct sent *sent = &actor->sent[i];

			if (sent->again_ms && sent->again_ms <= now)
				post(partners, world, sent);
			else if (sent->again_ms)
				alarm_at(partners, world, sent->again_ms);
		}
		if (!actor->sent_n)
			open_case(partners, world, actor);
		if (!actor->callback && !actor->done) {
			if (actor->look_ms <= now) {
				fetch(partners, world, actor);
				actor->look_ms = now + POLL_MS;
			}
			alarm_at(partners, world, actor->look_ms);
		}
	}
}

struct partners *partners_new(const char *examples, int cases, int prices)
{
	struct partners *partners = calloc(1, sizeof(*partners));

	assert(partners && cases <= CASES_MAX && prices <= SENT_MAX);
	partners->actors_n = cases;
	partners->prices = prices;
	partners->files[0] = read_example(examples, "rtpb-request", &partners->rtpb);
	partners->files[1] = read_example(examples, "get-message", &partners->get_message);
	partners->files[2] = read_example(examples, "pa-initiation-request", &partners->initiation);
	partners->files[3] = read_example(examples, "pa-request-medical", &partners->medical);
	partners->reader = xml_reader_new();
	return partners;
}

void partners_never_away(struct partners *partners)
{
	partners->never_away = true;
}

void partners_free(struct partners *partners)
{
	if (!partners)
		return;
	for (int a = 0; a < partners->actors_n; a++)
		for (int i = 0; i < partners->actors[a].sent_n; i++)
			free(partners->actors[a].sent[i].body);
	for (int i = 0; i < partners->prices; i++)
		free(partners->price[i].body);
	for (int i = 0; i < 4; i++)
		free(partners->files[i]);
	xml_reader_free(partners->reader);
	free(partners);
}

struct outside partners_outside(struct partners *partners)
{
	return (struct outside){ partners, wake, answered, called };
}

void partners_begin(struct partners *partners, struct world *world)
{
	struct arena arena;

	arena_init(&arena, 4 << 20);
	for (int a = 0; a < partners->actors_n; a++) {
		struct actor *actor = &partners->actors[a];

		actor->number = a;
		actor->waits_for = -1;
		actor->callback = world_random(world, 2);
		actor->medical = world_random(world, 3) == 0;
		if (actor->callback)
			snprintf(actor->sender, sizeof(actor->sender), "1999999002");
		else
			snprintf(actor->sender, sizeof(actor->sender), "1999999%03d", 100 + a);
		snprintf(actor->reference, sizeof(actor->reference), "REF-%d", a);
	}
	for (int i = 0; i < partners->prices; i++) {
		char id[36];

		new_id(partners, id, "price");
		keep(&partners->price[i], SENT_PRICE, id, put(partners->rtpb, "MessageID", id, &arena));
		partners->price[i].again_ms = world_now(world).mono_ms + 1 + (int64_t)world_random(world, 3000);
		alarm_at(partners, world, partners->price[i].again_ms);
	}
	arena_done(&arena);
	alarm_at(partners, world, world_now(world).mono_ms + 20 + (int64_t)world_random(world, 200));
}

void partners_judge(struct partners *partners, struct world *world)
{
	for (int i = 0; i < partners->prices; i++)
		if (!partners->price[i].acknowledged)
			world_break(world, "every price question is answered in the end", i);
	for (int a = 0; a < partners->actors_n; a++) {
		struct actor *actor = &partners->actors[a];

		for (int i = 0; i < actor->sent_n; i++) {
			const struct sent *sent = &actor->sent[i];
			int finals = 0;

			if (sent->kind == SENT_FETCH || sent->quarantined)
				continue;
			if (!sent->acknowledged)
				world_break(world, "every message is acknowledged in the end", a);
			for (int k = 0; k < sent->answers; k++)
				finals += sent->answer_final[k];
			if (finals == 0)
				world_break(world, "I1: what was acknowledged is answered", a);
			if (finals > 1)
				world_break(world, "I4: a message is decided once", a);
		}
		if (!actor->done)
			world_break(world, "every case comes to its end", a);
	}
}
