/* SPDX-License-Identifier: Apache-2.0 */
/* $process-message: a consumer's benefit check (CARIN) becomes the same question that a prescriber asks as RTPBRequest, priced by the same payer, the house or
   a remote one, and its answer goes back in FHIR. */
#include "gateway/worker/worker_pas.h"

#include "fhir-bridge/carin/carin.h"
#include "fhir-bridge/outcome.h"
#include "gateway/worker/worker_pause.h"

enum {
	PRICE_MS = 2600,     /* a little more than the courier gives one price (COURIER_PRICE_MS) */
	FAULT_NAME_MAX = 41, /* bytes, with the NUL: as in the envelope */
};

static bool answer(struct web *web, const struct carin_request *request, const struct rtpb_message *said, struct fault *fault)
{
	const struct carin_answering how = { .id = web->input->envelope->trace, .public_url = web->worker->config->public_url,
		.wall_ms = web->now.wall_ms };
	struct web_answer out = { .media = MEDIA_FHIR };
	struct buffer body;

	buffer_init(&body, web->out->arena, 8192);
	if (!carin_answer(request, said, &how, web->arena, &body, fault))
		return false;
	out.body = buffer_text(&body);
	return web_answer(web, &out, fault);
}

static bool answer_lacking(struct work *work, struct web *web, const struct carin_request *request, const struct carin_lack *lacks, struct fault *fault)
{
	const struct rtpb_message *said = carin_lacking(work->message.rtpb, lacks, web->input->envelope->trace, web->now.wall_ms, web->arena);

	return said ? answer(web, request, said, fault) : fault_set(fault, FAULT_TOO_LARGE, "");
}

/* -- a remote payer -- */

static bool ask(struct work *work, struct web *web, const struct backend *backend, struct text key, struct fault *fault)
{
	struct remote_question question = { .kind = text_lit("PRICE"), .family = text_of(ncpdp_family_name(NCPDP_RTPB)), .backend = backend->name };
	struct buffer body;

	if (!backend->rtpb.n)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "");
	buffer_init(&body, web->arena, 4096);
	if (!ncpdp_write(&work->message, TEXT_NONE, &body, fault))
		return fault_set(fault, FAULT_RULE, "Bundle"); /* what our tables of FHIR let pass and those of RTPB do not, such as a name too long */
	if (body.failed)
		return fault_set(fault, FAULT_TOO_LARGE, "Bundle");
	question.body = buffer_text(&body);
	return pause_ask(web->worker, web->input, &question, key, PRICE_MS, web->now, web->out) || fault_set(fault, FAULT_BUSY, "");
}

/* A refusal of the courier's own comes as an RTPBResponse, too, with its fault beside it. */
static bool take(struct web *web, const struct carin_request *request, const struct pause_answer *came, struct fault *fault)
{
	const struct fault_row *refused;
	struct ncpdp_message said;
	char name[FAULT_NAME_MAX];

	if (!came->there)
		return fault_set(fault, FAULT_TIMEOUT, "");
	if (came->fault.n) {
		refused = fault_find(text_to_z(came->fault, name, sizeof(name)));
		return fault_set(fault, refused ? refused->code : FAULT_PEER_ANSWER, "");
	}
	if (!ncpdp_read(web->worker->reader, NCPDP_RTPB, came->body, false, web->arena, &said, fault) || said.kind != NCPDP_RTPB_RESPONSE)
		return fault_set(fault, FAULT_PEER_ANSWER, "");
	return answer(web, request, said.rtpb, fault);
}

/* -- the request -- */

static bool process_message(struct web *web, struct fault *fault)
{
	static const char key[] = "price";
	struct work *work = pas_work(web, fault);
	const struct pause_answer *came;
	const struct backend *backend;
	struct ncpdp_coverage named;
	struct carin_request request;
	struct carin_lack lacks;

	if (!work || !pas_media(web, fault) || !carin_read(web->request.body, web->arena, &request, fault))
		return false;
	came = pause_answer(web->worker, text_of(key));
	if (came)
		return take(web, &request, came, fault);
	work->family = NCPDP_RTPB;
	work->message = (struct ncpdp_message){ .family = NCPDP_RTPB, .kind = NCPDP_RTPB_REQUEST };
	work->asked = web->request.body;
	if (!carin_question(&request, web->input->envelope->trace, web->now.wall_ms, web->arena, &work->message.rtpb, &lacks, fault))
		return false;
	if (lacks.code)
		return answer_lacking(work, web, &request, &lacks, fault);
	pas_coverage_of(request.coverage, &named, &work->plan); /* where the card has no BIN */
	if (!worker_route(work, fault))
		return false;
	if (pause_waits(web->worker)) /* which benefit pays is asked first */
		return true;
	backend = worker_backend(work);
	return backend ? ask(work, web, backend, text_of(key), fault) : worker_price(work, fault);
}

const struct web_route carin_routes[] = {
	{ FAMILY_FHIR, "POST", "/fhir/$process-message", process_message, "what a drug costs a patient (CARIN Real-time Pharmacy Benefit Check)", "Claim.c" },
};
const size_t carin_routes_n = sizeof(carin_routes) / sizeof(*carin_routes);
