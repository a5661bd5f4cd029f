/* SPDX-License-Identifier: Apache-2.0 */
/* Has payers that are asked in FHIR notify us of their decisions: one Subscription for each, asked for after the first post to it in this life of the
   process. Whether one of an earlier life is still there only the payer knows: the header says that the same is not wanted twice (R4 conditional
   create), and without any the cases are inquired after when they are due. */
#include "gateway/courier/courier.h"

#include "base/log.h"
#include "fhir-bridge/systems.h"

enum {
	AGAIN_MS = 60000,         /* after no answer, or one that may go better */
	REFUSED_MS = 3600000,     /* after a refusal: somebody has to mend it */
	RENEW_MS = 12 * 3600000,  /* it may have been ended there meanwhile */
	SUBSCRIBE_MS = 10000,     /* for its answer */
};

static struct text endpoint_of(const struct courier *courier, const struct backend *backend, struct arena *arena)
{
	struct buffer url;

	buffer_init(&url, arena, courier->config->public_url.n + backend->notify_key.n + 20);
	buffer_add(&url, courier->config->public_url);
	buffer_lit(&url, "/fhir-notify/");
	buffer_add(&url, backend->notify_key);
	return buffer_text(&url);
}

/* Keys, addresses and organizations hold nothing that JSON would have to escape (gateway/config/config_payer.c). */
static struct text subscription(const struct backend *backend, struct text endpoint, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, 1024);
	buffer_lit(&out, "{\"resourceType\":\"Subscription\",\"meta\":{\"profile\":[\"" PAS "profile-subscription\"]},\"status\":\"requested\","
			 "\"reason\":\"Decisions about requests that were pended\",\"criteria\":\"" PAS_TOPIC "\",\"_criteria\":{\"extension\":"
			 "[{\"url\":\"" BACKPORT "backport-filter-criteria\",\"valueString\":\"org-identifier=");
	buffer_add(&out, backend->organizations);
	buffer_lit(&out, "\"}]},\"channel\":{\"type\":\"rest-hook\",\"endpoint\":\"");
	buffer_add(&out, endpoint);
	buffer_lit(&out, "\",\"payload\":\"application/fhir+json\",\"_payload\":{\"extension\":[{\"url\":\"" BACKPORT
			 "backport-payload-content\",\"valueCode\":\"full-resource\"}]}}}");
	return buffer_text(&out);
}

static void post(struct courier *courier, struct lane *lane, const struct backend *backend, struct now now, struct outbox *out)
{
	struct text endpoint = endpoint_of(courier, backend, &courier->arena), base = backend->fhir;
	struct buffer url, more;

	while (base.n && base.at[base.n - 1] == '/')
		base.n--;
	buffer_init(&url, &courier->arena, base.n + 20);
	buffer_add(&url, base);
	buffer_lit(&url, "/Subscription");
	buffer_init(&more, &courier->arena, endpoint.n + 60);
	buffer_lit(&more, "If-None-Exist: url=");
	buffer_add(&more, endpoint);
	buffer_lit(&more, "\n");
	buffer_add_char(&more, '\0');
	lane->subscribing.token = lane->token.number;
	lane->subscribing.call = lane_post_fhir(courier, lane, buffer_text(&url), subscription(backend, endpoint, &courier->arena), more.at,
		now.mono_ms + SUBSCRIBE_MS, out);
}

static void want(struct courier *courier, struct lane *lane, const struct backend *backend, struct now now, struct outbox *out)
{
	enum token_have token = TOKEN_REFUSED;

	if (!lane_open(courier, backend, JOB_FHIR, now))
		token = token_want(courier, lane, backend, now, out);
	switch (token) {
	case TOKEN_READY:
		post(courier, lane, backend, now, out);
		return;
	case TOKEN_COMING: /* its answer brings us back */
		return;
	case TOKEN_REFUSED:
		lane->subscribing.again_ms = now.mono_ms + AGAIN_MS;
		return;
	}
}

void subscribe_on(struct courier *courier, struct now now, struct outbox *out)
{
	for (size_t i = 0; i < courier->lanes_n; i++) {
		struct lane *lane = &courier->lanes[i];
		const struct backend *backend = backend_find(courier->config, text_of(lane->name));

		if (lane->subscribing.call || now.mono_ms < lane->subscribing.again_ms)
			continue;
		lane->subscribing.again_ms = 0; /* it is due; a time that has passed would wake the process for ever */
		if (!backend || !backend->fhir.n || !backend->notify_key.n || !courier->config->public_url.n || courier->stopping)
			continue;
		lane->subscribing.wanted = lane->subscribing.wanted || lane_counts(courier, lane)->posts > 0;
		if (lane->subscribing.wanted)
			want(courier, lane, backend, now, out);
	}
}

bool subscribe_answered(struct courier *courier, const struct input *input, struct now now)
{
	for (size_t i = 0; i < courier->lanes_n; i++) {
		struct lane *lane = &courier->lanes[i];
		const struct backend *backend = backend_find(courier->config, text_of(lane->name));
		bool good = input->status >= 200 && input->status < 300;

		if (!lane->subscribing.call || lane->subscribing.call != input->call)
			continue;
		if (backend)
			lane_ended(courier, lane, backend, JOB_FHIR, input->status, now);
		else if (lane->in_flight)
			lane->in_flight--;
		lane->subscribing.call = 0;
		if (input->status == 401)
			token_spent(lane, lane->subscribing.token);
		lane->subscribing.again_ms = now.mono_ms + (good ? RENEW_MS : courier_final_status(input->status) ? REFUSED_MS : AGAIN_MS);
		log_event(good ? LEVEL_INFO : LEVEL_WARN, "remote.subscribe", log_id("backend", text_of(lane->name)), log_number("status", input->status));
		return true;
	}
	return false;
}

int64_t subscribe_wake(const struct courier *courier)
{
	int64_t wake = 0;

	for (size_t i = 0; i < courier->lanes_n; i++) {
		const struct subscribing *subscribing = &courier->lanes[i].subscribing;

		if (subscribing->wanted && !subscribing->call && subscribing->again_ms && (!wake || subscribing->again_ms < wake))
			wake = subscribing->again_ms;
	}
	return wake;
}
