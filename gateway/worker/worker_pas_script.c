/* SPDX-License-Identifier: Apache-2.0 */
/* A PAS submission for a drug that the pharmacy benefit pays: whoever decides that is asked in SCRIPT, if SCRIPT can say it. */
#include "gateway/worker/worker_pas.h"

#include "base/log.h"
#include "fhir-bridge/script/to_script.h"

/* The message is made again by the ledger, which knows the case; that it can be made is found out here. */
static bool fits_script(struct work *work, const struct backend *backend, const struct fhir_bundle *bundle, struct loss *loss)
{
	const struct config *config = work->worker->config;
	const struct script_asking asking = { .step = SCRIPT_INITIATE, .stamp = config->script_version.n ? config->script_version : text_lit(""),
		.version = backend && backend->version.n ? ncpdp_version_named(backend->version) : NCPDP_NO_VERSION, .to = text_lit("ZZZ:TO"),
		.from = text_lit("ZZZ:FROM"), .message_id = work->input->envelope->trace, .pa_reference_id = work->input->envelope->trace,
		.wall_ms = work->now.wall_ms };
	struct script_message *script;
	struct fault why;

	if (script_request_of(bundle, &asking, &work->worker->arena, &script, loss, &why))
		return true;
	log_event(LEVEL_INFO, "script.no", log_id("trace", work->input->envelope->trace), log_word("fault", fault_row(why.code)->name),
		log_path("at", why.path));
	return false;
}

void pas_ask_in_script(struct work *work, const struct fhir_bundle *bundle, struct case_message *message)
{
	const struct backend *backend = worker_backend(work);
	struct loss loss = { .n = 0 };

	if (!text_is(work->decision.track, "PHARMACY") || (backend && !backend->script.n) || text_is(message->event, "CANCEL") ||
		!fits_script(work, backend, bundle, &loss))
		return;
	message->asked_in = text_lit("SCRIPT");
	message->losses = loss.paths;
	message->losses_n = loss.n;
	if (backend)
		message->backend = backend->name;
	if (loss.n)
		log_event(LEVEL_INFO, "script.loss", log_id("trace", work->input->envelope->trace), log_number("elements", (int64_t)loss.n));
}
