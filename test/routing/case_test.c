/* SPDX-License-Identifier: Apache-2.0 */
#include "routing/case.h"
#include "test/case.h"

/* The same table once more, as a person would draw it: a letter per act, and the state it leads to where that changes.
   Columns: INITIATE SUBMIT ASKED MORE_INFORMATION PENDED APPROVE PARTLY DENY CLOSE */
static const struct {
	enum case_state in;
	const char *acts;
	enum case_state next[CASE_EVENTS];
} drawn[CASE_STATES] = {
	{ CASE_NEW, "AAIIIIIII",
		{ CASE_INITIATED, CASE_SUBMITTED, CASE_NEW, CASE_NEW, CASE_NEW, CASE_NEW, CASE_NEW, CASE_NEW, CASE_NEW } },
	{ CASE_INITIATED, "RRDDFDDDD",
		{ CASE_INITIATED, CASE_INITIATED, CASE_OPEN, CASE_OPEN, CASE_IN_PROCESS, CASE_APPROVED,
			CASE_PARTIALLY_DENIED, CASE_DENIED, CASE_CLOSED } },
	{ CASE_OPEN, "AAIIIIIID",
		{ CASE_INITIATED, CASE_SUBMITTED, CASE_OPEN, CASE_OPEN, CASE_OPEN, CASE_OPEN, CASE_OPEN, CASE_OPEN,
			CASE_CLOSED } },
	{ CASE_SUBMITTED, "RRDDFDDDD",
		{ CASE_SUBMITTED, CASE_SUBMITTED, CASE_OPEN, CASE_OPEN, CASE_IN_PROCESS, CASE_APPROVED,
			CASE_PARTIALLY_DENIED, CASE_DENIED, CASE_CLOSED } },
	{ CASE_IN_PROCESS, "RRDDFDDDD",
		{ CASE_IN_PROCESS, CASE_IN_PROCESS, CASE_OPEN, CASE_OPEN, CASE_IN_PROCESS, CASE_APPROVED,
			CASE_PARTIALLY_DENIED, CASE_DENIED, CASE_CLOSED } },
	{ CASE_APPROVED, "RRIIIIIII",
		{ CASE_APPROVED, CASE_APPROVED, CASE_APPROVED, CASE_APPROVED, CASE_APPROVED, CASE_APPROVED, CASE_APPROVED,
			CASE_APPROVED, CASE_APPROVED } },
	{ CASE_PARTIALLY_DENIED, "RRIIIIIII",
		{ CASE_PARTIALLY_DENIED, CASE_PARTIALLY_DENIED, CASE_PARTIALLY_DENIED, CASE_PARTIALLY_DENIED,
			CASE_PARTIALLY_DENIED, CASE_PARTIALLY_DENIED, CASE_PARTIALLY_DENIED, CASE_PARTIALLY_DENIED,
			CASE_PARTIALLY_DENIED } },
	{ CASE_DENIED, "RRIIIIIII",
		{ CASE_DENIED, CASE_DENIED, CASE_DENIED, CASE_DENIED, CASE_DENIED, CASE_DENIED, CASE_DENIED, CASE_DENIED,
			CASE_DENIED } },
	{ CASE_CLOSED, "RRIIIIIII",
		{ CASE_CLOSED, CASE_CLOSED, CASE_CLOSED, CASE_CLOSED, CASE_CLOSED, CASE_CLOSED, CASE_CLOSED, CASE_CLOSED,
			CASE_CLOSED } },
};

static const char letters[] = { [ACT_NONE] = 'N', [ACT_ASK] = 'A', [ACT_DELIVER] = 'D', [ACT_DEFER] = 'F',
	[ACT_REFUSE] = 'R', [ACT_IGNORE] = 'I' };

CASE(case_table, every_state_and_event_does_what_was_drawn)
{
	for (int state = 0; state < CASE_STATES; state++)
		for (int event = 0; event < CASE_EVENTS; event++) {
			const struct case_step *step = case_step((enum case_state)state, (enum case_event)event);

			cr_expect_eq((int)drawn[state].in, state);
			cr_expect(step->in == (enum case_state)state && step->when == (enum case_event)event);
			cr_expect_eq(letters[step->act], drawn[state].acts[event], "%s %s",
				case_state_name((enum case_state)state), case_event_name((enum case_event)event));
			cr_expect_eq(step->next, drawn[state].next[event], "%s %s",
				case_state_name((enum case_state)state), case_event_name((enum case_event)event));
			cr_expect(step->why && *step->why);
		}
}

CASE(case_table, what_is_refused_or_ignored_changes_nothing_and_a_final_state_never_moves)
{
	for (int state = 0; state < CASE_STATES; state++)
		for (int event = 0; event < CASE_EVENTS; event++) {
			const struct case_step *step = case_step((enum case_state)state, (enum case_event)event);
			bool from_backend = event >= CASE_EVENT_ASKED;

			if (step->act == ACT_REFUSE || step->act == ACT_IGNORE)
				cr_expect_eq(step->next, step->in);
			if (case_state_final(step->in))
				cr_expect_eq(step->next, step->in);
			/* only a prescriber can be refused, only a backend be ignored or passed on */
			cr_expect_eq(from_backend, step->act != ACT_REFUSE && step->act != ACT_ASK);
		}
}

CASE(case_table, names_lead_back_to_what_they_name)
{
	enum case_state state;
	enum case_event event;

	for (int i = 0; i < CASE_STATES; i++)
		cr_expect(case_state_of(text_of(case_state_name((enum case_state)i)), &state) && state == (enum case_state)i);
	for (int i = 0; i < CASE_EVENTS; i++)
		cr_expect(case_event_of(text_of(case_event_name((enum case_event)i)), &event) && event == (enum case_event)i);
	cr_expect(!case_state_of(text_lit("LOST"), &state));
	cr_expect(!case_event_of(text_lit("LOSE"), &event));
}
