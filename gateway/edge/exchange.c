/* SPDX-License-Identifier: Apache-2.0 */
/* A client's bytes to one request at a time, and its answer to bytes. What HTTP itself refuses is answered here. */
#include "gateway/edge/exchange.h"

#include <string.h>
#include <time.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/xml.h"
#include "gateway/edge/address.h"

enum { DRAIN_MAX = 4 << 20 }; /* bytes a refused client may still send: four times the largest body */

/* RFC 9110 6.6.1: a Date in every answer. Made once a second. */
static const char *date(struct serve *serve, struct now now)
{
	time_t s = now.wall_ms / 1000;
	struct tm tm;

	if (s != serve->date_s && gmtime_r(&s, &tm)) {
		strftime(serve->date, sizeof(serve->date), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
		serve->date_s = s;
	}
	return serve->date;
}

void exchange_drain(struct serve *serve, struct client *client)
{
	enum client_read result;

	do
		result = client_discard(client);
	while (result == READ_SOME && client->drained < DRAIN_MAX);
	if (result == READ_END || client->drained >= DRAIN_MAX)
		serve_end(serve, client);
}

/* Something may have come while the answer was awaited, of which epoll spoke then. */
static void look_again(struct serve *serve, struct client *client, struct now now)
{
	enum client_read result = client_begin(client, &serve->pool) ? client_read(client) : READ_END;

	switch (result) {
	case READ_NONE:
		client->readable = false;
		client_shift(client, &serve->pool);
		break;
	case READ_SOME:
	case READ_LAST:
		serve_enter(client, CLIENT_RECEIVING, now);
		serve_list(serve, client);
		break;
	case READ_END:
		serve_end(serve, client);
		break;
	}
}

/* All of the answer is with the kernel. */
static void answered(struct serve *serve, struct client *client, struct now now)
{
	struct receiving *receiving = client->receiving;

	if (client->closing || client->ended) {
		bool more = client->refused || client->readable || receiving->n > receiving->used;

		receiving->used = receiving->n;
		client_shift(client, &serve->pool);
		if (!more) {
			serve_end(serve, client);
			return;
		}
		/* Closing on unread bytes makes the kernel send RST, which can overtake the answer (RFC 9112 9.6). */
		client_shut(client);
		serve_enter(client, CLIENT_DRAINING, now);
		exchange_drain(serve, client);
	} else if (client_shift(client, &serve->pool)) {
		serve_enter(client, CLIENT_RECEIVING, now);
		serve_list(serve, client);
	} else {
		serve_enter(client, CLIENT_IDLE, now);
		if (client->readable)
			look_again(serve, client, now);
	}
}

static void carry_on(struct serve *serve, struct client *client, enum client_write result, struct now now)
{
	switch (result) {
	case WRITE_ALL:
		answered(serve, client, now);
		break;
	case WRITE_LATER:
		if (client->state != CLIENT_ANSWERING)
			serve_enter(client, CLIENT_ANSWERING, now);
		break;
	case WRITE_GONE:
		serve_end(serve, client);
		break;
	}
}

void exchange_flush(struct serve *serve, struct client *client, struct now now)
{
	carry_on(serve, client, client_flush(client), now);
}

void exchange_answer(struct serve *serve, struct client *client, const struct out *out, struct now now)
{
	/* A request that was refused before it was whole has no method that could be relied upon. */
	bool head_only = client->receiving->used && text_is(client->receiving->request.method, "HEAD");
	struct text body = out->media ? out->payload : TEXT_NONE;
	struct buffer extra, head;

	client->closing |= out->close || serve->draining || (client->receiving->used && !client->receiving->request.keep_alive);
	arena_reset(&serve->answer_arena);
	buffer_init(&extra, &serve->answer_arena, 256);
	buffer_add(&extra, text_of(date(serve, now)));
	buffer_add(&extra, text_of(out->extra));
	buffer_add_char(&extra, '\0');
	buffer_init(&head, &serve->answer_arena, 512);
	http_write_head(&head, out->status, out->media, body.n, extra.failed ? "" : extra.at, client->closing);
	carry_on(serve, client, client_write(client, buffer_text(&head), head_only ? TEXT_NONE : body), now);
}

static void fresh_id(struct serve *serve, struct receiving *receiving, struct now now)
{
	arena_reset(&serve->arena);
	text_to_z(crypto_id(now.wall_ms, &serve->arena), receiving->id, sizeof(receiving->id));
}

/* What there is of the body of a request that was never whole. */
static struct text body_so_far(const struct receiving *receiving)
{
	static const char end_of_head[] = "\r\n\r\n";
	size_t head_n = receiving->reading.head_n;
	const char *found = NULL;

	if (!head_n) {
		found = memmem(receiving->bytes, receiving->n, end_of_head, sizeof(end_of_head) - 1);
		if (!found)
			return text_lit("");
		head_n = (size_t)(found - receiving->bytes) + sizeof(end_of_head) - 1;
	}
	return (struct text){ receiving->bytes + head_n,
		receiving->reading.chunked ? receiving->reading.chunk_out : receiving->n - head_n };
}

/* Answers what HTTP itself refuses, in the standard of the address it was meant for. Nothing behind it can be trusted. */
static void refuse(struct serve *serve, struct client *client, const struct fault *fault, int status, struct now now)
{
	struct receiving *receiving = client->receiving;
	enum address address = address_guess((struct text){ receiving->bytes, receiving->n });
	struct out out = { .kind = OUT_REPLY, .close = true };
	struct text id;

	serve->refused[address][fault->code]++;
	serve->refused_n++;
	fresh_id(serve, receiving, now);
	id = text_of(receiving->id);
	client->refused = true;
	log_event(fault_row(fault->code)->level, "http.refused", log_id("trace", id),
		log_word("fault", fault_row(fault->code)->name), log_path("path", fault->path));
	address_refuse(address, fault, status, body_so_far(receiving), id, now, &serve->arena, &out);
	serve_enter(client, CLIENT_ASKED, now);
	exchange_answer(serve, client, &out, now);
}

void exchange_refuse(struct serve *serve, struct client *client, enum fault_code code, int status, struct now now)
{
	struct fault fault;

	fault_set(&fault, code, "");
	refuse(serve, client, &fault, status, now);
}

/* -- requests -- */

/* RFC 9110 10.1.1: the client waits for this before it sends its body. */
static bool send_continue(struct client *client)
{
	client->receiving->continued = true;
	return client_write(client, text_lit("HTTP/1.1 100 Continue\r\n\r\n"), TEXT_NONE) == WRITE_ALL;
}

static void ask(struct serve *serve, struct client *client, struct now now, struct input *input)
{
	struct receiving *receiving = client->receiving;

	fresh_id(serve, receiving, now);
	serve_enter(client, CLIENT_ASKED, now);
	*input = (struct input){
		.kind = IN_REQUEST,
		.id = text_of(receiving->id),
		.connection = serve_id(serve, client),
		.request = &receiving->request,
	};
}

/* Parses what is there. True: go on reading. */
static bool parse(struct serve *serve, struct client *client, struct now now, struct input *input, bool *asked)
{
	struct receiving *receiving = client->receiving;
	size_t need = 0;
	struct fault fault;

	switch (http_read_request(receiving->bytes, receiving->n, XML_BODY_MAX, &receiving->reading, &receiving->request, &need,
		&receiving->used, &fault)) {
	case HTTP_DONE:
		ask(serve, client, now, input);
		*asked = true;
		return false;
	case HTTP_BAD:
		refuse(serve, client, &fault, 0, now);
		return false;
	case HTTP_MORE:
		break;
	}
	if (receiving->reading.head_n && !receiving->body_ms)
		receiving->body_ms = now.mono_ms;
	if (receiving->reading.head_n && receiving->request.expect_continue && !receiving->continued
		&& receiving->n == receiving->reading.head_n && !send_continue(client)) {
		serve_end(serve, client);
		return false;
	}
	if (!client_room(client, &serve->pool, receiving->n)) {
		exchange_refuse(serve, client, FAULT_BUSY, 503, now);
		return false;
	}
	return true;
}

/* Reads and parses until there is a request (true) or nothing more to read. */
bool exchange_receive(struct serve *serve, struct client *client, struct now now, struct input *input)
{
	bool asked = false;

	client->readable = false;
	if (!client_begin(client, &serve->pool)) {
		serve_end(serve, client); /* nothing of it is read, so nothing can be said to it */
		return false;
	}
	/* What came behind the last request is looked at before the socket. */
	if (client->receiving->n && !parse(serve, client, now, input, &asked))
		return asked;
	for (;;) {
		enum client_read result = client_read(client);

		if (result == READ_END) {
			serve_end(serve, client);
			return false;
		}
		if (result == READ_NONE) {
			if (!client->receiving->n)
				client_shift(client, &serve->pool);
			return false;
		}
		if (client->state == CLIENT_IDLE)
			serve_enter(client, CLIENT_RECEIVING, now);
		/* Set before an answer can be written: then it must be read on until the socket is empty. */
		client->readable = result == READ_SOME;
		if (!parse(serve, client, now, input, &asked))
			return asked;
		client->readable = false;
		if (result == READ_LAST)
			return false;
	}
}

