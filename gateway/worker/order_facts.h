/* SPDX-License-Identifier: Apache-2.0 */
/* What messages bring to the router: for each door of the gateway a table of the elements that say something of an order, and what each says.
   Elements that are not there, and values that their member of the question cannot hold, say nothing. */
#pragma once

#include "gateway/records.h"
#include "ncpdp/ncpdp.h"

struct facts_at;

/* One element, and what is known by it. */
struct facts_row {
	const char *path;   /* element names from a root on: "Claim/diagnosis/diagnosisCodeableConcept"; lists are gone through whole */
	const char *member; /* of route_question; "" when the element says for itself what it is about (facts_say) */
	const char *asked;  /* of asked_order: what others are told when they are asked; NULL: nothing */
	const char *how;    /* in words, for the manual; "": as it stands */
	/* The value; TEXT_NONE when the element says nothing. NULL: as it stands. */
	struct text (*value)(const struct facts_at *at);
};

/* All that a message says of its order. Texts are the message's, the manual's or the arena's. */
enum { DISEASES_MAX = 12 };
struct order_facts {
	struct route_question stated;
	struct asked_order asked;
	struct text diseases[DISEASES_MAX]; /* the diagnoses in words */
	size_t diseases_n;
	struct text programme; /* of the coverage: where its card is of none that is known */
	struct arena *arena;
	bool full; /* something did not fit */
};

/* An element in hand. */
struct facts_at {
	const struct facts_row *row;
	const struct field *field;
	struct text text;   /* of an element with text; else TEXT_NONE */
	const void *group;  /* a struct of field->of; else NULL */
	const void *parent; /* the struct that it stands in */
	struct order_facts *out;
};

/* Goes through the rows whose path begins with this root. What was said before of a member with one value stays. */
void facts_read(const struct facts_row *rows, size_t n, const char *root, const struct record *record, const void *rec, struct order_facts *out);
/* Says it of a member of route_question; TEXT_NONE, or what the member cannot hold, says nothing. */
void facts_say(struct order_facts *out, const char *member, struct text value);
/* Whom the order is about, as others are told: its coverage, and the drug as far as it is not said before. */
void facts_of_coverage(struct order_facts *out, const struct ncpdp_coverage *coverage, struct text plan, struct text ndc, struct text rxcui);
/* A diagnosis in words. */
void facts_disease(struct order_facts *out, struct text words);

/* -- what several tables have in common -- */

struct text facts_without_point(struct text code, struct arena *arena);
/* How a drug is given and by whom, where the words of its name tell: "Oral Tablet", "Pen Injector" (RxNorm's names of dose forms). */
void facts_of_name(struct order_facts *out, struct text name);
/* NCPDP patient residence: where the patient lives, or that a hospice has been elected. Codes as seen in public material. */
void facts_of_residence(struct order_facts *out, struct text code);

/* -- the doors -- */

extern const struct facts_row script_facts[], rtpb_facts[], pas_facts[], cds_facts[];
extern const size_t script_facts_n, rtpb_facts_n, pas_facts_n, cds_facts_n;

/* SCRIPT prior authorization and RTPB requests. False past the arena. */
bool facts_of_message(const struct ncpdp_message *message, struct arena *arena, struct order_facts *out);

/* The tables, in Markdown. */
void facts_document(struct buffer *out);
