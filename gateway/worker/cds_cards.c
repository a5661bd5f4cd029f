/* SPDX-License-Identifier: Apache-2.0 */
/* Cards for a person: covered drugs beside one that the plan restricts, where its criteria are published, and a coverage that is not known here. */
#include "base/make.h"
#include "gateway/worker/worker_cds.h"

#include <string.h>

#define CARD_TYPES "http://terminology.hl7.org/CodeSystem/cdshooks-card-type"
#define CARD_TYPES_2_0 CRD_REASONS /* one code system held all of 2.0.1 */

enum { ALTERNATIVES_MAX = 5 };

/* Who says it, as the card names them (CRD 2.2.1 resp-3): the payer if its name was sent along. */
static struct text label_of(const struct cds_asked *asked)
{
	const struct fhir_coverage *coverage = asked->question.coverage;

	for (size_t i = 0; coverage && i < coverage->payor_n; i++) {
		const struct cds_resource *payer = cds_find(&asked->question, NULL, coverage->payor[i].reference);

		if (payer && payer->organization && payer->organization->name.n)
			return payer->organization->name;
		if (coverage->payor[i].display.n)
			return coverage->payor[i].display;
	}
	return text_lit("The plan");
}

static void fill(struct make *make, const struct cds_asked *asked, const char *code, struct cds_card *card)
{
	card->indicator = text_lit("info");
	card->source = make_new(make, struct cds_source);
	card->source->label = label_of(asked);
	card->source->topic = make_new(make, struct cds_topic);
	*card->source->topic = (struct cds_topic){ .system = asked->question.version == CDS_2_0 ? text_lit(CARD_TYPES_2_0) : text_lit(CARD_TYPES), .code = text_of(code) };
}

static void about(struct make *make, const struct cds_held *order, struct cds_card *card)
{
	struct fhir_reference *reference;

	card->extension = make_new(make, struct cds_card_extension);
	reference = make_push(make, card->extension->associated, card->extension->associated_n);
	reference->reference = make_text(make, order->type, text_lit("/"), order->id);
}

/* -- alternatives -- */

static bool restricted(const struct coverage *coverage)
{
	const struct limits *limits = coverage->limits;

	return !text_is(coverage->status, "COVERED") || (limits && (limits->prior_authorization || limits->step_therapy));
}

static bool offered(const struct alternative *alternative)
{
	return alternative->description.n && (!alternative->status.n || text_is(alternative->status, "COVERED")) &&
	       !(alternative->limits && alternative->limits->prior_authorization);
}

/* A list in Markdown; TEXT_NONE: there is none to offer. */
static struct text alternatives_of(const struct coverage *coverage, struct make *make)
{
	struct buffer list;
	size_t n = 0;

	buffer_init(&list, make->arena, 256);
	for (size_t i = 0; i < coverage->alternatives_n && n < ALTERNATIVES_MAX; i++) {
		const struct alternative *alternative = &coverage->alternatives[i];

		if (!offered(alternative))
			continue;
		buffer_lit(&list, "- ");
		buffer_add(&list, alternative->description);
		if (alternative->tier)
			buffer_format(&list, " (tier %lld)", (long long)alternative->tier);
		buffer_lit(&list, "\n");
		n++;
	}
	return n ? make_written(make, &list) : TEXT_NONE;
}

static bool make_alternatives(const struct cds_asked *asked, const struct cds_answer *answer, struct make *make, struct cds_card *card)
{
	const struct work *work = answer->work;

	if (!asked->question.alternatives_wanted || !work || !work->listed || !restricted(&work->coverage))
		return false;
	card->detail = alternatives_of(&work->coverage, make);
	if (!card->detail.n)
		return false;
	card->summary = text_lit("The plan covers these drugs without prior authorization; the one ordered is restricted");
	fill(make, asked, "therapy-alternatives-opt", card);
	about(make, answer->order, card);
	return true;
}

/* -- criteria -- */

/* Where somebody can read what the plan asks for: not of an order that needs nothing more. */
static bool make_guideline(const struct cds_asked *asked, const struct cds_answer *answer, struct make *make, struct cds_card *card)
{
	const struct standing_policy *policy = answer->work ? cds_policy_standing(asked, answer->work->policy) : NULL;
	struct cds_link *link;

	if (!asked->question.guideline_wanted || !policy || !policy->criteria_url.n || !answer->info.pa_needed || strcmp(answer->info.pa_needed, "auth-needed") != 0)
		return false;
	card->summary = text_lit("The plan has published by which criteria this drug is authorized");
	fill(make, asked, "guideline", card);
	about(make, answer->order, card);
	link = make_push(make, card->links, card->links_n);
	*link = (struct cds_link){ .label = text_lit("Criteria for prior authorization"), .url = policy->criteria_url, .type = text_lit("absolute") };
	return true;
}

/* -- the coverage -- */

static bool make_insurance(const struct cds_asked *asked, const char *reason, struct make *make, struct cds_card *card)
{
	if (!asked->question.insurance_wanted || !reason)
		return false;
	card->summary = text_is(text_of(reason), "no-active-coverage") ? text_lit("The coverage on file is not in force") :
									 text_lit("The plan of the coverage on file is not known here");
	fill(make, asked, "insurance", card);
	return true;
}

/* -- */

static void write(const struct cds_card *card, int64_t *n, struct buffer *out)
{
	if ((*n)++)
		buffer_add_char(out, ',');
	json_write(&cds_card_record, card, out);
}

bool cds_write_cards(struct cds_asked *asked, const struct cds_answer *answers, size_t n, const char *reason, struct buffer *out, struct fault *fault)
{
	struct cds_card card = { 0 };
	int64_t cards = 0;
	struct make make;

	make_init(&make, asked->web->arena);
	if (asked->question.cards_max > 0 && make_insurance(asked, reason, &make, &card))
		write(&card, &cards, out);
	for (size_t i = 0; i < n && cards < asked->question.cards_max; i++) {
		card = (struct cds_card){ 0 };
		if (make_alternatives(asked, &answers[i], &make, &card))
			write(&card, &cards, out);
	}
	for (size_t i = 0; i < n && cards < asked->question.cards_max; i++) {
		card = (struct cds_card){ 0 };
		if (make_guideline(asked, &answers[i], &make, &card))
			write(&card, &cards, out);
	}
	return make_done(&make) || fault_set(fault, FAULT_TOO_LARGE, "");
}
