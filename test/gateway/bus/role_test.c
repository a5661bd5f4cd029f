/* SPDX-License-Identifier: Apache-2.0 */
/* Names, links and types of the roles, and what an outbox carries on. */
#include "gateway/bus/role.h"
#include "gateway/bus/session.h"
#include "test/case.h"

#include <string.h>

CASE(role, a_peer_has_one_name)
{
	struct arena arena;
	struct peer peer;
	static const char *const wrong[] = { "", "worker.", "worker.01", "worker.+1", "worker.-1", "worker.64", "worker.1.2",
		"worker.1x", "clerk.1", "WORKER.1", "worker ", ".1" };

	arena_init(&arena, 1 << 20);
	for (int kind = 0; kind < ROLE_KINDS; kind++)
		for (int index = 0; index < PEERS_MAX; index++) {
			struct text name = peer_name((struct peer){ (enum role_kind)kind, index }, &arena);

			cr_assert(peer_of(name, &peer));
			cr_expect(peer.kind == (enum role_kind)kind && peer.index == index);
		}
	cr_expect(peer_of(text_lit("ledger"), &peer) && peer.kind == ROLE_LEDGER && peer.index == 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		cr_expect(!peer_of(text_of(wrong[i]), &peer), "taken: %s", wrong[i]);
	arena_done(&arena);
}

CASE(role, every_type_has_a_link_to_travel_on)
{
	static const struct {
		enum role_kind from, to;
	} rows[] = {
#define TYPE(type, from, to, meaning) { ROLE_##from, ROLE_##to },
#include "gateway/def/types.def"
#undef TYPE
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_expect(link_window(rows[i].from, rows[i].to) > 0);
	cr_expect_lt(link_window(ROLE_EDGE, ROLE_WORKER), 2 * SESSION_TELL_PART, "the edge hears of each request at once that a worker is done with");
	cr_expect_eq(link_window(ROLE_PAYER, ROLE_COURIER), 0, "the house payer has nothing to say to the courier");
}

CASE(role, types_are_checked_by_sender_and_receiver)
{
	cr_expect(message_allowed(TYPE_REQUEST, ROLE_EDGE, ROLE_WORKER));
	cr_expect(!message_allowed(TYPE_REQUEST, ROLE_WORKER, ROLE_EDGE));
	cr_expect(message_allowed(TYPE_PING, ROLE_COURIER, ROLE_EDGE));
	cr_expect(!message_allowed(TYPE_PING, ROLE_COURIER, ROLE_PAYER));
	cr_expect(message_allowed(TYPE_ASK, ROLE_WORKER, ROLE_COURIER));
	cr_expect(!message_allowed(TYPE_ASK, ROLE_LEDGER, ROLE_COURIER));
	cr_expect(message_allowed(TYPE_READ, ROLE_WORKER, ROLE_COURIER) && message_allowed(TYPE_STANDING, ROLE_WORKER, ROLE_PAYER));
	cr_expect(!message_allowed(TYPE_READ, ROLE_LEDGER, ROLE_COURIER));
	cr_expect(!message_allowed(TYPE_WORK, ROLE_WORKER, ROLE_PAYER));
}

CASE(role, an_answer_goes_to_the_edge_that_waits)
{
	struct arena arena;
	struct envelope envelope = { .trace = text_lit("t1"), .edge = text_lit("edge.0"), .slot = 7, .received_ms = 5 };
	struct input of = { .kind = IN_MESSAGE, .envelope = &envelope, .deadline_ms = 99 };
	struct outbox outbox = { .arena = &arena };

	arena_init(&arena, 1 << 20);
	outbox_answer(&outbox, &of, 200, "text/xml", text_lit("<x/>"), FAULT_BUSY);
	cr_assert_eq(outbox.n, 1);
	cr_expect(outbox.outs[0].peer.kind == ROLE_EDGE && outbox.outs[0].type == TYPE_REPLY);
	cr_expect(outbox.outs[0].envelope.slot == 7 && outbox.outs[0].deadline_ms == 99);
	cr_expect(text_is(outbox.outs[0].envelope.fault, "BUSY") && text_is(outbox.outs[0].envelope.trace, "t1"));
	envelope.edge = text_lit("ledger.0");
	outbox_answer(&outbox, &of, 200, "text/xml", text_lit("<x/>"), FAULT_NONE);
	cr_expect_eq(outbox.n, 1, "nobody waits there");
	envelope.edge = text_lit("courier.0");
	outbox_answer(&outbox, &of, 200, "text/xml", text_lit("<x/>"), FAULT_NONE);
	cr_expect(outbox.n == 2 && outbox.outs[1].peer.kind == ROLE_COURIER, "a courier that fetched waits too");
	arena_done(&arena);
}
