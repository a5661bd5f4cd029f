/* SPDX-License-Identifier: Apache-2.0 */
#include "routing/case.h"
#include "test/case.h"

/* The same table once more, as a person would draw it: a letter per act, and where it leads when that is elsewhere.
   A ask, D deliver, F deliver and ask later, W ask later, T pass on to the other side, R refuse, I ignore. */
static const struct {
	const char *event;
	const char *acts; /* a letter per state, in the order of the row of names below */
} drawn[CASE_EVENTS] = {
	/*                    NEW INITIATED OPEN SUBMITTED IN_PROCESS MORE APPROVED PARTLY DENIED APPEALED APPEAL_OPEN CLOSED CANCELLED EXPIRED */
	{ "INITIATE",         "A   R         A    R         R          A    R        R      R      R        R           R      R         R" },
	{ "SUBMIT",           "A   R         A    R         R          A    R        R      R      R        R           R      R         R" },
	{ "APPEAL",           "R   R         R    R         R          R    R        A      A      R        A           R      R         R" },
	{ "CANCEL",           "R   A         A    A         A          A    A        A      A      A        A           R      R         R" },
	{ "ASKED",            "I   D         I    D         D          I    I        I      I      D        I           I      I         I" },
	{ "MORE_INFORMATION", "I   D         I    D         D          I    I        I      I      D        I           I      I         I" },
	{ "PENDED",           "I   F         I    F         F          I    I        I      I      W        I           I      I         I" },
	{ "APPROVE",          "I   D         D    D         D          D    I        I      I      D        D           I      I         I" },
	{ "PARTLY",           "I   D         D    D         D          D    I        I      I      D        D           I      I         I" },
	{ "DENY",             "I   D         D    D         D          D    I        I      I      D        D           I      I         I" },
	{ "CLOSE",            "I   D         D    D         D          D    I        I      I      D        D           I      I         I" },
	{ "CANCEL_AGREED",    "I   D         D    D         D          D    D        D      D      D        D           D      I         D" },
	{ "CANCEL_DENIED",    "I   D         D    D         D          D    D        D      D      D        D           D      I         D" },
	{ "LAPSE",            "I   I         D    I         I          D    I        I      I      I        D           I      I         I" },
	{ "NOTIFY",           "R   T         T    T         T          T    T        T      T      T        T           T      T         T" },
	{ "UPDATE",           "R   R         A    A         A          A    A        A      R      R        R           R      R         R" },
};

static const char letters[] = { [ACT_ASK] = 'A', [ACT_DELIVER] = 'D', [ACT_DEFER] = 'F', [ACT_WAIT] = 'W', [ACT_FORWARD] = 'T',
	[ACT_REFUSE] = 'R', [ACT_IGNORE] = 'I' };

/* Where an event leads that is neither refused nor ignored; what is not here leaves the state. `in` CASE_STATES: from any other. */
static const struct {
	enum case_event when;
	enum case_state in, next;
} leads[] = {
	{ CASE_EVENT_INITIATE, CASE_STATES, CASE_INITIATED },
	{ CASE_EVENT_SUBMIT, CASE_STATES, CASE_SUBMITTED },
	{ CASE_EVENT_APPEAL, CASE_STATES, CASE_APPEALED },
	{ CASE_EVENT_ASKED, CASE_APPEALED, CASE_APPEAL_OPEN },
	{ CASE_EVENT_ASKED, CASE_STATES, CASE_OPEN },
	{ CASE_EVENT_MORE_INFORMATION, CASE_APPEALED, CASE_APPEAL_OPEN },
	{ CASE_EVENT_MORE_INFORMATION, CASE_INITIATED, CASE_OPEN },
	{ CASE_EVENT_MORE_INFORMATION, CASE_STATES, CASE_MORE_INFORMATION },
	{ CASE_EVENT_PENDED, CASE_APPEALED, CASE_APPEALED },
	{ CASE_EVENT_PENDED, CASE_STATES, CASE_IN_PROCESS },
	{ CASE_EVENT_APPROVE, CASE_STATES, CASE_APPROVED },
	{ CASE_EVENT_PARTLY, CASE_STATES, CASE_PARTIALLY_DENIED },
	{ CASE_EVENT_DENY, CASE_STATES, CASE_DENIED },
	{ CASE_EVENT_CLOSE, CASE_STATES, CASE_CLOSED },
	{ CASE_EVENT_CANCEL_AGREED, CASE_CLOSED, CASE_CLOSED },
	{ CASE_EVENT_CANCEL_AGREED, CASE_EXPIRED, CASE_EXPIRED },
	{ CASE_EVENT_CANCEL_AGREED, CASE_STATES, CASE_CANCELLED },
	{ CASE_EVENT_LAPSE, CASE_STATES, CASE_EXPIRED },
	{ CASE_EVENT_UPDATE, CASE_STATES, CASE_SUBMITTED },
};

static enum case_state leads_to(enum case_state in, enum case_event when)
{
	for (size_t i = 0; i < sizeof(leads) / sizeof(*leads); i++)
		if (leads[i].when == when && (leads[i].in == in || leads[i].in == CASE_STATES))
			return leads[i].next;
	return in;
}

static bool moves(const struct case_step *step)
{
	return step->act != ACT_REFUSE && step->act != ACT_IGNORE;
}

CASE(case_table, every_state_and_event_does_what_was_drawn)
{
	for (int event = 0; event < CASE_EVENTS; event++) {
		const char *letter = drawn[event].acts;

		cr_expect_str_eq(drawn[event].event, case_event_name((enum case_event)event));
		for (int state = 0; state < CASE_STATES; state++, letter++) {
			enum case_state in = (enum case_state)state;
			const struct case_step *step = case_step(in, (enum case_event)event);

			while (*letter == ' ')
				letter++;
			cr_assert(*letter);
			cr_expect(step->in == in && step->when == (enum case_event)event);
			cr_expect_eq(letters[step->act], *letter, "%s %s", case_state_name(in), drawn[event].event);
			cr_expect_eq(step->next, moves(step) ? leads_to(in, step->when) : in, "%s %s", case_state_name(in),
				drawn[event].event);
			cr_expect(step->why && *step->why);
		}
		cr_expect_eq(*letter, 0);
	}
}

CASE(case_table, each_act_fits_who_makes_the_event_and_what_is_over_never_moves)
{
	for (int state = 0; state < CASE_STATES; state++)
		for (int event = 0; event < CASE_EVENTS; event++) {
			const struct case_step *step = case_step((enum case_state)state, (enum case_event)event);
			enum case_turn turn = case_state_turn(step->in), next = case_state_turn(step->next);

			if (!moves(step) || turn == TURN_OVER)
				cr_expect_eq(step->next, step->in);
			switch (case_event_from(step->when)) {
			case SIDE_PRESCRIBER:
				cr_expect(step->act == ACT_ASK || step->act == ACT_REFUSE);
				break;
			case SIDE_BACKEND:
				cr_expect(step->act == ACT_DELIVER || step->act == ACT_DEFER || step->act == ACT_WAIT ||
					step->act == ACT_IGNORE);
				/* it is asked again exactly when it still owes a decision */
				if (step->act == ACT_DEFER || step->act == ACT_WAIT)
					cr_expect_eq(next, TURN_BACKEND);
				break;
			case SIDE_CLOCK:
				cr_expect_eq(step->act, turn == TURN_PRESCRIBER && step->in != CASE_NEW ? ACT_DELIVER : ACT_IGNORE);
				break;
			case SIDE_EITHER:
				cr_expect_eq(step->act, step->in == CASE_NEW ? ACT_REFUSE : ACT_FORWARD);
				break;
			}
			/* a case becomes the backend's turn only by being handed to it */
			if (turn != TURN_BACKEND && next == TURN_BACKEND)
				cr_expect_eq(step->act, ACT_ASK);
		}
}

/* reached[b]: some sequence of SCRIPT messages and their answers leads from `from` to b. */
static void reach(enum case_state from, bool reached[CASE_STATES])
{
	reached[from] = true;
	for (int event = 0; event < CASE_EVENTS; event++) {
		enum case_state next = case_step(from, (enum case_event)event)->next;

		if (!reached[next] && event != CASE_EVENT_UPDATE)
			reach(next, reached);
	}
}

CASE(case_table, every_state_is_reached_and_from_every_one_a_case_can_end_in_each_way)
{
	bool all[CASE_STATES] = { false };

	reach(CASE_NEW, all);
	for (int state = 0; state < CASE_STATES; state++) {
		bool on[CASE_STATES] = { false };
		enum case_state from = (enum case_state)state;

		cr_expect(all[state], "%s", case_state_name(from));
		reach(from, on);
		if (!case_state_decided(from)) {
			cr_expect(on[CASE_APPROVED] && on[CASE_DENIED] && on[CASE_CLOSED] && on[CASE_CANCELLED],
				"%s", case_state_name(from));
		} else if (case_state_turn(from) == TURN_DECIDED) {
			cr_expect(on[CASE_CANCELLED], "%s", case_state_name(from));
			cr_expect_eq(on[CASE_APPEALED], from != CASE_APPROVED);
		}
		cr_expect(state == CASE_NEW || !on[CASE_NEW]);
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
