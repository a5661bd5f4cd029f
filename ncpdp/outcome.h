/* SPDX-License-Identifier: Apache-2.0 */
/* What a payer's answer means for the case, whichever of the four answers it is and wherever the standard has
 * put it. */
#pragma once

#include "ncpdp/ncpdp.h"

enum ncpdp_said {
	NCPDP_SAID_NOTHING,
	NCPDP_SAID_OPEN,             /* first questions: PAInitiationResponse Open */
	NCPDP_SAID_MORE_INFORMATION, /* a later round: PAResponse or PAAppealResponse Open */
	NCPDP_SAID_IN_PROCESS,
	NCPDP_SAID_APPROVED,
	NCPDP_SAID_DENIED,
	NCPDP_SAID_PARTIALLY_DENIED,
	NCPDP_SAID_CLOSED,
	NCPDP_SAID_CANCELLED,      /* PACancelResponse Approved */
	NCPDP_SAID_CANCEL_REFUSED, /* PACancelResponse Denied */
	NCPDP_SAYINGS
};

/* "OPEN", "PARTIALLY_DENIED": the words of case_decision.outcome; "" for NOTHING. */
const char *ncpdp_said_name(enum ncpdp_said said);

/* Texts point into the message. Absent texts are TEXT_NONE, absent times 0. */
struct ncpdp_outcome {
	enum ncpdp_said said;
	enum ncpdp_kind kind; /* which of the four answers said it: an appeal's is NCPDP_PA_APPEAL_RESPONSE */
	struct text reason;   /* PANote: the specific reason of a denial, as there is no code for one */
	const struct text *reason_codes; /* CLOSED: why, one at least; CANCEL_REFUSED: at most one */
	size_t reason_codes_n;
	struct text pa_reference_id, pa_case_id, appeal_case_id;
	struct text authorization_number;
	const struct authorization_period *authorization_period; /* NULL: none */
	bool e_appeal;                                           /* a PAAppealRequest is taken */
	int64_t reply_by_ms;  /* DeadlineForReply, Unix time; a day without a time lasts to its last
				 millisecond, UTC */
	int64_t appeal_by_ms; /* Appeal/ExpirationDate, likewise */
	int64_t expected_ms;  /* IN_PROCESS: ExpectedResponseDate, likewise */
};

/* What the message, which ncpdp_read or ncpdp_check has accepted, says about its case. False, with a zeroed
   *out, when it is not a payer's answer. */
bool ncpdp_outcome(const struct ncpdp_message *message, struct ncpdp_outcome *out);
