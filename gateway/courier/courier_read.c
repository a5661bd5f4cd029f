/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what a client did not send along from its own FHIR server. Nothing is read but below the address that the client is registered with, no
   redirect is followed, and what is late, too large or refused is told as not read: what becomes of the request is for the worker to say. */
#include "gateway/courier/courier.h"
#include "gateway/edge/problem.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

enum {
	READ_MS = 2500,             /* for one read, unless the worker has less time: half of what a CRD client waits */
	BACK_MS = 30,               /* of the worker's time that is left for the way back */
	READ_BYTES_MAX = 256 << 10, /* of one answer: a search for one coverage or one drug takes a tenth of this */
	READS_MAX = 512,            /* under way; more are not begun */
};

/* One read under way. */
struct client_reading {
	struct client_reading *next;
	uint64_t call;
	char trace[COURIER_ID_MAX], worker[24];
	struct envelope envelope;
	struct input of;
	int64_t began_ms;
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
	return true;
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

/* -- asking -- */

static int64_t until(const struct input *input, struct now now)
{
	int64_t most = now.mono_ms + READ_MS, latest = input->deadline_ms - BACK_MS;

	return input->deadline_ms && latest < most ? latest : most;
}

static void begin(struct courier *courier, const struct input *input, struct text url, const char *headers, struct now now, struct outbox *out)
{
	struct client_reading *reading = calloc(1, sizeof(*reading));
	struct out *call = outbox_add(out, OUT_CALL);

	if (!reading)
		abort();
	text_to_z(input->envelope->trace, reading->trace, sizeof(reading->trace));
	text_to_z(input->envelope->edge, reading->worker, sizeof(reading->worker));
	reading->envelope = (struct envelope){ .trace = text_of(reading->trace), .edge = text_of(reading->worker), .slot = input->envelope->slot };
	reading->of = (struct input){ .kind = IN_MESSAGE, .envelope = &reading->envelope, .deadline_ms = input->deadline_ms };
	reading->began_ms = now.mono_ms;
	reading->call = call->call = ++courier->last_call;
	reading->next = courier->reads;
	courier->reads = reading;
	courier->reads_n++;
	call->method = "GET";
	call->deadline_ms = until(input, now);
	call->extra = headers;
	call->url = url;
}

void read_take(struct courier *courier, const struct input *input, struct now now, struct outbox *out)
{
	const struct api_client *client = NULL;
	struct remote_read asked = { .client = TEXT_NONE };
	const char *headers = NULL;
	struct fault fault;

	if (until(input, now) <= now.mono_ms) {
		courier->counters.late++; /* the worker has gone on by now */
		return;
	}
	if (!record_unpack(&remote_read_record, &asked, &courier->arena, input->payload, &fault) || !record_check(&remote_read_record, &asked, &fault))
		log_event(LEVEL_ERROR, "courier.damaged", log_path("path", fault.path));
	else
		client = client_of(courier->config, asked.client);
	if (client && client->fhir_server.n && good_query(asked.query) && good_token(asked.bearer) && courier->reads_n < READS_MAX && !courier->stopping)
		headers = headers_of(asked.bearer, out->arena);
	if (headers)
		begin(courier, input, address_of_read(client->fhir_server, asked.query, out->arena), headers, now, out);
	else
		outbox_answer(out, input, 403, MEDIA_JSON, text_lit(""), FAULT_NOT_FOUND);
}

/* -- being answered -- */

bool read_answered(struct courier *courier, const struct input *input, struct now now, struct outbox *out)
{
	struct client_reading **at = &courier->reads, *reading;
	bool good;

	while (*at && (*at)->call != input->call)
		at = &(*at)->next;
	reading = *at;
	if (!reading)
		return false;
	good = input->status == 200 && input->payload.n <= READ_BYTES_MAX;
	outbox_answer(out, &reading->of, input->status ? input->status : 504, MEDIA_JSON, good ? arena_text(out->arena, input->payload) : text_lit(""),
		good ? FAULT_NONE : FAULT_PEER_ANSWER);
	log_event(good ? LEVEL_INFO : LEVEL_WARN, "read.done", log_id("trace", reading->envelope.trace), log_number("status", input->status),
		log_number("bytes", (int64_t)input->payload.n), log_number("ms", now.mono_ms - reading->began_ms));
	*at = reading->next;
	courier->reads_n--;
	free(reading);
	return true;
}

void reads_done(struct courier *courier)
{
	while (courier->reads) {
		struct client_reading *reading = courier->reads;

		courier->reads = reading->next;
		courier->reads_n--;
		free(reading);
	}
}
