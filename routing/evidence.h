/* SPDX-License-Identifier: Apache-2.0 */
/* Weighs what is known of an order: for each member of the question what holds, who says so, and what became of the rest. */
#pragma once

#include "routing/records.h"

enum evidence_kind {
#define ROW(kind, ...) EVIDENCE_##kind,
	EVIDENCE_ROWS(ROW)
#undef ROW
	EVIDENCE_KINDS_N
};

struct evidence_row {
	const char *name;
	int strength;
	const char *says, *source, *citation, *doc;
};
const struct evidence_row *evidence_row(enum evidence_kind kind);
bool evidence_kind_of(struct text name, enum evidence_kind *kind);

enum {
	FACTS_MAX = 64,      /* members of a question */
	FACT_VALUES_MAX = 96, /* of all members that take several */
	EVIDENCE_MAX = 160,   /* of one question: its members with all their values, and 64 items more */
};

/* What became of one piece of evidence. The order is that of route_evidence.outcome. */
enum outcome { OUTCOME_USED, OUTCOME_AGREES, OUTCOME_CONTEXT, OUTCOME_OVERRULED, OUTCOME_CONFLICT, OUTCOME_EXPIRED };

struct evidence {
	const struct field *field;
	struct text value, date, citation;
	uint64_t order;   /* by member, stronger first, later first: the input's own order leaves no trace */
	uint8_t member;   /* row of route_question */
	uint8_t kind;
	enum outcome outcome; /* of the weighing alone: CONTEXT, OVERRULED, CONFLICT or EXPIRED */
};

/* What holds of one member. */
struct fact {
	struct text one;           /* of a member with one value */
	const struct text *values; /* one or several */
	size_t n;                  /* 0: not known, or in conflict */
	uint8_t strength;
	bool contested; /* something says otherwise */
};

struct facts {
	struct fact of[FACTS_MAX];
	struct evidence items[EVIDENCE_MAX];
	size_t items_n;
	struct text several[FACT_VALUES_MAX]; /* of all members that take several */
	size_t several_n;
};

/* True when the member can stand in a condition and be told by evidence. */
bool evidence_member(const struct field *field);
/* True when whoever orders the drug can say it. */
bool evidence_ordered(const struct field *field);
/* The row of route_question with this name, when it is such a member; NULL else. */
const struct field *evidence_field(struct text name);

/* Weighs the question's members and what other sources say. An item whose kind or member is in no table is passed over: whoever reads
   evidence has checked it (evidence_check). `facts` borrows the question. */
void evidence_weigh(const struct route_question *question, struct facts *facts);
/* Are the items of the question such as the tables know? */
bool evidence_check(const struct route_question *question, struct fault *fault) fault_check;

/* The track that a value of this member names; TEXT_NONE when it names none. */
struct text evidence_track(const struct field *field, struct text value);
