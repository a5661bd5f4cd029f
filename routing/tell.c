/* SPDX-License-Identifier: Apache-2.0 */
/* Says which benefit decides. */
#include "routing/tell.h"

#include <assert.h>

static const char *const words[TELLS] = {
#define TELL_TRACK(...)
#define TELL(what, said) [TELL_##what] = said,
#include "routing/def/tell.def"
#undef TELL
#undef TELL_TRACK
};

static const struct {
	const char *track, *benefit;
	const char *said[2]; /* by tell_standard */
} tracks[] = {
#define TELL_TRACK(track, benefit, script, pas) { #track, benefit, { script, pas } },
#define TELL(...)
#include "routing/def/tell.def"
#undef TELL
#undef TELL_TRACK
};
enum { TRACKS = sizeof(tracks) / sizeof(*tracks) };

const char *tell_words(enum tell what)
{
	assert((size_t)what < TELLS);
	return words[what];
}

void tell_benefit(struct text track, struct buffer *out)
{
	for (size_t i = 0; i < TRACKS; i++)
		if (text_is(track, tracks[i].track))
			buffer_add(out, text_of(tracks[i].benefit));
}

static void add(struct buffer *out, struct text sentence)
{
	if (!sentence.n)
		return;
	if (out->n)
		buffer_add_char(out, ' ');
	buffer_add(out, sentence);
}

struct text tell_track(enum tell_standard standard, const struct route_decision *decision, bool rerouted, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, 400);
	for (size_t i = 0; i < TRACKS; i++)
		if (text_is(decision->track, tracks[i].track))
			add(&out, text_of(tracks[i].said[standard]));
	if (rerouted)
		add(&out, text_of(words[TELL_REROUTED]));
	add(&out, decision->sentence);
	return out.n ? buffer_text(&out) : TEXT_NONE;
}
