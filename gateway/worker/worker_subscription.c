/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions to PAS decisions: a resource of R4 becomes what the ledger keeps, and nothing in it that could be turned against others. */
#include "gateway/ledger/pas_client.h"
#include "gateway/worker/worker_pas.h"

#include "base/clock.h"
#include "routing/records.h"

#include <string.h>

enum { FILTER_MOST = 200, HEADERS_MOST = 4 };

/* No control characters, and nothing that JSON or HTTP would have to escape. */
static bool is_plain(struct text value, bool space)
{
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.at[i];

		if (c < (space ? ' ' : '!') || c > '~' || c == '"' || c == '\\')
			return false;
	}
	return value.n > 0;
}

/* R4 Subscription.channel.header: only what lets the receiver know us. The rest of the head is ours. */
static bool header_allowed(struct text line)
{
	struct text rest = line, name = text_cut(&rest, ':');

	return text_there(rest) && is_plain(line, true) && text_trim(rest).n > 0 &&
		(text_equal_nocase(name, text_lit("Authorization")) || (name.n > 2 && text_equal_nocase((struct text){ name.at, 2 }, text_lit("X-")) &&
			is_plain(name, false)));
}

static bool take(struct web *web, struct fhir_subscription *from, struct text organization, struct pa_subscription *out, struct fault *fault)
{
	const struct fhir_channel *channel = from->channel;

	*out = (struct pa_subscription){ .id = text_lit("new"), .partner = pas_partner(web), .endpoint = channel->endpoint,
		.headers = channel->header, .headers_n = channel->header_n, .state = text_lit("requested"), .filter = organization,
		.changed_ms = web->now.wall_ms };
	if (out->endpoint.n > 2000 || !is_plain(out->endpoint, false) ||
		!pas_endpoint_allowed(web->worker->config, out->partner, out->endpoint))
		return fault_set(fault, FAULT_NOT_AGREED, "Subscription.channel.endpoint");
	if (out->filter.n && (out->filter.n > FILTER_MOST || !is_plain(out->filter, false)))
		return fault_set(fault, FAULT_BAD_TEXT, "Subscription.criteria.extension");
	if (!pas_organization_allowed(web->worker->config, out->partner, out->filter))
		return fault_set(fault, FAULT_NOT_AGREED, "Subscription.criteria.extension");
	if (out->headers_n > HEADERS_MOST)
		return fault_set(fault, FAULT_TOO_MANY, "Subscription.channel.header");
	for (size_t i = 0; i < out->headers_n; i++)
		if (out->headers[i].n > 2000 || !header_allowed(out->headers[i]))
			return fault_set(fault, FAULT_BAD_TEXT, "Subscription.channel.header");
	if (!from->end.n)
		return true;
	out->end = from->end;
	return is_plain(from->end, false) && clock_parse(from->end, &out->end_ms, fault) ? true :
		fault_set(fault, FAULT_BAD_DATE, "Subscription.end");
}

static bool tell(struct web *web, struct work *work, const char *event, struct text id, struct text request, struct fault *fault)
{
	struct case_message message = { .standard = text_lit("PAS"), .event = text_of(event), .partner = pas_partner(web),
		.message_id = web->input->envelope->trace, .body_sha256 = web->input->envelope->trace,
		.received_ms = web->input->envelope->received_ms, .trace = web->input->envelope->trace, .request = request,
		.subscription = id };

	return worker_send(work, ROLE_LEDGER, TYPE_EVENT, &case_message_record, &message, fault);
}

static bool subscribe(struct web *web, struct text id, struct fault *fault)
{
	struct work *work = pas_work(web, fault);
	struct fhir_subscription *from;
	struct pa_subscription wanted;
	struct text organization;
	struct buffer packed;

	if (!work || !pas_media(web, fault) ||
		!pas_read_subscription(web->request.body, pas_version_asked(web), web->arena, &from, &organization, fault) ||
		!take(web, from, organization, &wanted, fault))
		return false;
	if (text_there(id) && !text_equal(from->id, id))
		return fault_set(fault, FAULT_RULE, "Subscription.id");
	if (text_is(from->status, "off")) { /* R4 subscription.html: whoever wants no more of it says so; one that begins so is a mistake */
		if (!text_there(id))
			return fault_set(fault, FAULT_BAD_CODE, "Subscription.status");
		wanted.state = from->status;
	}
	buffer_init(&packed, web->arena, 1024);
	record_pack(&pa_subscription_record, &wanted, &packed);
	work->full |= packed.failed;
	return tell(web, work, "SUBSCRIBE", id, buffer_text(&packed), fault);
}

bool pas_subscribe(struct web *web, struct fault *fault)
{
	return subscribe(web, TEXT_NONE, fault);
}

/* What is no id of ours is not there. */
static bool id_of(struct web *web, struct text *id, struct fault *fault)
{
	*id = web->parts[0];
	return (id->n <= 64 && is_plain(*id, false)) || fault_set(fault, FAULT_NOT_FOUND, "Subscription");
}

bool pas_resubscribe(struct web *web, struct fault *fault)
{
	struct text id;

	return id_of(web, &id, fault) && subscribe(web, id, fault);
}

static bool by_id(struct web *web, const char *event, struct fault *fault)
{
	struct work *work = pas_work(web, fault);
	struct text id;

	return work && id_of(web, &id, fault) && tell(web, work, event, id, TEXT_NONE, fault);
}

bool pas_unsubscribe(struct web *web, struct fault *fault)
{
	return by_id(web, "UNSUBSCRIBE", fault);
}

bool pas_read_own(struct web *web, struct fault *fault)
{
	return by_id(web, "SUBSCRIPTION", fault);
}
