/* SPDX-License-Identifier: Apache-2.0 */
/* What a scenario can do: put a request together, send it, wait for a notification, keep what an answer says. */
#include "base/crypto.h"
#include "gateway/access/assertion_sign.h"
#include "gateway/selftest/conformance.h"
#include "gateway/selftest/steps.h"

#include <stdio.h>
#include <string.h>

enum { NAME_ROOM = 60, UUID_ROOM = 40 };

void steps_reset(struct run *run)
{
	run->raw = TEXT_NONE;
	run->media = TEXT_NONE;
	buffer_init(&run->headers, run->arena, 256);
}

/* -- values -- */

void run_set(struct run *run, struct text name, struct text value)
{
	struct variable *variable = NULL;

	for (size_t i = 0; i < run->variables_n && !variable; i++)
		if (text_equal(run->variables[i].name, name))
			variable = &run->variables[i];
	if (!variable)
		variable = arena_push(run->arena, (void **)&run->variables, &run->variables_n, sizeof(*variable));
	if (variable)
		*variable = (struct variable){ arena_text(run->arena, name), arena_text(run->arena, value) };
}

struct text run_value(const struct run *run, const char *name)
{
	for (size_t i = 0; i < run->variables_n; i++)
		if (text_is(run->variables[i].name, name))
			return run->variables[i].value;
	return TEXT_NONE;
}

static void add_uuid(struct buffer *out)
{
	unsigned char b[16];

	crypto_random(b, sizeof(b));
	b[6] = (unsigned char)(0x40 | (b[6] & 0x0F));
	b[8] = (unsigned char)(0x80 | (b[8] & 0x3F));
	for (int i = 0; i < 16; i++)
		buffer_format(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
}

/* {{name}}; {{new-uuid}} is another one each time, {{today+14}} a day in two weeks. */
static bool add_value(struct run *run, struct text name, struct buffer *out)
{
	enum { DAY_MS = 86400000 };
	char z[NAME_ROOM];
	struct text value;
	int64_t days = 0;

	if (text_is(name, "new-uuid")) {
		add_uuid(out);
		return true;
	}
	if (text_is(name, "now")) {
		buffer_add(out, clock_format(clock_now().wall_ms, true, run->arena));
		return true;
	}
	if (text_is(name, "today") || (text_starts(name, "today") && text_to_int((struct text){ name.at + 5, name.n - 5 }, &days))) {
		buffer_add(out, clock_format_date(clock_now().wall_ms + days * DAY_MS, run->arena));
		return true;
	}
	value = run_value(run, text_to_z(name, z, sizeof(z)));
	if (!text_there(value))
		return run->off || run_wrong(run, "no value is known for", name); /* what would have set it was passed over */
	buffer_add(out, value);
	return true;
}

struct text run_fill(struct run *run, struct text line)
{
	struct buffer out;

	buffer_init(&out, run->arena, line.n + 64);
	while (line.n) {
		const char *open = memmem(line.at, line.n, "{{", 2), *close;
		size_t before = open ? (size_t)(open - line.at) : line.n;

		buffer_add(&out, (struct text){ line.at, before });
		if (!open)
			break;
		close = memmem(open, line.n - before, "}}", 2);
		if (!close) {
			run_wrong(run, "{{ without its }}", TEXT_NONE);
			return TEXT_NONE;
		}
		if (!add_value(run, text_trim((struct text){ open + 2, (size_t)(close - open - 2) }), &out))
			return TEXT_NONE;
		line = (struct text){ close + 2, (size_t)(line.at + line.n - close - 2) };
	}
	return buffer_text(&out);
}

/* let NAME = VALUE */
static bool let(struct run *run, struct text rest)
{
	struct text name = scenario_word(&rest);

	if (!text_is(scenario_word(&rest), "="))
		return run_wrong(run, "let NAME = VALUE", TEXT_NONE);
	run_set(run, name, rest);
	return true;
}

/* keep NAME PATH: what the answer says there; an empty text when it says nothing */
static bool keep(struct run *run, struct text rest)
{
	struct text name = scenario_word(&rest), value = text_lit("");
	struct tree_set found;

	if (!tree_find(run->exchange ? run->exchange->answer_tree : NULL, rest, run->arena, &found))
		return run_wrong(run, "no path", rest);
	if (found.n && text_there(tree_value(found.at[0])))
		value = tree_value(found.at[0]);
	run_set(run, name, value);
	return true;
}

/* keep-json NAME PATH: all that stands there */
static bool keep_json(struct run *run, struct text rest)
{
	struct text name = scenario_word(&rest);
	struct tree_set found;
	struct buffer out;

	if (!tree_find(run->exchange ? run->exchange->answer_tree : NULL, rest, run->arena, &found))
		return run_wrong(run, "no path", rest);
	buffer_init(&out, run->arena, 4096);
	if (found.n)
		tree_write(found.at[0], &out);
	else
		buffer_lit(&out, "{}");
	run_set(run, name, buffer_text(&out));
	return true;
}

/* -- the request -- */

/* file NAME: a payload, its values filled in. {{seq}} is another one for each. */
static bool take_file(struct run *run, struct text rest)
{
	static int seq;
	struct text content = conformance_file(rest, run->selftest->payloads, run->arena);
	char number[8];

	if (!text_there(content))
		return run_wrong(run, "no such file", rest);
	snprintf(number, sizeof(number), "%04x", ++seq & 0xffff);
	run_set(run, text_lit("seq"), text_of(number));
	content = run_fill(run, content);
	run->body = tree_read(content, run->arena);
	return run->body != NULL || run_wrong(run, "no JSON in", rest);
}

static bool set(struct run *run, struct text rest)
{
	struct text path = scenario_word(&rest);
	const struct tree *value = tree_read(rest, run->arena);

	if (!value)
		return run_wrong(run, "no JSON", rest);
	return (run->body && tree_put(run->body, path, value, run->arena)) || run_wrong(run, "nothing to set at", path);
}

static bool drop(struct run *run, struct text rest)
{
	return (run->body && tree_drop(run->body, rest, run->arena)) || run_wrong(run, "nothing to drop at", rest);
}

/* lift PATH FROM: what is at FROM stands at PATH instead */
static bool lift(struct run *run, struct text rest)
{
	struct text path = scenario_word(&rest);
	struct tree_set found;
	struct buffer copy;

	buffer_init(&copy, run->arena, 4096);
	if (!run->body || !tree_find(run->body, rest, run->arena, &found) || !found.n)
		return run_wrong(run, "nothing to lift at", rest);
	tree_write(found.at[0], &copy);
	return tree_put(run->body, path, tree_read(buffer_text(&copy), run->arena), run->arena) || run_wrong(run, "nothing to set at", path);
}

static bool raw(struct run *run, struct text rest)
{
	run->raw = text_is(rest, "nothing") ? text_lit("") : arena_text(run->arena, rest);
	return true;
}

static bool media(struct run *run, struct text rest)
{
	run->media = arena_text(run->arena, rest);
	return true;
}

static bool header(struct run *run, struct text rest)
{
	buffer_add(&run->headers, rest);
	buffer_add_char(&run->headers, '\n');
	return true;
}

/* -- tokens -- */

/* assertion NAME [good|expired|other-audience|wrong-signature]: signed by the client for the token address */
static bool assertion(struct run *run, struct text rest)
{
	struct text name = scenario_word(&rest);
	struct assertion_wish wish = { .client = run->selftest->client };
	struct buffer audience;
	struct text made;

	buffer_init(&audience, run->arena, 128);
	buffer_add(&audience, run->selftest->audience);
	buffer_add(&audience, text_is(rest, "other-audience") ? text_lit("/oauth/other") : text_lit("/oauth/token"));
	wish.audience = buffer_text(&audience);
	wish.life_s = text_is(rest, "expired") ? -60 : 0;
	made = assertion_sign(run->selftest->key, &wish, clock_now(), run->arena);
	if (text_is(rest, "wrong-signature"))
		for (size_t i = made.n - 20; i < made.n - 10; i++)
			((char *)made.at)[i] = made.at[i] == 'A' ? 'B' : 'A';
	run_set(run, name, made);
	return true;
}

/* token fhir | cds PATH [client ID] | cds-expired PATH | kept NAME | none */
static bool token(struct run *run, struct text rest)
{
	struct text kind = scenario_word(&rest), path = scenario_word(&rest);
	struct assertion_wish wish = { .client = run->selftest->client, .cds = true };
	struct buffer audience;
	char name[NAME_ROOM];

	run->token = TEXT_NONE;
	if (text_is(kind, "none") || !run->selftest->key)
		return true;
	if (text_is(kind, "kept")) {
		run->token = run_value(run, text_to_z(path, name, sizeof(name)));
		return true;
	}
	if (text_is(kind, "fhir")) {
		const struct exchange *before = run->exchange;

		if (!exchange_token(run, text_lit("system/*.cruds"))) {
			run->off = true;
			run->off_why = text_lit("no access token was to be had");
		}
		run->exchange = (struct exchange *)before;
		return true;
	}
	if (!text_is(kind, "cds") && !text_is(kind, "cds-expired"))
		return run_wrong(run, "no such token", kind);
	buffer_init(&audience, run->arena, 128);
	buffer_add(&audience, run->selftest->audience);
	buffer_add(&audience, path);
	wish.audience = buffer_text(&audience);
	wish.life_s = text_is(kind, "cds-expired") ? -60 : 0;
	if (text_is(scenario_word(&rest), "client"))
		wish.client = rest;
	run->token = assertion_sign(run->selftest->key, &wish, clock_now(), run->arena);
	return true;
}

/* -- sending and waiting -- */

static bool send_with(struct run *run, const char *method, struct text rest)
{
	struct text path = arena_text(run->arena, scenario_word(&rest)), tag = TEXT_NONE;

	if (text_is(scenario_word(&rest), "as"))
		tag = arena_text(run->arena, rest);
	if (!run->media.n)
		run->media = memmem(path.at, path.n, "/cds-services", 13) ? text_lit("application/json") : text_lit("application/fhir+json");
	exchange_send(run, text_of(method), path, tag);
	steps_reset(run);
	return true;
}

static bool get(struct run *run, struct text rest)
{
	run->raw = text_lit("");
	return send_with(run, "GET", rest);
}

static bool post(struct run *run, struct text rest)
{
	return send_with(run, "POST", rest);
}

static bool put(struct run *run, struct text rest)
{
	return send_with(run, "PUT", rest);
}

static bool delete(struct run *run, struct text rest)
{
	run->raw = text_lit("");
	return send_with(run, "DELETE", rest);
}

/* await TYPE SECONDS [as TAG]: without one there is nothing to look at */
static bool await(struct run *run, struct text rest)
{
	char type[NAME_ROOM];
	int64_t seconds;
	struct text tag = TEXT_NONE;

	text_to_z(scenario_word(&rest), type, sizeof(type));
	if (!text_to_int(scenario_word(&rest), &seconds))
		return run_wrong(run, "await TYPE SECONDS", TEXT_NONE);
	if (text_is(scenario_word(&rest), "as"))
		tag = arena_text(run->arena, rest);
	run->exchange = NULL;
	exchange_await(run, type, seconds * 1000, tag);
	return true;
}

/* look TAG: at an earlier exchange again, the last of that tag */
static bool look(struct run *run, struct text rest)
{
	run->exchange = NULL;
	for (struct exchange *exchange = run->all; exchange; exchange = exchange->next)
		if (text_equal(exchange->tag, rest))
			run->exchange = exchange;
	return true;
}

/* -- what for -- */

/* needs tokens | listener: the scenario is not for every run */
static bool needs(struct run *run, struct text rest)
{
	if (text_is(rest, "tokens")) {
		run->off = !run->selftest->key;
		run->off_why = text_lit("no key of a client was given: nothing is asked for a token");
	} else if (text_is(rest, "listener")) {
		run->off = !run->listener;
		run->off_why = text_lit("there is nowhere to be notified: --listen was not given");
	} else {
		return run_wrong(run, "needs tokens or listener", rest);
	}
	return true;
}

const struct step steps[] = {
	{ "needs", true, needs },
	{ "let", true, let },
	{ "keep", false, keep },
	{ "keep-json", false, keep_json },
	{ "file", false, take_file },
	{ "set", false, set },
	{ "drop", false, drop },
	{ "lift", false, lift },
	{ "raw", false, raw },
	{ "media", false, media },
	{ "header", false, header },
	{ "assertion", false, assertion },
	{ "token", false, token },
	{ "get", false, get },
	{ "post", false, post },
	{ "put", false, put },
	{ "delete", false, delete },
	{ "await", false, await },
	{ "look", false, look },
	{ "answer-questions", false, step_answer_questions },
	{ 0 },
};
