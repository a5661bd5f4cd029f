/* SPDX-License-Identifier: Apache-2.0 */
/* What a client did not send along is read from its FHIR server, with the token it gave, before its question is answered: by the courier, so that no
   worker waits. Then the question comes back and is read again with what was found. */
#include "gateway/worker/worker_cds.h"
#include "gateway/worker/worker_pas.h"

enum {
	ROUNDS_MAX = 2, /* the order, then the drug that it names */
	LEFT_MS = 1500, /* of the deadline; with less, what is known is answered */
};

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

static bool tried(const struct gather *before, struct text query)
{
	for (size_t i = 0; before && i < before->reads_n; i++)
		if (text_equal(before->reads[i].query, query))
			return true;
	return false;
}

/* What was read before, and what is wanted now. False past the arena. */
static bool add_reads(struct cds_asked *asked, struct gather *gather)
{
	const struct gather *before = asked->web->worker->gathered;
	struct cds_wanted wanted[CDS_WANTED_MAX];
	size_t n = cds_missing(&asked->question, asked->web->worker->config->payer_ids_n > 0, asked->web->arena, wanted), kept = before ? before->reads_n : 0;

	gather->reads = arena_alloc(asked->web->arena, (kept + n + 1) * sizeof(*gather->reads));
	if (!gather->reads)
		return false;
	for (; gather->reads_n < kept; gather->reads_n++)
		gather->reads[gather->reads_n] = before->reads[gather->reads_n];
	for (size_t i = 0; i < n; i++)
		if (!tried(before, wanted[i].query))
			gather->reads[gather->reads_n++] = (struct gather_read){ .key = text_of(wanted[i].key), .query = wanted[i].query };
	return true;
}

bool cds_fetch(struct cds_asked *asked, bool *fetched, struct fault *fault)
{
	struct web *web = asked->web;
	const struct gather *before = web->worker->gathered;
	const struct api_client *client = client_of(web);
	const struct cds_authorization *authorization = asked->question.request->authorization;
	struct gather gather = { .family = web->input->envelope->family, .request = web->input->payload, .rounds = before ? before->rounds + 1 : 1 };
	struct work *work;

	*fetched = false;
	if (gather.rounds > ROUNDS_MAX || (web->input->deadline_ms && web->input->deadline_ms - web->now.mono_ms < LEFT_MS) || !may_read(asked, client))
		return true;
	if (!add_reads(asked, &gather))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (gather.reads_n == (before ? before->reads_n : 0))
		return true;
	gather.client = client->id;
	gather.bearer = authorization ? authorization->access_token : TEXT_NONE;
	work = pas_work(web, fault);
	*fetched = true;
	return work && worker_send(work, ROLE_COURIER, TYPE_GATHER, &gather_record, &gather, fault);
}

size_t cds_fetched(const struct web *web, struct cds_later **out)
{
	const struct gather *gathered = web->worker->gathered;
	size_t n = gathered ? gathered->reads_n : 0;

	*out = n ? arena_alloc(web->arena, n * sizeof(**out)) : NULL;
	for (size_t i = 0; *out && i < n; i++)
		(*out)[i] = (struct cds_later){ gathered->reads[i].key, gathered->reads[i].status == 200 ? gathered->reads[i].body : TEXT_NONE };
	return *out ? n : 0;
}
