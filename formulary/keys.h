/* SPDX-License-Identifier: Apache-2.0 */
/* How the rows of a generation are keyed, so that a lookup is one short walk and a load is one merge.

   Rows:  class, body, 0x1f, what tells rows of one body apart, number of the list (4 bytes, most significant first)
	0x10  owner (4 bytes), product key                 coverage, status_row, alternative_row, coverage_row, copay_row, price_row
	0x10  owner (4 bytes), P and an NPI                network_row
	0x11  plan                                         plan_row
	0x12  bin 0x1f pcn 0x1f group                      bin_line
	0x13  product key                                  link_row
	0x14  product key, or H and a HCPCS code           hcpcs_row
	0x15  word of a description 0x1f product key       name_row
	0x16  owner (4 bytes), class of drugs              alternative_row, by tier and NDC: products of a plan file by their class
   Of no list, made new for each generation:
	0x17  product key                                  name_row of a product that a formulary or plan file has
   After them, once:
	0xf1  source                                       formulary_source
	0xf2  list (4 bytes)                               formulary_list
	0xf3  owner (4 bytes)                              owner_row
	0xf4                                               load_report: a generation without it was not finished
   An owner is what a plan names: a status list, a coverage id, a copay id, a plan of a plan file. A number once given stays.
   Product keys: N and an NDC of 11 digits, R and an RxNorm concept, D qualifier:reference, S for all products. */
#pragma once

#include "formulary/records.h"

enum row_class {
	ROW_PRODUCT = 0x10,
	ROW_PLAN = 0x11,
	ROW_BIN = 0x12,
	ROW_LINK = 0x13,
	ROW_HCPCS = 0x14,
	ROW_NAME = 0x15,
	ROW_CLASS = 0x16,
	ROW_DRUG = 0x17,
	ROW_SOURCE = 0xf1,
	ROW_LIST = 0xf2,
	ROW_OWNER = 0xf3,
	ROW_REPORT = 0xf4,
};

enum {
	KEY_MAX = 480,        /* bytes; a plan is at most 80 characters of at most 4 bytes, a BIN line 76, a product key 60 */
	KEY_LIST_BYTES = 4,
	PRODUCT_KEY_MAX = 241, /* bytes with the NUL: 60 characters */
};

struct formulary_key {
	char at[KEY_MAX];
	size_t n;
	bool fits; /* false: longer than any key that was ever loaded, so nothing can be found under it */
};

static inline struct text key_text(const struct formulary_key *key)
{
	return (struct text){ key->at, key->n };
}

void key_start(struct formulary_key *key, enum row_class class);
void key_add(struct formulary_key *key, struct text part);
void key_add_number(struct formulary_key *key, uint32_t number);
/* 0x1f: no part may hold it. */
void key_part(struct formulary_key *key);

/* class, body, 0x1f: all rows of one body start so. owner: ROW_PRODUCT and ROW_CLASS only. */
void key_body(struct formulary_key *key, enum row_class class, uint32_t owner, struct text body);
/* The same for a BIN line; an absent part is empty. */
void key_bin(struct formulary_key *key, struct text bin, struct text pcn, struct text group);

/* Of a row's key: the number of its list, and the key without it. */
uint32_t key_list(struct text key);
uint32_t key_number_at(struct text key, size_t at);

/* Product keys, written into `to`; TEXT_NONE when the parts do not fit. */
struct text product_ndc(struct text ndc, char to[PRODUCT_KEY_MAX]);
struct text product_rxcui(struct text rxcui, char to[PRODUCT_KEY_MAX]);
struct text product_reference(struct text qualifier, struct text reference, char to[PRODUCT_KEY_MAX]);
/* The body of a pharmacy's row in a network. */
struct text product_pharmacy(struct text npi, char to[PRODUCT_KEY_MAX]);
/* The body of a HCPCS code's rows: a letter and four digits; capitals, as published. TEXT_NONE for anything else. */
struct text product_hcpcs(struct text code, char to[PRODUCT_KEY_MAX]);
#define PRODUCT_ALL text_lit("S")
