/* SPDX-License-Identifier: Apache-2.0 */
/* The payer's questions as Da Vinci DTR asks for them: the question set of a stage is the same that SCRIPT asks. */
#include "gateway/payer/payer.h"

#include "adjudication/payer.h"
#include "adjudication/script_parts.h"
#include "adjudication/stage.h"
#include "fhir-bridge/dtr/dtr.h"
#include "fhir-bridge/systems.h"
#include "gateway/config/base_url.h"

#define CANONICAL SYSTEM_OURS "Questionnaire:"

/* One operation in hand. */
struct dtr {
	const struct house *house;
	const struct config *config;
	const struct form_question *question;
	struct now now;
	struct arena *arena;
	struct make make;
};

/* -- question sets -- */

static struct text url_of(struct dtr *dtr, const struct house_policy *policy, const struct house_stage *stage)
{
	return make_text(&dtr->make, form_uri(&dtr->make, "", policy->id), text_lit(":"), form_uri(&dtr->make, "", stage->id));
}

/* The stage's questions in the form that both standards are written from. */
static void form_of(struct dtr *dtr, const struct house_policy *policy, const struct house_stage *stage, struct question_form *out)
{
	struct house_decision decision = { .policy = policy, .stage = stage };
	struct writing writing = { .house = dtr->house, .decision = &decision };
	bool *optional = make_bytes(&dtr->make, stage->questions_n + 1);
	struct form_fill *fills = make_bytes(&dtr->make, (stage->questions_n + 1) * sizeof(*fills));

	make_init(&writing.make, dtr->arena);
	*out = (struct question_form){ .header = part_set_header(&writing), .optional = optional, .fills = fills };
	out->questions = stage_questions(stage, &writing.make, &out->n);
	if (!make_done(&writing.make)) {
		dtr->make.failed = true;
		out->n = 0;
	}
	for (size_t i = 0; i < out->n; i++) {
		const struct house_question *question = &stage->questions[i];

		optional[i] = question->optional;
		for (size_t k = 0; k < question->codes_n && !text_there(fills[i].loinc); k++)
			if (text_is(question->codes[k].system, "LOINC"))
				fills[i] = (struct form_fill){ question->codes[k].code, question->codes[k].unit };
	}
	out->url = make_text(&dtr->make, text_lit(CANONICAL), url_of(dtr, policy, stage), TEXT_NONE);
}

bool payer_form(const struct house *house, const struct house_policy *policy, const struct house_stage *stage, struct arena *arena,
	struct question_form *out)
{
	struct dtr dtr = { .house = house, .arena = arena };

	make_init(&dtr.make, arena);
	form_of(&dtr, policy, stage, out);
	return make_done(&dtr.make);
}

struct text payer_canonical(const struct house *house, const struct house_policy *policy, const struct house_stage *stage, struct arena *arena)
{
	struct dtr dtr = { .house = house, .arena = arena };
	struct question_form form;
	struct text version;

	make_init(&dtr.make, arena);
	form_of(&dtr, policy, stage, &form);
	version = form_version(&form, &dtr.make);
	version = make_text(&dtr.make, form.url, text_lit("|"), version);
	return make_done(&dtr.make) ? version : TEXT_NONE;
}

static bool find_in(struct dtr *dtr, const struct house_policy *policy, const struct house_stage *stages, size_t n, struct text name,
	struct question_form *out)
{
	for (size_t i = 0; i < n; i++)
		if (text_equal(url_of(dtr, policy, &stages[i]), name)) {
			form_of(dtr, policy, &stages[i], out);
			return true;
		}
	return false;
}

/* The set that a canonical names, with or without its version; another version is another set, which is not here any more. */
static bool find_form(struct dtr *dtr, struct text canonical, struct question_form *out)
{
	const struct house_file *file = &dtr->house->file;
	struct text version = canonical, url = text_cut(&version, '|'), name;
	bool found = false;

	if (!text_starts(url, CANONICAL))
		return false;
	name = (struct text){ url.at + sizeof(CANONICAL) - 1, url.n - (sizeof(CANONICAL) - 1) };
	for (size_t i = 0; i < file->policies_n && !found; i++) {
		const struct house_policy *policy = &file->policies[i];

		found = find_in(dtr, policy, policy->stages, policy->stages_n, name, out) ||
			find_in(dtr, policy, policy->appeal_stages, policy->appeal_stages_n, name, out);
	}
	return found && (!text_there(version) || text_equal(version, form_version(out, &dtr->make)));
}

static enum dtr_version dtr_version(const struct dtr *dtr)
{
	return dtr->question->older ? DTR_2_0_1 : DTR_2_2_0;
}

/* Where the next question of an adaptive one is asked for. */
static struct text base_url(struct dtr *dtr)
{
	return config_base_url(dtr->config, dtr->question->older ? "/fhir/2.0" : "/fhir", &dtr->make);
}

/* -- $questionnaire-package -- */

struct packing {
	struct dtr *dtr;
	struct dtr_package_request asked;
	struct dtr_package package;
	struct text done[DTR_ORDERS_MAX + DTR_QUESTIONNAIRES_MAX + 1]; /* URLs */
	size_t done_n;
};

/* The package of a set, once; orders: those that it is about. */
static void pack_form(struct packing *p, const struct question_form *form, const struct text *orders, size_t orders_n)
{
	struct make *make = &p->dtr->make;
	struct form_answers nothing = { 0 };
	struct form_context context = { .subject = p->asked.coverage->beneficiary->reference, .orders = orders, .orders_n = orders_n,
		.coverage = make_text(make, text_lit("Coverage/"), p->asked.coverage->id, TEXT_NONE), .status = "in-progress",
		.wall_ms = p->dtr->now.wall_ms };
	struct fhir_questionnaire *questionnaire;
	struct loss loss = { 0 };
	bool adaptive;

	for (size_t i = 0; i < p->done_n; i++)
		if (text_equal(p->done[i], form->url))
			return;
	p->done[p->done_n++] = form->url;
	questionnaire = form_questionnaire(form, base_url(p->dtr), make, &adaptive, &loss);
	dtr_package_add(&p->package, questionnaire, form, &nothing, &context);
	for (size_t i = 0; i < loss.n; i++)
		dtr_package_say(&p->package, "information", "incomplete", make_text(make, text_lit("Not carried over from the payer's question set: "), loss.paths[i],
			TEXT_NONE));
}

/* Of orders for which there is no package. */
static const struct {
	const char *found, *severity, *code, *words;
} found_words[] = {
	{ "NO_POLICY", "information", "informational", "No questions are asked about this order: the plan lists the drug without a policy for prior authorization." },
	{ "NOT_LISTED", "warning", "not-found", "The plan does not list the drug of this order, so no questions can be found for it." },
	{ "NO_DRUG", "warning", "not-supported", "Questions are found by the drug's NDC or RxNorm concept, and this order names neither." },
	{ "ELSEWHERE", "warning", "not-supported", "Another payer decides about this order: its questions are to be asked for there." },
	{ "POLICY", "warning", "not-found", "The payer has no questions for the policy of this drug." },
};

static void say_found(struct packing *p, size_t order, struct text found)
{
	struct make *make = &p->dtr->make;

	for (size_t i = 0; i < sizeof(found_words) / sizeof(*found_words); i++)
		if (text_is(found, found_words[i].found))
			dtr_package_say(&p->package, found_words[i].severity, found_words[i].code,
				make_text(make, p->asked.orders[order].reference, text_lit(": "), text_of(found_words[i].words)));
}

static void pack_orders(struct packing *p)
{
	const struct form_question *question = p->dtr->question;

	for (size_t i = 0; i < question->orders_n && i < p->asked.orders_n; i++) {
		const struct house_policy *policy = payer_policy(p->dtr->house, question->orders[i].policy);
		struct text about[DTR_ORDERS_MAX];
		struct question_form form;
		size_t n = 0;

		if (!policy) {
			say_found(p, i, question->orders[i].found);
			continue;
		}
		for (size_t k = 0; k < question->orders_n && k < p->asked.orders_n; k++)
			if (text_equal(question->orders[k].policy, question->orders[i].policy))
				about[n++] = p->asked.orders[k].reference;
		form_of(p->dtr, policy, &policy->stages[0], &form);
		pack_form(p, &form, about, n);
	}
}

/* What CRD said of an order, which need not be sent again (DTR 2.2.0 oper-6, oper-8). */
static void pack_context(struct packing *p)
{
	const struct form_order *context = p->dtr->question->context;
	const struct house_policy *policy = context ? payer_policy(p->dtr->house, context->policy) : NULL;
	struct text orders[DTR_ORDERS_MAX];
	struct question_form form;

	if (!context)
		return;
	if (!policy) {
		dtr_package_say(&p->package, "warning", "not-found", text_lit("No questions are asked about the order that the context is about."));
		return;
	}
	for (size_t k = 0; k < p->asked.orders_n; k++)
		orders[k] = p->asked.orders[k].reference;
	form_of(p->dtr, policy, &policy->stages[0], &form);
	pack_form(p, &form, orders, p->asked.orders_n);
}

/* DTR 2.2.0 oper-9: a Questionnaire that was asked for by name and is not here is warned of. */
static void pack_named(struct packing *p)
{
	for (size_t i = 0; i < p->asked.questionnaires_n; i++) {
		struct text orders[DTR_ORDERS_MAX];
		struct question_form form;

		if (!find_form(p->dtr, p->asked.questionnaires[i], &form)) {
			dtr_package_say(&p->package, "warning", "not-found",
				text_lit("A Questionnaire that was asked for is not known here, or not in this version."));
			continue;
		}
		for (size_t k = 0; k < p->asked.orders_n; k++)
			orders[k] = p->asked.orders[k].reference;
		pack_form(p, &form, orders, p->asked.orders_n);
	}
}

static bool package(struct dtr *dtr, struct text name, struct buffer *answer, struct fault *fault)
{
	struct packing p = { .dtr = dtr };

	if (!dtr_read_package(dtr->question->body, dtr_version(dtr), dtr->arena, &p.asked, fault))
		return false;
	/* DTR 2.2.0 spec-130, spec-110: a coverage or a context that means nothing here */
	if (!payer_plan(dtr->house, dtr->question->plan))
		return fault_set(fault, FAULT_NOT_FOUND, "Parameters.parameter.where(name='coverage').resource.class");
	if (text_there(p.asked.context) && !dtr->question->context)
		return fault_set(fault, FAULT_NOT_FOUND, "Parameters.parameter.where(name='context').value");
	dtr_package_begin(&p.package, dtr_version(dtr), name, dtr->now.wall_ms, &dtr->make);
	pack_named(&p);
	pack_orders(&p);
	pack_context(&p);
	if (text_there(p.asked.changed_since))
		dtr_package_say(&p.package, "information", "informational",
			text_lit("When questions last changed is not kept: all are given, and the version of each says whether they did."));
	dtr_package_write(&p.package, answer);
	return true;
}

/* -- $next-question -- */

static bool next_question(struct dtr *dtr, struct buffer *answer, struct fault *fault)
{
	struct fhir_questionnaire_response *response;
	struct question_form form;
	struct text asked;
	bool wrapped;

	if (!dtr_read_next(dtr->question->body, dtr_version(dtr), dtr->arena, &response, &wrapped, &asked, fault))
		return false;
	if (!find_form(dtr, asked, &form))
		return fault_set(fault, FAULT_NOT_FOUND, "QuestionnaireResponse.contained.derivedFrom");
	return dtr_next(&form, response, wrapped, base_url(dtr), dtr->now.wall_ms, dtr->arena, answer, fault);
}

bool payer_dtr(const struct house *house, const struct config *config, const struct form_question *question, struct text name, struct now now,
	struct arena *arena, struct buffer *answer, struct fault *fault)
{
	struct dtr dtr = { .house = house, .config = config, .question = question, .now = now, .arena = arena };
	bool good;

	make_init(&dtr.make, arena);
	good = text_is(question->operation, "NEXT") ? next_question(&dtr, answer, fault) : package(&dtr, name, answer, fault);
	if (!make_done(&dtr.make) && good)
		good = fault_set(fault, FAULT_TOO_LARGE, "");
	return good && !answer->failed ? true : good ? fault_set(fault, FAULT_TOO_LARGE, "") : false;
}
