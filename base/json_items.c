/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts arrays that were kept as they stood in a body into their items. The body was scanned, so their form is known to be good. */
#include "base/json_scan.h"

static struct text skip_white(struct text t)
{
	while (t.n && (*t.at == ' ' || *t.at == '\n' || *t.at == '\r' || *t.at == '\t'))
		t.at++, t.n--;
	return t;
}

/* Up to the comma or bracket that ends the item; NULL when the text ends before. */
static const char *item_end(struct text t)
{
	const char *end = t.at + t.n;
	bool escaped;
	int open = 0;

	for (const char *at = t.at; at < end; at++)
		switch (*at) {
		case '"':
			at = json_string_end(at + 1, end, &escaped);
			break;
		case '{':
		case '[':
			open++;
			break;
		case '}':
		case ']':
			if (open-- == 0)
				return at;
			break;
		case ',':
			if (open == 0)
				return at;
			break;
		default:
			break;
		}
	return NULL;
}

bool json_item(struct text *rest, bool first, struct text *item)
{
	struct text t = skip_white(*rest);
	const char *end;

	*rest = *item = TEXT_NONE;
	if (!t.n || *t.at != (first ? '[' : ','))
		return false;
	t = skip_white((struct text){ t.at + 1, t.n - 1 });
	end = t.n ? item_end(t) : NULL;
	if (!end || end == t.at)
		return false;
	*item = text_trim((struct text){ t.at, (size_t)(end - t.at) });
	*rest = (struct text){ end, t.n - (size_t)(end - t.at) };
	return true;
}
