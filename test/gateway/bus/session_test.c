/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions by hand, without sockets: what is lost is noticed, what is late is refused. */
#include "gateway/bus/session.h"
#include "test/case.h"

#include <string.h>

static const struct text life_a = { "aaaaaaaaaaaaaaaa", 16 }, life_b = { "bbbbbbbbbbbbbbbb", 16 };
static struct session a, b; /* a connects to b */

/* Says `type` from one to the other; `lost` drops it on the way. */
static struct session_result pass(struct session *from, struct session *to, enum message_type type, bool lost, int64_t ms)
{
	struct envelope envelope = { 0 };

	session_stamp(from, type, from == &a ? life_a : life_b, &envelope);
	return lost ? (struct session_result){ 0 } : session_hear(to, type, &envelope, ms);
}

static void meet(void)
{
	struct session_result result;

	session_init(&a, (struct peer){ ROLE_PAYER, 0 }, true, 5, 1000);
	session_init(&b, (struct peer){ ROLE_WORKER, 0 }, false, 3, 1000);
	result = session_tick(&a, 1000, true);
	cr_assert(result.say && result.type == TYPE_HELLO);
	result = pass(&a, &b, TYPE_HELLO, false, 1000);
	cr_assert(result.up && !result.gone && result.say && result.type == TYPE_HELLO);
	result = pass(&b, &a, TYPE_HELLO, false, 1000);
	cr_assert(result.up && a.credit == 3 && b.credit == 5);
}

CASE(session, credit_comes_back_when_finished)
{
	meet();
	for (int i = 0; i < 3; i++)
		cr_expect(pass(&a, &b, TYPE_PRICE, false, 1001).deliver);
	cr_expect_eq(a.credit, 0);
	session_finish(&b);
	cr_expect_eq(session_tick(&b, 1002, true).type, TYPE_CREDIT);
	cr_expect_eq(pass(&b, &a, TYPE_CREDIT, false, 1002).credit, 1);
	cr_expect_eq(a.credit, 1);
	a.credit = 9; /* a sender that does not keep to it */
	cr_expect(pass(&a, &b, TYPE_PRICE, false, 1003).deliver);
	cr_expect(pass(&a, &b, TYPE_PRICE, false, 1003).overrun);
}

CASE(session, of_a_wide_window_credit_is_told_by_the_eighth)
{
	enum { WIDE = 64, PART = WIDE / SESSION_TELL_PART };
	struct session_result result;

	session_init(&a, (struct peer){ ROLE_PAYER, 0 }, true, WIDE, 1000);
	session_init(&b, (struct peer){ ROLE_WORKER, 0 }, false, WIDE, 1000);
	cr_assert_eq(session_tick(&a, 1000, true).type, TYPE_HELLO);
	pass(&a, &b, TYPE_HELLO, false, 1000);
	pass(&b, &a, TYPE_HELLO, false, 1000);
	for (int i = 0; i < WIDE; i++)
		cr_expect(pass(&a, &b, TYPE_PRICE, false, 1001).deliver);
	for (int i = 1; i < PART; i++)
		session_finish(&b);
	cr_expect(!session_tick(&b, 1002, true).say, "not worth a message yet");
	result = session_tick(&b, 1000 + SESSION_PING_MS, true);
	cr_assert(result.say && result.type == TYPE_PING);
	cr_expect_eq(pass(&b, &a, TYPE_PING, false, 1250).credit, PART - 1, "but none is kept longer than to the next PING");
	for (int i = 0; i < PART; i++)
		session_finish(&b);
	result = session_tick(&b, 1251, true);
	cr_assert(result.say && result.type == TYPE_CREDIT);
	cr_expect_eq(pass(&b, &a, TYPE_CREDIT, false, 1251).credit, PART);
}

CASE(session, a_lost_message_ends_the_session)
{
	struct session_result result;

	meet();
	pass(&a, &b, TYPE_PRICE, true, 1001);
	result = pass(&a, &b, TYPE_PING, false, 1250);
	cr_expect(result.gone && result.say && result.type == TYPE_BYE && !result.deliver);
	result = session_hear(&a, TYPE_BYE, &(struct envelope){ 0 }, 1251);
	cr_expect(result.gone && a.number == 2);
	cr_expect_eq(session_tick(&a, 1251, true).type, TYPE_HELLO);
	cr_expect(pass(&a, &b, TYPE_HELLO, false, 1252).up);
	cr_expect(pass(&b, &a, TYPE_HELLO, false, 1252).up && a.credit == 3);
	cr_expect(pass(&a, &b, TYPE_PING, false, 1300).deliver, "nothing lost: the session goes on");
}

CASE(session, a_number_is_not_taken_up_again)
{
	struct session_result result;
	struct envelope again = { 0 };

	meet();
	session_stamp(&a, TYPE_HELLO, life_a, &again);
	result = session_hear(&b, TYPE_HELLO, &again, 1001);
	cr_expect(result.say && result.type == TYPE_HELLO && !result.up && !result.gone, "a repeated HELLO changes nothing");
	cr_expect(session_tick(&b, 2500, true).gone, "silence");
	result = session_hear(&b, TYPE_HELLO, &again, 2501);
	cr_expect(!result.up && result.say && result.type == TYPE_BYE);
	again.trace = text_lit("cccccccccccccccc");
	cr_expect(session_hear(&b, TYPE_HELLO, &again, 2502).up, "another life may");
}

CASE(session, ones_own_absence_is_no_silence)
{
	meet();
	cr_expect(!session_tick(&a, 9000, false).gone);
	cr_expect(!session_tick(&a, 9900, true).gone);
	cr_expect(session_tick(&a, 10100, true).gone);
}

CASE(session, words_of_an_earlier_session_are_not_heard)
{
	struct session_result result;

	meet();
	cr_expect(session_died(&b, 1001) && !session_died(&b, 1002));
	result = pass(&a, &b, TYPE_PRICE, false, 1003);
	cr_expect(result.stale && !result.deliver && result.say && result.type == TYPE_BYE);
	cr_expect(!session_hear(&b, TYPE_HELLO, &(struct envelope){ .trace = text_lit("short") }, 1004).up);
}
