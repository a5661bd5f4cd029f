/* SPDX-License-Identifier: Apache-2.0 */
/* What a client did not send along is read from its FHIR server, with the token it gave, while its question pauses; then the question is read again
   with what came. */
#include "gateway/worker/worker_cds.h"
#include "gateway/worker/worker_pause.h"

enum { READ_MS = 2500 /* for a round of reads: half of what a CRD client waits */ };

#define READ "READ"

static const struct api_client *client_of(const struct web *web)
{
	const struct config *config = web->worker->config;

	for (size_t i = 0; web->request.client.n && i < config->clients_n; i++)
		if (text_equal(config->clients[i].id, web->request.client))
			return &config->clients[i];
	return NULL;
}

static struct text unslashed(struct text url)
{
	while (url.n && url.at[url.n - 1] == '/')
		url.n--;
	return url;
}

/* Only the server that the client is registered with: a request that names another one would have us ask whoever it likes. */
static bool may_read(const struct cds_asked *asked, const struct api_client *client)
{
	const struct cds_request *request = asked->question.request;

	return client && client->fhir_server.n && text_equal(unslashed(client->fhir_server), unslashed(request->fhir_server));
}

/* Where the answer belongs, and what was asked: "coverage Coverage?patient=EX1". */
static struct text name_of(const struct cds_wanted *wanted, struct arena *arena)
{
	struct buffer name;

	buffer_init(&name, arena, 40 + wanted->query.n);
	buffer_add(&name, text_of(wanted->key));
	buffer_add_char(&name, ' ');
	buffer_add(&name, wanted->query);
	return buffer_text(&name);
}

bool cds_fetch(struct cds_asked *asked)
{
	struct web *web = asked->web;
	const struct api_client *client = client_of(web);
	const struct cds_authorization *authorization = asked->question.request->authorization;
	struct cds_wanted wanted[CDS_WANTED_MAX];
	size_t n;

	if (!may_read(asked, client))
		return false;
	n = cds_missing(&asked->question, web->worker->config->payer_ids_n > 0, web->arena, wanted);
	for (size_t i = 0; i < n; i++) {
		const struct remote_read read = { .client = client->id, .query = wanted[i].query, .bearer = authorization ? authorization->access_token : TEXT_NONE };
		const struct pause_message message = { ROLE_COURIER, TYPE_READ, text_lit(READ), &remote_read_record, &read };
		struct text name = name_of(&wanted[i], web->arena);

		if (text_there(name))
			pause_send(web->worker, web->input, &message, name, READ_MS, web->now, web->out);
	}
	return pause_waits(web->worker);
}

size_t cds_fetched(const struct web *web, struct cds_later **out)
{
	const struct pause_answer *answer;
	size_t n = 0;

	*out = NULL;
	for (size_t i = 0; (answer = pause_answer_at(web->worker, i)); i++) {
		struct text key = answer->key;
		struct cds_later *later;

		if (!text_is(answer->kind, READ))
			continue;
		later = arena_push(web->arena, (void **)out, &n, sizeof(*later));
		if (!later)
			return n;
		later->key = text_cut(&key, ' ');
		later->body = answer->there && answer->status == 200 ? answer->body : TEXT_NONE;
	}
	return n;
}
