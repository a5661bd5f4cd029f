/* SPDX-License-Identifier: Apache-2.0 */
/* What a detail of a formulary and benefit file is as a row of a list, and a row as a detail. */
#pragma once

#include "formulary/builder.h"
#include "formulary/fb/fb_reader.h"
#include "formulary/ndc.h"

enum { FB_APART_MAX = 200 }; /* bytes that tell rows of one product apart */

/* A product with two names: what is known under one is found by the other. */
struct fb_link {
	char from[PRODUCT_KEY_MAX], to[PRODUCT_KEY_MAX];
	struct text term_type; /* of the RxNorm concept, if one of them is */
};

enum { FB_LINKS_MAX = 8 }; /* RxNorm concept and reference number, both directions, for the product and for the other one */

struct fb_row {
	struct builder_row row; /* list and line are the caller's to fill in */
	union {
		struct status_row status;
		struct alternative_row alternative;
		struct coverage_row coverage;
		struct copay_row copay;
	} rec;
	char ndc[NDC_DIGITS + 1]; /* of the product, normal */
	char product[PRODUCT_KEY_MAX], other[PRODUCT_KEY_MAX], apart[FB_APART_MAX];
	struct fb_link links[FB_LINKS_MAX];
	size_t links_n;
};

/* A detail of a STATUS, ALTERNATIVE, COVERAGE or COPAY list. *row points into itself and into the detail. False: the detail is refused, and
   the fault's path is the member. */
bool fb_row_of(enum fb_kind kind, struct text subtype, struct text list_id, const struct fb_detail *detail, uint64_t given,
	int64_t line, struct fb_row *row, struct fault *fault) fault_check;

/* The other way: `rec` is the record of the list's kind. *given: the members that are there though they are 0. FAULT_RULE when the row
   says what no such file can say. */
bool fb_detail_of(enum fb_kind kind, struct text product, struct text owner, const void *rec, struct fb_detail *detail, uint64_t *given,
	struct fault *fault) fault_check;

/* The record of the rows of a kind of list. */
const struct record *fb_row_record(enum fb_kind kind);
