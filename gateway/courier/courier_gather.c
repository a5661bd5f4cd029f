/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what a client did not send along from its own FHIR server, all of it at the same time, and gives the request back to a worker with what came.
   Nothing is read but below the address that the client is registered with, no redirect is followed, and whatever is late, too large or refused
   comes back as not read: what becomes of the request is for the worker to say. */
#include "gateway/courier/courier.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

enum {
	READ_MS = 2500,         /* for all reads of a request together: half of what a CRD client waits */
	BACK_MS = 700,          /* of its deadline that is left for the way back and the answer */
	READ_BYTES_MAX = 256 << 10, /* of one answer: a search for one coverage or one drug takes a tenth of this */
	GATHERINGS_MAX = 256,   /* in hand; more come back at once, with nothing read */
	GATHER_MEMORY = 12 << 20, /* bytes: a body of 1 MiB, thirty answers and both packed */
	READS_MAX = 30,         /* as in bus.def */
};

/* One request in hand. */
struct gathering {
	struct gathering *next;
	struct arena arena; /* holds what the texts below point to */
	struct gather gather;
	struct envelope envelope;
	struct input of;
	int64_t began_ms;
	size_t open; /* calls under way */
	uint64_t calls[READS_MAX]; /* of each read; 0: none is under way */
};

static const struct api_client *client_of(const struct config *config, struct text id)
{
	for (size_t i = 0; id.n && i < config->clients_n; i++)
		if (text_equal(config->clients[i].id, id))
			return &config->clients[i];
	return NULL;
}

/* -- what may be asked -- */

/* What a header line takes (RFC 6750 2.1). */
static bool good_token(struct text token)
{
	for (size_t i = 0; i < token.n; i++) {
		char c = token.at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && (!c || !strchr("-._~+/=", c)))
			return false;
	}
	return token.n > 0;
}

/* What a query of ours is made of. Without "..", "//", "@" or "#" it leads nowhere but below the address it is put behind. */
static bool good_query(struct text query)
{
	for (size_t i = 0; i < query.n; i++) {
		char c = query.at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && (!c || !strchr("-._?=&%,/", c)))
			return false;
	}
	return query.n > 0 && query.at[0] != '/' && !memmem(query.at, query.n, "..", 2) && !memmem(query.at, query.n, "//", 2);
}

static struct text address_of_read(struct text server, struct text query, struct arena *arena)
{
	struct buffer url;

	while (server.n && server.at[server.n - 1] == '/')
		server.n--;
	buffer_init(&url, arena, server.n + query.n + 2);
	buffer_add(&url, server);
	buffer_add_char(&url, '/');
	buffer_add(&url, query);
	return buffer_text(&url);
}

/* -- asking -- */

static const char *headers_of(struct text bearer, struct arena *arena)
{
	struct buffer lines;

	buffer_init(&lines, arena, bearer.n + 80);
	buffer_lit(&lines, "Accept: application/fhir+json\n");
	if (bearer.n) {
		buffer_lit(&lines, "Authorization: Bearer ");
		buffer_add(&lines, bearer);
		buffer_lit(&lines, "\n");
	}
	buffer_add_char(&lines, '\0');
	return lines.failed ? NULL : lines.at;
}

static void ask(struct courier *courier, struct gathering *g, const struct api_client *client, struct now now, struct outbox *out)
{
	int64_t until = now.mono_ms + READ_MS, latest = g->of.deadline_ms - BACK_MS;
	const char *headers = headers_of(g->gather.bearer, out->arena);

	if (g->of.deadline_ms && latest < until)
		until = latest;
	if (until <= now.mono_ms || !headers || (g->gather.bearer.n && !good_token(g->gather.bearer)))
		return;
	for (size_t i = 0; i < g->gather.reads_n && i < READS_MAX; i++) {
		struct out *call;

		if (g->gather.reads[i].status || !good_query(g->gather.reads[i].query))
			continue;
		call = outbox_add(out, OUT_CALL);
		call->method = "GET";
		call->call = g->calls[i] = ++courier->last_call;
		call->deadline_ms = until;
		call->extra = headers;
		call->url = address_of_read(client->fhir_server, g->gather.reads[i].query, out->arena);
		g->open++;
	}
}

/* -- giving back -- */

static void give_back(struct gathering *g, struct now now, struct outbox *out)
{
	struct buffer packed;
	struct out *back;
	size_t read = 0;

	g->gather.bearer = TEXT_NONE; /* it has served */
	for (size_t i = 0; i < g->gather.reads_n; i++)
		read += g->gather.reads[i].status == 200;
	buffer_init(&packed, out->arena, g->gather.request.n + 4096);
	record_pack(&gather_record, &g->gather, &packed);
	log_event(packed.failed ? LEVEL_WARN : LEVEL_INFO, "gather.done", log_id("trace", g->envelope.trace), log_number("asked", (int64_t)g->gather.reads_n),
		log_number("read", (int64_t)read), log_number("ms", now.mono_ms - g->began_ms));
	if (packed.failed)
		return; /* the edge refuses it at its deadline */
	back = outbox_send(out, (struct peer){ ROLE_WORKER, PEER_ANY }, TYPE_GATHERED, &g->of, buffer_text(&packed));
	back->envelope.family = arena_text(out->arena, g->gather.family);
}

static void gathering_free(struct courier *courier, struct gathering *g)
{
	struct gathering **at = &courier->gatherings;

	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	courier->gatherings_n--;
	arena_done(&g->arena);
	free(g);
}

static struct gathering *gathering_new(struct courier *courier, const struct input *input, struct now now)
{
	struct gathering *g = calloc(1, sizeof(*g));

	if (!g)
		abort();
	arena_init(&g->arena, GATHER_MEMORY);
	g->began_ms = now.mono_ms;
	g->envelope = *input->envelope;
	g->envelope.trace = arena_text(&g->arena, input->envelope->trace);
	g->envelope.edge = arena_text(&g->arena, input->envelope->edge);
	g->envelope.family = TEXT_NONE;
	g->of = (struct input){ .kind = IN_MESSAGE, .envelope = &g->envelope, .deadline_ms = input->deadline_ms };
	g->next = courier->gatherings;
	courier->gatherings = g;
	courier->gatherings_n++;
	return g;
}

void gather_take(struct courier *courier, const struct input *input, struct now now, struct outbox *out)
{
	const struct api_client *client;
	struct gathering *g;
	struct fault fault;

	if (input->deadline_ms && now.mono_ms >= input->deadline_ms) {
		courier->counters.late++; /* the edge has answered by now */
		return;
	}
	g = gathering_new(courier, input, now);
	if (!record_unpack(&gather_record, &g->gather, &g->arena, arena_text(&g->arena, input->payload), &fault) ||
		!record_check(&gather_record, &g->gather, &fault)) {
		log_event(LEVEL_ERROR, "courier.damaged", log_path("path", fault.path));
		gathering_free(courier, g); /* the edge refuses it at its deadline */
		return;
	}
	client = client_of(courier->config, g->gather.client);
	if (client && client->fhir_server.n && courier->gatherings_n <= GATHERINGS_MAX && !courier->stopping)
		ask(courier, g, client, now, out);
	if (g->open)
		return;
	give_back(g, now, out);
	gathering_free(courier, g);
}

/* -- being answered -- */

static struct gathering *find(struct courier *courier, uint64_t call, size_t *which)
{
	for (struct gathering *g = courier->gatherings; g; g = g->next)
		for (*which = 0; *which < g->gather.reads_n && *which < READS_MAX; ++*which)
			if (g->calls[*which] == call)
				return g;
	return NULL;
}

bool gather_answered(struct courier *courier, const struct input *input, struct now now, struct outbox *out)
{
	size_t which;
	struct gathering *g = find(courier, input->call, &which);
	struct gather_read *read;

	if (!g)
		return false;
	read = &g->gather.reads[which];
	if (input->payload.n <= READ_BYTES_MAX) {
		read->status = input->status;
		read->body = arena_text(&g->arena, input->status == 200 ? input->payload : TEXT_NONE);
	}
	g->calls[which] = 0;
	if (--g->open)
		return true;
	give_back(g, now, out);
	gathering_free(courier, g);
	return true;
}

void gather_done(struct courier *courier)
{
	while (courier->gatherings)
		gathering_free(courier, courier->gatherings);
}
