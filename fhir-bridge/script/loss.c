/* SPDX-License-Identifier: Apache-2.0 */
/* The list of what a conversion had no place for. */
#include "fhir-bridge/script/loss.h"

#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>

void loss_add(struct loss *loss, struct make *make, const char *format, ...)
{
	char path[FAULT_PATH_MAX];
	va_list values;
	int n;

	va_start(values, format);
	n = vsnprintf(path, sizeof(path), format, values);
	va_end(values);
	if (n >= (int)sizeof(path))
		n = (int)sizeof(path) - 1;
	*make_push(make, loss->paths, loss->n) = make_text(make, (struct text){ path, (size_t)n }, TEXT_NONE, TEXT_NONE);
}

void loss_once(struct loss *loss, struct make *make, struct text path)
{
	for (size_t i = 0; i < loss->n; i++)
		if (text_equal(loss->paths[i], path))
			return;
	if (loss->n < LOSSES_MAX)
		*make_push(make, loss->paths, loss->n) = make_text(make, path, TEXT_NONE, TEXT_NONE);
	else
		loss->paths[LOSSES_MAX - 1] = text_lit("...");
}
