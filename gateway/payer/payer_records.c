/* SPDX-License-Identifier: Apache-2.0 */
/* What the house adds to a decision for a case that came in another standard than SCRIPT: the answer as records, and what its questions are called in
   FHIR. */
#include "gateway/payer/payer.h"

#include "fhir-bridge/dtr/questionnaire.h"

static void add_questions(const struct question_form *form, struct make *make, struct case_decision *said)
{
	said->form_url = form->url;
	for (size_t i = 0; i < form->n; i++)
		if (form->optional[i] || text_there(form->fills[i].loinc))
			*make_push(make, said->beside, said->beside_n) = (struct form_beside){ .question = form->questions[i].question_id,
				.optional = form->optional[i], .loinc = form->fills[i].loinc, .unit = form->fills[i].unit };
}

bool payer_records(const struct payer_case *pa, const struct house_decision *decision, const struct script_message *answer, struct case_decision *said,
	struct fault *fault)
{
	struct question_form form;
	struct buffer packed;
	struct make make;

	if (!pa->work->records || !answer)
		return true;
	make_init(&make, pa->arena);
	buffer_init(&packed, pa->arena, 8192);
	record_pack(&script_message_record, answer, &packed);
	said->answer = make_written(&make, &packed);
	if (decision->outcome == HOUSE_OPEN || decision->outcome == HOUSE_MORE_INFORMATION) {
		if (!payer_form(pa->house, decision->policy, decision->stage, pa->arena, &form))
			make.failed = true;
		else
			add_questions(&form, &make, said);
	}
	return make_done(&make) || fault_set(fault, FAULT_TOO_LARGE, "DECISION");
}
