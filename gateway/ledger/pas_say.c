/* SPDX-License-Identifier: Apache-2.0 */
/* PAS responses that the gateway makes itself, and the R4 notifications in which decisions travel. */
#include "gateway/ledger/pas_say.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "fhir-bridge/make.h"
#include "routing/records.h"

enum { ANSWER_ROOM = 8192 /* bytes; a response with its echoes */ };

#define TOPIC "http://hl7.org/fhir/us/davinci-pas/SubscriptionTopic/PASSubscriptionTopic"
#define BACKPORT "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
#define PAS_PROFILE "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"

static struct text written(const struct fhir_bundle *bundle, struct arena *arena)
{
	struct buffer json;

	if (!bundle)
		return TEXT_NONE;
	buffer_init(&json, arena, ANSWER_ROOM);
	fhir_write(bundle, &json);
	return buffer_text(&json);
}

enum pas_version pas_version_of(int64_t packed)
{
	return packed == PAS_2_0_1 ? PAS_2_0_1 : PAS_2_2_1;
}

struct text pas_say(const struct fhir_bundle *request, const struct pas_answer *answer, enum pas_version version, struct arena *arena)
{
	return written(pas_answer_of(request, answer, version, arena), arena);
}

struct text pas_say_lines(const struct fhir_bundle *request, struct pas_answer answer, const struct pas_line *line, enum pas_version version,
	struct arena *arena)
{
	const struct fhir_claim *claim = request->entry[0].resource->claim;
	struct pas_line *lines = NULL, *next;

	for (size_t i = 0; i < claim->item_n; i++) {
		if (pas_item_cancelled(&claim->item[i]))
			continue;
		next = arena_push(arena, (void **)&lines, &answer.lines_n, sizeof(*lines));
		if (!next)
			return TEXT_NONE;
		*next = *line;
		next->sequence = claim->item[i].sequence;
	}
	answer.lines = lines;
	return pas_say(request, &answer, version, arena);
}

struct text pas_say_pended(struct text body, struct text case_id, struct text answer_id, int64_t wall_ms, enum pas_version version,
	struct arena *arena)
{
	struct pas_line pended = { .action = text_lit("A4"), .reference = case_id };
	struct pas_answer answer = { .identifier = answer_id, .wall_ms = wall_ms };
	struct pas_request request;
	struct fhir_bundle *bundle;
	struct fault none;

	if (!fhir_read(body, arena, &bundle, &none) || !bundle->entry_n || !bundle->entry[0].resource->claim)
		return TEXT_NONE;
	pas_request_of(bundle, &request);
	if (request.intent != PAS_CANCEL)
		return pas_say_lines(bundle, answer, &pended, version, arena);
	answer.lines = &pended; /* whether it can be cancelled is not known yet */
	answer.lines_n = 1;
	return pas_say(bundle, &answer, version, arena);
}

/* X12 901 15 as trouble.def has it: what was asked for did not come. */
static bool make_error(struct fhir_claim_response *response, struct text why, struct arena *arena)
{
	struct fhir_response_error *error;
	struct make make;

	make_init(&make, arena);
	response->outcome = text_lit("error");
	response->item = NULL;
	response->add_item = NULL;
	response->process_note = NULL;
	response->communication_request = NULL;
	response->item_n = response->add_item_n = response->process_note_n = response->communication_request_n = 0;
	error = make_push(&make, response->error, response->error_n);
	error->code = make_concept(&make, X12("901"), text_lit("15"), TEXT_NONE);
	error->code->text = why;
	return make_done(&make);
}

/* Only what the ClaimResponse itself points to stays: what it asked for is asked no more. */
static void drop_questions(struct fhir_bundle *bundle)
{
	size_t kept = 0;

	for (size_t i = 0; i < bundle->entry_n; i++)
		if (!bundle->entry[i].resource->communication_request)
			bundle->entry[kept++] = bundle->entry[i];
	bundle->entry_n = kept;
}

struct text pas_say_ended(struct text present, struct text note, struct text answer_id, int64_t wall_ms, struct arena *arena)
{
	struct fhir_claim_response *response;
	struct fhir_bundle *bundle;
	struct fault none;

	if (!fhir_read(present, arena, &bundle, &none) || !bundle->identifier || !bundle->entry_n)
		return TEXT_NONE;
	response = bundle->entry[0].resource->claim_response;
	if (!response || !make_error(response, note, arena))
		return TEXT_NONE;
	drop_questions(bundle);
	bundle->identifier->value = answer_id;
	bundle->timestamp = clock_format(wall_ms, true, arena);
	response->created = clock_format(wall_ms, false, arena);
	return written(bundle, arena);
}

struct text pas_say_inquiry(const struct text *answers, size_t n, enum pas_version version, struct arena *arena)
{
	struct fhir_bundle **bundles = arena_alloc(arena, sizeof(struct fhir_bundle *) * (n + 1));
	struct fhir_parameters *parameters;
	struct buffer json;
	struct fault none;

	if (version == PAS_2_0_1 && n > 1)
		n = 1; /* its $inquire gives a bundle and not a list */
	for (size_t i = 0; bundles && i < n; i++)
		if (!fhir_read(answers[i], arena, &bundles[i], &none))
			return TEXT_NONE;
	parameters = bundles ? pas_inquiry_answer_of(bundles, n, arena) : NULL;
	if (!parameters)
		return TEXT_NONE;
	if (version == PAS_2_0_1)
		return n ? written(bundles[0], arena) : TEXT_NONE;
	buffer_init(&json, arena, ANSWER_ROOM);
	pas_write_parameters(parameters, &json);
	return buffer_text(&json);
}

/* -- notifications -- */

/* A UUID of version 8 (RFC 9562 5.8) from a digest of our own id: the same whenever the same thing is made again. */
static void add_uuid(struct buffer *out, struct text id, char kind)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char hash[SHA256_BYTES], first[SHA256_BYTES];

	crypto_sha256((struct text){ &kind, 1 }, first);
	crypto_sha256_chain(first, id, hash);
	hash[6] = (unsigned char)((hash[6] & 0x0F) | 0x80);
	hash[8] = (unsigned char)((hash[8] & 0x3F) | 0x80);
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			buffer_add_char(out, '-');
		buffer_add_char(out, digits[hash[i] >> 4]);
		buffer_add_char(out, digits[hash[i] & 15]);
	}
}

/* R4 Subscriptions Backport, backport-subscription-status-r4, in a bundle of type history (backport-subscription-notification-r4). */
static void begin_notification(struct buffer *out, const struct pa_subscription *of, struct text id, const char *type, struct text stamp)
{
	buffer_lit(out, "{\"resourceType\":\"Bundle\",\"id\":\"");
	add_uuid(out, id, 'b');
	buffer_lit(out, "\",\"meta\":{\"profile\":[\"" BACKPORT "backport-subscription-notification-r4\"]},\"type\":\"history\",\"timestamp\":\"");
	buffer_add(out, stamp);
	buffer_lit(out, "\",\"entry\":[{\"fullUrl\":\"urn:uuid:");
	add_uuid(out, id, 's');
	buffer_lit(out, "\",\"resource\":{\"resourceType\":\"Parameters\",\"id\":\"");
	add_uuid(out, id, 's');
	buffer_lit(out, "\",\"meta\":{\"profile\":[\"" BACKPORT "backport-subscription-status-r4\"]},\"parameter\":["
		"{\"name\":\"subscription\",\"valueReference\":{\"reference\":\"Subscription/");
	buffer_add(out, of->id);
	buffer_lit(out, "\"}},{\"name\":\"topic\",\"valueCanonical\":\"" TOPIC "\"},{\"name\":\"status\",\"valueCode\":\"");
	buffer_add(out, of->state);
	buffer_lit(out, "\"},{\"name\":\"type\",\"valueCode\":\"");
	buffer_add(out, text_of(type));
	buffer_lit(out, "\"},{\"name\":\"events-since-subscription-start\",\"valueString\":\"");
	buffer_add_int(out, of->events);
	buffer_lit(out, "\"}");
}

/* bundle.html bdl-3, bdl-4: an entry of a history says which request it stands for, and how that went. */
static void end_status(struct buffer *out, const struct pa_subscription *of)
{
	buffer_lit(out, "]},\"request\":{\"method\":\"GET\",\"url\":\"Subscription/");
	buffer_add(out, of->id);
	buffer_lit(out, "/$status\"},\"response\":{\"status\":\"200\"}}");
}

struct text pas_say_handshake(const struct pa_subscription *of, struct text id, int64_t wall_ms, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, 1024);
	begin_notification(&out, of, id, "handshake", clock_format(wall_ms, true, arena));
	end_status(&out, of);
	buffer_lit(&out, "]}");
	return buffer_text(&out);
}

struct text pas_say_event(const struct pa_subscription *of, struct text id, struct text answer, int64_t wall_ms,
	struct arena *arena)
{
	struct text stamp = clock_format(wall_ms, true, arena);
	struct buffer out;

	buffer_init(&out, arena, answer.n + 2048);
	begin_notification(&out, of, id, "event-notification", stamp);
	buffer_lit(&out, ",{\"name\":\"notification-event\",\"part\":[{\"name\":\"event-number\",\"valueString\":\"");
	buffer_add_int(&out, of->events);
	buffer_lit(&out, "\"},{\"name\":\"timestamp\",\"valueInstant\":\"");
	buffer_add(&out, stamp);
	buffer_lit(&out, "\"},{\"name\":\"focus\",\"valueReference\":{\"reference\":\"urn:uuid:");
	add_uuid(&out, id, 'f');
	buffer_lit(&out, "\"}}]}");
	end_status(&out, of);
	buffer_lit(&out, ",{\"fullUrl\":\"urn:uuid:");
	add_uuid(&out, id, 'f');
	buffer_lit(&out, "\",\"resource\":");
	buffer_add(&out, answer);
	buffer_lit(&out, ",\"request\":{\"method\":\"POST\",\"url\":\"Claim/$submit\"},\"response\":{\"status\":\"200\"}}]}");
	return buffer_text(&out);
}

/* Endpoint and filter were looked at when the Subscription came: they hold nothing that JSON would have to
   escape. Header lines are often secrets and are not given out again. */
struct text pas_say_subscription(const struct pa_subscription *of, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, 1024);
	buffer_lit(&out, "{\"resourceType\":\"Subscription\",\"id\":\"");
	buffer_add(&out, of->id);
	buffer_lit(&out, "\",\"meta\":{\"profile\":[\"" PAS_PROFILE "profile-subscription\"]},\"status\":\"");
	buffer_add(&out, of->state);
	buffer_lit(&out, "\"");
	if (of->end.n) {
		buffer_lit(&out, ",\"end\":\"");
		buffer_add(&out, of->end);
		buffer_lit(&out, "\"");
	}
	buffer_lit(&out, ",\"reason\":\"Decisions about requests that were pended\",\"criteria\":\"" TOPIC "\"");
	if (of->filter.n) {
		buffer_lit(&out, ",\"_criteria\":{\"extension\":[{\"url\":\"" BACKPORT "backport-filter-criteria\",\"valueString\":\"org-identifier=");
		buffer_add(&out, of->filter);
		buffer_lit(&out, "\"}]}");
	}
	buffer_lit(&out, ",\"channel\":{\"type\":\"rest-hook\",\"endpoint\":\"");
	buffer_add(&out, of->endpoint);
	buffer_lit(&out, "\",\"payload\":\"application/fhir+json\",\"_payload\":{\"extension\":[{\"url\":\"" BACKPORT
		"backport-payload-content\",\"valueCode\":\"full-resource\"}]}");
	buffer_lit(&out, "}}");
	return buffer_text(&out);
}
