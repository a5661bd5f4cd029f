/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that could not get in, or more than was meant. */
#include "gateway/config/config_check.h"
#include "gateway/access/registry.h"

#include <string.h>
#include <unistd.h>

enum { WHAT_MAX = 120 /* bytes of a sentence with a line number */ };

/* It goes into log lines, headers and tokens. */
bool config_client_id(struct text id)
{
	for (size_t i = 0; i < id.n; i++) {
		char c = id.at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && (!c || !strchr("._:-", c)))
			return false;
	}
	return id.n > 0;
}

static void check_client(struct checking *c, size_t i)
{
	const struct api_client *clients = c->config->clients, *client = &clients[i];
	struct scopes scopes;
	char what[WHAT_MAX], file[1024];

	if (client->id.n && !config_client_id(client->id))
		config_say(c, "client", i, "id", 0, "must be of letters, digits and . _ : - only");
	if (text_is(client->id, "open"))
		config_say(c, "client", i, "id", 0, "is the name of everybody where no tokens are asked for: another one is needed");
	if (client->jwks.n && access(text_to_z(client->jwks, file, sizeof(file)), R_OK))
		config_say(c, "client", i, "jwks", 0, "the file cannot be read");
	if (client->scopes.n && !scopes_read(client->scopes, &scopes))
		config_say(c, "client", i, "scopes", 0, "must be scopes such as system/Claim.cu or system/*.rs, with single spaces between, at most 64");
	for (size_t j = 0; j < i; j++) {
		bool same = client->id.n && text_equal(client->id, clients[j].id);

		if (!client->id.n || (!same && !text_equal(api_client_issuer(client), api_client_issuer(&clients[j]))))
			continue;
		snprintf(what, sizeof(what), "line %d has the same %s", config_line(c, "client", j, same ? "id" : "cds_issuer", 0), same ? "id" : "issuer");
		config_say(c, "client", i, same ? "id" : "cds_issuer", 0, what);
		return;
	}
}

/* https://host[:port], nothing behind it, and nothing that JSON or a header would have to escape */
static bool bare_url(struct text t)
{
	const char *host = config_url(t) ? memmem(t.at, t.n, "://", 3) : NULL;
	size_t n = host ? t.n - (size_t)(host + 3 - t.at) : 0;

	for (size_t i = 0; i < n; i++) {
		char c = host[3 + i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && (!c || !strchr(".:-[]", c)))
			return false;
	}
	return n > 0;
}

bool config_loopback(struct text address)
{
	size_t n = 0;

	if (!address.n || text_starts(address, "localhost:") || text_starts(address, "[::1]:"))
		return true;
	/* 127.0.0.0/8 in numbers: a name may begin with them, too */
	while (n < address.n && ((address.at[n] >= '0' && address.at[n] <= '9') || address.at[n] == '.' || address.at[n] == ':'))
		n++;
	return n == address.n && text_starts(address, "127.");
}

static bool everywhere(struct text address)
{
	return text_starts(address, "0.0.0.0:") || text_starts(address, "[::]:") || text_starts(address, "*:");
}

/* Two edges that make keys of their own would not know each other's tokens. */
static bool one_edge(const struct config *config)
{
	size_t edges = 0;

	for (size_t i = 0; i < config->hosts_n; i++) {
		struct peer peer;

		edges += peer_of(config->hosts[i].role, &peer) && peer.kind == ROLE_EDGE;
	}
	return edges < 2;
}

/* A code without its system means nothing, and each answer is said once. */
static void check_answer(struct checking *c, size_t i)
{
	const struct crd_answer *answer = &c->config->crd_answers[i];

	if (!answer->reason_code.n != !answer->reason_system.n)
		config_say(c, "crd_answer", i, answer->reason_code.n ? "reason_code" : "reason_system", 0, "reason_code and reason_system belong together");
	if (answer->info_needed.n && answer->covered.n && !text_is(answer->covered, "conditional"))
		config_say(c, "crd_answer", i, "info_needed", 0, "is said only with covered = conditional");
	for (size_t j = 0; j < i; j++)
		if (text_equal(answer->when, c->config->crd_answers[j].when))
			config_say(c, "crd_answer", i, "when", 0, "another [crd_answer] is for the same");
}

void config_check_clients(struct checking *c)
{
	const struct config *config = c->config;

	for (size_t i = 0; i < config->clients_n; i++)
		check_client(c, i);
	for (size_t i = 0; i < config->crd_answers_n; i++)
		check_answer(c, i);
	if (config->public_url.n && !bare_url(config->public_url))
		config_say(c, NULL, 0, "public_url", 0, "must be https://host or https://host:port (http:// on this host only), without a path");
	if (config->clients_n && !config->public_url.n && everywhere(config->listen.n ? config->listen : config->listen_tls))
		config_say(c, NULL, 0, "public_url", 0, "is needed: the address listened on is not one that a [client] could name in aud");
	if (config->clients_n && !config->token_key.n && !one_edge(config))
		config_say(c, NULL, 0, "token_key", 0, "several edges need the same key; `dualtrack key token FILE` makes one");
	if (config->open && (!config_loopback(config->listen) || !config_loopback(config->listen_tls) || config->hosts_n))
		config_say(c, NULL, 0, "open", 0, "without tokens this gateway may listen on loopback addresses only, and on one host");
}
