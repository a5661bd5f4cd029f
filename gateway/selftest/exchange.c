/* SPDX-License-Identifier: Apache-2.0 */
/* What the self-test says to the gateway and hears from it. */
#include "gateway/access/assertion_sign.h"
#include "gateway/selftest/run.h"

#include <stdio.h>
#include <string.h>

enum { ANSWER_MS = 30000, STEP_MS = 50 };

/* Waits for whatever comes: an answer, or something for the listener. */
static void wait(struct run *run, int64_t at_most_ms)
{
	struct pollfd fds[LISTENER_FDS + 1];
	size_t n = run->listener ? listener_poll(run->listener, fds) : 0;

	fds[n++] = (struct pollfd){ .fd = calls_fd(run->calls), .events = POLLIN };
	poll(fds, n, (int)(at_most_ms < 1 ? 1 : at_most_ms > STEP_MS ? STEP_MS : at_most_ms));
	if (run->listener)
		listener_work(run->listener);
}

static struct exchange *add(struct run *run, struct text tag)
{
	struct exchange *exchange = arena_new(run->arena, struct exchange);

	if (!exchange)
		return NULL;
	if (run->last)
		run->last->next = exchange;
	else
		run->all = exchange;
	run->last = exchange;
	exchange->tag = tag;
	return exchange;
}

static void call(struct run *run, const struct out *out, struct exchange *exchange)
{
	struct now begin = clock_now();
	struct input input;

	calls_start(run->calls, out, begin);
	while (!calls_next(run->calls, clock_now(), &input))
		wait(run, STEP_MS);
	exchange->took_ms = clock_now().mono_ms - begin.mono_ms;
	exchange->status = input.status;
	exchange->answer = arena_text(run->arena, input.payload);
	exchange->media = arena_text(run->arena, input.media);
	exchange->answer_tree = tree_read(exchange->answer, run->arena);
	run->selftest->exchanges++;
}

static struct text address(const struct run *run, struct text path)
{
	struct buffer url;

	buffer_init(&url, run->arena, 128);
	buffer_add(&url, run->selftest->url);
	buffer_add(&url, path);
	return buffer_text(&url);
}

void exchange_send(struct run *run, struct text method, struct text path, struct text tag)
{
	struct exchange *exchange = add(run, tag);
	struct buffer body, headers;
	struct out out = { .kind = OUT_CALL, .call = 1, .url = address(run, path), .deadline_ms = clock_now().mono_ms + ANSWER_MS };
	char name[10], media[80];

	if (!exchange)
		return;
	exchange->method = method;
	exchange->path = path;
	if (run->raw.at) {
		exchange->request = run->raw;
	} else if (run->body) {
		buffer_init(&body, run->arena, 16384);
		tree_write(run->body, &body);
		exchange->request = buffer_text(&body);
	}
	exchange->request_tree = tree_read(exchange->request, run->arena);
	out.method = text_to_z(method, name, sizeof(name));
	out.media = text_to_z(run->media, media, sizeof(media));
	out.payload = exchange->request;
	buffer_init(&headers, run->arena, 512);
	buffer_lit(&headers, "Accept: application/fhir+json, application/json\n");
	if (run->token.n) {
		buffer_lit(&headers, "Authorization: Bearer ");
		buffer_add(&headers, run->token);
		buffer_lit(&headers, "\n");
	}
	buffer_add(&headers, buffer_text(&run->headers));
	buffer_add_char(&headers, '\0');
	out.extra = headers.at;
	call(run, &out, exchange);
	run->exchange = exchange;
}

static bool is_type(const struct run *run, const struct tree *notification, const char *type)
{
	struct tree_set found;

	return tree_find(notification, text_lit("entry[0].resource.parameter{name:type}.valueCode"), run->arena, &found) && found.n &&
	       text_is(tree_value(found.at[0]), type);
}

bool exchange_await(struct run *run, const char *type, int64_t wait_ms, struct text tag)
{
	int64_t until_ms = clock_now().mono_ms + wait_ms;
	struct text body;

	while (run->listener) {
		while (listener_next(run->listener, run->arena, &body)) {
			struct tree *tree = tree_read(body, run->arena);
			struct exchange *exchange;

			run->selftest->notifications++;
			if (!is_type(run, tree, type))
				continue;
			exchange = add(run, tag);
			if (!exchange)
				return false;
			exchange->answer = body;
			exchange->answer_tree = tree;
			exchange->status = 200;
			run->exchange = exchange;
			return true;
		}
		if (clock_now().mono_ms >= until_ms)
			break;
		wait(run, until_ms - clock_now().mono_ms);
	}
	return false;
}

/* Every byte that is not plainly itself, as %XX. */
static void add_escaped(struct buffer *out, struct text t)
{
	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.at[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c)))
			buffer_add_char(out, (char)c);
		else
			buffer_format(out, "%%%02X", c);
	}
}

bool exchange_token(struct run *run, struct text scope)
{
	struct buffer form, audience;
	struct assertion_wish wish = { .client = run->selftest->client };
	struct exchange *exchange = add(run, text_lit("token"));
	struct out out = { .kind = OUT_CALL, .call = 1, .url = address(run, text_lit("/oauth/token")), .media = "application/x-www-form-urlencoded",
		.deadline_ms = clock_now().mono_ms + ANSWER_MS };

	if (!exchange)
		return false;
	buffer_init(&audience, run->arena, 128);
	buffer_add(&audience, run->selftest->audience);
	buffer_lit(&audience, "/oauth/token");
	wish.audience = buffer_text(&audience);
	buffer_init(&form, run->arena, 4096);
	buffer_lit(&form, "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
			  "&client_assertion=");
	buffer_add(&form, assertion_sign(run->selftest->key, &wish, clock_now(), run->arena));
	buffer_lit(&form, "&scope=");
	add_escaped(&form, scope);
	out.payload = exchange->request = buffer_text(&form);
	call(run, &out, exchange);
	run->exchange = exchange;
	run->token = tree_word(exchange->answer_tree, "access_token");
	return exchange->status == 200 && run->token.n;
}
