/* SPDX-License-Identifier: Apache-2.0 */
/* One message on its way into the ledger's batch. Shared by the files of the ledger only. */
#pragma once

#include "gateway/ledger/ledger.h"

struct event {
	struct ledger *ledger;
	const struct input *input;
	struct case_message message;
	const struct script_message *script; /* the message itself; NULL: it could not be unpacked */
	struct ncpdp_sender sender;
	struct now now;
	struct arena *arena;
	struct fault *fault; /* of a store that cannot be read */
	bool pas;            /* it came in FHIR and is answered so */
	bool plain;          /* it came as plain JSON and is answered so: a pre-flight */
};

/* -- ledger_event.c -- */
/* Puts the change into the batch with its answer. True also when the message turns out to be refused: only a store that cannot be
   read is false. */
bool event_store(const struct event *event, struct case_change *change, struct text body, enum fault_code code, bool *stored);
/* Answers it; `body` absent: its decision is waited for (PAS). Not stored: see event_store. */
void event_answer_with(const struct event *event, struct text body, enum fault_code code);
/* A refusal that is not remembered: the message may come again and do better. */
void event_refuse_now(const struct event *event, enum fault_code code, const char *path);
/* A refusal that is remembered: the same message gets the same one. */
bool event_refuse(const struct event *event, enum fault_code code, const char *path, struct text case_id);
/* Taken, noted, and nothing else. */
bool event_note(const struct event *event);
/* An id made of the trace. */
struct text event_id(const struct event *event, const char *before, const char *after);

/* -- ledger_preflight.c -- */
/* Which cases of a member and drug there are. */
bool event_preflight(const struct event *event);

/* -- ledger_earlier.c -- */
/* Of a case that is opened and whose track is not settled: takes that of an earlier approval for the same member and drug. */
bool event_earlier(const struct event *event, struct pa_case *at);

/* -- ledger_case.c -- */
/* A prescriber's message that opens a case or moves it on. */
bool event_case(const struct event *event);

/* -- ledger_answer.c -- */
/* What a remote backend says later, and of its own accord. */
bool event_answer(const struct event *event);
