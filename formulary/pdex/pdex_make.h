/* SPDX-License-Identifier: Apache-2.0 */
/* PDex resources made of what is loaded, and what has no place in them. */
#pragma once

#include "base/make.h"
#include "formulary/pdex/pdex_view.h"

/* What is not in the resources, or only in words. */
enum pdex_loss {
	LOSS_UNLISTED,     /* a product that is not on the formulary */
	LOSS_RULE,         /* a coverage rule in words */
	LOSS_LIMIT,        /* age, sex ... in words */
	LOSS_QUANTITY,     /* a quantity limit in words */
	LOSS_PLAN_FILE,    /* prices, policy, alternatives of a plan file */
	LOSS_COPAY,        /* a copay that the guide cannot say */
	LOSS_AGAIN,        /* that a copay is due again for each period of a longer supply */
	LOSS_BOTH,         /* a copay and a coinsurance of one row become two */
	LOSS_DEDUCTIBLE,   /* a coinsurance before the deductible */
	LOSS_PRODUCT_COPAY, /* copays of single products */
	LOSS_PLAN,         /* what a plan has besides: deductible, alternatives ... */
	LOSS_NO_CONCEPT,   /* a drug without RxNorm concept: outside the profile */
	LOSS_NO_COST,      /* a plan without costs: outside the profile */
	LOSS_NO_FORMULARY, /* a plan whose formulary has no rows: not written */
	PDEX_LOSSES
};
struct pdex_losses {
	int64_t times[PDEX_LOSSES];
};
const char *pdex_loss_sentence(enum pdex_loss loss);

/* Each gives a resource in the make's arena. The same rows make the same resource. */
const struct pdex_resource *pdex_make_formulary(struct make *make, const struct pdex_view *view, const struct pdex_formulary_of *formulary,
	const struct formulary_list *header);
const struct pdex_resource *pdex_make_plan(struct make *make, const struct pdex_view *view, const struct pdex_plan_of *plan, struct pdex_losses *losses);
/* NULL: the product is not listed. */
const struct pdex_resource *pdex_make_item(struct make *make, const struct pdex_view *view, const struct pdex_item *item, struct pdex_losses *losses);
const struct pdex_resource *pdex_make_drug(struct make *make, const struct pdex_view *view, const struct pdex_drug_of *drug, struct pdex_losses *losses);

/* pdex_make_parts.c: what they are made of */
struct pdex_concept *pdex_concept_of(struct make *make, const char *system, struct text code, const char *display);
struct pdex_meta *pdex_meta_of(struct make *make, const struct pdex_view *view, const char *profile);
struct pdex_reference *pdex_reference_of(struct make *make, const char *type, struct text id);
struct pdex_period *pdex_period_of(struct make *make, const struct formulary_list *list);
struct pdex_concept *pdex_tier_concept(struct make *make, struct text tier_name, int64_t tier, struct text status, bool medical);
struct text pdex_formulary_id(struct make *make, const struct pdex_formulary_of *formulary);
struct text pdex_drug_id(struct make *make, struct text product);
/* Amounts without needless digits: 12.5, 12. */
struct text pdex_number(struct make *make, int64_t amount, int places);
/* pdex_make_words.c: rules and limits that have no element, a line each; TEXT_NONE when there are none */
struct text pdex_words(struct make *make, const struct pdex_item *item, struct pdex_losses *losses);
