/* SPDX-License-Identifier: Apache-2.0 */
/* What a formulary should know after any files of formulary and benefit lists: plain arrays, one place for each row that can be, and every
   rule of loading written down once more, the long way. Nothing here comes from formulary/. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	SENDERS = 2,
	NDCS = 8,       /* products; the concept of the n-th is n / 2 */
	CONCEPTS = NDCS / 2,
	REFERENCES = 2,
	NAMES = NDCS + CONCEPTS + REFERENCES,
	OWNERS = 2,     /* coverage ids C0 C1, copay ids P0 P1 */
	VARIANTS = 3,   /* rows of one owner and product: pharmacy, period, status, alternative */
	DATES = 20,     /* lists alike that there can be at a time */
	OPS_MAX = 9,    /* lists of a file */
	DETAILS_MAX = 10,
	TEXT_BYTES = 8192,
	LINE_BYTES = 256, /* of an answer as text */
};

enum slot { SLOT_F0, SLOT_F1, SLOT_ALTERNATIVE, SLOT_DE, SLOT_PA, SLOT_QL, SLOT_DS, SLOT_SL, SLOT_CROSS, SLOTS };

struct model_row {
	bool there;
	int value, ndc, line; /* ndc: the product that stands for the concept, -1 none */
};

struct model_plan {
	bool there, bin, alternative;
	int formulary; /* -1: none */
	unsigned coverage, copay; /* bits of owners */
};

struct content {
	int header_line;
	bool same_default; /* the header says one status for all that is not listed */
	struct model_row rows[OWNERS][NAMES][VARIANTS];
	bool link[NDCS];
	struct model_plan plan;
};

struct model_list {
	bool there;
	int day; /* 0: at once */
	struct content content;
};

struct world {
	struct model_list lists[SENDERS][SLOTS][DATES];
	int tier[NDCS]; /* of the plan file's plan; -1: not there */
};

/* -- a file -- */

enum change { ADD, CHANGE, DELETE };

struct detail {
	int owner, name, variant, value;
	int ndc;   /* NDC and concept stand together in it: the NDC, -1 none */
	enum change change;
	bool bad;
	int line;  /* filled in when it is written */
	struct model_plan plan; /* CROSS */
};

enum op_action { OP_FULL, OP_UPDATE, OP_REMOVE };
enum op_fault { OP_GOOD, OP_BAD_COUNT, OP_NO_TRAILER, OP_BAD_HEADER };

struct op {
	enum slot slot;
	int day;
	enum op_action action;
	enum op_fault fault;
	bool same_default;
	struct detail details[DETAILS_MAX];
	int details_n, line;
};

enum file_fault { FILE_GOOD, FILE_NO_TRAILER, FILE_BAD_COUNT, FILE_TEST };

struct file {
	int sender;
	bool full;
	enum file_fault fault;
	struct op ops[OPS_MAX];
	int ops_n;
};

/* What the world is after the file, on this day. False: the file is refused and nothing has changed. *refused: lists refused alone. */
bool model_apply(struct world *world, const struct file *file, int today, int *refused);
/* Room for one more list of this slot and day? */
bool model_room(const struct world *world, int sender, enum slot slot, int day);

/* -- a question -- */

struct question {
	int sender, ndc, concept, reference; /* -1: not named by it */
	bool by_lists; /* of these lists of the sender, and not of its plan */
	struct model_plan lists;
};

/* The answer as text: what formulary_property.c makes of a product_answer too. */
void model_answer(const struct world *world, const struct question *question, int today, char out[TEXT_BYTES]);
/* Whether the BIN line of the sender stands for its plan. */
bool model_bin(const struct world *world, int sender, int today);

/* The key under which rows of this name stand. */
void model_key(int name, char out[32]);
/* CCYYMMDD; "" for 0. Days count from 2026-01-01, which is 1. */
void model_day(int day, char out[9]);
const char *model_list_id(enum slot slot);

/* Lines of a part of an answer, in an order of their own. */
struct model_lines {
	char at[64][LINE_BYTES];
	size_t n;
};
char *model_line(struct model_lines *lines);
void model_lines_put(struct model_lines *lines, bool sorted, char out[TEXT_BYTES]);
