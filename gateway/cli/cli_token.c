/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack token: signs an assertion as a client does, and exchanges it for an access token. */
#include "base/clock.h"
#include "base/json.h"
#include "gateway/access/assertion_sign.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/cli_post.h"
#include "gateway/access/token.h"

#include <stdio.h>
#include <string.h>

enum { KEY_MAX = 1 << 16, MEMORY = 8 << 20 };

struct wanting {
	const char *to, *client, *key, *scope, *audience;
	bool assertion, cds, whole;
};

/* "http://127.0.0.1:8080/" is the same gateway as without the slash. */
static struct text token_address(const struct wanting *wanting, struct arena *arena)
{
	struct text to = text_of(wanting->to);
	struct buffer url;

	while (to.n && to.at[to.n - 1] == '/')
		to.n--;
	buffer_init(&url, arena, 128);
	buffer_add(&url, to);
	buffer_lit(&url, "/oauth/token");
	return buffer_text(&url);
}

static struct text assertion(const struct wanting *wanting, const struct crypto_key *key, struct text audience, struct arena *arena)
{
	struct assertion_wish wish = { .client = text_of(wanting->client), .audience = audience, .cds = wanting->cds };

	return assertion_sign(key, &wish, clock_now(), arena);
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

static int exchange(const struct wanting *wanting, struct text address, struct text signed_text, struct arena *arena)
{
	struct token_answer answer = { 0 };
	struct buffer form;
	struct fault fault;
	struct text body;
	int status;

	buffer_init(&form, arena, 4096);
	buffer_lit(&form, "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
			  "&client_assertion=");
	buffer_add(&form, signed_text);
	buffer_lit(&form, "&scope=");
	add_escaped(&form, text_of(wanting->scope));
	status = cli_post(address, "application/x-www-form-urlencoded", buffer_text(&form), arena, &body);
	if (!status) {
		fprintf(stderr, "dualtrack token: no answer from %s\n", wanting->to);
		return CLI_FAILED;
	}
	if (!json_read(&token_answer_record, &answer, body, arena, NULL, &fault) || (status == 200 && !answer.access_token.n)) {
		fprintf(stderr, "dualtrack token: HTTP %d, and the answer is none that a token endpoint gives\n", status);
		return CLI_WRONG;
	}
	if (status != 200) {
		fprintf(stderr, "dualtrack token: refused: %.*s: %.*s\n", TEXT_ARGS(answer.error), TEXT_ARGS(answer.error_description));
		return CLI_WRONG;
	}
	cli_put(wanting->whole ? text_trim(body) : answer.access_token);
	putchar('\n');
	return CLI_OK;
}

static int run(const struct wanting *wanting, struct arena *arena)
{
	struct text pem = cli_read(wanting->key, KEY_MAX, arena), address = token_address(wanting, arena), made;
	struct crypto_key *key;

	if (!text_there(pem))
		return CLI_FAILED;
	key = crypto_key_read(pem);
	if (!key) {
		fprintf(stderr, "dualtrack: %s: no private RSA key of 2048 to 4096 bits and none on P-384\n", wanting->key);
		return CLI_USAGE;
	}
	made = assertion(wanting, key, wanting->audience ? text_of(wanting->audience) : address, arena);
	crypto_key_free(key);
	if (!wanting->assertion)
		return exchange(wanting, address, made, arena);
	cli_put(made);
	putchar('\n');
	return CLI_OK;
}

/* An address or an id that JSON would have to escape is none. */
static bool plain(const char *z)
{
	for (; *z; z++)
		if (*z <= ' ' || *z > '~' || *z == '"' || *z == '\\')
			return false;
	return true;
}

int cli_token(const struct cli_command *command, int argc, char **argv)
{
	struct wanting wanting = { .to = "http://127.0.0.1:8080", .client = "sandbox", .scope = "system/*.cruds" };
	const char *cds = NULL;
	const struct cli_option options[] = {
		{ "key", "FILE", "PEM file with the secret key; `up` says where that of the sandbox's client is", &wanting.key, NULL },
		{ "client", "ID", "client id; default sandbox", &wanting.client, NULL },
		{ "scope", "SCOPES", "what to ask for; default system/*.cruds, which gives all that is registered", &wanting.scope, NULL },
		{ "to", "URL", "gateway; default http://127.0.0.1:8080", &wanting.to, NULL },
		{ "audience", "URL", "aud of the assertion, when the gateway's public_url is not what --to says", &wanting.audience, NULL },
		{ "assertion", NULL, "print the signed assertion instead of exchanging it", NULL, &wanting.assertion },
		{ "cds", "URL", "print a token for calling this CDS service (CDS Hooks); --client is then its issuer", &cds, NULL },
		{ "json", NULL, "print the whole answer", NULL, &wanting.whole },
	};
	int code = cli_parse(command, options, sizeof(options) / sizeof(*options), &argc, argv);
	struct arena arena;

	if (code != CLI_GO_ON)
		return code;
	if (argc || !wanting.key || (cds && wanting.audience))
		return cli_misused(command, "--key FILE is needed, and only options are taken");
	if (cds) {
		wanting.cds = wanting.assertion = true;
		wanting.audience = cds;
	}
	if (!plain(wanting.client) || !plain(wanting.to) || (wanting.audience && !plain(wanting.audience)))
		return cli_misused(command, "a client id or an address is not of visible characters alone");
	arena_init(&arena, MEMORY);
	code = run(&wanting, &arena);
	arena_done(&arena);
	return code;
}
