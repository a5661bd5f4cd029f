/* SPDX-License-Identifier: Apache-2.0 */
/* Da Vinci DTR: Questionnaire/$questionnaire-package, $next-question and $log-questionnaire-errors. What is asked is checked, and which policy an
   order falls under is looked up; the questions themselves are the payer's, whose file only its own role has. */
#include "base/log.h"
#include "fhir-bridge/dtr/dtr.h"
#include "fhir-bridge/find.h"
#include "fhir-bridge/systems.h"
#include "gateway/worker/cds_ids.h"
#include "gateway/worker/worker_pas.h"

static bool send(struct work *work, const struct form_question *question, struct fault *fault)
{
	return worker_send(work, ROLE_PAYER, TYPE_FORM, &form_question_record, question, fault);
}

/* -- questions of a case -- */

/* What is called by a case is asked of the ledger, which has what its payer wants to know: the number of the case, or a canonical that
   begins so (gateway/ledger/ledger_script.c). TEXT_NONE: it is called by no case. */
static struct text case_called(struct text name)
{
	static const char prefix[] = "urn:dualtrack:Questionnaire:case:";
	struct text rest = name, id;

	if (text_there(name) && text_starts(name, "PA-"))
		return name;
	if (!text_there(name) || !text_starts(name, prefix))
		return TEXT_NONE;
	rest = (struct text){ name.at + sizeof(prefix) - 1, name.n - (sizeof(prefix) - 1) };
	id = text_cut(&rest, ':');
	return id.n ? id : TEXT_NONE;
}

static bool ask_ledger(struct work *work, const struct web *web, const char *event, struct text case_id, struct fault *fault)
{
	struct case_message message = pas_message(work, web, event);

	message.body = web->request.body;
	message.pa_case_id = case_id.n <= 35 ? case_id : TEXT_NONE;
	return pas_send(work, &message, fault);
}

static struct text member_of(const struct fhir_coverage *coverage)
{
	for (size_t i = 0; i < coverage->identifier_n; i++)
		if (text_is(fhir_code(coverage->identifier[i].type, HL7_CODES "v2-0203"), "MB"))
			return coverage->identifier[i].value;
	return coverage->subscriber_id;
}

/* What a PBM asks about the one order: it may have been submitted, and then the ledger has its questions. */
static bool ask_about_order(struct work *work, const struct web *web, const struct fhir_coverage *coverage, struct fault *fault)
{
	struct case_message message = pas_message(work, web, "QUESTIONS");

	message.body = web->request.body;
	worker_drug_keys(work, member_of(coverage), work->decision.question, &message);
	return pas_send(work, &message, fault);
}

/* -- $questionnaire-package -- */

/* What the formulary says of one order under this coverage. */
static bool look_up(struct work *work, const struct worker_order *order, struct form_order *out, struct fault *fault)
{
	work->listed = false;
	work->coverage = (struct coverage){ 0 };
	if (!worker_route_order(work, order, fault))
		return false;
	if (worker_backend(work))
		out->found = text_lit("ELSEWHERE");
	else if (!text_there(order->ndc) && !text_there(order->rxcui))
		out->found = text_lit("NO_DRUG");
	else if (!work->listed)
		out->found = text_lit("NOT_LISTED");
	else
		out->found = work->coverage.policy.n ? text_lit("POLICY") : text_lit("NO_POLICY");
	out->policy = text_is(out->found, "POLICY") ? work->coverage.policy : TEXT_NONE;
	return true;
}

/* A context is what CRD answered about an order: the drug is in its id. One of another plan means nothing here. */
static bool look_up_context(struct work *work, struct text context, struct worker_order *order, struct form_question *question, struct fault *fault)
{
	struct arena *arena = &work->worker->arena;
	struct form_order *found = arena_new(arena, struct form_order);
	struct cds_assertion assertion;

	if (!found)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!text_there(context) || !cds_id_open(work->worker->cds_key, context, arena, &assertion) ||
		(assertion.plan.n && !text_equal(assertion.plan, work->plan)))
		return true;
	order->ndc = assertion.ndc;
	question->context = found;
	return look_up(work, order, found, fault);
}

/* DTR 2.0.1 is at the address of its generation of guides, as PAS 2.0.1 is. */
static bool older(const struct web *web)
{
	return pas_version_asked(web) == PAS_2_0_1;
}

static bool package(struct web *web, struct fault *fault)
{
	struct work *work = pas_work(web, fault);
	struct form_order orders[DTR_ORDERS_MAX] = { 0 }, none = { 0 };
	struct form_question question = { .operation = text_lit("PACKAGE"), .body = web->request.body, .orders = orders, .older = older(web) };
	struct dtr_package_request asked;
	struct worker_order order = { .by_concept = true };
	struct text called;

	if (!work || !pas_media(web, fault) || !dtr_read_package(web->request.body, older(web) ? DTR_2_0_1 : DTR_2_2_0, web->arena, &asked, fault))
		return false;
	called = case_called(asked.context);
	for (size_t i = 0; i < asked.questionnaires_n && !text_there(called); i++)
		called = case_called(asked.questionnaires[i]);
	if (text_there(called))
		return ask_ledger(work, web, "QUESTIONS", called, fault);
	pas_coverage_of(asked.coverage, &order.payer, &order.plan);
	if (!look_up(work, &order, &none, fault)) /* the plan, when there is no order */
		return false;
	for (size_t i = 0; i < asked.orders_n; i++) {
		order.ndc = asked.orders[i].ndc;
		order.rxcui = asked.orders[i].rxcui;
		if (!look_up(work, &order, &orders[question.orders_n++], fault))
			return false;
	}
	if (question.orders_n == 1 && text_is(orders[0].found, "ELSEWHERE") && worker_backend(work)->script.n)
		return ask_about_order(work, web, asked.coverage, fault);
	question.plan = work->plan;
	if (!look_up_context(work, asked.context, &order, &question, fault))
		return false;
	return send(work, &question, fault);
}

/* -- $next-question -- */

static bool next_question(struct web *web, struct fault *fault)
{
	struct work *work = pas_work(web, fault);
	struct form_question question = { .operation = text_lit("NEXT"), .body = web->request.body, .older = older(web) };
	struct fhir_questionnaire_response *response;
	struct text asked;
	bool wrapped;

	if (!work || !pas_media(web, fault))
		return false;
	if (!dtr_read_next(web->request.body, older(web) ? DTR_2_0_1 : DTR_2_2_0, web->arena, &response, &wrapped, &asked, fault)) {
		if (fault_row(fault->code)->http_status == 422)
			web->refused = 400; /* DTR 2.2.0 spec-147 */
		return false;
	}
	if (text_there(case_called(asked)))
		return ask_ledger(work, web, "NEXT_QUESTION", case_called(asked), fault);
	return send(work, &question, fault);
}

/* -- $log-questionnaire-errors -- */

/* What a client found wrong is somebody's words: an operator hears that there is something, and how much. */
static bool log_errors(struct web *web, struct fault *fault)
{
	static const char thanks[] = "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"information\",\"code\":\"informational\","
				     "\"details\":{\"text\":\"The errors were noted.\"}}]}";
	struct web_answer answer = { .media = MEDIA_FHIR, .body = { thanks, sizeof(thanks) - 1 } };
	struct text questionnaire;
	size_t issues;

	if (!pas_media(web, fault) || !dtr_read_errors(web->request.body, web->arena, &questionnaire, &issues, fault))
		return false;
	log_event(LEVEL_WARN, "questionnaire.errors", log_id("trace", web->input->envelope->trace),
		log_word("ours", text_starts(questionnaire, SYSTEM_OURS "Questionnaire:") ? "yes" : "no"), log_number("issues", (int64_t)issues));
	return web_answer(web, &answer, fault);
}

const struct web_route dtr_routes[] = {
	{ FAMILY_FHIR, "POST", "/fhir/Questionnaire/$questionnaire-package", package, "the questions that a payer asks about an order (Da Vinci DTR 2.2.0)",
		"Questionnaire.r" },
	{ FAMILY_FHIR, "POST", "/fhir/Questionnaire/$next-question", next_question, "the next question of an adaptive Questionnaire (Da Vinci DTR 2.2.0)",
		"Questionnaire.r" },
	{ FAMILY_FHIR, "POST", "/fhir/Questionnaire/$log-questionnaire-errors", log_errors, "what a client found wrong with a Questionnaire (Da Vinci DTR 2.2.0)",
		"Questionnaire.r" },
	{ FAMILY_FHIR, "POST", "/fhir/2.0/Questionnaire/$questionnaire-package", package, "the same as Da Vinci DTR 2.0.1 has it", "Questionnaire.r" },
	{ FAMILY_FHIR, "POST", "/fhir/2.0/Questionnaire/$next-question", next_question, "the same as Da Vinci DTR 2.0.1 has it", "Questionnaire.r" },
	{ FAMILY_FHIR, "POST", "/fhir/2.0/Questionnaire/$log-questionnaire-errors", log_errors, "the same as Da Vinci DTR 2.0.1 has it", "Questionnaire.r" },
};
const size_t dtr_routes_n = sizeof(dtr_routes) / sizeof(*dtr_routes);
