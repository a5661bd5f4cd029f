/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of coverage-information as a table, and its sub-extensions as they are written. */
#include "fhir-bridge/crd/coverage_info.h"

#include "base/make.h"
#include "fhir-bridge/find.h"
#include "fhir-bridge/make.h"

#include <assert.h>
#include <string.h>

/* -- rules -- */

static bool is(const char *said, const char *code)
{
	return said && strcmp(said, code) == 0;
}

static bool any_is(const struct coverage_info *info, const char *code)
{
	return is(info->covered, code) || is(info->pa_needed, code) || is(info->doc_needed, code);
}

static bool has_reason(const struct coverage_info *info)
{
	return info->reason || info->reason_words.n;
}

static bool q1(const struct coverage_info *info)
{
	return !info->questionnaire.n || info->doc_needed;
}

static bool q2(const struct coverage_info *info)
{
	return !is(info->covered, "not-covered") || !info->pa_needed;
}

static bool q3(const struct coverage_info *info)
{
	return !any_is(info, "conditional") || info->info_needed;
}

/* The guide writes "noauth" here, which is no code of its own; what is meant is no-auth. */
static bool q4(const struct coverage_info *info)
{
	return (!is(info->pa_needed, "satisfied") && !is(info->pa_needed, "no-auth")) || !is(info->doc_purpose, "withpa");
}

static bool q5(const struct coverage_info *info)
{
	return is(info->pa_needed, "satisfied") == (info->satisfied_pa_id.n > 0);
}

static bool q6(const struct coverage_info *info)
{
	return !is(info->info_needed, "OTH") || has_reason(info);
}

static bool q7(const struct coverage_info *info)
{
	return !info->reason || info->reason_words.n || text_in_list(text_of(info->reason), "gold-card no-member-found no-active-coverage "
											     "coverage-not-found auth-out-network technical");
}

static bool q8(const struct coverage_info *info)
{
	return !info->doc_purpose || has_reason(info);
}

static bool q9(const struct coverage_info *info)
{
	return !any_is(info, "indeterminate") || has_reason(info);
}

static bool whole(const struct coverage_info *info)
{
	return info->coverage.n && info->covered && info->date.n && info->assertion_id.n;
}

static bool details(const struct coverage_info *info)
{
	for (size_t i = 0; i < info->details_n; i++) {
		const struct coverage_detail *detail = &info->details[i];

		if (!detail->category || !detail->code || (detail->words.n > 0) + (detail->number.n > 0) + (detail->url.n > 0) != 1)
			return false;
	}
	return info->details_n <= COVERAGE_DETAILS_MAX;
}

static bool billing(const struct coverage_info *info)
{
	return !info->billing_code.n == !info->billing_system;
}

static bool own_reason(const struct coverage_info *info)
{
	return !info->own_reason.n == !info->own_system.n && (!info->own_reason.n || info->reason_words.n);
}

const struct coverage_rule coverage_rules[] = {
	{ "whole", "coverage, covered, date and coverage-assertion-id are always there", whole },
	{ "details", "a detail has a category, a code and one value", details },
	{ "billing", "a code for billing has a system", billing },
	{ "own reason", "a code of another system has that system, and words beside it", own_reason },
	{ "crd-ci-q1", "a questionnaire comes only with documents that are needed", q1 },
	{ "crd-ci-q2", "what is not covered needs no prior authorization", q2 },
	{ "crd-ci-q3", "what is conditional says which information would settle it", q3 },
	{ "crd-ci-q4", "documents for prior authorization come only where it is still needed", q4 },
	{ "crd-ci-q5", "the number of an authorization comes exactly when it is satisfied", q5 },
	{ "crd-ci-q6", "other information that is needed is said in the reason", q6 },
	{ "crd-ci-q7", "a reason that is no code of the guide has words", q7 },
	{ "crd-ci-q8", "what documents are for is said in the reason", q8 },
	{ "crd-ci-q9", "what is indeterminate has a reason", q9 },
};
const size_t coverage_rules_n = sizeof(coverage_rules) / sizeof(*coverage_rules);

const struct coverage_rule *coverage_info_broken(const struct coverage_info *info)
{
	for (size_t i = 0; i < coverage_rules_n; i++)
		if (!coverage_rules[i].holds(info))
			return &coverage_rules[i];
	return NULL;
}

/* -- writing -- */

static struct fhir_extension *part(struct make *make, struct fhir_extension *to, const char *url)
{
	return make_extension(make, &to->extension, &to->extension_n, url);
}

static void add_code(struct make *make, struct fhir_extension *to, const char *url, const char *code)
{
	if (code)
		part(make, to, url)->code = text_of(code);
}

static void add_string(struct make *make, struct fhir_extension *to, const char *url, struct text value)
{
	if (value.n)
		part(make, to, url)->string = value;
}

static struct fhir_concept *add_concept(struct make *make, struct fhir_extension *to, const char *url, const char *system, const char *code,
	struct text words)
{
	struct fhir_concept *concept = make_new(make, struct fhir_concept);

	if (code)
		make_coding(make, concept, system, text_of(code), TEXT_NONE);
	concept->text = words;
	part(make, to, url)->concept = concept;
	return concept;
}

static void add_reason(struct make *make, struct fhir_extension *to, const struct coverage_info *info)
{
	struct fhir_concept *concept = add_concept(make, to, "reason", CRD_REASONS, info->reason, info->reason_words);

	if (info->own_reason.n)
		*make_push(make, concept->coding, concept->coding_n) = (struct fhir_coding){ .system = info->own_system, .code = info->own_reason };
}

static const char *known_2_0(const char *code, const char *codes, const char *otherwise)
{
	return !code || text_in_list(text_of(code), codes) ? code : otherwise;
}

/* Of 2.0.1 a detail has no category, fewer codes (its other names are words), and no value that is an address. */
static void add_detail(struct make *make, struct fhir_extension *to, const struct coverage_detail *from, bool as_2_0)
{
	struct fhir_extension *detail = part(make, to, "detail"), *value;
	const char *code = from->code;

	add_code(make, detail, "category", as_2_0 ? NULL : from->category);
	if (as_2_0)
		code = known_2_0(code, "allowed-quantity allowed-period in-network-copay out-network-copay concurrent-review appropriate-use-needed", NULL);
	add_concept(make, detail, "code", as_2_0 ? CRD_REASONS : CRD_DETAILS, code, code ? TEXT_NONE : text_of(from->code));
	value = part(make, detail, "value");
	value->string = from->words;
	if (as_2_0 && from->url.n)
		value->string = from->url;
	else
		value->url_value = from->url;
	if (from->number.n) {
		value->quantity = make_new(make, struct fhir_quantity);
		value->quantity->value = from->number;
	}
	add_string(make, detail, "qualification", from->qualification);
}

static struct fhir_contact *add_telecom(struct make *make, struct fhir_contact_detail *to, const char *system, struct text value)
{
	struct fhir_contact *telecom = make_push(make, to->telecom, to->telecom_n);

	*telecom = (struct fhir_contact){ .system = text_of(system), .value = value };
	return telecom;
}

/* A ContactDetail; of 2.0.1 a ContactPoint. */
static void add_contact(struct make *make, struct fhir_extension *to, const struct coverage_info *info)
{
	struct fhir_contact_detail *contact;

	if (!info->contact_telephone.n && !info->contact_url.n)
		return;
	contact = make_new(make, struct fhir_contact_detail);
	contact->name = info->contact_name;
	if (info->contact_telephone.n)
		add_telecom(make, contact, "phone", info->contact_telephone);
	if (info->contact_url.n)
		add_telecom(make, contact, "url", info->contact_url);
	if (info->as_2_0)
		part(make, to, "contact")->contact = contact->telecom;
	else
		part(make, to, "contact")->contact_detail = contact;
}

static void fill(struct make *make, const struct coverage_info *info, struct fhir_extension *to)
{
	to->url = text_lit(COVERAGE_INFORMATION);
	part(make, to, "coverage")->reference = make_reference(make, info->coverage);
	add_code(make, to, "covered", info->covered);
	add_code(make, to, "pa-needed", info->pa_needed);
	add_code(make, to, "doc-needed", info->doc_needed);
	add_code(make, to, "doc-purpose", info->doc_purpose);
	add_code(make, to, "info-needed", info->info_needed);
	if (info->billing_code.n) {
		struct fhir_coding *coding = make_new(make, struct fhir_coding);

		*coding = (struct fhir_coding){ .system = text_of(info->billing_system), .code = info->billing_code };
		part(make, to, "billingCode")->coding = coding;
	}
	if (has_reason(info))
		add_reason(make, to, info);
	for (size_t i = 0; i < info->details_n; i++)
		add_detail(make, to, &info->details[i], info->as_2_0);
	if (info->questionnaire.n)
		part(make, to, "questionnaire")->canonical = info->questionnaire;
	if (info->date.n)
		part(make, to, "date")->date = info->date;
	add_string(make, to, "coverage-assertion-id", info->assertion_id);
	add_string(make, to, "satisfied-pa-id", info->satisfied_pa_id);
	add_contact(make, to, info);
	if (info->expiry_date.n && !info->as_2_0)
		part(make, to, "expiry-date")->date = info->expiry_date;
}

/* -- 2.0.1 -- */

/* In the codes that 2.0.1 has; what it has none for is conditional, and words say on what. It wants pa-needed with everything that may be covered. */
static struct coverage_info older(const struct coverage_info *from)
{
	struct coverage_info info = *from;

	info.covered = known_2_0(info.covered, "covered not-covered conditional", "conditional");
	info.pa_needed = known_2_0(info.pa_needed, "no-auth auth-needed satisfied performpa conditional", "conditional");
	info.doc_needed = known_2_0(info.doc_needed, "clinical admin both conditional", "conditional");
	info.info_needed = known_2_0(info.info_needed, "performer location timeframe contract-window OTH", "OTH");
	info.reason = known_2_0(info.reason, "gold-card", NULL);
	if (!is(info.covered, "not-covered") && !info.pa_needed)
		info.pa_needed = "conditional";
	if (any_is(&info, "conditional") && !info.info_needed)
		info.info_needed = "OTH";
	return info;
}

static struct text written(const struct coverage_info *info, struct arena *arena)
{
	const struct coverage_info said = info->as_2_0 ? older(info) : *info;
	struct fhir_extension extension = { 0 };
	struct buffer out;
	struct make make;

	make_init(&make, arena);
	fill(&make, &said, &extension);
	if (!make_done(&make))
		return TEXT_NONE;
	buffer_init(&out, arena, 1024);
	json_write(&fhir_extension_record, &extension, &out);
	return buffer_text(&out);
}

struct text coverage_info_write(const struct coverage_info *info, struct arena *arena)
{
	assert(!coverage_info_broken(info));
	return written(info, arena);
}

struct text coverage_info_essence(const struct coverage_info *info, struct arena *arena)
{
	struct coverage_info essence = *info;

	essence.date = essence.assertion_id = TEXT_NONE;
	return written(&essence, arena);
}

/* -- reading -- */

static bool same_coverage(struct text reference, struct text coverage)
{
	size_t n = coverage.n;

	return reference.n >= n && memcmp(reference.at + reference.n - n, coverage.at, n) == 0 &&
	       (reference.n == n || reference.at[reference.n - n - 1] == '/');
}

bool coverage_info_about(const struct fhir_extension *extension, struct text coverage, struct text *assertion_id)
{
	const struct fhir_extension *about, *id;

	*assertion_id = TEXT_NONE;
	if (!text_is(extension->url, COVERAGE_INFORMATION))
		return false;
	about = fhir_extension(extension->extension, extension->extension_n, "coverage");
	if (!about || !about->reference || !same_coverage(about->reference->reference, coverage))
		return false;
	id = fhir_extension(extension->extension, extension->extension_n, "coverage-assertion-id");
	if (id)
		*assertion_id = id->string;
	return true;
}
