/* SPDX-License-Identifier: Apache-2.0 */
/* What the house adds to a decision for a case that came in another standard than SCRIPT: the answer as records, and what its questions are called in
   FHIR. */
#include "gateway/payer/payer.h"

#include "adjudication/payer.h"
#include "fhir-bridge/questionnaire.h"
#include "fhir-bridge/systems.h"

struct text payer_form_url(const struct house_policy *policy, const struct house_stage *stage, struct make *make)
{
	return make_text(make, form_uri(make, SYSTEM_OURS "Questionnaire:", policy->id), text_lit(":"), form_uri(make, "", stage->id));
}

bool payer_records(const struct payer_case *pa, const struct house_decision *decision, const struct script_message *answer, struct case_decision *said,
	struct fault *fault)
{
	const struct house_stage *stage = decision->stage;
	struct buffer packed;
	struct make make;

	if (!pa->work->records || !answer)
		return true;
	make_init(&make, pa->arena);
	buffer_init(&packed, pa->arena, 8192);
	record_pack(&script_message_record, answer, &packed);
	said->answer = make_written(&make, &packed);
	if (stage && decision->policy && (decision->outcome == HOUSE_OPEN || decision->outcome == HOUSE_MORE_INFORMATION)) {
		said->form_url = payer_form_url(decision->policy, stage, &make);
		for (size_t i = 0; i < stage->questions_n; i++)
			if (stage->questions[i].optional)
				*make_push(&make, said->optional, said->optional_n) = stage->questions[i].id;
	}
	return make_done(&make) || fault_set(fault, FAULT_TOO_LARGE, "DECISION");
}
