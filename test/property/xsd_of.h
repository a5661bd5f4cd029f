/* SPDX-License-Identifier: Apache-2.0 */
/* An XML Schema written from our own tables, as it is or changed in one known place. */
#pragma once

#include "base/buffer.h"
#include "base/record.h"
#include "base/xsd.h"

enum xsd_what {
	CHANGE_DROP, CHANGE_ADD, CHANGE_LEAST, CHANGE_MOST, CHANGE_MOVE, CHANGE_SHAPE,
	CHANGE_LENGTH, CHANGE_CODE_MORE, CHANGE_CODE_LESS, CHANGE_OPEN, CHANGE_CLOSED, CHANGE_KIND,
	CHANGES
};

/* A change, and what a comparison must say of it. */
struct xsd_change {
	enum xsd_what what;
	const struct record *record;
	const struct field *field; /* NULL for CHANGE_SHAPE */
	enum xsd_kind kind;
	char path[400];
};

/* Every change that could be made to the schema of this record: the first `max` go to `out`; returns how many there are. */
size_t xsd_changes(const struct record *root, struct xsd_change *out, size_t max);

/* transport.xsd, whose element is `name`, and the datatypes.xsd that it includes. The same record can be written in several styles
   (groups, extensions, named and nested types); 0 is the plain one. change NULL: none. */
void xsd_of(const struct record *root, const char *name, uint64_t style, const struct xsd_change *change, struct buffer *transport,
	struct buffer *datatypes);
