/* SPDX-License-Identifier: Apache-2.0 */
#include "base/xml.h"
#include "base/xml_schema.h"
#include "test/case.h"
#include "test/scratch.h"

#include <string.h>

#define XSD(inside) "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">" inside "</xs:schema>"

static const char types[] = XSD(
	"<xs:include schemaLocation='transport.xsd'/>\n" /* round and round: each is read once */
	"<xs:simpleType name='an1..3'><xs:annotation><xs:documentation>short</xs:documentation></xs:annotation>"
	"<xs:restriction base='xs:string'><xs:minLength value='1'/><xs:maxLength value='3'/></xs:restriction></xs:simpleType>"
	"<xs:simpleType name='yes'><xs:restriction base='xs:string'><xs:enumeration value='Y'/><xs:enumeration value='N'/>"
	"</xs:restriction></xs:simpleType>");
static const char transport[] = XSD(
	"<xs:include schemaLocation='types.xsd'/>"
	"<xs:element name='Message'><xs:complexType><xs:sequence>"
	"<xs:element name='To' type='an1..3'/>"
	"<xs:element name='Sent' type='xs:date' minOccurs='0'/>"
	"<xs:element name='Part' maxOccurs='3'><xs:complexType><xs:choice><xs:element name='A' type='yes'/><xs:element name='B'>"
	"<xs:simpleType><xs:restriction base='xs:string'><xs:pattern value='[0-9]+'/></xs:restriction></xs:simpleType></xs:element>"
	"</xs:choice></xs:complexType></xs:element>"
	"</xs:sequence><xs:attribute name='kind' type='yes' use='required'/><xs:attribute name='v' fixed='1'/></xs:complexType></xs:element>");

static void put(const struct scratch *folder, const char *name, const char *bytes)
{
	char path[200];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder->at, name);
	out = fopen(path, "w");
	cr_assert(out && fputs(bytes, out) >= 0 && fclose(out) == 0);
}

/* Each difference as "line path rule (expected); ", or the fault. */
static struct text verdict(struct xml_schema *schema, const char *body, struct arena *arena)
{
	struct xml_differences found;
	struct fault fault = { 0 };
	struct buffer out;

	buffer_init(&out, arena, 256);
	if (!xml_schema_check(schema, text_of(body), arena, &found, &fault))
		buffer_format(&out, "%s", fault_row(fault.code)->name);
	for (size_t i = 0; i < found.n; i++)
		buffer_format(&out, "%s%s:%u %.*s %s (%.*s)", i ? "; " : "", fault_row(found.items[i].code)->name, found.items[i].line,
			TEXT_ARGS(found.items[i].path), found.items[i].rule, TEXT_ARGS(found.items[i].expected));
	if (found.more)
		buffer_format(&out, "; %zu more", found.more);
	return buffer_text(&out);
}

static const struct {
	const char *body, *verdict;
} bodies[] = {
	{ "<Message kind='Y' v='1'><To>abc</To><Sent>2026-01-31</Sent><Part><A>Y</A></Part><Part><B>1</B></Part></Message>", "" },
	{ "<Message kind='Y'><To>abc</To><Part><A>N</A></Part></Message>", "" },
	{ "<Message kind='Y'><To>SECRET</To><Part><A>N</A></Part></Message>", "TOO_LONG:1 Message/To is too long ()" },
	{ "<Message kind='Y'><To></To><Part><A>N</A></Part></Message>", "BAD_TEXT:1 Message/To is too short ()" },
	{ "<Message kind='Y'><To>abc</To><Sent>SECRET</Sent><Part><A>N</A></Part></Message>", "BAD_TEXT:1 Message/Sent is not a value of its type ()" },
	{ "<Message kind='Y'><To>abc</To>\n<Part><A>N</A></Part>\n<Part><A>SECRET</A></Part></Message>",
		"BAD_CODE:3 Message/Part[1]/A is not one of the values allowed ()" },
	{ "<Message kind='Y'><To>abc</To><Part><B>SECRET</B></Part></Message>", "BAD_TEXT:1 Message/Part/B does not have the form wanted ()" },
	{ "<Message kind='SECRET'><To>abc</To><Part><A>N</A></Part></Message>", "BAD_CODE:1 Message/@kind is not one of the values allowed ()" },
	{ "<Message kind='Y' v='SECRET'><To>abc</To><Part><A>N</A></Part></Message>", "BAD_CODE:1 Message/@v does not have its fixed value ()" },
	{ "<Message kind='Y' SECRET='1'><To>abc</To><Part><A>N</A></Part></Message>", "UNKNOWN_ELEMENT:1 Message/@? is no attribute of this element ()" },
	{ "<Message><To>abc</To><Part><A>N</A></Part></Message>", "MISSING:1 Message misses an attribute (kind)" },
	{ "<Message kind='Y'><Part><A>N</A></Part></Message>", "UNKNOWN_ELEMENT:1 Message/Part is not expected here (To)" },
	{ "<Message kind='Y'><To>abc</To></Message>", "MISSING:1 Message misses an element (Sent, Part)" },
	{ "<Message kind='Y'><To>abc</To><Part><SECRET>x</SECRET></Part></Message>", "UNKNOWN_ELEMENT:1 Message/Part/? is not expected here (A, B)" },
	{ "<Message kind='Y'><To>abc</To><Part><A>N</A>SECRET</Part></Message>", "BAD_TEXT:1 Message/Part may hold no text beside its elements ()" },
	{ "<Message kind='Y'><To>a<A>N</A></To><Part><A>N</A></Part></Message>", "UNKNOWN_ELEMENT:1 Message/To may hold no elements ()" },
	{ "<To>abc</To>", "UNKNOWN_MESSAGE:1 To is not a root element of the schema ()" },
	{ "<SECRET/>", "UNKNOWN_MESSAGE:1 ? is not a root element of the schema ()" },
	{ "<Message kind='Y'>\n<To>SECRET</To>\n<Part><A>x</A></Part></Message>",
		"TOO_LONG:2 Message/To is too long (); BAD_CODE:3 Message/Part/A is not one of the values allowed ()" },
	/* A message may name a schema of its own; it is not looked for. */
	{ "<Message xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:noNamespaceSchemaLocation='other.xsd' kind='Y'><To>abc</To><Part><A>N</A></Part></Message>", "" },
	{ "<!DOCTYPE a><Message kind='Y'/>", "XML_FORBIDDEN" },
	{ "<Message kind='Y'><To>abc</Too></Message>", "NOT_XML" },
};

CASE(xml_schema, every_difference_has_its_place_and_no_value)
{
	struct scratch folder SCRATCH;
	struct fault fault = { 0 };
	struct xml_schema *schema;
	struct arena arena;

	put(&folder, "transport.xsd", transport);
	put(&folder, "types.xsd", types);
	schema = xml_schema_load(folder.at, NULL, NULL, &fault);
	cr_assert(schema);
	scratch_done(&folder); /* the files are not needed any more */
	arena_init(&arena, 1 << 20);
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
			struct text said = verdict(schema, bodies[i].body, &arena);

			cr_expect(text_is(said, bodies[i].verdict), "%s\n gives  %.*s\n not    %s", bodies[i].body, TEXT_ARGS(said), bodies[i].verdict);
			cr_expect(!memmem(said.at, said.n, "SECRET", 6));
			arena_reset(&arena);
		}
	cr_expect(text_is(xml_schema_tree(schema, 0)->name, "schema") && xml_schema_tree(schema, 1) && !xml_schema_tree(schema, 2));
	cr_expect_str_eq(xml_schema_tree(schema, 1)->file, "types.xsd");
	arena_done(&arena);
	xml_schema_free(schema);
}

CASE(xml_schema, what_is_too_much_is_counted_or_refused)
{
	struct scratch folder SCRATCH;
	struct fault fault = { 0 };
	struct xml_schema *schema;
	struct xml_differences found;
	struct arena arena;
	struct buffer body;

	put(&folder, "only.xsd", XSD("<xs:element name='M'><xs:complexType><xs:sequence><xs:element name='N' type='xs:date' maxOccurs='unbounded'/>"
				     "</xs:sequence></xs:complexType></xs:element>"));
	schema = xml_schema_load(folder.at, NULL, NULL, &fault);
	cr_assert(schema);
	cr_expect_str_eq(xml_schema_root(schema), "only.xsd");
	arena_init(&arena, 1 << 20);
	buffer_init(&body, &arena, 1 << 12);
	buffer_lit(&body, "<M>");
	for (int i = 0; i < SCHEMA_DIFFERENCES_MAX + 7; i++)
		buffer_lit(&body, "<N>x</N>");
	buffer_lit(&body, "</M>");
	cr_assert(xml_schema_check(schema, buffer_text(&body), &arena, &found, &fault));
	cr_expect(found.n == SCHEMA_DIFFERENCES_MAX && found.more == 7, "%zu %zu", found.n, found.more);
	arena.limit = arena.used + 4096;
	cr_expect(!xml_schema_check(schema, buffer_text(&body), &arena, &found, &fault) && fault.code == FAULT_TOO_LARGE);
	arena_done(&arena);
	xml_schema_free(schema);
}

/* The folder's files, the root that is asked for, and what comes of it: the root's name, or the fault and what `why` holds. */
static const struct {
	const char *files[4], *root, *result, *why;
} folders[] = {
	{ { "a.xsd", XSD("<xs:element name='A'/>") }, NULL, "a.xsd", "" },
	{ { "a.xsd", XSD("<xs:element name='A'/>"), "b.xsd", XSD("<xs:include schemaLocation='./a.xsd'/>") }, NULL, "b.xsd", "" },
	{ { "a.xsd", XSD("<xs:element name='A'/>"), "b.xsd", XSD("<xs:element name='A'/>") }, "a.xsd", "a.xsd", "" },
	{ { "a.xsd", XSD("<xs:element name='A'/>"), "b.xsd", XSD("<xs:element name='A'/>") }, NULL, "CONFIG", "transport.xsd: is not in the folder, and no" },
	{ { "a.xsd", XSD("<xs:element name='A'/>") }, "c.xsd", "CONFIG", "c.xsd: is not in the folder" },
	{ { "a.xsd", XSD("<xs:include schemaLocation='http://example.org/x.xsd'/>") }, NULL, "CONFIG", "http://example.org/x.xsd: is included, and not" },
	{ { "a.xsd", XSD("<xs:include schemaLocation='/etc/passwd'/>") }, NULL, "CONFIG", "/etc/passwd: is included, and not" },
	{ { "a.xsd", "<!DOCTYPE a [<!ENTITY e SYSTEM '/etc/passwd'>]>" XSD("<xs:element name='A'/>") }, NULL, "CONFIG", "a.xsd: a DOCTYPE" },
	{ { "a.xsd", "<a/>" }, NULL, "CONFIG", "a.xsd: not an XML Schema" },
	{ { "a.xsd", "<a>\n<b></a>" }, NULL, "CONFIG", "a.xsd:2: " },
	{ { "a.xsd", XSD("\n<xs:element name='A' type='Nowhere'/>") }, NULL, "CONFIG", "a.xsd:2: " },
	{ { "a.txt", XSD("<xs:element name='A'/>") }, NULL, "CONFIG", "" },
};

CASE(xml_schema, a_folder_is_taken_whole_or_not_at_all)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		struct scratch folder SCRATCH;
		struct fault fault = { 0 };
		struct xml_schema *schema;
		struct arena arena;
		struct buffer why;

		for (size_t k = 0; k < 4 && folders[i].files[k]; k += 2)
			put(&folder, folders[i].files[k], folders[i].files[k + 1]);
		arena_init(&arena, 1 << 20);
		buffer_init(&why, &arena, 64);
		schema = xml_schema_load(folder.at, folders[i].root, &why, &fault);
		cr_expect_str_eq(schema ? xml_schema_root(schema) : fault_row(fault.code)->name, folders[i].result, "row %zu", i);
		cr_expect(text_starts(buffer_text(&why), folders[i].why), "row %zu: %.*s", i, TEXT_ARGS(buffer_text(&why)));
		xml_schema_free(schema);
		arena_done(&arena);
	}
}

CASE(xml_schema, no_folder_no_schema)
{
	struct fault fault = { 0 };

	cr_expect(!xml_schema_load("/nowhere at all", NULL, NULL, &fault) && fault.code == FAULT_FILE);
	xml_schema_free(NULL);
}
