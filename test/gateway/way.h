/* SPDX-License-Identifier: Apache-2.0 */
/* A worker and a payer, started as in the sandbox, and messages for them: each test gives one step its input by hand and looks into
   the outbox. */
#pragma once

#include "adjudication/house.h"
#include "gateway/bus/role.h"
#include "ncpdp/ncpdp.h"
#include "routing/routing.h"
#include "test/case.h"
#include "test/scratch.h"

#define WAY_TRACE "0123456789abcdef0123456789abcdef"
#define WAY_WALL_MS INT64_C(1795339800000) /* 2026-11-22T09:30:00Z */

struct way {
	struct scratch scratch;
	struct config config;
	struct arena arena; /* of the test */
	struct now now;
	void *worker, *payer;
	struct outbox out; /* of the last step */
	struct xml_reader *reader;
};

/* Starts both; the configuration may be changed before by `change` (NULL: as it is). */
void way_start(struct way *way, void (*change)(struct config *config));
void way_stop(struct way *way);

/* A message from outside to the worker. */
void way_request(struct way *way, const char *family, struct text body);
/* A bus message from `from` to the worker; and its time has come. */
void way_to_worker(struct way *way, enum role_kind from, enum message_type type, const struct envelope *envelope, struct text payload);
void way_tick(struct way *way);
/* A role came or went, as the worker sees it. */
void way_peer(struct way *way, enum role_kind kind, bool there);
/* What the worker asked how a member stands is answered: by the payer, and by a ledger that has approved the first drug as `found` (NULL: nothing). */
void way_settle(struct way *way, const char *found);
/* A bus message from `from` to the payer. */
void way_to_payer(struct way *way, enum role_kind from, enum message_type type, struct text payload);

/* The only thing in the outbox, which must be of this type for this kind of role. */
const struct out *way_only(struct way *way, enum message_type type, enum role_kind to);
/* The REPLY in the outbox read as a message of its family. */
struct ncpdp_message way_reply(struct way *way, enum ncpdp_family family);

/* What a message is made of. Zeroed fields become those of the sandbox's member EX0001. */
struct way_message {
	const char *ndc, *bin, *pcn, *cardholder, *place, *payer_type, *from, *to, *message_id;
	const char *person_birth;
	const char *answers; /* PARequest: its <Question> elements */
	const char *case_id;
};
struct text way_initiation(struct way *way, const struct way_message *about);
struct text way_submission(struct way *way, const struct way_message *about);
struct text way_rtpb(struct way *way, const struct way_message *about);
struct text way_script(struct way *way, const char *header, const char *body);

/* What the ledger would ask the payer after the EVENT in the outbox. */
struct text way_work_of(struct way *way, int64_t round);
/* The DECISION in the outbox, with the message it carries. */
struct case_decision way_decision(struct way *way, struct ncpdp_message *message);
