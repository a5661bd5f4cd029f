/* SPDX-License-Identifier: Apache-2.0 */
/* A case that came as a PAS Claim, decided by the house payer and answered in FHIR. */
#include "gateway/payer/payer.h"

#include "fhir-bridge/find.h"
#include "fhir-bridge/systems.h"
#include "fhir-bridge/script/to_script.h"
#include "gateway/ledger/pas_say.h"
#include "routing/tell.h"

#define CLAIM "Bundle.entry.resource.ofType(Claim)"
#define CLAIM_ITEM CLAIM ".item"
#define COVERAGE "Bundle.entry.resource.ofType(Coverage)"
#define NO_PRODUCT "The billing code stands for no drug of the member's plan here, or for several that are decided by different policies: name the drug by its NDC."
#define ONE_DRUG "This payer decides about one drug in a request: each needs a Claim of its own."

/* One case in hand. */
struct pas_case {
	const struct house *house;
	const struct case_work *work;
	struct route_decision route;
	struct fhir_bundle *bundle;
	struct pas_request request;
	struct house_case about;
	struct pas_answer answer;
	struct arena *arena;
	struct case_decision *said;
};

/* What the payer's own words for not deciding are to X12; the rest is a request to be corrected. */
static const struct {
	const char *script; /* reason code of SCRIPT, as the house has it */
	enum pas_trouble trouble;
} troubles[] = {
	{ "CD", PAS_TROUBLE_MEMBER_NOT_FOUND },
	{ "CA", PAS_TROUBLE_MEMBER_NOT_FOUND },
};

static bool refuse(struct pas_case *pas, struct text code, struct text why)
{
	struct pas_error error = { .trouble = PAS_TROUBLE_INPUT, .words = why.n ? why : TEXT_NONE };

	for (size_t i = 0; i < sizeof(troubles) / sizeof(*troubles); i++)
		if (text_is(code, troubles[i].script))
			error.trouble = troubles[i].trouble;
	pas->answer.errors = &error;
	pas->answer.errors_n = 1;
	pas->said->message = pas_say(pas->bundle, &pas->answer, pas_version_of(pas->work->pas_version), pas->arena);
	return text_there(pas->said->message);
}

/* What the pharmacy benefit must be told and the request does not say: whoever decides there is asked in SCRIPT. */
static bool not_in_script(struct pas_case *pas)
{
	const struct script_asking asking = { .step = SCRIPT_INITIATE, .stamp = text_lit(""), .to = text_lit("ZZZ:TO"), .from = text_lit("ZZZ:FROM"),
		.message_id = pas->work->reply_id, .pa_reference_id = pas->work->case_id, .wall_ms = pas->work->received_ms };
	struct pas_error error = { .trouble = PAS_TROUBLE_MISSING_DATA, .words = text_lit("The pharmacy benefit pays for this drug. Its payer is asked "
		"in NCPDP SCRIPT, which must have something that this request does not say.") };
	struct script_message *script;
	struct loss loss = { .n = 0 };
	struct fault why;

	if (script_request_of(pas->bundle, &asking, pas->arena, &script, &loss, &why))
		error.words = text_lit("The pharmacy benefit pays for this drug, and its payer cannot be asked from here.");
	else if (why.code == FAULT_RULE)
		return refuse(pas, TEXT_NONE, text_lit(ONE_DRUG));
	else if (text_starts(text_of(why.path), "Bundle."))
		error.path = arena_text(pas->arena, text_of(why.path));
	pas->answer.errors = &error;
	pas->answer.errors_n = 1;
	pas->said->message = pas_say(pas->bundle, &pas->answer, pas_version_of(pas->work->pas_version), pas->arena);
	return text_there(pas->said->message);
}

/* What would tell which benefit pays, by the member of the router's question, and where a Claim says it. */
static const struct {
	const char *member, *words, *path;
} settling[] = {
	{ "place_of_service", "Send it again with the place where the drug will be given.", CLAIM_ITEM ".location" },
	{ "supply", "Send it again with the place where the drug will be given.", CLAIM_ITEM ".location" },
	{ "administered_by", "Send it again with the place where the drug will be given.", CLAIM_ITEM ".location" },
	{ "diagnosis", "Send it again with the diagnosis that the drug is for.", CLAIM ".diagnosis" },
	{ "plan", "Send it again with the card routing numbers of the coverage: the plan is not known.", COVERAGE ".class" },
};

/* Nobody is asked, and what would change that is said. */
static bool not_settled(struct pas_case *pas)
{
	struct pas_error error = { .trouble = PAS_TROUBLE_INPUT };
	bool by_site = text_is(pas->route.track, "BOTH_BY_SITE");
	struct buffer why;

	buffer_init(&why, pas->arena, 400);
	buffer_add(&why, pas->route.sentence);
	for (size_t i = 0; i < sizeof(settling) / sizeof(*settling) && !text_there(error.path); i++)
		if (by_site || text_is(pas->route.ask, settling[i].member)) { /* the first row is the site */
			buffer_add_char(&why, ' ');
			buffer_add(&why, text_of(settling[i].words));
			error.path = text_of(settling[i].path);
			error.trouble = PAS_TROUBLE_MISSING_DATA;
		}
	error.words = buffer_text(&why);
	pas->answer.errors = &error;
	pas->answer.errors_n = 1;
	pas->said->message = pas_say(pas->bundle, &pas->answer, pas_version_of(pas->work->pas_version), pas->arena);
	return text_there(pas->said->message);
}

/* The drug that an item names: its NDC, else the code it is billed under. */
static struct text drug_of(const struct pas_case *pas, const struct fhir_item *item)
{
	struct text ndc = fhir_item_ndc(pas->bundle, item, pas->arena);

	return text_there(ndc) ? ndc : fhir_code(item->product_or_service, SYSTEM_HCPCS);
}

/* One decision is about one drug: what was not looked at is not approved with the rest. *billed: it is named by a billing code alone. */
static bool is_one_drug(const struct pas_case *pas, bool *billed)
{
	const struct fhir_claim *claim = pas->request.claim;
	struct text first = TEXT_NONE;

	*billed = false;
	for (size_t i = 0; i < claim->item_n; i++) {
		struct text drug;

		if (pas_item_cancelled(&claim->item[i]))
			continue;
		drug = drug_of(pas, &claim->item[i]);
		if (!text_there(drug) || (text_there(first) && !text_equal(drug, first)))
			return false;
		*billed = !text_there(fhir_item_ndc(pas->bundle, &claim->item[i], pas->arena));
		first = drug;
	}
	return true;
}

/* Of the first person who takes part; the practice has a number of its own. */
static struct text prescriber_npi(const struct pas_case *pas)
{
	for (size_t i = 0; i < pas->request.npi_n; i++)
		for (size_t k = 0; k < pas->bundle->entry_n; k++) {
			const struct fhir_practitioner *person = pas->bundle->entry[k].resource->practitioner;

			for (size_t j = 0; person && j < person->identifier_n; j++)
				if (text_equal(person->identifier[j].value, pas->request.npi[i]))
					return pas->request.npi[i];
		}
	return pas->request.npi_n ? pas->request.npi[0] : TEXT_NONE;
}

static bool cancel(struct pas_case *pas)
{
	static const struct pas_line cancelled = { .action = { "C", 1 } };
	struct house_decision decision = { .outcome = HOUSE_CANCELLED };

	/* What was certified and is not needed any more may be given back (PAS 2.2.1, cancelling all items); of SCRIPT nothing public says so. */
	if (!text_in_list(pas->about.state, "APPROVED PARTIALLY_DENIED"))
		house_cancel(pas->house, &pas->about, &decision);
	pas->said->outcome = text_of(house_outcome_name(decision.outcome));
	if (decision.outcome != HOUSE_CANCELLED)
		return refuse(pas, decision.reason_code, decision.note);
	pas->answer.lines = &cancelled;
	pas->answer.lines_n = 1;
	pas->said->message = pas_say(pas->bundle, &pas->answer, pas_version_of(pas->work->pas_version), pas->arena);
	return text_there(pas->said->message);
}

/* What is to be said of the decision, then which benefit decided, and why that one. */
static struct text with_track(const struct pas_case *pas, struct text note)
{
	struct text track = tell_track(TELL_PAS, &pas->route, pas->work->rerouted, pas->arena);
	struct buffer out;

	if (!note.n)
		return track;
	buffer_init(&out, pas->arena, note.n + track.n + 1);
	buffer_add(&out, note);
	if (track.n)
		buffer_add_char(&out, ' ');
	buffer_add(&out, track.n ? track : text_lit(""));
	return buffer_text(&out);
}

static bool decide(struct pas_case *pas, struct fault *fault)
{
	static const struct pas_question questionnaire = { .loinc = { LOINC_QUESTIONNAIRE, sizeof(LOINC_QUESTIONNAIRE) - 1 } };
	struct house_decision decision = { 0 };
	struct pas_line line;
	struct case_decision *said = pas->said;

	if (!payer_claim(pas->house, &pas->about, pas->bundle, pas->arena, &decision, fault))
		return false;
	said->outcome = text_of(house_outcome_name(decision.outcome));
	payer_not_mine(&decision, pas->about.track, pas->work->rerouted, pas->arena, said);
	said->reason = said->said_n ? decision.note : decision.reason;
	said->again_ms = decision.again_ms;
	said->reply_by_ms = decision.reply_by_ms;
	said->appeal_by_ms = decision.appeal_by_ms;
	said->authorization = decision.authorization_number;
	said->authorized_to = decision.expiration_date;
	line = (struct pas_line){ .action = payer_action(decision.outcome), .number = decision.authorization_number,
		.reason = decision.reason, .effective_date = decision.effective_date, .expiration_date = decision.expiration_date };
	if (!text_there(line.action)) /* closed: there is nothing to decide, and the note says why */
		return refuse(pas, decision.reason_code, decision.note) || fault_set(fault, FAULT_TOO_LARGE, "ClaimResponse");
	if (text_is(line.action, "A4"))
		line.reference = pas->about.case_id;
	else
		pas->answer.reviewer = PAS_REVIEWED_BY_RULES;
	pas->answer.note = with_track(pas, decision.note);
	pas->answer.questions = &questionnaire;
	pas->answer.questions_n = decision.outcome == HOUSE_MORE_INFORMATION;
	said->message = pas_say_lines(pas->bundle, pas->answer, &line, pas_version_of(pas->work->pas_version), pas->arena);
	return text_there(said->message) || fault_set(fault, FAULT_TOO_LARGE, "ClaimResponse");
}

bool payer_pas(const struct house *house, const struct case_work *work, struct now now, struct arena *arena, struct case_decision *said,
	struct text *track, struct fault *fault)
{
	struct pas_case pas = { .house = house, .work = work, .arena = arena, .said = said,
		.answer = { .identifier = work->reply_id, .wall_ms = now.wall_ms } };
	bool billed;

	*said = (struct case_decision){ .row = work->row, .case_id = work->case_id };
	if (!record_unpack(&route_decision_record, &pas.route, arena, work->decision, fault) ||
		!fhir_read(work->body, arena, &pas.bundle, fault)) /* the worker held it to its profile */
		return false;
	if (!pas.bundle->entry_n || !pas.bundle->entry[0].resource->claim)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "WORK/body");
	pas_request_of(pas.bundle, &pas.request);
	*track = pas.route.track;
	pas.about = (struct house_case){ .plan = work->plan, .track = pas.route.track, .sentence = pas.route.sentence,
		.policy = work->policy, .case_id = work->case_id, .reply_id = work->reply_id, .received_ms = work->received_ms,
		.wall_ms = now.wall_ms, .round = work->round, .state = work->state, .reply_by_ms = work->reply_by_ms,
		.appeal_by_ms = work->appeal_by_ms, .meanwhile = work->note, .cardholder_id = pas.request.member_id,
		.prescriber_npi = prescriber_npi(&pas),
		.person_code = pas.request.coverage ? pas.request.coverage->dependent : TEXT_NONE };
	if (text_is(work->event, "CANCEL"))
		return cancel(&pas) || fault_set(fault, FAULT_TOO_LARGE, "ClaimResponse");
	said->outcome = text_lit("CLOSED");
	if (text_is(pas.route.track, "PHARMACY"))
		return not_in_script(&pas) || fault_set(fault, FAULT_TOO_LARGE, "ClaimResponse");
	if (!text_is(pas.route.track, "MEDICAL"))
		return not_settled(&pas) || fault_set(fault, FAULT_TOO_LARGE, "ClaimResponse");
	if (!is_one_drug(&pas, &billed))
		return refuse(&pas, TEXT_NONE, text_lit(ONE_DRUG)) || fault_set(fault, FAULT_TOO_LARGE, "ClaimResponse");
	if (billed && !text_there(work->policy))
		return refuse(&pas, TEXT_NONE, text_lit(NO_PRODUCT)) || fault_set(fault, FAULT_TOO_LARGE, "ClaimResponse");
	return decide(&pas, fault);
}
