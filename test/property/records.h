/* SPDX-License-Identifier: Apache-2.0 */
/* Every record that travels, is stored, or is read, once: what the property tests run over. */
#pragma once

#include "base/record.h"

struct known_record {
	const struct record *record;
	const char *root; /* XML root element; NULL: never XML */
	bool json;        /* read and written as JSON */
};
extern const struct known_record known_records[];
extern const size_t known_records_n;
