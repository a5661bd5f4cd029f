/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a marketplace issuer's file, its objects taken as plans and then as drugs: never a crash. */
#include "base/json.h"
#include "formulary/items.h"
#include "formulary/qhp/qhp_rows.h"
#include "test/fuzz/public.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void take(struct qhp_rows *rows, const char *path, bool (*row)(struct qhp_rows *, struct text, struct fault *))
{
	struct items *items;
	struct fault fault;
	struct text item;
	bool there;

	if (!items_open(path, JSON_BODY_MAX, &items, &fault))
		abort();
	while (items_next(items, &item, &there, &fault) && there) {
		if (item.n < 2 || item.at[0] != '{') /* what closes it is json_read's to check */
			abort();
		rows->item = items_number(items);
		(void)!row(rows, item, &fault);
	}
	items_close(items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *path = bytes_file(data, n);
	struct qhp_report report = { 0 };
	struct qhp_rows rows = { .builder = any_builder("QHP example"), .report = &report, .source = text_lit("QHP example"),
		.file = text_lit("file") };

	arena_init(&rows.arena, 16 << 20);
	names_init(&rows.plans, 1 << 20);
	take(&rows, path, qhp_plan_row);
	take(&rows, path, qhp_drug_row);
	names_done(&rows.plans);
	arena_done(&rows.arena);
	return 0;
}
