/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens for payers that are asked in FHIR (SMART App Launch 2, backend services): signed for with our own key, kept until shortly before
   they end, and one request for one at a time. Nothing of a token is logged. */
#include "gateway/courier/courier.h"

#include "base/json.h"
#include "base/log.h"
#include "gateway/access/assertion_sign.h"
#include "gateway/config/file.h"

#include <string.h>

enum {
	KEY_FILE_MAX = 1 << 16,  /* bytes */
	ASK_MS = 4000,           /* for one answer; finding out and asking fit into the time that a job waits for its place */
	AHEAD_MS = 15000,        /* by which a token is given up before it ends: a post of 12 s, and clocks */
	LIFE_MS = 60000,         /* of a token that does not say how long it is good (RFC 6749 5.1 only recommends it) */
	PAUSE_MS = 1000,         /* after the first failure; each further one doubles it */
	PAUSE_MOST_MS = 60000,
};

bool token_key_read(const struct config *config, struct crypto_key **out, struct fault *fault)
{
	struct arena arena;
	struct text body;
	bool good = true;

	*out = NULL;
	if (!config->signing_key.n)
		return true;
	arena_init(&arena, 1 << 18);
	good = file_secret(config->signing_key, KEY_FILE_MAX, "signing_key", &arena, &body, fault);
	if (good) {
		*out = crypto_key_read(body);
		explicit_bzero((char *)(uintptr_t)body.at, body.n);
		good = *out != NULL || fault_set(fault, FAULT_FILE, "signing_key");
	}
	arena_done(&arena);
	return good;
}

void token_forget(struct courier *courier)
{
	for (size_t i = 0; i < courier->lanes_n; i++) {
		courier->lanes[i].token = (struct token){ .number = courier->lanes[i].token.number };
		courier->lanes[i].subscribing.again_ms = 0;
	}
}

void token_spent(struct lane *lane, uint64_t number)
{
	if (lane->token.state == TOKEN_HELD && lane->token.number == number) {
		lane->token.state = TOKEN_NONE;
		lane->token.until_ms = 0;
	}
}

static void failed(struct lane *lane, const char *why, int status, struct now now)
{
	struct token *token = &lane->token;
	int64_t pause = PAUSE_MS;

	for (int i = 0; i < token->failures && pause < PAUSE_MOST_MS; i++)
		pause *= 2;
	token->failures++;
	token->state = TOKEN_NONE;
	token->until_ms = now.mono_ms + (pause < PAUSE_MOST_MS ? pause : PAUSE_MOST_MS);
	log_event(LEVEL_WARN, "remote.token", log_id("backend", text_of(lane->name)), log_word("failed", why), log_number("status", status));
}

/* -- asking -- */

static struct out *call(struct courier *courier, struct token *token, struct now now, struct outbox *out)
{
	struct out *call = outbox_add(out, OUT_CALL);

	token->call = call->call = ++courier->last_call;
	call->deadline_ms = now.mono_ms + ASK_MS;
	call->extra = "Accept: application/json\n";
	return call;
}

static void find(struct courier *courier, struct lane *lane, const struct backend *backend, struct now now, struct outbox *out)
{
	struct out *asked = call(courier, &lane->token, now, out);
	struct text base = backend->fhir;
	struct buffer url;

	while (base.n && base.at[base.n - 1] == '/')
		base.n--;
	buffer_init(&url, out->arena, base.n + 40);
	buffer_add(&url, base);
	buffer_lit(&url, "/.well-known/smart-configuration");
	asked->method = "GET";
	asked->url = buffer_text(&url);
	lane->token.state = TOKEN_FINDS;
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

static bool ask(struct courier *courier, struct lane *lane, const struct backend *backend, struct now now, struct outbox *out)
{
	const struct assertion_wish wish = { .client = backend->client_id, .audience = text_of(lane->token.address) };
	struct text signed_text = courier->key ? assertion_sign(courier->key, &wish, now, &courier->arena) : TEXT_NONE;
	struct out *asked;
	struct buffer form;

	if (!text_there(signed_text))
		return false;
	buffer_init(&form, out->arena, 4096);
	buffer_lit(&form, "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
			  "&client_assertion=");
	buffer_add(&form, signed_text);
	buffer_lit(&form, "&scope=");
	add_escaped(&form, backend->scope.n ? backend->scope : text_lit("system/Claim.cru system/Subscription.cr"));
	asked = call(courier, &lane->token, now, out);
	asked->media = "application/x-www-form-urlencoded";
	asked->url = arena_text(out->arena, text_of(lane->token.address));
	asked->payload = buffer_text(&form);
	lane->token.state = TOKEN_ASKS;
	return true;
}

enum token_have token_want(struct courier *courier, struct lane *lane, const struct backend *backend, struct now now, struct outbox *out)
{
	struct token *token = &lane->token;

	if (!backend->client_id.n || (token->state == TOKEN_HELD && now.mono_ms < token->until_ms))
		return TOKEN_READY;
	if (token->state == TOKEN_FINDS || token->state == TOKEN_ASKS)
		return TOKEN_COMING;
	if (token->state == TOKEN_HELD) {
		token->state = TOKEN_NONE;
		token->until_ms = 0;
	}
	if (now.mono_ms < token->until_ms)
		return TOKEN_REFUSED;
	if (backend->token.n)
		text_to_z(backend->token, token->address, sizeof(token->address));
	if (!*token->address) {
		find(courier, lane, backend, now, out);
		return TOKEN_COMING;
	}
	if (ask(courier, lane, backend, now, out))
		return TOKEN_COMING;
	failed(lane, "key", 0, now);
	return TOKEN_REFUSED;
}

/* -- being answered -- */

/* What the payer's own document says is where the assertion goes: over TLS, or on this host. */
static bool good_address(struct text url)
{
	static const char *const starts[] = { "https://", "http://127.0.0.1:", "http://localhost:", "http://[::1]:" };

	for (size_t i = 0; i < url.n; i++)
		if (url.at[i] <= ' ' || url.at[i] > '~' || url.at[i] == '"' || url.at[i] == '\\' || url.at[i] == '@')
			return false;
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (text_starts(url, starts[i]))
			return url.n < COURIER_URL_MAX;
	return false;
}

/* What a header line takes (RFC 6750 2.1). */
static bool good_token(struct text token)
{
	for (size_t i = 0; i < token.n; i++) {
		char c = token.at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && (!c || !strchr("-._~+/=", c)))
			return false;
	}
	return token.n > 0 && token.n < COURIER_TOKEN_MAX;
}

static void found(struct courier *courier, struct lane *lane, const struct backend *backend, const struct input *input, struct now now,
	struct outbox *out)
{
	struct smart_configuration said = { 0 };
	struct fault fault;

	if (input->status != 200 || !json_read(&smart_configuration_record, &said, input->payload, &courier->arena, NULL, &fault) ||
		!good_address(said.token_endpoint)) {
		failed(lane, "discovery", input->status, now);
		return;
	}
	text_to_z(said.token_endpoint, lane->token.address, sizeof(lane->token.address));
	if (!ask(courier, lane, backend, now, out))
		failed(lane, "key", 0, now);
}

static void given(struct courier *courier, struct lane *lane, const struct input *input, struct now now)
{
	struct token_answer said = { 0 };
	struct token *token = &lane->token;
	struct fault fault;
	int64_t life_ms = LIFE_MS, ahead_ms;

	if (input->status < 200 || input->status > 299 || !json_read(&token_answer_record, &said, input->payload, &courier->arena, NULL, &fault) ||
		!good_token(said.access_token) || (said.token_type.n && !text_equal_nocase(said.token_type, text_lit("bearer")))) {
		*token->address = '\0'; /* it may have moved */
		failed(lane, "refused", input->status, now);
		return;
	}
	if (said.expires_in > 0)
		life_ms = said.expires_in < 86400 ? said.expires_in * 1000 : 86400 * 1000;
	ahead_ms = life_ms / 4 < AHEAD_MS ? life_ms / 4 : AHEAD_MS;
	text_to_z(said.access_token, token->value, sizeof(token->value));
	token->state = TOKEN_HELD;
	token->number++;
	token->failures = 0;
	token->until_ms = now.mono_ms + life_ms - ahead_ms;
	log_event(LEVEL_INFO, "remote.token", log_id("backend", text_of(lane->name)), log_number("seconds", life_ms / 1000));
}

bool token_answered(struct courier *courier, const struct input *input, struct now now, struct outbox *out)
{
	for (size_t i = 0; i < courier->lanes_n; i++) {
		struct lane *lane = &courier->lanes[i];
		const struct backend *backend = backend_find(courier->config, text_of(lane->name));
		bool finds = lane->token.state == TOKEN_FINDS;

		if ((!finds && lane->token.state != TOKEN_ASKS) || lane->token.call != input->call)
			continue;
		if (!backend)
			lane->token.state = TOKEN_NONE;
		else if (finds)
			found(courier, lane, backend, input, now, out);
		else
			given(courier, lane, input, now);
		return true;
	}
	return false;
}
