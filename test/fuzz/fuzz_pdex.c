/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a file of FHIR resources, as an id and as values of a search: never a crash, every object is cut where json_read agrees that it
   ends, and an id made of anything leads back to it. */
#include "formulary/pdex/pdex_id.h"
#include "formulary/pdex/pdex_rows.h"
#include "formulary/pdex/pdex_stream.h"
#include "gateway/worker/pdex_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { OBJECT_MOST = 64 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Reads what a load would, but for the rows. */
static void take(struct text object, struct arena *arena)
{
	struct pdex_resource resource = { 0 };
	struct json_notes notes = { 0 };
	struct pdex_days days;
	struct fault fault;
	struct text name;

	if (!json_read(&pdex_resource_record, &resource, object, arena, &notes, &fault) || !record_check(&pdex_resource_record, &resource, &fault))
		return;
	if (resource.insurance_plan) {
		(void)!pdex_identity(resource.insurance_plan, &name, &fault);
		if (pdex_days(resource.insurance_plan->period, &days, &fault) && days.to[0] && strcmp(days.from, days.to) > 0)
			abort();
		pdex_is_formulary(resource.insurance_plan);
	}
	if (resource.basic)
		pdex_target(resource.basic->subject->reference);
}

static void as_file(const uint8_t *data, size_t n, struct arena *arena)
{
	struct pdex_stream *stream;
	struct pdex_head head;
	enum pdex_part part;
	struct text object;
	struct fault fault;
	char path[40];
	bool there;
	int fd = memfd_create("pdex", 0);

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!pdex_stream_open(path, OBJECT_MOST, &stream, &fault))
		abort();
	while (pdex_stream_next(stream, &part, &object, &there, &fault) && there) {
		arena_reset(arena);
		head = (struct pdex_head){ 0 };
		if (!json_read(&pdex_head_record, &head, object, arena, NULL, &fault))
			continue; /* braces and brackets are only counted: what is wrong inside is seen here */
		if (object.at[0] != '{' || object.at[object.n - 1] != '}')
			abort();
		if (part != PDEX_BUNDLE)
			take(object, arena);
	}
	pdex_stream_close(stream);
	close(fd);
}

static void as_id(struct text name, size_t room)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";
	char to[PDEX_ID_MAX + 1];
	struct text id = pdex_id_write(name, room, to);
	struct pdex_id read;

	if (!id.n || id.n > room)
		abort();
	for (size_t i = 0; i < id.n; i++)
		if (!strchr(alphabet, id.at[i]))
			abort();
	if (!pdex_id_read(id, &read) || read.n > name.n || memcmp(read.at, name.at, read.n) != 0 || (read.whole && read.n != name.n) ||
		!pdex_id_is(id, name, room))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct text all = { (const char *)data, n }, rest = all;
	struct pdex_id read;
	struct arena arena;

	arena_init(&arena, 64 << 20);
	as_file(data, n, &arena);
	if (n > 0 && n <= 240) {
		as_id(all, PDEX_ID_MAX);
		as_id(all, 40);
	}
	if (pdex_id_read(all, &read) && read.n > n)
		abort();
	for (struct text value = pdex_value(&rest); text_there(value); value = pdex_value(&rest))
		pdex_token_fits(value, text_lit("s"), pdex_id_in(value, "Basic"));
	arena_done(&arena);
	return 0;
}
