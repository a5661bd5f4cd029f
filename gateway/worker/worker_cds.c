/* SPDX-License-Identifier: Apache-2.0 */
/* /cds-services: provider systems ask what a plan says of an order while it is written (CDS Hooks, Da Vinci CRD 2.2.1 and 2.0.1), and are answered from what
   they send along. */
#include "gateway/worker/worker_cds.h"
#include "gateway/worker/worker_pause.h"

#include "gateway/worker/worker_pas.h"

enum { DISCOVERY_CACHE_S = 300 };

/* -- answers -- */

struct dropping {
	struct text coverage;
	struct arena *arena;
};

/* What an order already says about this coverage gives way to what is said now. */
static bool replaced(void *context, struct text raw)
{
	struct dropping *dropping = context;
	struct fhir_extension extension = { 0 };
	struct text assertion_id;
	struct fault fault;

	return json_read(&fhir_extension_record, &extension, raw, dropping->arena, NULL, &fault) &&
	       coverage_info_about(&extension, dropping->coverage, &assertion_id);
}

/* It says so already (CRD 2.2.1 hook-16, resp-26). */
static bool said(const struct cds_asked *asked, const struct cds_answer *answer)
{
	const struct cds_order *order = answer->order->order;
	struct text id;

	for (size_t i = 0; i < order->extension_n; i++)
		if (coverage_info_about(&order->extension[i], asked->question.coverage_reference, &id) &&
			text_equal(id, answer->info.assertion_id))
			return true;
	return false;
}

static bool write_action(struct cds_asked *asked, const struct cds_answer *answer, struct buffer *out, struct fault *fault)
{
	struct dropping dropping = { asked->question.coverage_reference, asked->web->arena };
	struct cds_action action = { .type = text_lit("update"), .description = text_lit("Adds what the payer says about coverage") };
	struct text extension = coverage_info_write(&answer->info, asked->web->arena);

	if (!text_there(extension))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!cds_extended(answer->order->raw, extension, replaced, &dropping, asked->web->arena, &action.resource, fault))
		return fault_under(fault, text_lit("Request/context/draftOrders"), -1);
	json_write(&cds_action_record, &action, out);
	return true;
}

static bool write_actions(struct cds_asked *asked, const struct cds_answer *answers, struct buffer *out, struct fault *fault)
{
	bool any = false;

	for (size_t i = 0; i < asked->question.orders_n && asked->question.coverage_wanted; i++) {
		if (said(asked, &answers[i]))
			continue;
		if (any)
			buffer_add_char(out, ',');
		any = true;
		if (!write_action(asked, &answers[i], out, fault))
			return false;
	}
	return true;
}

static bool answer(struct cds_asked *asked, struct fault *fault)
{
	size_t n = asked->question.orders_n;
	struct cds_answer *answers = arena_alloc(asked->web->arena, (n + 1) * sizeof(*answers));
	struct web_answer reply = { .media = MEDIA_JSON };
	const char *reason = NULL;
	struct buffer body;

	if (!answers)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	cds_read_standing(asked);
	for (size_t i = 0; i < n; i++)
		if (!cds_answer_order(asked, asked->question.orders[i], &answers[i], fault))
			return false;
	/* others are asked about some of them */
	if (pause_waits(asked->web->worker))
		return true;
	if (cds_ask_standing(asked, answers, n))
		return true;
	if (!n && asked->question.coverage && !cds_check_coverage(asked, &reason, fault))
		return false;
	buffer_init(&body, asked->web->out->arena, asked->web->request.body.n + 2048);
	buffer_lit(&body, "{\"cards\":[");
	if (!cds_write_cards(asked, answers, n, reason, &body, fault))
		return false;
	buffer_lit(&body, "],\"systemActions\":[");
	if (!write_actions(asked, answers, &body, fault))
		return false;
	buffer_lit(&body, "]}\n");
	reply.body = buffer_text(&body);
	reply.fault = asked->trouble;
	return web_answer(asked->web, &reply, fault);
}

/* A coverage of another payer is none of ours. Where its payer is not sent along, the plan decides. */
static bool our_payer(const struct cds_asked *asked, struct fault *fault)
{
	const struct config *config = asked->web->worker->config;
	bool known = false;

	for (size_t i = 0; i < config->payer_ids_n && asked->question.coverage; i++)
		if (cds_payer_is(&asked->question, config->payer_ids[i], &known))
			return true;
	return !known || fault_set(fault, FAULT_UNKNOWN_RECEIVER, "Request/prefetch/coverage/payor");
}

#define BASE_2_0 "/crd/2.0/cds-services"

static enum cds_version version_of(const struct web *web)
{
	return text_starts(web->request.path, BASE_2_0) ? CDS_2_0 : CDS_2_2;
}

static bool serve_hook(struct web *web, struct fault *fault)
{
	struct cds_asked *asked = arena_new(web->arena, struct cds_asked);
	struct cds_terms terms = { .version = version_of(web), .only = version_of(web) == CDS_2_0 };
	struct cds_later *later;
	enum cds_hook hook;
	bool good;

	if (!asked)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!cds_hook_of(web->parts[0], &hook))
		return fault_set(fault, FAULT_NOT_FOUND, "id");
	if (!pas_media(web, fault))
		return false;
	*asked = (struct cds_asked){ .web = web, .day = clock_format_date(web->now.wall_ms, web->arena) };
	terms.later_n = cds_fetched(web, &later);
	terms.later = later;
	good = cds_read(web->request.body, hook, &terms, web->arena, &asked->question, &web->refused, fault);
	if ((good || web->refused == 412) && cds_fetch(asked))
		return true;
	if (!good)
		return false;
	if (!our_payer(asked, fault)) {
		web->refused = 400;
		return false;
	}
	return answer(asked, fault);
}

static bool serve_discovery(struct web *web, struct fault *fault)
{
	struct web_answer reply = { .media = MEDIA_JSON, .cache_s = DISCOVERY_CACHE_S };
	struct buffer body;

	buffer_init(&body, web->out->arena, 8192);
	cds_discovery_write(version_of(web), &body);
	reply.body = buffer_text(&body);
	return web_answer(web, &reply, fault);
}

const struct web_route cds_routes[] = {
	{ FAMILY_CDS, "GET", "/cds-services", serve_discovery, "our CDS services (CDS Hooks)", WEB_OPEN },
	{ FAMILY_CDS, "POST", "/cds-services/{id}", serve_hook, "what a plan says of an order while it is written (Da Vinci CRD 2.2.1; 2.0.1 when asked for)", WEB_CDS },
	{ FAMILY_CDS, "GET", BASE_2_0, serve_discovery, "the same services as CRD 2.0.1 has them", WEB_OPEN },
	{ FAMILY_CDS, "POST", BASE_2_0 "/{id}", serve_hook, "the same as CRD 2.0.1 has it", WEB_CDS },
};
const size_t cds_routes_n = sizeof(cds_routes) / sizeof(*cds_routes);
