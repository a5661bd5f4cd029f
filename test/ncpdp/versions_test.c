/* SPDX-License-Identifier: Apache-2.0 */
/* The versions of SCRIPT side by side: which one a message is, that both say the same, and that what one cannot say is refused. */
#include "ncpdp/profile.h"
#include "test/case.h"
#include "test/ncpdp/fixtures.h"

#include <stdio.h>
#include <string.h>

#define SAME(actual, expected) cr_expect(text_equal((actual), text_of(expected)), #actual " is %.*s", TEXT_ARGS(actual))

/* -- which version -- */

CASE(versions, by_stamp)
{
	static const struct {
		const char *stamp;
		enum ncpdp_version version;
	} stamps[] = {
		{ "20170715", NCPDP_2017071 }, { "20170701", NCPDP_2017071 }, { "2017071", NCPDP_2017071 },
		{ "20230115", NCPDP_2023011 }, { "2023011", NCPDP_2023011 },
		{ "201707155", NCPDP_NO_VERSION }, { "201707x5", NCPDP_NO_VERSION }, { "20170", NCPDP_NO_VERSION },
		{ "20230715", NCPDP_NO_VERSION }, { "010006", NCPDP_NO_VERSION }, { "", NCPDP_NO_VERSION },
	};

	for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++)
		cr_expect(ncpdp_version_of(NULL, text_of(stamps[i].stamp)) == stamps[i].version, "%s", stamps[i].stamp);
	for (int version = NCPDP_NO_VERSION + 1; version < NCPDP_VERSIONS; version++) {
		cr_expect(ncpdp_version_named(text_of(ncpdp_version_name((enum ncpdp_version)version))) == (enum ncpdp_version)version);
		cr_expect(ncpdp_version_of(NULL, ncpdp_version_stamp((enum ncpdp_version)version)) == (enum ncpdp_version)version);
	}
	cr_expect(ncpdp_version_named(text_lit("2013101")) == NCPDP_NO_VERSION);
}

/* An operator's rows take the place of the built-in ones of their version, and have days. */
CASE(versions, by_the_operators_rows)
{
	const struct ncpdp_version_row rows[] = {
		{ text_lit("script"), text_lit("2017071"), text_lit("201707"), 0, 1830297600000 }, /* until 2028-01-01 */
		{ text_lit("script"), text_lit("2023011"), text_lit("20231"), 1721174400000, 0 },  /* from 2024-07-17 */
		{ text_lit("rtpb"), text_lit("13"), text_lit("013"), 0, 1830297600000 },
	};
	const struct ncpdp_versions versions = { rows, 3 }, first = { rows, 1 };
	static const struct {
		const char *family, *fixture;
		int64_t wall_ms;
		const char *path; /* NULL: accepted */
	} cases[] = {
		{ "script", "pa_initiation_request", 1767778200000, NULL },
		{ "script", "pa_initiation_request", 1830297599999, NULL },
		{ "script", "pa_initiation_request", 1830297600000, "TransactionVersion" },
		{ "script", "v2023011_pa_initiation_request", 1767778200000, "TransactionVersion" }, /* its stamp means nothing now */
		{ "rtpb", "request", 1767778200000, NULL },
		{ "rtpb", "request", 1830297600000, "RTPBVersion" },
	};

	cr_expect(ncpdp_version_of(&versions, text_lit("20231201")) == NCPDP_2023011);
	cr_expect(ncpdp_version_of(&versions, text_lit("20230115")) == NCPDP_NO_VERSION, "the built-in row was replaced");
	cr_expect(ncpdp_version_of(&first, text_lit("20230115")) == NCPDP_2023011, "the built-in row was not replaced");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ncpdp_terms terms = { .versions = &versions, .wall_ms = cases[i].wall_ms };
		enum ncpdp_family family;
		struct reading reading;
		char directory[40];
		bool good;

		reading_init(&reading);
		cr_assert(ncpdp_family_of(text_of(cases[i].family), &family));
		snprintf(directory, sizeof(directory), "good/%s", cases[i].family);
		good = ncpdp_read_on(&terms, reading.reader, family, fixture(directory, cases[i].fixture, "xml", &reading.arena),
			&reading.arena, &reading.message, &reading.fault);
		cr_expect(good == !cases[i].path, "%s at %lld", cases[i].fixture, (long long)cases[i].wall_ms);
		if (cases[i].path) {
			cr_expect(reading.fault.code == FAULT_VERSION);
			cr_expect_str_eq(reading.fault.path, cases[i].path);
		}
		reading_done(&reading);
	}
}

CASE(versions, peeked)
{
	static const struct {
		const char *body, *stamp;
	} bodies[] = {
		{ "<Message TransactionVersion=\"20230115\">", "20230115" },
		{ "\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<!-- <a TransactionVersion=\"1\"> -->\n<m:Message a='>'>", "" },
		{ "<?xml version=\"1.0\"?><!-- TransactionVersion=\"1\" --><Message\n\tA=\"2\" TransactionVersion = '20170715'/>", "20170715" },
		{ "<Message RTPBTransactionVersion=\"1\" TransactionVersion=\"2\"/>", "2" },
		{ "<Message RTPBTransactionVersion=\"1\"/>", "" },
		{ "<Message TransactionVersion=\"20230115", "" },
		{ "<Message TransactionVersion=20230115>", "" },
		{ "<Message TransactionVersion", "" },
		{ "<Message><Header TransactionVersion=\"20230115\"/></Message>", "" },
		{ "<", "" },
		{ "<!--", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		cr_expect(text_equal(version_peek(text_of(bodies[i].body)), text_of(bodies[i].stamp)), "%s", bodies[i].body);
	cr_expect(!text_there(version_peek(TEXT_NONE)));
}

/* -- the same in both -- */

/* Where a fixture is there in both versions. */
static const char *const both[] = { "pa_initiation_request", "pa_initiation_request_full", "pa_initiation_request_animal",
	"pa_request", "pa_response_denied", "pa_appeal_request", "pa_cancel_request", "pa_cancel_response_approved", "status",
	"error", "get_message" };
enum { BOTH = sizeof(both) / sizeof(both[0]) };

static struct text newer(const char *name, struct arena *arena)
{
	char file[80];

	snprintf(file, sizeof(file), "v2023011_%s", name);
	return text_trim(fixture_packed(fixture("good/script", file, "xml", arena), arena));
}

static struct text older(const char *name, struct arena *arena)
{
	return text_trim(fixture_packed(fixture("good/script", name, "xml", arena), arena));
}

static void restamp(struct script_message *script, struct text stamp)
{
	script->datatypes_version = script->transport_version = script->transaction_version = script->structures_version =
		script->ecl_version = stamp;
}

CASE(versions, one_record_for_both)
{
	for (size_t i = 0; i < BOTH; i++) {
		struct reading old, new;

		reading_init(&old);
		reading_init(&new);
		cr_assert(reading_of(&old, NCPDP_SCRIPT, older(both[i], &old.arena)));
		cr_assert(reading_of(&new, NCPDP_SCRIPT, newer(both[i], &new.arena)), "%s: %s at %s", both[i],
			fault_row(new.fault.code)->name, new.fault.path);
		cr_expect(old.message.version == NCPDP_2017071 && new.message.version == NCPDP_2023011);
		cr_expect(new.message.notes.unknown == old.message.notes.unknown, "%s", both[i]);
		restamp(new.message.script, old.message.script->transaction_version);
		cr_expect(record_equal(&script_message_record, old.message.script, new.message.script), "%s", both[i]);
		reading_done(&old);
		reading_done(&new);
	}
}

/* To the byte, in both directions. */
CASE(versions, written_in_the_other)
{
	for (size_t i = 0; i < BOTH; i++) {
		struct reading reading;
		struct text old, new;
		struct buffer out;

		reading_init(&reading);
		old = older(both[i], &reading.arena);
		new = newer(both[i], &reading.arena);
		cr_assert(reading_of(&reading, NCPDP_SCRIPT, old));
		reading.message.version = NCPDP_2023011;
		buffer_init(&out, &reading.arena, 0);
		cr_assert(ncpdp_write(&reading.message, text_lit("20170715"), &out, &reading.fault), "%s: %s at %s", both[i],
			fault_row(reading.fault.code)->name, reading.fault.path);
		cr_expect(text_equal(text_trim(fixture_packed(buffer_text(&out), &reading.arena)), new), "%s\n%.*s\n%.*s", both[i],
			TEXT_ARGS(fixture_packed(buffer_text(&out), &reading.arena)), TEXT_ARGS(new));
		cr_assert(reading_of(&reading, NCPDP_SCRIPT, new));
		reading.message.version = NCPDP_2017071;
		buffer_init(&out, &reading.arena, 0);
		cr_assert(ncpdp_write(&reading.message, TEXT_NONE, &out, &reading.fault), "%s: %s at %s", both[i],
			fault_row(reading.fault.code)->name, reading.fault.path);
		cr_expect(text_equal(text_trim(fixture_packed(buffer_text(&out), &reading.arena)), old), "%s\n%.*s\n%.*s", both[i],
			TEXT_ARGS(buffer_text(&out)), TEXT_ARGS(old));
		reading_done(&reading);
	}
}

/* -- what only one can say, and what neither does -- */

static struct text replaced(struct text body, const char *what, const char *with, struct arena *arena)
{
	const char *at = memmem(body.at, body.n, what, strlen(what));
	struct buffer out;

	cr_assert(at, "%s", what);
	buffer_init(&out, arena, body.n + strlen(with));
	buffer_add(&out, (struct text){ body.at, (size_t)(at - body.at) });
	buffer_add(&out, text_of(with));
	buffer_add(&out, (struct text){ at + strlen(what), body.n - (size_t)(at - body.at) - strlen(what) });
	return buffer_text(&out);
}

#define HUMAN "Body/PAInitiationRequest/Patient/HumanPatient"
#define DRUG "Body/PAInitiationRequest/MedicationPrescribed"

/* Changes to v2023011_pa_initiation_request, and what is wrong then; NULL: nothing. */
static const struct {
	const char *what, *with;
	enum fault_code code;
	const char *path;
} changes[] = {
	{ "<AdministrativeGender>F<", "<AdministrativeGender>N<", FAULT_NONE, NULL },
	{ "<AdministrativeGender>F<", "<AdministrativeGender>Q<", FAULT_BAD_CODE, HUMAN "/GenderAndSex/AdministrativeGender" },
	{ "<GenderAndSex><AdministrativeGender>F</AdministrativeGender></GenderAndSex>", "<Gender>F</Gender>", FAULT_NONE, NULL },
	{ "<GenderAndSex>", "<Gender>F</Gender><GenderAndSex>", FAULT_CHOICE, HUMAN "/GenderAndSex" },
	{ "<GenderAndSex><AdministrativeGender>F</AdministrativeGender></GenderAndSex>", "", FAULT_MISSING, HUMAN "/GenderAndSex" },
	{ "<AdministrativeGender>F</AdministrativeGender>", "", FAULT_MISSING, HUMAN "/GenderAndSex/AdministrativeGender" },
	{ "<LastName>TESTPATIENT</LastName>", "", FAULT_MISSING, HUMAN "/Names/Name/LastName" },
	{ "<Country>", "<CountryCode>", FAULT_NOT_XML, HUMAN "/Address/Country" },
	{ "<Country>US</Country>", "<CountryCode>US</CountryCode>", FAULT_NONE, NULL },
	{ "<Country>US</Country>", "", FAULT_MISSING, HUMAN "/Address/Country" },
	{ "<Product>", "<Product><DrugCoded/>", FAULT_REPEATED, DRUG "/Product/DrugCoded" },
	{ "<Product>", "<DrugCoded/><Product>", FAULT_CHOICE, DRUG "/Product" },
	{ "99999000303", "99999-0003-03", FAULT_BAD_NUMBER, DRUG "/DrugCoded/ProductCode/Code" },
	{ "<Qualifier>SCD<", "<Qualifier>XX<", FAULT_BAD_CODE, DRUG "/Product/DrugCoded/ProductCode/Qualifier" },
};

CASE(versions, twins_of_2023011)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct reading reading;
		bool good;

		reading_init(&reading);
		good = reading_of(&reading, NCPDP_SCRIPT,
			replaced(newer("pa_initiation_request", &reading.arena), changes[i].what, changes[i].with, &reading.arena));
		cr_expect(good == !changes[i].path, "%s: %s at %s", changes[i].with, fault_row(reading.fault.code)->name,
			reading.fault.path);
		if (changes[i].path) {
			cr_expect(reading.fault.code == changes[i].code, "%s: %s", changes[i].with,
				fault_row(reading.fault.code)->name);
			cr_expect_str_eq(reading.fault.path, changes[i].path, "%s: %s", changes[i].with, reading.fault.path);
		} else {
			cr_expect(reading.message.notes.unknown == 0, "%s", changes[i].with);
		}
		reading_done(&reading);
	}
}

/* The forms of one version are unknown elements in the other. */
CASE(versions, forms_are_not_mixed)
{
	struct reading reading;

	reading_init(&reading);
	cr_assert(!reading_of(&reading, NCPDP_SCRIPT,
		replaced(older("pa_initiation_request", &reading.arena), "<Gender>F</Gender>", "<GenderAndSex><AdministrativeGender>F</AdministrativeGender></GenderAndSex>",
			&reading.arena)));
	cr_expect(reading.fault.code == FAULT_MISSING);
	cr_expect_str_eq(reading.fault.path, HUMAN "/Gender");
	reading_done(&reading);
}

CASE(versions, not_sayable_in_2017071)
{
	static const struct {
		const char *fixture, *what, *with;
		enum fault_code code;
		const char *path;
	} cases[] = {
		{ "pa_initiation_request", "<AdministrativeGender>F<", "<AdministrativeGender>N<", FAULT_BAD_CODE, HUMAN "/Gender" },
		{ "pa_notification", "M0001", "M0002", FAULT_UNKNOWN_MESSAGE, "Body/PANotification" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading reading;
		struct buffer out;

		reading_init(&reading);
		cr_assert(reading_of(&reading, NCPDP_SCRIPT,
			replaced(newer(cases[i].fixture, &reading.arena), cases[i].what, cases[i].with, &reading.arena)));
		buffer_init(&out, &reading.arena, 0);
		cr_expect(ncpdp_write(&reading.message, TEXT_NONE, &out, &reading.fault), "%s in its own", cases[i].fixture);
		reading.message.version = NCPDP_2017071;
		buffer_init(&out, &reading.arena, 0);
		cr_expect(!ncpdp_write(&reading.message, TEXT_NONE, &out, &reading.fault), "%s", cases[i].fixture);
		cr_expect(reading.fault.code == cases[i].code, "%s", fault_row(reading.fault.code)->name);
		cr_expect_str_eq(reading.fault.path, cases[i].path, "%s", reading.fault.path);
		reading_done(&reading);
	}
}

/* What is written must be there in either version. */
CASE(versions, nothing_to_wrap)
{
	struct reading reading;
	struct buffer out;

	reading_init(&reading);
	reading_good(&reading, NCPDP_SCRIPT, "v2023011_pa_initiation_request");
	reading.message.script->body->pa_initiation_request->patient->human_patient->name = NULL;
	buffer_init(&out, &reading.arena, 0);
	cr_assert(!ncpdp_write(&reading.message, TEXT_NONE, &out, &reading.fault));
	cr_expect(reading.fault.code == FAULT_MISSING);
	cr_expect_str_eq(reading.fault.path, HUMAN "/Names");
	reading_done(&reading);
}

/* NDC, RxNorm product and another data base's code are one more than the records hold: lenient reading says so, strict refuses. */
CASE(versions, one_code_too_many)
{
	const char *third = "<NDC>99999000303</NDC>", *with = "<NDC>99999000303</NDC><DrugDBCode><Code>1</Code><Qualifier>BN</Qualifier></DrugDBCode>";
	struct reading reading;
	struct ncpdp_drug drug;
	struct text body;

	reading_init(&reading);
	body = replaced(newer("pa_initiation_request", &reading.arena), third, with, &reading.arena);
	cr_assert(reading_of(&reading, NCPDP_SCRIPT, body), "%s at %s", fault_row(reading.fault.code)->name, reading.fault.path);
	cr_expect(reading.message.notes.unknown == 1);
	cr_expect_str_eq(reading.message.notes.unknown_at, DRUG "/Product/DrugCoded");
	ncpdp_drug(&reading.message, &drug);
	SAME(drug.ndc, "99999000303");
	SAME(drug.rxcui, "9999901");
	cr_expect(!ncpdp_read(reading.reader, NCPDP_SCRIPT, body, true, &reading.arena, &reading.message, &reading.fault));
	cr_expect(reading.fault.code == FAULT_UNKNOWN_ELEMENT);
	cr_expect_str_eq(reading.fault.path, DRUG "/Product/DrugCoded");
	reading_done(&reading);
}

/* -- answers -- */

/* Status, refusal and the payer's answer are of the version of the question, with its stamp. */
CASE(versions, answered_as_asked)
{
	static const struct {
		const char *fixture, *stamp;
		enum ncpdp_version version;
	} cases[] = {
		{ "pa_initiation_request", "20170715", NCPDP_2017071 },
		{ "version_20170712", "20170712", NCPDP_2017071 },
		{ "v2023011_pa_initiation_request", "20230115", NCPDP_2023011 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading asked, answered;
		struct ncpdp_sender sender;
		struct fault why = { .code = FAULT_CASE_STATE };
		struct ncpdp_message answer = { .family = NCPDP_SCRIPT };
		struct buffer out[4];
		struct text body;

		reading_init(&asked);
		body = fixture("good/script", cases[i].fixture, "xml", &asked.arena);
		cr_assert(reading_of(&asked, NCPDP_SCRIPT, body));
		for (size_t k = 0; k < 4; k++)
			buffer_init(&out[k], &asked.arena, 0);
		ncpdp_sender(&asked.message, body, &sender);
		ncpdp_write_status(&sender, text_lit("S0001"), 1767778200000, "010", &out[0]);
		ncpdp_write_refusal(NCPDP_SCRIPT, &sender, text_lit("R0001"), 1767778200000, &why, &out[1]);
		ncpdp_sender(NULL, body, &sender); /* nothing of it could be read */
		ncpdp_write_refusal(NCPDP_SCRIPT, &sender, text_lit("R0002"), 1767778200000, &why, &out[2]);
		if (asked.message.script->body->pa_initiation_request) {
			struct pa_initiation_closed closed = { .reason_codes = &(struct text){ "CC", 2 }, .reason_codes_n = 1 };
			struct pa_initiation_status status = { .closed = &closed };
			struct pa_initiation_answer said = { .response_status = &status };

			answer.script = ncpdp_script_answer(asked.message.script, text_lit("A0001"), 1767778200000, &asked.arena);
			answer.script->body->pa_initiation_response->response = &said;
			/* the stamp of the configuration is not one of 2023011 */
			cr_assert(ncpdp_write(&answer, cases[i].version == NCPDP_2017071 ? TEXT_NONE : text_lit("20170715"), &out[3],
				&asked.fault), "%s", asked.fault.path);
		} else {
			out[3] = out[0];
		}
		for (size_t k = 0; k < 4; k++) {
			reading_init(&answered);
			cr_assert(reading_of(&answered, NCPDP_SCRIPT, buffer_text(&out[k])), "%zu: %s", k, answered.fault.path);
			cr_expect(answered.message.version == cases[i].version, "%s %zu", cases[i].fixture, k);
			SAME(answered.message.script->transaction_version, cases[i].stamp);
			SAME(answered.message.script->ecl_version, cases[i].stamp);
			reading_done(&answered);
		}
		reading_done(&asked);
	}
}

/* The sets of a message may have stamps of their own: they stay as they are, unless the message goes over into another version. */
CASE(versions, stamps_of_their_own)
{
	struct reading reading;
	struct buffer out;

	reading_init(&reading);
	reading_good(&reading, NCPDP_SCRIPT, "v2023011_status");
	reading.message.script->ecl_version = text_lit("20170715");
	buffer_init(&out, &reading.arena, 0);
	cr_assert(ncpdp_write(&reading.message, TEXT_NONE, &out, &reading.fault));
	cr_expect(memmem(out.at, out.n, " TransactionVersion=\"20230115\"", 30) && memmem(out.at, out.n, " ECLVersion=\"20170715\"", 22));
	reading.message.script->ecl_version = text_lit("20230116");
	reading.message.version = NCPDP_2017071;
	buffer_init(&out, &reading.arena, 0);
	cr_assert(ncpdp_write(&reading.message, TEXT_NONE, &out, &reading.fault));
	cr_expect(!memmem(out.at, out.n, "=\"2023", 6));
	reading_done(&reading);
}

/* What we do not speak is answered in what we do. */
CASE(versions, strangers_are_answered_in_2017071)
{
	struct reading reading, answered;
	struct ncpdp_sender sender;
	struct buffer out;
	struct text body;

	reading_init(&reading);
	reading_init(&answered);
	body = fixture("bad/script", "version_10_6", "xml", &reading.arena);
	cr_assert(!reading_of(&reading, NCPDP_SCRIPT, body));
	ncpdp_sender(&reading.message, body, &sender);
	buffer_init(&out, &reading.arena, 0);
	ncpdp_write_refusal(NCPDP_SCRIPT, &sender, text_lit("R0001"), 1767778200000, &reading.fault, &out);
	cr_assert(reading_of(&answered, NCPDP_SCRIPT, buffer_text(&out)));
	cr_expect(answered.message.version == NCPDP_2017071);
	reading_done(&answered);
	reading_done(&reading);
}

/* -- the keys of a case -- */

CASE(versions, keys_wherever_they_stand)
{
	static const struct {
		const char *fixture, *reference, *pa_case, *appeal, *relates;
	} cases[] = {
		{ "v2023011_pa_notification", "PAREF0001", "CASE0001", "", "M0000" },
		{ "pa_initiation_request", "PAREF0001", "", "", "" },
		{ "pa_request", "PAREF0001", "CASE0001", "", "" },
		{ "pa_request_unsolicited", "PAREF0001", "", "", "" },
		{ "pa_appeal_request", "PAREF0001", "CASE0001", "APPEAL0001", "" },
		{ "pa_cancel_request", "PAREF0001", "CASE0001", "", "" },
		{ "pa_response_denied", "PAREF0001", "CASE0001", "", "M0001" },
		{ "pa_appeal_response_open", "PAREF0001", "CASE0001", "APPEAL0001", "M0001" },
		{ "pa_cancel_response_denied", "PAREF0001", "CASE0001", "", "M0001" },
		{ "status", "", "", "", "M0001" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading reading;
		struct ncpdp_keys keys;

		reading_init(&reading);
		ncpdp_keys(reading_good(&reading, NCPDP_SCRIPT, cases[i].fixture), &keys);
		SAME(keys.pa_reference_id, cases[i].reference);
		SAME(keys.pa_case_id, cases[i].pa_case);
		SAME(keys.appeal_case_id, cases[i].appeal);
		SAME(keys.relates_to, cases[i].relates);
		reading_done(&reading);
	}
}

/* Nothing is known of what a notification holds, so nothing is wrong with one that has no keys, or one that is too long. */
CASE(versions, notification_without_keys)
{
	struct reading reading;
	struct ncpdp_keys keys;
	struct text body;

	reading_init(&reading);
	body = newer("pa_notification", &reading.arena);
	body = replaced(body, "<PAReferenceID>PAREF0001</PAReferenceID>", "", &reading.arena);
	body = replaced(body, "CASE0001", "123456789012345678901234567890123456", &reading.arena);
	cr_assert(reading_of(&reading, NCPDP_SCRIPT, body));
	cr_expect(reading.message.kind == NCPDP_PA_NOTIFICATION);
	ncpdp_keys(&reading.message, &keys);
	cr_expect(!keys.pa_reference_id.n && !keys.pa_case_id.n);
	SAME(keys.relates_to, "M0000");
	reading_done(&reading);
}

/* -- the profile as a table -- */

CASE(versions, every_row_has_its_source)
{
	cr_expect(profile_rows(NCPDP_2017071) == 0 && profile_rows(NCPDP_2023011) > 5);
	for (size_t i = 0; i < profile_rows(NCPDP_2023011); i++) {
		const struct profile_row *row = profile_row(i);

		cr_expect(*row->how && *row->record && *row->member && *row->doc, "row %zu", i);
		cr_expect(strlen(row->source) == 1 && strchr("ABCD", *row->source), "row %zu", i);
	}
	cr_expect(profile_message(NCPDP_2017071) == &script_message_record);
	cr_expect(profile_message(NCPDP_2023011)->size == script_message_record.size);
}
