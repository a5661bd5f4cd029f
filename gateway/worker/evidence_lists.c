/* SPDX-License-Identifier: Apache-2.0 */
/* What published lists say of an order, each thing with who publishes it, since when, and in which line: a plan's formulary lists, crosswalks
   between products and billing codes, and the tables of what else is known of drugs and orders. */
#include "gateway/worker/worker.h"

#include "formulary/answer.h"
#include "formulary/hcpcs.h"
#include "routing/evidence.h"

struct saying_of {
	struct work *work;
	struct route_question *question;
};

/* CCYYMMDD as CCYY-MM-DD. */
static struct text day_of(struct text digits, struct arena *arena)
{
	struct buffer out;

	if (digits.n != 8)
		return TEXT_NONE;
	buffer_init(&out, arena, 11);
	buffer_format(&out, "%.4s-%.2s-%.2s", digits.at, digits.at + 4, digits.at + 6);
	return buffer_text(&out);
}

/* "EXAMPLEPBM F1, f.txt line 12": as much of it as a citation has room for. */
static struct text citation_of(const struct answer_from *from, struct arena *arena)
{
	size_t room = record_field(&route_said_record, "citation")->max;
	struct buffer out;
	struct text words;

	buffer_init(&out, arena, 160);
	buffer_add(&out, from->source);
	buffer_add_char(&out, ' ');
	buffer_add(&out, from->list_id);
	if (from->file.n) {
		buffer_lit(&out, ", ");
		buffer_add(&out, from->file);
	}
	if (from->line)
		buffer_format(&out, " line %lld", (long long)from->line);
	words = buffer_text(&out);
	while (text_characters(words) > room)
		words.n -= 1 + (words.n > 1 && ((unsigned char)words.at[words.n - 1] & 0xc0) == 0x80);
	return words;
}

static bool say(struct saying_of *it, enum evidence_kind kind, const char *member, struct text value, const struct answer_from *from, struct fault *fault)
{
	struct arena *arena = &it->work->worker->arena;
	struct route_said *said = arena_push(arena, (void **)&it->question->said, &it->question->said_n, sizeof(*said));

	if (!said)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	*said = (struct route_said){ .kind = text_of(evidence_row(kind)->name), .member = text_of(member), .value = value };
	if (from) {
		said->date = day_of(from->effective_date, arena);
		said->citation = citation_of(from, arena);
	}
	return true;
}

/* -- the plan's formulary -- */

static enum evidence_kind kind_of_plan(const struct product_answer *answer)
{
	return text_is(answer->programme, "part_d") ? EVIDENCE_PART_D_FILE : EVIDENCE_FORMULARY;
}

static const struct answer_rule *exclusion(const struct product_answer *answer)
{
	for (size_t i = 0; i < answer->rules_n; i++)
		if (text_is(answer->rules[i].rule->type, "DE"))
			return &answer->rules[i];
	return NULL;
}

/* Lists name a disease in words, an order in codes: only the same words mean the same. */
static bool say_indications(struct saying_of *it, const struct product_answer *answer, const struct worker_order *order, struct fault *fault)
{
	for (size_t i = 0; i < answer->rules_n; i++) {
		const struct coverage_row *rule = answer->rules[i].rule;

		if (!text_is(rule->type, "INDICATION"))
			continue;
		for (size_t k = 0; k < order->diseases_n; k++)
			if (text_equal_nocase(order->diseases[k], rule->diagnosis))
				return say(it, EVIDENCE_PART_D_FILE, "indication", text_lit("LISTED"), answer->rules[i].from, fault);
	}
	return true;
}

/* What a plan's file says stands in the question itself; what its lists say comes with its line instead. */
static bool say_status(struct saying_of *it, const struct product_answer *answer, struct fault *fault)
{
	const struct answer_rule *excluded = answer->excluded ? exclusion(answer) : NULL;
	struct text status = it->question->status, benefit = it->question->benefit;

	it->question->status = it->question->benefit = TEXT_NONE;
	if (excluded)
		return say(it, EVIDENCE_FB_EXCLUSION, "status", text_lit("EXCLUDED"), excluded->from, fault);
	if (status.n && !say(it, kind_of_plan(answer), "status", status, answer->status_from, fault))
		return false;
	if (!benefit.n)
		return true;
	return say(it, text_is(benefit, "MEDICAL") ? EVIDENCE_QHP_TIER : kind_of_plan(answer), "benefit", benefit, answer->status_from, fault);
}

static bool say_lists(struct saying_of *it, const struct worker_order *order, struct fault *fault)
{
	struct work *work = it->work;
	const struct product_name name = { .ndc = order->ndc, .rxcui = order->rxcui, .alone = true };
	struct product_answer *answer = arena_new(&work->worker->arena, struct product_answer);
	bool found;

	if (!answer)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (work->plan.n ? !formulary_answer(work->worker->formulary, work->plan, &name, &work->worker->arena, answer, &found, fault) :
			   !formulary_answer_lists(work->worker->formulary, order->lists, &name, &work->worker->arena, answer, &found, fault))
		return false;
	return !found || (say_status(it, answer, fault) && say_indications(it, answer, order, fault));
}

/* -- billing codes -- */

/* One code is a code; of several the lists do not say which. */
static bool say_code(struct saying_of *it, const struct worker_order *order, struct fault *fault)
{
	const struct product_name name = { .ndc = order->ndc, .rxcui = order->rxcui, .alone = true };
	struct hcpcs_answer answer;
	bool found;

	if (!formulary_hcpcs(it->work->worker->formulary, &name, &it->work->worker->arena, &answer, &found, fault))
		return false;
	for (size_t i = 1; found && i < answer.hcpcs_n; i++)
		found = text_equal(answer.hcpcs[i].row->other, answer.hcpcs[0].row->other);
	if (!found || answer.hcpcs[0].row->other.n < 2)
		return true;
	/* behind the letter of its key */
	return say(it, EVIDENCE_CROSSWALK, "hcpcs", (struct text){ answer.hcpcs[0].row->other.at + 1, answer.hcpcs[0].row->other.n - 1 },
		answer.hcpcs[0].from, fault);
}

bool worker_lists(struct work *work, const struct worker_order *order, struct route_question *question, struct fault *fault)
{
	struct saying_of it = { work, question };
	bool named = order->ndc.n || order->rxcui.n;

	if (work->listed && work->coverage.of_lists && (work->plan.n || order->lists) && named && !say_lists(&it, order, fault))
		return false;
	if (work->worker->formulary && named && !question->hcpcs.n && !say_code(&it, order, fault))
		return false;
	return config_says_say(work->worker->says, question, &work->worker->arena) || fault_set(fault, FAULT_TOO_LARGE, "");
}
