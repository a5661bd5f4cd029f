/* SPDX-License-Identifier: Apache-2.0 */
/* An operator's XML Schema folder in memory, and messages held to it: the second home of libxml2, here with its tree and its schema
   validator, which nothing on the way of a message needs unless a partner is to be held to a schema. */
#include "base/xml_schema.h"
#include "base/xml.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SCHEMA_ARENA_MAX = 256 << 20, /* bytes; the files, and their trees at about ten times that */
	NAMES_MAX = 8192,             /* distinct names a context has learned, then it is renewed, as in xml_read.c */
	PARSE_OPTIONS = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES,
};

struct file {
	const char *name;
	struct text bytes;
	bool used; /* the root file needs it */
	struct xml_element *tree;
};

struct xml_schema {
	struct arena arena;
	struct file files[SCHEMA_FILES_MAX];
	size_t files_n, trees_n;
	const struct file *root, *trees[SCHEMA_FILES_MAX];
	xmlHashTablePtr names; /* of every element and attribute that is declared somewhere */
	xmlSchemaPtr schema;
	xmlSchemaValidCtxtPtr valid;
	xmlParserCtxtPtr parser;
	/* While a body is looked at */
	struct arena *out_arena;
	struct xml_differences *out;
	const xmlNode *value_at; /* whose value was just found wrong */
	bool full;
};

/* While the files are read: what is wrong with them. */
struct loading {
	struct xml_schema *schema;
	struct buffer *why;
	bool missing;
};

static struct loading *loading; /* for libxml2's loader, which knows nothing of whom it serves; NULL outside of xml_schema_load */

static struct text text_x(const xmlChar *z)
{
	return text_of((const char *)z);
}

static void say(struct buffer *why, const char *file, int line, const char *what)
{
	struct text words = text_trim(text_of(what));

	if (!why)
		return;
	if (line > 0)
		buffer_format(why, "%s:%d: ", file, line);
	else
		buffer_format(why, "%s: ", file);
	buffer_add(why, words);
	buffer_add_char(why, '\n');
}

/* -- the files -- */

static struct file *file_of(struct xml_schema *s, const char *url)
{
	const char *slash = strrchr(url, '/');
	const char *name = slash ? slash + 1 : url;

	for (size_t i = 0; i < s->files_n; i++)
		if (strcmp(s->files[i].name, name) == 0)
			return &s->files[i];
	return NULL;
}

static bool read_file(struct xml_schema *s, const char *folder, const char *name, struct buffer *why, struct fault *fault)
{
	char path[4096];
	struct buffer bytes;
	FILE *in;

	if (s->files_n == SCHEMA_FILES_MAX || snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path)) {
		say(why, folder, 0, "too many files, or a name too long");
		return fault_set(fault, FAULT_CONFIG, "");
	}
	in = fopen(path, "re");
	buffer_init(&bytes, &s->arena, 1 << 16);
	while (in && bytes.n <= SCHEMA_FILE_MAX && !bytes.failed) {
		char part[1 << 14];
		size_t n = fread(part, 1, sizeof(part), in);

		if (n == 0)
			break;
		buffer_add(&bytes, (struct text){ part, n });
	}
	if (!in || ferror(in) || bytes.failed || bytes.n > SCHEMA_FILE_MAX) {
		say(why, name, 0, !in || ferror(in) ? strerror(errno) : "too large");
		if (in)
			fclose(in);
		return fault_set(fault, FAULT_FILE, "");
	}
	fclose(in);
	s->files[s->files_n++] = (struct file){ .name = arena_text(&s->arena, (struct text){ name, strlen(name) + 1 }).at,
		.bytes = buffer_text(&bytes) };
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static bool read_folder(struct xml_schema *s, const char *folder, struct buffer *why, struct fault *fault)
{
	DIR *dir = opendir(folder);
	bool good = dir != NULL;
	struct dirent *entry;

	if (!dir) {
		say(why, folder, 0, strerror(errno));
		return fault_set(fault, FAULT_FILE, "");
	}
	while (good && (entry = readdir(dir)) != NULL) {
		const char *dot = strrchr(entry->d_name, '.');

		if (dot && strcmp(dot, ".xsd") == 0 && entry->d_name[0] != '.')
			good = read_file(s, folder, entry->d_name, why, fault);
	}
	closedir(dir);
	qsort(s->files, s->files_n, sizeof(*s->files), by_name);
	if (good && s->files_n == 0) {
		say(why, folder, 0, "holds no .xsd file");
		return fault_set(fault, FAULT_CONFIG, "");
	}
	return good;
}

/* -- the files as trees -- */

static bool of_schema(const xmlNode *node)
{
	return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
	       strcmp((const char *)node->ns->href, "http://www.w3.org/2001/XMLSchema") == 0 &&
	       strcmp((const char *)node->name, "annotation") != 0;
}

static struct text kept(struct xml_schema *s, const xmlChar *z)
{
	return arena_text(&s->arena, z ? text_x(z) : text_lit(""));
}

/* Element and all below it. Recursion is bounded: libxml2 refuses what nests deeper than 256. */
static struct xml_element *plant(struct xml_schema *s, const struct file *file, const xmlNode *node)
{
	struct xml_element *element = arena_new(&s->arena, struct xml_element), **last;
	size_t n = 0;

	for (const xmlAttr *a = node->properties; a; a = a->next)
		n += a->ns == NULL;
	if (!element || (n && !(element->attributes = arena_alloc(&s->arena, n * sizeof(*element->attributes)))))
		return NULL;
	element->name = kept(s, node->name);
	element->prefix = kept(s, node->ns->prefix);
	element->file = file->name;
	element->line = (unsigned)xmlGetLineNo(node);
	for (const xmlAttr *a = node->properties; a; a = a->next) {
		xmlChar *value = a->ns ? NULL : xmlNodeListGetString(a->doc, a->children, 1);

		if (a->ns)
			continue;
		element->attributes[element->attributes_n++] = (struct xml_attribute){ kept(s, a->name), kept(s, value) };
		if (strcmp((const char *)a->name, "name") == 0 && value)
			xmlHashAddEntry(s->names, value, s); /* types are among them too: harmless, it is the schema's word */
		xmlFree(value);
	}
	last = &element->first;
	for (const xmlNode *child = node->children; child; child = child->next)
		if (of_schema(child)) {
			*last = plant(s, file, child);
			if (!*last)
				return NULL;
			last = &(*last)->next;
		}
	return element;
}

static bool parse_file(struct xml_schema *s, struct file *file, struct buffer *why, struct fault *fault)
{
	xmlDocPtr doc = xmlCtxtReadMemory(s->parser, file->bytes.at, (int)file->bytes.n, file->name, NULL, PARSE_OPTIONS);
	xmlErrorPtr error = xmlCtxtGetLastError(s->parser);
	xmlNodePtr root = doc ? xmlDocGetRootElement(doc) : NULL;
	const char *wrong = NULL;

	if (!doc || !s->parser->wellFormed)
		wrong = error && error->message ? error->message : "not well-formed XML";
	else if (doc->intSubset || doc->extSubset)
		wrong = "a DOCTYPE is not read here";
	else if (!root || !of_schema(root) || strcmp((const char *)root->name, "schema") != 0)
		wrong = "not an XML Schema";
	else if (!(file->tree = plant(s, file, root)))
		wrong = "too large";
	if (wrong)
		say(why, file->name, error && !doc ? error->line : 0, wrong);
	xmlFreeDoc(doc);
	xmlCtxtReset(s->parser);
	return !wrong || fault_set(fault, FAULT_CONFIG, "");
}

struct text xml_attribute_of(const struct xml_element *element, const char *name)
{
	for (size_t i = 0; i < element->attributes_n; i++)
		if (text_is(element->attributes[i].name, name))
			return element->attributes[i].value;
	return TEXT_NONE;
}

const struct xml_element *xml_schema_tree(const struct xml_schema *s, size_t i)
{
	return i < s->trees_n ? s->trees[i]->tree : NULL;
}

const char *xml_schema_root(const struct xml_schema *s)
{
	return s->root->name;
}

/* -- which one is the root -- */

static bool includes(struct xml_schema *s, const struct file *from, const struct file *to)
{
	for (const struct xml_element *e = from->tree->first; e; e = e->next) {
		struct text at = xml_attribute_of(e, "schemaLocation");
		char name[512];

		if (text_there(at) && from != to && file_of(s, text_to_z(at, name, sizeof(name))) == to)
			return true;
	}
	return false;
}

static bool find_root(struct xml_schema *s, const char *root, struct buffer *why, struct fault *fault)
{
	size_t tops = 0;

	s->root = file_of(s, root ? root : "transport.xsd");
	if (s->root)
		return true;
	for (size_t i = 0; i < s->files_n && !root; i++) {
		bool included = false;

		for (size_t k = 0; k < s->files_n; k++)
			included = included || includes(s, &s->files[k], &s->files[i]);
		if (!included) {
			s->root = &s->files[i];
			tops++;
		}
	}
	if (tops == 1)
		return true;
	say(why, root ? root : "transport.xsd", 0, root ? "is not in the folder" : "is not in the folder, and no other file is the only one that none includes");
	return fault_set(fault, FAULT_CONFIG, "");
}

/* -- libxml2's own reading of them -- */

static xmlParserInputPtr load_ours(const char *url, const char *id, xmlParserCtxtPtr context)
{
	struct file *file = url ? file_of(loading->schema, url) : NULL;
	xmlParserInputBufferPtr bytes;
	xmlParserInputPtr input;

	if (!file) {
		say(loading->why, url ? url : "(nameless)", 0, "is included, and not in the folder");
		loading->missing = true;
		return NULL;
	}
	if (!file->used && file != loading->schema->root)
		loading->schema->trees[loading->schema->trees_n++] = file;
	file->used = true;
	bytes = xmlParserInputBufferCreateMem(file->bytes.at, (int)file->bytes.n, XML_CHAR_ENCODING_NONE);
	input = bytes ? xmlNewIOInputStream(context, bytes, XML_CHAR_ENCODING_NONE) : NULL;
	if (input)
		input->filename = (const char *)xmlStrdup(BAD_CAST file->name);
	return input;
}

static void on_schema_error(void *user, xmlErrorPtr error)
{
	struct loading *l = user;

	if (error->level != XML_ERR_WARNING && error->message)
		say(l->why, error->file ? error->file : l->schema->root->name, error->line, error->message);
}

static bool prepare(struct xml_schema *s, struct buffer *why, struct fault *fault)
{
	struct loading here = { .schema = s, .why = why };
	xmlExternalEntityLoader before = xmlGetExternalEntityLoader();
	xmlSchemaParserCtxtPtr parser;

	assert(!loading);
	s->trees[s->trees_n++] = s->root;
	loading = &here;
	xmlSetExternalEntityLoader(load_ours);
	parser = xmlSchemaNewParserCtxt(s->root->name);
	if (parser) {
		xmlSchemaSetParserStructuredErrors(parser, on_schema_error, &here);
		s->schema = xmlSchemaParse(parser);
		xmlSchemaFreeParserCtxt(parser);
	}
	xmlSetExternalEntityLoader(before);
	loading = NULL;
	xmlResetLastError();
	s->valid = s->schema && !here.missing ? xmlSchemaNewValidCtxt(s->schema) : NULL;
	return s->valid || fault_set(fault, FAULT_CONFIG, "");
}

static void parser_renew(struct xml_schema *s)
{
	xmlFreeParserCtxt(s->parser);
	s->parser = xmlNewParserCtxt();
	if (!s->parser) {
		fputs("dualtrack: out of memory\n", stderr);
		abort();
	}
}

struct xml_schema *xml_schema_load(const char *folder, const char *root, struct buffer *why, struct fault *fault)
{
	struct xml_schema *s = calloc(1, sizeof(*s));
	bool good;

	if (!s) {
		fputs("dualtrack: out of memory\n", stderr);
		abort();
	}
	xmlInitParser();
	arena_init(&s->arena, SCHEMA_ARENA_MAX);
	s->names = xmlHashCreate(1024);
	parser_renew(s);
	good = read_folder(s, folder, why, fault);
	for (size_t i = 0; good && i < s->files_n; i++)
		good = parse_file(s, &s->files[i], why, fault);
	if (good && find_root(s, root, why, fault) && prepare(s, why, fault))
		return s;
	xml_schema_free(s);
	return NULL;
}

void xml_schema_free(struct xml_schema *s)
{
	if (!s)
		return;
	xmlSchemaFreeValidCtxt(s->valid);
	xmlSchemaFree(s->schema);
	xmlFreeParserCtxt(s->parser);
	xmlHashFree(s->names, NULL);
	arena_done(&s->arena);
	free(s);
}

/* -- a body -- */

/* What libxml2 found, in our words. Its own would quote values. */
static const struct rule {
	int error;
	enum fault_code code;
	const char *words;
} rules[] = {
	{ XML_SCHEMAV_ELEMENT_CONTENT, FAULT_UNKNOWN_ELEMENT, "is not expected here" },
	{ XML_SCHEMAV_CVC_WILDCARD, FAULT_UNKNOWN_ELEMENT, "is not expected here" },
	{ XML_SCHEMAV_CVC_ELT_1, FAULT_UNKNOWN_MESSAGE, "is not a root element of the schema" },
	{ XML_SCHEMAV_CVC_COMPLEX_TYPE_4, FAULT_MISSING, "misses an attribute" },
	{ XML_SCHEMAV_CVC_COMPLEX_TYPE_3_2_1, FAULT_UNKNOWN_ELEMENT, "is no attribute of this element" },
	{ XML_SCHEMAV_CVC_COMPLEX_TYPE_3_2_2, FAULT_UNKNOWN_ELEMENT, "is no attribute of this element" },
	{ XML_SCHEMAV_CVC_TYPE_3_1_1, FAULT_UNKNOWN_ELEMENT, "may have no attributes" },
	{ XML_SCHEMAV_CVC_TYPE_3_1_2, FAULT_UNKNOWN_ELEMENT, "may hold no elements" },
	{ XML_SCHEMAV_CVC_COMPLEX_TYPE_2_1, FAULT_UNKNOWN_ELEMENT, "must be empty" },
	{ XML_SCHEMAV_CVC_COMPLEX_TYPE_2_2, FAULT_UNKNOWN_ELEMENT, "may hold no elements" },
	{ XML_SCHEMAV_CVC_COMPLEX_TYPE_2_3, FAULT_BAD_TEXT, "may hold no text beside its elements" },
	{ XML_SCHEMAV_CVC_LENGTH_VALID, FAULT_TOO_LONG, "does not have the length wanted" },
	{ XML_SCHEMAV_CVC_MINLENGTH_VALID, FAULT_BAD_TEXT, "is too short" },
	{ XML_SCHEMAV_CVC_MAXLENGTH_VALID, FAULT_TOO_LONG, "is too long" },
	{ XML_SCHEMAV_CVC_MININCLUSIVE_VALID, FAULT_BAD_NUMBER, "is too small" },
	{ XML_SCHEMAV_CVC_MINEXCLUSIVE_VALID, FAULT_BAD_NUMBER, "is too small" },
	{ XML_SCHEMAV_CVC_MAXINCLUSIVE_VALID, FAULT_BAD_NUMBER, "is too large" },
	{ XML_SCHEMAV_CVC_MAXEXCLUSIVE_VALID, FAULT_BAD_NUMBER, "is too large" },
	{ XML_SCHEMAV_CVC_TOTALDIGITS_VALID, FAULT_TOO_LONG, "has too many digits" },
	{ XML_SCHEMAV_CVC_FRACTIONDIGITS_VALID, FAULT_BAD_NUMBER, "has too many decimal places" },
	{ XML_SCHEMAV_CVC_PATTERN_VALID, FAULT_BAD_TEXT, "does not have the form wanted" },
	{ XML_SCHEMAV_CVC_ENUMERATION_VALID, FAULT_BAD_CODE, "is not one of the values allowed" },
	{ XML_SCHEMAV_CVC_DATATYPE_VALID_1_2_1, FAULT_BAD_TEXT, "is not a value of its type" },
	{ XML_SCHEMAV_CVC_DATATYPE_VALID_1_2_2, FAULT_BAD_TEXT, "is not a value of its type" },
	{ XML_SCHEMAV_CVC_DATATYPE_VALID_1_2_3, FAULT_BAD_TEXT, "is not a value of its type" },
	{ XML_SCHEMAV_CVC_ELT_5_2_2_2_1, FAULT_BAD_CODE, "does not have its fixed value" },
	{ XML_SCHEMAV_CVC_ELT_5_2_2_2_2, FAULT_BAD_CODE, "does not have its fixed value" },
	{ XML_SCHEMAV_CVC_COMPLEX_TYPE_3_1, FAULT_BAD_CODE, "does not have its fixed value" },
	{ XML_SCHEMAV_CVC_AU, FAULT_BAD_CODE, "does not have its fixed value" },
	{ XML_SCHEMAV_CVC_IDC, FAULT_RULE, "breaks a key of the schema" },
};

static const struct rule missing_element = { XML_SCHEMAV_ELEMENT_CONTENT, FAULT_MISSING, "misses an element" };
static const struct rule other = { 0, FAULT_RULE, "does not fit the schema" };

static const struct rule *rule_of(const xmlError *error, const char *words)
{
	if (error->code == XML_SCHEMAV_ELEMENT_CONTENT && strstr(words, ": Missing child element"))
		return &missing_element;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (rules[i].error == error->code)
			return &rules[i];
	return &other;
}

/* Names that stand between two marks of libxml2's sentence; only asked of sentences that hold no value. */
static struct text between(struct arena *arena, const char *words, const char *begin, const char *end)
{
	const char *from = strstr(words, begin), *to;

	if (!from)
		return TEXT_NONE;
	from += strlen(begin);
	to = strstr(from, end);
	return to ? arena_text(arena, (struct text){ from, (size_t)(to - from) }) : TEXT_NONE;
}

static struct text expected(struct arena *arena, const xmlError *error, const char *words)
{
	if (error->code == XML_SCHEMAV_CVC_COMPLEX_TYPE_4)
		return between(arena, words, "The attribute '", "'");
	if (error->code == XML_SCHEMAV_ELEMENT_CONTENT)
		return between(arena, words, "( ", " )");
	return TEXT_NONE;
}

static void put_step(const struct xml_schema *s, const xmlNode *node, struct buffer *path)
{
	size_t before = 0;
	bool after = false;

	if (node->parent && node->parent->type == XML_ELEMENT_NODE)
		put_step(s, node->parent, path);
	if (path->n)
		buffer_add_char(path, '/');
	buffer_add(path, xmlHashLookup(s->names, node->name) ? text_x(node->name) : text_lit("?"));
	for (const xmlNode *n = node->prev; n; n = n->prev)
		before += n->type == XML_ELEMENT_NODE && xmlStrEqual(n->name, node->name);
	for (const xmlNode *n = node->next; n && !before && !after; n = n->next)
		after = n->type == XML_ELEMENT_NODE && xmlStrEqual(n->name, node->name);
	if (before || after)
		buffer_format(path, "[%zu]", before);
}

/* libxml2 names an attribute only in its words: "Element 'E', attribute 'A': ", before any value. */
static void put_attribute(const struct xml_schema *s, const char *words, struct buffer *path)
{
	static const char mark[] = "', attribute '";
	const char *end = strstr(words, "': "), *from = strstr(words, mark);
	char name[XML_NAME_MAX + 1];

	if (!from || !end || from > end)
		return;
	from += sizeof(mark) - 1;
	text_to_z((struct text){ from, strcspn(from, "'") }, name, sizeof(name));
	buffer_lit(path, "/@");
	buffer_add(path, xmlHashLookup(s->names, BAD_CAST name) ? text_of(name) : text_lit("?"));
}

static void on_difference(void *user, xmlErrorPtr error)
{
	struct xml_schema *s = user;
	const char *words = error->message ? error->message : "";
	const xmlNode *node = error->node;
	struct xml_difference *d;
	const struct rule *rule;
	struct buffer path;

	/* After what is wrong with a value comes once more that it is none of its type. */
	if (error->level == XML_ERR_WARNING || (node && node == s->value_at && error->code == XML_SCHEMAV_CVC_DATATYPE_VALID_1_2_1))
		return;
	s->value_at = error->code >= XML_SCHEMAV_CVC_FACET_VALID && error->code <= XML_SCHEMAV_CVC_ENUMERATION_VALID ? node : NULL;
	if (s->out->n == SCHEMA_DIFFERENCES_MAX) {
		s->out->more++;
		return;
	}
	d = arena_push(s->out_arena, (void **)&s->out->items, &s->out->n, sizeof(*d));
	if (!d) {
		s->full = true;
		return;
	}
	if (node && node->type == XML_ATTRIBUTE_NODE)
		node = node->parent;
	rule = rule_of(error, words);
	buffer_init(&path, s->out_arena, 128);
	if (node) {
		put_step(s, node, &path);
		put_attribute(s, words, &path);
	}
	*d = (struct xml_difference){ .line = node ? (unsigned)xmlGetLineNo(node) : 0,
		.code = rule->code, .rule = rule->words, .path = buffer_text(&path), .expected = expected(s->out_arena, error, words) };
	s->full = s->full || path.failed;
}

bool xml_schema_check(struct xml_schema *s, struct text body, struct arena *arena, struct xml_differences *out, struct fault *fault)
{
	xmlDocPtr doc;
	int verdict = -1;

	*out = (struct xml_differences){ 0 };
	if (!xml_prescan(body, fault))
		return false;
	if (xmlDictSize(s->parser->dict) > NAMES_MAX)
		parser_renew(s);
	s->out = out;
	s->out_arena = arena;
	s->value_at = NULL;
	s->full = false;
	doc = xmlCtxtReadMemory(s->parser, body.at, (int)body.n, NULL, NULL, PARSE_OPTIONS);
	if (doc && s->parser->wellFormed) {
		xmlSchemaSetValidStructuredErrors(s->valid, on_difference, s);
		verdict = xmlSchemaValidateDoc(s->valid, doc);
		assert(verdict <= 0 || out->n || s->full);
	}
	xmlFreeDoc(doc);
	xmlCtxtReset(s->parser);
	xmlResetLastError();
	s->out = NULL;
	s->out_arena = NULL;
	if (verdict < 0)
		return fault_set(fault, FAULT_NOT_XML, "");
	return !s->full || fault_set(fault, FAULT_TOO_LARGE, "");
}
