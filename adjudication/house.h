/* SPDX-License-Identifier: Apache-2.0 */
/* The house payer: prices a real-time benefit request and runs a prior authorization from a payer's own file of plans, members and
   policies. Pure functions over what was read once. */
#pragma once

#include "adjudication/records.h"
#include "formulary/records.h"
#include "ncpdp/ncpdp.h"

struct house;

/* Reads the payer file (JSON, see docs/payer-file.md) and checks it whole; the fault's path says where it is wrong. */
bool house_read(struct text file, struct house **out, struct fault *fault) fault_check;
void house_free(struct house *house);
/* The years of Part D (adjudication/part_d.h), without which no plan of Part D is priced from lists. *line as there. */
bool house_read_part_d(struct house *house, struct text table, int *line, struct fault *fault) fault_check;

/* What the caller found out before: all may be absent. */
struct house_case {
	struct text plan;
	const struct coverage *coverage; /* RTPB only; NULL: the plan does not list the product */
	struct text track;               /* of the router's decision: PHARMACY MEDICAL NOT_COVERED UNDETERMINED BOTH_BY_SITE */
	struct text sentence;            /* of the router's decision */
	struct text policy;
	const struct pharmacy_standing *standings; /* RTPB only: of pharmacies that the request names, in the plan's published network */
	size_t standings_n;
	bool after_fill;                 /* RTPB only: the deductible is told as it will be after this fill, not as it is now */
	struct text case_id, reply_id;
	int64_t received_ms, wall_ms;    /* Unix time: of the request, and now */
	int64_t round;                   /* how often it was pended before */
	struct text state;               /* of the case before this message; absent: not known */
	int64_t reply_by_ms;             /* Unix time until which this answer was asked for; 0: it was not asked for, or not known */
	int64_t appeal_by_ms;            /* Unix time until which an appeal is taken; 0: not known */
	struct text appeal_case_id;      /* of the appeal of this case, once there was one */
	struct text meanwhile;           /* what an answer that decides nothing is to say beside its own note */
	/* of the message itself: see house_read_request */
	struct text cardholder_id, person_code;
	struct text prescriber_npi;
	struct text named_case_id, named_appeal_id; /* as the prescriber wrote them */
	const struct text *attachments;  /* MIME types of the documents that came with it */
	size_t attachments_n;
};

/* Takes out of a prescriber's message what a decision looks at beside the answers. */
void house_read_request(const struct script_message *request, struct arena *arena, struct house_case *about);

/* Answers an RTPBRequest: price at each pharmacy type asked for with every component (deductible, copay, coinsurance, in the plan's
   order), restrictions, up to five alternatives with their own prices, or NotProcessed with a reject code. Money is whole cents, rounded half up once
   at the end of each component. */
struct rtpb_message *house_price(const struct house *house, const struct rtpb_message *request,
	const struct house_case *about, struct arena *arena);

enum house_outcome {
	HOUSE_OPEN,
	HOUSE_APPROVED,
	HOUSE_DENIED,
	HOUSE_PARTIALLY_DENIED,
	HOUSE_IN_PROCESS,
	HOUSE_MORE_INFORMATION,
	HOUSE_CLOSED,
	HOUSE_CANCELLED,
	HOUSE_CANCEL_REFUSED
};
const char *house_outcome_name(enum house_outcome outcome); /* "OPEN" ... as in case_decision.outcome */

/* The decision apart from how it is written: both tracks start from it. */
struct house_decision {
	enum house_outcome outcome;
	struct text reason;               /* specific, for a person; always there when denied or partially denied */
	struct text reason_code;          /* CLOSED, CANCEL_REFUSED: SCRIPT reason code */
	struct text note;
	struct text authorization_number; /* when approved */
	struct text effective_date, expiration_date; /* YYYY-MM-DD, when approved */
	bool not_mine;                    /* CLOSED: it is on the other benefit that this is decided, or elsewhere */
	const struct house_authorization *on_file; /* CLOSED: why nothing more is decided; OPEN: it is about to end. NULL: neither */
	const struct house_policy *policy; /* NULL: none applies */
	const struct house_stage *stage;   /* OPEN, MORE_INFORMATION: whose questions are to be answered */
	int64_t again_ms;                 /* IN_PROCESS: decide again after so long */
	int64_t reply_by_ms;              /* OPEN, MORE_INFORMATION: Unix time */
	int64_t appeal_by_ms;             /* decided: Unix time at which the time to appeal ends; 0: it cannot be appealed here any more */
	struct text appeal_case_id;       /* of an appeal: the same for every message about it */
};

/* One answer of the prescriber, freed from the standard it came in. A choice has choice_id, everything else value; several choices
   of one question are several answers. */
struct house_answer {
	struct text question_id, choice_id, value, free_text;
};

/* Which questions, or straight a decision, for a case that is opened. */
void house_initiate(const struct house *house, const struct house_case *about, struct arena *arena, struct house_decision *out);
/* Decides from the answers, walking the questions as the prescriber did. */
void house_decide(const struct house *house, const struct house_case *about, const struct house_answer *answers, size_t answers_n,
	struct arena *arena, struct house_decision *out);
/* The same for an appeal, by the policy's own questions and rules for appeals. IN_PROCESS is then told to nobody: SCRIPT has no
   message for it. */
void house_appeal(const struct house *house, const struct house_case *about, const struct house_answer *answers, size_t answers_n,
	struct arena *arena, struct house_decision *out);
/* Whether a case can still be taken back: CANCELLED, or CANCEL_REFUSED with its reason code. */
void house_cancel(const struct house *house, const struct house_case *about, struct house_decision *out);

/* The answers that stand in a PARequest or PAAppealRequest. */
size_t house_answers_of(const struct script_message *request, struct arena *arena, struct house_answer **out);

/* The decision as the SCRIPT message that answers `request`, each of the four requests by its own response. It shares the request's
   texts. NULL past the arena's limit; an appeal IN_PROCESS has no message and is not to be written. */
struct script_message *house_answer_script(const struct house *house, const struct script_message *request,
	const struct house_case *about, const struct house_decision *decision, struct arena *arena);
