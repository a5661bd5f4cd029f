/* SPDX-License-Identifier: Apache-2.0 */
/* The outside of a simulated gateway with many cases: prescribers' systems that do all that the standard allows and what people get
   wrong besides (lives.c), a remote PBM that answers in every way there is (pbm.c), and what holds in the end (judge.c). */
#pragma once

#include "ncpdp/outcome.h"
#include "test/sim/world.h"

#define OUTER_CALLBACK "http://127.0.0.1:9/answers"
#define OUTER_CALLBACK_ID "D:1999999002"
/* The remote PBM has two doors: at the first it posts its later answers, at the second they wait for GetMessage. */
#define PBM_POSTS_URL "http://127.0.0.1:9/pbm/posts"
#define PBM_BOX_URL "http://127.0.0.1:9/pbm/box"

enum { OUTER_ID = 36 /* bytes of an identifier, with the NUL */ };

/* -- prescribers -- */

enum sent_kind { SENT_INITIATION, SENT_REQUEST, SENT_APPEAL, SENT_CANCEL, SENT_NOTICE, SENT_FETCH, SENT_WRONG };
enum fate { FATE_UNKNOWN, FATE_TAKEN, FATE_REFUSED, FATE_QUARANTINED };

struct sent {
	enum sent_kind kind;
	enum fate fate;
	char id[OUTER_ID]; /* MessageID and RequestReferenceNumber */
	char *body;
	size_t body_n;
	uint64_t connection; /* 0: not under way */
	int64_t again_ms, taken_ms;
	uint64_t reply_hash;
	int finals; /* answers that end it */
	bool seen;  /* the remote PBM has it */
	int questions; /* how often its case had been asked when it was written */
};

/* One distinct message that came for a case. */
struct heard {
	char id[OUTER_ID];
	uint64_t hash;
	enum ncpdp_said said;
	bool lapsed; /* closed because its deadline passed */
};

enum plan_what { PLAN_NOTHING, PLAN_OPEN, PLAN_ANSWER, PLAN_APPEAL, PLAN_CANCEL, PLAN_NOTICE, PLAN_AGAIN, PLAN_WRONG, PLANS };

enum { LIFE_PLANS = 12 };

/* One case as its prescriber's system knows it. */
struct life {
	int number;
	bool callback, medical, newer, remote, box, expedited;
	char sender[24], reference[OUTER_ID], case_id[OUTER_ID], appeal_case_id[OUTER_ID];
	struct sent *sent;
	struct heard *heard;
	size_t sent_n, heard_n;
	struct {
		enum plan_what what;
		int64_t at_ms;
	} plans[LIFE_PLANS];
	char *asked; /* the last questions, whole */
	size_t asked_n;
	int64_t reply_by_ms; /* their deadline, Unix time */
	bool in_time;        /* an answer to them was taken before that */
	int questions;       /* how often it was asked */
	bool denied, settled, stored;
	int last_looks;
	int64_t look_ms, pause_ms; /* next look into the mailbox; how long after that again */
	char last_item[OUTER_ID];
};

/* -- the remote PBM -- */

enum { NOT_MINE_OF = 8, NOT_MINE_ONE = 5 }; /* it does not decide every eighth case of its members, and says so (reason code CP) */

/* A question that came to it, by its MessageID. */
struct asked {
	char id[OUTER_ID], marker[OUTER_ID];
	uint64_t hash;
	char *body;
	size_t body_n;
	int life;
	enum ncpdp_kind kind;
	int times;
	bool taken, box, sync, never_ends;
	bool not_mine; /* the drug of this case is not its to decide */
	char *answer; /* the one that counts, once it is made */
	size_t answer_n;
};

/* Something it says by itself: posted until it is taken or refused, or waiting in its mailbox. */
struct told {
	size_t asked;
	char id[OUTER_ID];
	char *body;
	size_t body_n;
	uint64_t connection;
	bool over, box, no_reason;
};

/* -- both -- */

struct owner {
	bool pbm;
	uint32_t a, b; /* life and sent, or told */
};

struct outer {
	struct life *lives;
	int lives_n;
	int64_t calm_ms, last_look_ms;
	int64_t decide_ms; /* every decision is due so long after the first message; 0: it depends */
	struct text initiation, medical; /* examples */
	char *files[2];
	struct xml_reader *reader;
	struct owner *owners; /* by connection */
	size_t owners_n;
	struct asked *asked;
	struct told *told;
	size_t asked_n, told_n;
	int32_t *by_id, *by_marker; /* hash tables of asked; room is hash_room, -1 empty */
	size_t hash_room, box_from; /* told before that are not in the mailbox any more */
	uint64_t serial;
	struct outer_counts {
		uint64_t sent[SENT_WRONG + 1], taken, refused, quarantined;
		uint64_t asked, asked_again, told, told_refused, deadlines_missed;
	} counts;
};

void outer_init(struct outer *outer, const char *examples, int lives, int64_t calm_ms, int64_t last_look_ms);
void outer_done(struct outer *outer);
struct outside outer_outside(struct outer *outer);
void outer_begin(struct outer *outer, struct world *world);
/* Notes whose connection this is. */
uint64_t outer_post(struct outer *outer, struct world *world, struct owner owner, struct text body);
/* True once in n. */
bool outer_chance(struct world *world, int n);
void *outer_grow(void *items, size_t n, size_t size);

/* lives.c */
void life_begin(struct outer *outer, struct world *world, struct life *life);
void life_wake(struct outer *outer, struct world *world, struct life *life);
void life_replied(struct outer *outer, struct world *world, struct life *life, struct sent *sent, int status, struct text body);
void life_told(struct outer *outer, struct world *world, struct life *life, struct text body);
int outer_callback(struct outer *outer, struct world *world, struct text body, struct arena *arena, struct text *reply);

/* lives_write.c: whole messages, in the arena */
struct text write_opening(const struct outer *outer, const struct life *life, const char *id, bool ask_first, struct arena *arena);
struct text write_fetch(const struct outer *outer, const struct life *life, const char *id, struct arena *arena);
struct text write_cancel(const struct outer *outer, const struct life *life, const char *id, const char *case_id, struct arena *arena);
struct text write_appeal(const struct outer *outer, const struct life *life, const char *id, struct arena *arena);
struct text write_notice(const struct outer *outer, const struct life *life, const char *id, struct arena *arena);
/* Answers to the questions it was asked last; TEXT_NONE when there are none that can be answered. */
struct text write_answer(const struct outer *outer, struct world *world, const struct life *life, const char *id, struct arena *arena);

/* pbm.c */
int pbm_called(struct outer *outer, struct world *world, bool box, struct text body, struct arena *arena, int64_t *after_ms,
	struct text *reply);
void pbm_wake(struct outer *outer, struct world *world, uint64_t what);
void pbm_replied(struct outer *outer, struct world *world, struct told *told, int status, struct text body);
/* pbm_write.c: an answer to `asked` under these ids, in the arena. */
struct text write_said(const struct asked *asked, enum ncpdp_said said, bool reason, const char *id, const char *relates,
	int64_t now_ms, int64_t reply_by_ms, struct arena *arena);
/* A Status, or an Error with these words, to a question. */
struct text write_status(struct text question, bool box, const char *id, int64_t now_ms, const char *code, const char *error,
	struct arena *arena);

/* judge.c */
enum { ENDS = 8 };
struct ends {
	uint64_t cases[2][ENDS]; /* house and remote, by how they ended */
	uint64_t unopened, overdue, appeals, cancels, rerouted;
};
extern const char *const end_names[ENDS];
/* After the run: breaks the world when a promise is not kept; adds up how the cases ended. */
void outer_judge(struct outer *outer, struct world *world, struct ends *ends);
