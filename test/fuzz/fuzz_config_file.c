/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the configuration: never a crash, and a refusal always names a line that is there. */
#include "base/config_file.h"
#include "gateway/records.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct config config = { 0 };
	struct fault fault = { 0 };
	struct arena arena;
	int line = -1, lines = 1;

	for (size_t i = 0; i < n; i++)
		lines += data[i] == '\n';
	arena_init(&arena, 16 << 20);
	if (!config_file_read(&config_record, &config, (struct text){ (const char *)data, n }, &arena, &line, &fault) &&
		(fault.code == FAULT_NONE || line < 0 || line > lines))
		abort();
	arena_done(&arena);
	return 0;
}
