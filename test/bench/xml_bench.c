/* SPDX-License-Identifier: Apache-2.0 */
/* What reading and writing a prior authorization request costs, beside libxml2 alone on the same bytes in the same rounds:
   a SAX2 pass that looks at nothing, and its xmlTextWriter. */
#include "base/xml.h"
#include "ncpdp/ncpdp.h"
#include "test/bench/bench.h"

#include <libxml/parser.h>
#include <libxml/xmlwriter.h>
#include <string.h>

/* Speed of a whole read beside libxml2's bare pass, and of libxml2's writer beside ours: below this something was lost. */
static const double READ_LEAST = 0.5, WRITE_LEAST = 5;

/* One call of a writer: a tag opens, holds text, closes; or an attribute. */
struct event {
	enum { OPEN, ATTRIBUTE_OF, TEXT_OF, CLOSE } what;
	char *name, *value;
};

struct work {
	struct text body;
	struct xml_reader *reader;
	struct arena arena, written;
	struct script_message message;
	xmlParserCtxtPtr bare;
	struct event events[4096];
	size_t events_n;
	xmlBufferPtr buffer;
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "xml_bench: %s\n", what);
	exit(1);
}

static void run_prescan(void *state)
{
	struct work *w = state;
	struct fault fault;

	must(xml_prescan(w->body, &fault), "pre-scan refused");
}

static void run_read(void *state)
{
	struct work *w = state;
	struct xml_notes notes;
	struct fault fault;
	struct text root;

	arena_reset(&w->arena);
	memset(&w->message, 0, sizeof(w->message));
	must(xml_read(w->reader, &script_message_record, &w->message, w->body, &root, &w->arena, &notes, &fault), fault.path);
	must(notes.unknown == 0, notes.unknown_at);
}

/* What a worker does with it: pre-scan, read, hold to the table and to the rules. */
static void run_checked(void *state)
{
	struct work *w = state;
	struct ncpdp_message message;
	struct fault fault;

	arena_reset(&w->arena);
	must(ncpdp_read(w->reader, NCPDP_SCRIPT, w->body, true, &w->arena, &message, &fault), fault.path);
}

static void run_write(void *state)
{
	struct work *w = state;
	struct buffer out;

	arena_reset(&w->written);
	buffer_init(&out, &w->written, 16 * 1024);
	xml_write(&script_message_record, &w->message, "Message", "", &out);
	must(!out.failed, "write failed");
}

static void run_bare(void *state)
{
	struct work *w = state;

	xmlCtxtReadMemory(w->bare, w->body.at, (int)w->body.n, NULL, NULL, XML_PARSE_NONET);
	must(w->bare->wellFormed, "libxml2 refused");
}

static void run_text_writer(void *state)
{
	struct work *w = state;
	xmlTextWriterPtr writer;

	xmlBufferEmpty(w->buffer);
	writer = xmlNewTextWriterMemory(w->buffer, 0);
	xmlTextWriterStartDocument(writer, NULL, "UTF-8", NULL);
	for (size_t i = 0; i < w->events_n; i++) {
		const struct event *e = &w->events[i];

		switch (e->what) {
		case OPEN:
			xmlTextWriterStartElement(writer, BAD_CAST e->name);
			break;
		case ATTRIBUTE_OF:
			xmlTextWriterWriteAttribute(writer, BAD_CAST e->name, BAD_CAST e->value);
			break;
		case TEXT_OF:
			xmlTextWriterWriteString(writer, BAD_CAST e->value);
			break;
		case CLOSE:
			xmlTextWriterEndElement(writer);
			break;
		}
	}
	xmlTextWriterEndDocument(writer);
	xmlFreeTextWriter(writer);
}

/* -- what the bare parser sees once, to be replayed into xmlTextWriter -- */

static struct event *event(struct work *w, int what)
{
	must(w->events_n < sizeof(w->events) / sizeof(w->events[0]), "too many events");
	w->events[w->events_n].what = what;
	return &w->events[w->events_n++];
}

static void see_open(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int bound,
	const xmlChar **bindings, int attributes, int defaulted, const xmlChar **five)
{
	event(user, OPEN)->name = strdup((const char *)name);
	for (int i = 0; i < attributes; i++, five += 5) {
		struct event *e = event(user, ATTRIBUTE_OF);

		e->name = strdup((const char *)five[0]);
		e->value = strndup((const char *)five[3], (size_t)(five[4] - five[3]));
	}
}

static void see_close(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	event(user, CLOSE);
}

static void see_text(void *user, const xmlChar *at, int n)
{
	event(user, TEXT_OF)->value = strndup((const char *)at, (size_t)n);
}

static void ignore_open(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int bound,
	const xmlChar **bindings, int attributes, int defaulted, const xmlChar **five)
{
}

static void ignore_close(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
}

static void ignore_text(void *user, const xmlChar *at, int n)
{
}

static void prepare(struct work *w)
{
	xmlParserCtxtPtr seer = xmlNewParserCtxt();
	struct buffer out;
	struct text body = w->body;

	w->reader = xml_reader_new();
	arena_init(&w->arena, 4 << 20);
	arena_init(&w->written, 4 << 20);
	w->buffer = xmlBufferCreateSize(64 * 1024);
	w->bare = xmlNewParserCtxt();
	memset(w->bare->sax, 0, sizeof(*w->bare->sax));
	*w->bare->sax = (xmlSAXHandler){ .initialized = XML_SAX2_MAGIC, .startElementNs = ignore_open,
		.endElementNs = ignore_close, .characters = ignore_text, .ignorableWhitespace = ignore_text };
	run_read(w);
	buffer_init(&out, &w->written, 0);
	xml_write(&script_message_record, &w->message, "Message", "", &out);
	body = buffer_text(&out);
	*seer->sax = (xmlSAXHandler){ .initialized = XML_SAX2_MAGIC, .startElementNs = see_open,
		.endElementNs = see_close, .characters = see_text, .ignorableWhitespace = see_text };
	seer->userData = w;
	xmlCtxtReadMemory(seer, body.at, (int)body.n, NULL, NULL, XML_PARSE_NONET);
	must(seer->wellFormed && w->events_n > 100, "what was written cannot be read");
	xmlFreeParserCtxt(seer);
}

int main(int argc, char **argv)
{
	static struct work w;
	static char bytes[XML_BODY_MAX];
	FILE *in = argc == 2 ? fopen(argv[1], "re") : NULL;
	double us;

	must(in, "usage: xml_bench FILE");
	w.body = (struct text){ bytes, fread(bytes, 1, sizeof(bytes), in) };
	fclose(in);
	prepare(&w);
	bench_figure("xml_body", "", (double)w.body.n, "bytes");
	us = bench_us(&(struct bench){ "xml_prescan", run_prescan, &w });
	bench_figure("xml_prescan", "", us, "us");
	bench_figure("xml_prescan_rate", "", (double)w.body.n / us, "MB/s");
	bench_pair("xml_read_per_bare_sax", &(struct bench){ "xml_read", run_read, &w },
		&(struct bench){ "bare_sax", run_bare, &w });
	us = bench_pair("xml_text_writer_per_write", &(struct bench){ "xml_text_writer", run_text_writer, &w },
		&(struct bench){ "xml_write", run_write, &w });
	must(us >= WRITE_LEAST, "writing lost speed");
	us = bench_pair("bare_sax_per_checked_read", &(struct bench){ "bare_sax", run_bare, &w },
		&(struct bench){ "xml_checked_read", run_checked, &w });
	must(us >= READ_LEAST, "reading and checking lost speed");
	return 0;
}
