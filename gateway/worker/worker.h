/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker's parts share: the state of the role and the message in hand. */
#pragma once

#include "base/crypto_key.h"
#include "formulary/answer.h"
#include "gateway/bus/family.h"
#include "gateway/config/partners.h"
#include "gateway/config/says.h"
#include "gateway/bus/role.h"
#include "ncpdp/ncpdp.h"
#include "routing/routing.h"

enum {
	WORKER_MEMORY = 32 << 20, /* bytes for one message: a 1 MiB body as records, packed, with its answer, takes under 20 MiB */
	REFRESH_MS = 1000,        /* how often a newer formulary generation is looked for */
};

#define MEDIA_OF_ANSWERS "application/xml; charset=utf-8"

struct pauses;
struct evidence_memory;

struct worker {
	const struct config *config;
	struct peer self;
	struct partner_book *partners; /* of that configuration */
	struct arena arena; /* of the message in hand */
	struct xml_reader *reader;
	struct formulary *formulary; /* NULL: none is loaded yet, and every product request is refused until one is */
	struct pdex_view *pdex; /* of that formulary: worker_pdex.c; NULL: nobody has asked yet */
	struct rules *rules;
	struct sayings *says[SAYS]; /* what lists say of orders */
	struct schemas *schemas; /* that partners are held to; NULL: none */
	int64_t refresh_ms; /* mono time of the next look for a newer generation */
	unsigned char cds_key[SEAL_KEY_BYTES]; /* under which the ids of what is said about coverage are made; see cds_ids.h */
	struct evidence_memory *memory; /* what backends said of members and drugs: worker_evidence.h */
	struct pauses *pauses; /* requests that wait for what others are asked: worker_pause.h */
	struct counters counters;
	bool stopping;
};

/* One message on its way through. */
struct work {
	struct worker *worker;
	const struct input *input;
	struct now now;
	struct outbox *out;
	struct ncpdp_message message;
	enum ncpdp_family family;
	struct text reply_id; /* MessageID of what is answered at once: the trace with ".0" */
	struct text partner, receiver; /* as in the header: "D:1234567893" */
	const struct partner *known;   /* who that is in the configuration; NULL: nobody we know */
	struct text plan, policy; /* plan: before the route is asked, what the message itself calls it */
	struct text programme; /* of the coverage, for its decision clock */
	struct coverage coverage; /* when listed */
	bool listed;
	struct route_decision decision;
	struct text medical_backend; /* the payer that a [route] names for the medical benefit; absent: the house, or not asked */
	struct text asked; /* the request in FHIR that the message was made of; TEXT_NONE: it came as it is */
	bool forwarded; /* not ours: it goes on untouched, and To says who is meant */
	bool full; /* something did not fit into an arena */
};

/* Is the sender someone who may send this here, and are we meant? Fills work->partner, receiver and known. */
bool worker_admit(struct work *work, struct fault *fault) fault_check;
/* Does it fit the schemas that were agreed with this partner? */
bool worker_fits_schema(struct work *work, struct fault *fault) fault_check;
/* Looks the product up in the plan that pays and asks the router. Fills plan, policy, coverage, listed, decision. */
bool worker_route(struct work *work, struct fault *fault) fault_check;
/* An order in whatever standard, as far as the router wants to know. */
struct worker_order {
	struct ncpdp_coverage payer;
	struct text plan; /* by its own name, where the coverage has no card routing */
	struct text ndc;
	struct text rxcui; /* to_price: tried where lists know nothing of the NDC */
	bool by_concept;   /* the RxNorm concept stands for the product where no NDC is said */
	bool to_price;     /* what it costs is asked, so its alternatives count too */
	const struct text *payers; /* identifiers of the coverage's payer, "system|value" or a value */
	size_t payers_n;
	bool in_fhir;      /* it came as PAS: whoever asks so means the medical benefit where nothing says otherwise */
	const struct list_ids *lists;         /* asked where neither a BIN nor a plan is known; NULL: none */
	struct text programme;               /* of the coverage, where its card is of none that is known */
	const struct route_question *stated; /* what else the order says (route_state); NULL: nothing */
	const struct text *diseases;         /* its diagnoses in words */
	size_t diseases_n;
	/* Whom it is about, for others that are asked whether they pay; NULL: nobody is asked. Who sets it looks at pause_waits after routing: a request
	   that waits for them is left unanswered, and comes again. */
	const struct asked_order *about;
};
bool worker_route_order(struct work *work, const struct worker_order *order, struct fault *fault) fault_check;

/* -- billing_code.c -- */

/* The product of the order's plan that a HCPCS code stands for: the first that the plan lists of those that crosswalks have for it. */
struct billed_product {
	struct text ndc;  /* TEXT_NONE: none is listed, or the plan is not known */
	bool one_policy;  /* all that are listed fall under the same policy, or under none */
};
bool worker_billed_product(const struct worker *worker, const struct worker_order *order, struct text code, struct arena *arena,
	struct billed_product *out, struct fault *fault) fault_check;
/* The same with the question and without the decision, which is then the caller's to make. */
bool worker_question(struct work *work, const struct worker_order *order, struct route_question *question, struct fault *fault) fault_check;
/* -- evidence_lists.c -- */
/* Adds what published lists say of the order to what is known of it. */
bool worker_lists(struct work *work, const struct worker_order *order, struct route_question *question, struct fault *fault) fault_check;

/* Real-time benefit request to the payer. */
bool worker_price(struct work *work, struct fault *fault) fault_check;
/* Case message to the ledger; `event` is a code of case_message. */
bool worker_event(struct work *work, const char *event, struct fault *fault) fault_check;
/* Packs the record and sends it, unless some part of the message did not fit into an arena: one that large is refused. */
bool worker_send(struct work *work, enum role_kind to, enum message_type type, const struct record *record, const void *rec,
	struct fault *fault) fault_check;

/* -- worker_keys.c -- */

/* A letter and a digest of both, fit for a MessageID: what an identifier is stored as where it is not to be read. */
struct text worker_digest(struct work *work, char kind, struct text a, struct text b);
/* By which a pre-flight finds a case: the member together with the drug, whatever its package, by NDC and by RxNorm concept. */
void worker_drug_keys(struct work *work, struct text member, const struct route_question *question, struct case_message *message);
/* By which whoever knows the member and who ordered may ask. */
void worker_person_key(struct work *work, struct text member, struct text npi, struct case_message *message);

/* -- worker_remote.c -- */

/* Tells the router which backend a [route] names for the coverage. */
void worker_find_route(struct work *work, const struct ncpdp_coverage *coverage, struct route_question *question);
/* Where the medical benefit pays, the payer that a [route] names for it takes the place of the house. */
void worker_find_payer(struct work *work, const struct worker_order *order);
/* The [backend] of the medical benefit that a [route] names for the coverage; NULL: none. */
const struct backend *worker_payer(const struct work *work, const struct worker_order *order);
/* The remote backend that the decision names; NULL: the house. */
const struct backend *worker_backend(const struct work *work);
/* It does prior authorization with us, in the version of the message. */
bool worker_backend_takes(const struct work *work, const struct backend *backend, struct fault *fault) fault_check;
/* Real-time benefit request to a remote backend. */
bool worker_ask_price(struct work *work, const struct backend *backend, struct fault *fault) fault_check;
/* A message that ncpdp_read has found to be not ours: on to the backend that a [route] names, else false with
   *fault as ncpdp_read left it. */
bool worker_forward(struct work *work, struct fault *fault) fault_check;
/* True for what answers a case, and for an Error of a remote backend, which refuses what it was asked. */
bool worker_is_answer(const struct work *work);
/* A remote backend's answer, to the ledger; of anybody else it is refused. */
bool worker_answer(struct work *work, struct fault *fault) fault_check;
