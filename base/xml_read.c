/* SPDX-License-Identifier: Apache-2.0 */
/* XML into a record: one SAX2 pass of libxml2 over bytes that the pre-scan has passed. Texts are
   slices of the body wherever they stand there in one piece. */
#include "base/xml.h"

#include <assert.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAMES_MAX = 8192,      /* distinct names a context has learned, then it is renewed: strangers' names would stay for ever */
	COMPLAINTS_MAX = 1000, /* undeclared prefixes and the like in one body; each costs libxml2 about 2 us */
};

/* Text of the element being read: a slice of the body while that is possible, else collected piece by piece. */
struct run {
	size_t at, n; /* slice of the body */
	bool pieces;
	struct buffer joined;
};

struct xml_reader {
	xmlParserCtxtPtr context;
	struct build build;
	struct text body; /* without its byte order mark */
	struct arena *arena;
	struct text *root;
	struct run run;
	enum build_open open[XML_DEPTH_MAX + 1]; /* how each open element is read; [0]: what is outside the root, skipped */
	int depth, complaints;
	size_t raw_at; /* where the RAW element begins in the body */
	int raw_depth; /* its depth; 0: none is open */
	bool failed;   /* the fault is set, and nothing further counts */
};

/* -- where we are in the body -- */

/* True when the n bytes at `at` are libxml2's copy of a stretch of the body; says which. Compared and not just computed, so
   that a libxml2 with other habits would cost speed and not truth. */
static bool in_body(const struct xml_reader *r, const xmlChar *at, size_t n, size_t *offset)
{
	const xmlParserInput *input = r->context->input;
	uintptr_t base = (uintptr_t)input->base, end = (uintptr_t)input->end, here = (uintptr_t)at;

	if (here < base || here > end)
		return false;
	*offset = input->consumed + (here - base);
	return *offset <= r->body.n && n <= r->body.n - *offset && text_same_bytes(r->body.at + *offset, (const char *)at, n);
}

/* The offset of the parser; libxml2 counts every byte since the pre-scan left it only UTF-8. */
static size_t position(const struct xml_reader *r)
{
	const xmlParserInput *input = r->context->input;
	size_t offset = input->consumed + (size_t)(input->cur - input->base);

	assert(offset <= r->body.n);
	return offset;
}

static void stop(struct xml_reader *r)
{
	r->failed = true;
	xmlStopParser(r->context);
}

static void stop_with(struct xml_reader *r, enum fault_code code)
{
	build_fault(&r->build, code);
	stop(r);
}

/* -- text -- */

static void run_clear(struct run *run)
{
	run->n = 0;
	run->pieces = false;
}

static bool run_empty(const struct run *run)
{
	return !run->pieces && run->n == 0;
}

static struct text run_text(const struct xml_reader *r)
{
	if (r->run.pieces)
		return buffer_text(&r->run.joined);
	return (struct text){ r->run.n ? r->body.at + r->run.at : "", r->run.n };
}

static void run_add(struct xml_reader *r, const xmlChar *at, size_t n)
{
	struct run *run = &r->run;
	size_t offset;

	if (!run->pieces && in_body(r, at, n, &offset) && (run->n == 0 || offset == run->at + run->n)) {
		if (run->n == 0)
			run->at = offset;
		run->n += n;
		return;
	}
	if (!run->pieces) {
		buffer_init(&run->joined, r->arena, 0);
		if (run->n)
			buffer_add(&run->joined, (struct text){ r->body.at + run->at, run->n });
		run->pieces = true;
	}
	buffer_add(&run->joined, (struct text){ (const char *)at, n });
}

/* Hands the text collected so far to the element it belongs to. */
static void give_text(struct xml_reader *r)
{
	struct text value = run_text(r);

	if (!text_there(value))
		stop_with(r, FAULT_TOO_LARGE);
	else if (!build_value(&r->build, value))
		stop(r);
	run_clear(&r->run);
}

/* White space is all that passes the pre-scan up to ' ' (and what references give); eight at a time, the last ones overlapping. */
static bool blank(const xmlChar *at, int n)
{
	const uint64_t ones = 0x0101010101010101, tops = ones * 0x80;
	uint64_t word = ones * ' ', above;
	int i = 0;

	if (n >= 8)
		memcpy(&word, at + n - 8, 8);
	else if (n > 0)
		word = text_few_bytes((const char *)at, (size_t)n);
	for (above = 0; ; i += 8) {
		above |= word | ((word & ~tops) + ones * (0x7F - ' '));
		if (i + 8 >= n)
			return !(above & tops);
		memcpy(&word, at + i, 8);
	}
}

/* -- what libxml2 tells us -- */

static void on_text(void *user, const xmlChar *at, int n)
{
	struct xml_reader *r = user;

	if (r->failed || r->raw_depth)
		return;
	switch (r->open[r->depth]) {
	case BUILD_RECORD:
		if (run_empty(&r->run) && blank(at, n))
			return; /* the indentation between elements */
		run_add(r, at, (size_t)n);
		return;
	case BUILD_VALUE:
		run_add(r, at, (size_t)n);
		return;
	case BUILD_RAW:
	case BUILD_SKIP:
	case BUILD_FAILED:
		return;
	}
}

static struct text name_of(const xmlChar *z)
{
	return (struct text){ (const char *)z, strlen((const char *)z) };
}

static bool of_xml_itself(const xmlChar *prefix)
{
	return prefix && (strcmp((const char *)prefix, "xsi") == 0 || strcmp((const char *)prefix, "xml") == 0);
}

/* A value that libxml2 had to change lives in its own memory: a copy. It leaves each '&' as "&#38;" for a DOM to read
   again, unless told to replace all entities, which it never is here. */
static struct text attribute_copy(struct arena *arena, struct text value)
{
	struct text copy = arena_text(arena, value), again = text_lit("&#38;");
	char *to = (char *)copy.at;

	if (!to || !memchr(copy.at, '&', copy.n))
		return copy;
	for (const char *at = copy.at, *end = copy.at + copy.n; at < end; to++) {
		bool and = (size_t)(end - at) >= again.n && memcmp(at, again.at, again.n) == 0;

		*to = *at;
		at += and ? again.n : 1;
	}
	return (struct text){ copy.at, (size_t)(to - copy.at) };
}

/* libxml2 gives five pointers each: local name, prefix, namespace, value, end of the value. */
static void read_attributes(struct xml_reader *r, int n, const xmlChar **five)
{
	for (int i = 0; i < n; i++, five += 5) {
		size_t length = (size_t)(five[4] - five[3]), offset;
		struct text value = { (const char *)five[3], length };

		if (of_xml_itself(five[1]))
			continue;
		if (in_body(r, five[3], length, &offset))
			value.at = r->body.at + offset;
		else
			value = attribute_copy(r->arena, value);
		if (!text_there(value)) {
			stop_with(r, FAULT_TOO_LARGE);
			return;
		}
		if (!build_attribute(&r->build, name_of(five[0]), value)) {
			stop(r);
			return;
		}
	}
}

/* The '<' of the start tag that the parser has just read up to its '>': no attribute holds one. */
static size_t tag_begin(const struct xml_reader *r)
{
	const char *open = memrchr(r->body.at, '<', position(r));

	assert(open);
	return (size_t)(open - r->body.at);
}

static void on_open(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int bound,
	const xmlChar **bindings, int attributes, int defaulted, const xmlChar **five)
{
	struct xml_reader *r = user;
	enum build_open how = BUILD_RECORD;

	if (r->failed)
		return;
	assert(r->depth < XML_DEPTH_MAX);
	if (r->raw_depth) {
		r->depth++;
		return;
	}
	if (r->depth == 0) {
		*r->root = arena_text(r->arena, name_of(name));
		if (!text_there(*r->root)) {
			stop_with(r, FAULT_TOO_LARGE);
			return;
		}
	} else {
		if (!run_empty(&r->run) && r->open[r->depth] == BUILD_RECORD) {
			give_text(r);
			if (r->failed)
				return;
		}
		how = build_open(&r->build, name_of(name));
	}
	r->open[++r->depth] = how;
	switch (how) {
	case BUILD_RECORD:
	case BUILD_VALUE:
		run_clear(&r->run);
		if (attributes)
			read_attributes(r, attributes, five);
		return;
	case BUILD_RAW:
		r->raw_depth = r->depth;
		r->raw_at = tag_begin(r);
		return;
	case BUILD_SKIP:
		return;
	case BUILD_FAILED:
		stop(r);
		return;
	}
}

static void on_close(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct xml_reader *r = user;
	enum build_open how;

	if (r->failed)
		return;
	assert(r->depth > 0);
	if (r->raw_depth && r->depth > r->raw_depth) {
		r->depth--;
		return;
	}
	how = r->open[r->depth--];
	if (how == BUILD_VALUE || (how == BUILD_RECORD && !run_empty(&r->run))) {
		give_text(r);
	} else if (how == BUILD_RAW) {
		r->raw_depth = 0;
		if (!build_value(&r->build, (struct text){ r->body.at + r->raw_at, position(r) - r->raw_at }))
			stop(r);
	}
	if (!r->failed && r->depth > 0)
		build_close(&r->build);
}

/* libxml2's words may quote the message, so they are dropped; the position in the tables says enough. */
static void on_error(void *user, xmlErrorPtr error)
{
	struct xml_reader *r = user;
	bool harmless = error->level == XML_ERR_WARNING || error->domain == XML_FROM_NAMESPACE;

	if (!r->failed && (!harmless || ++r->complaints > COMPLAINTS_MAX))
		stop_with(r, FAULT_NOT_XML);
}

static xmlParserInputPtr load_nothing(const char *url, const char *id, xmlParserCtxtPtr context)
{
	return NULL;
}

/* -- the reader -- */

static void out_of_memory(void)
{
	fputs("dualtrack: out of memory\n", stderr);
	abort();
}

static void context_renew(struct xml_reader *r)
{
	xmlFreeParserCtxt(r->context);
	r->context = xmlNewParserCtxt();
	if (!r->context)
		out_of_memory();
	memset(r->context->sax, 0, sizeof(*r->context->sax));
	r->context->sax->initialized = XML_SAX2_MAGIC;
	r->context->sax->startElementNs = on_open;
	r->context->sax->endElementNs = on_close;
	r->context->sax->characters = on_text;
	r->context->sax->ignorableWhitespace = on_text;
	r->context->sax->serror = on_error;
	r->context->userData = r;
}

struct xml_reader *xml_reader_new(void)
{
	struct xml_reader *r = calloc(1, sizeof(*r));

	if (!r)
		out_of_memory();
	xmlInitParser();
	xmlSetExternalEntityLoader(load_nothing);
	context_renew(r);
	return r;
}

void xml_reader_free(struct xml_reader *r)
{
	if (!r)
		return;
	xmlFreeParserCtxt(r->context);
	free(r);
}

bool xml_read(struct xml_reader *r, const struct record *record, void *rec, struct text body, struct text *root,
	struct arena *arena, struct xml_notes *notes, struct fault *fault)
{
	size_t mark = body.n >= 3 && memcmp(body.at, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

	*root = TEXT_NONE;
	if (!xml_prescan(body, fault))
		return false;
	if (xmlDictSize(r->context->dict) > NAMES_MAX)
		context_renew(r);
	r->body = (struct text){ body.at + mark, body.n - mark };
	r->arena = arena;
	r->root = root;
	r->depth = r->raw_depth = r->complaints = 0;
	r->open[0] = BUILD_SKIP;
	r->failed = false;
	run_clear(&r->run);
	build_init(&r->build, record, rec, arena, fault);
	xmlCtxtReadMemory(r->context, r->body.at, (int)r->body.n, NULL, NULL, XML_PARSE_NONET);
	if (!r->failed && !r->context->wellFormed)
		stop_with(r, FAULT_NOT_XML);
	xmlCtxtReset(r->context); /* its copy of the message, and */
	xmlResetLastError();      /* words of it, go now and not with the next one */
	if (notes) {
		notes->unknown = r->build.unknown;
		memcpy(notes->unknown_at, r->build.unknown_at, sizeof(notes->unknown_at));
	}
	return !r->failed;
}
