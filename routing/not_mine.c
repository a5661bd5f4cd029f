/* SPDX-License-Identifier: Apache-2.0 */
/* Not mine: what it is as evidence. */
#include "routing/not_mine.h"

#include "routing/evidence.h"

static const struct {
	enum not_mine_standard standard;
	const char *code;
} codes[] = {
#define NOT_MINE(standard, code, meaning) { NOT_MINE_##standard, code },
#include "routing/def/not_mine.def"
#undef NOT_MINE
};

static const struct {
	const char *track;
	enum evidence_kind kind;
} kinds[] = {
	{ "PHARMACY", EVIDENCE_NOT_PHARMACY },
	{ "MEDICAL", EVIDENCE_NOT_MEDICAL },
};

bool not_mine_code(enum not_mine_standard standard, struct text code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i].standard == standard && text_is(code, codes[i].code))
			return true;
	return false;
}

size_t not_mine_said(struct text track, struct arena *arena, struct route_said **said)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct evidence_row *row = evidence_row(kinds[i].kind);
		struct text value = text_of(row->says), member;

		if (!text_is(track, kinds[i].track))
			continue;
		*said = arena_new(arena, struct route_said);
		if (!*said)
			return 0;
		member = text_cut(&value, '=');
		**said = (struct route_said){ .kind = text_of(row->name), .member = member, .value = value };
		return 1;
	}
	return 0;
}
