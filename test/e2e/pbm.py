#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases on random paths through a gateway and the remote PBM behind it while the roles of both are killed: nothing acknowledged is lost,
nothing is answered twice, and the prescriber and both stores agree how each case ended. usage: pbm.py DUALTRACK [--cases N] [--seed S]"""
import argparse
import collections
import os
import random
import re
import subprocess
import sys
import threading
import time

from gateway import EXAMPLES, Gateway, Journey, Partner, check, example

OURS = "ZZZ:FRONT"
SANDBOX = os.path.join(EXAMPLES, "..", "..", "gateway", "sandbox")
CALLBACK = "D:1999999002"
ROLES = ["edge.0", "worker.0", "worker.1", "ledger.0", "payer.0", "courier.0"]
AT_ONCE = 6
THINKS = 1.0  # seconds that a prescriber takes for each message, on average
PATIENCE = 120  # seconds for one answer: a lost row is sent again when its lease of 90 s ends

# What an answer makes of its case, by the message it comes in.
ENDS = {("PAResponse", "Approved"): "APPROVED", ("PAResponse", "Denied"): "DENIED", ("PAAppealResponse", "Approved"): "APPROVED",
        ("PACancelResponse", "Approved"): "CANCELLED", ("PACancelResponse", "Denied"): None}


def other_bin(folder, name):
    with open(os.path.join(SANDBOX, name), encoding="utf-8") as source:
        text = source.read()
    check('"999999"' in text, f"{name} has a BIN")
    with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
        out.write(text.replace('"999999"', '"999998"'))
    return os.path.join(folder, name)


class Two:
    """`front` decides for BIN 999999 and asks `back` about BIN 999998."""

    def __init__(self, program, partner, mailbox, front=""):
        self.program = program
        self.front, self.back = Gateway(program, front), Gateway(program)
        plan, payer = other_bin(self.back.folder, "plan.jsonl"), other_bin(self.back.folder, "payer.json")
        into = os.path.join(self.back.folder, "formulary")
        os.mkdir(into)
        subprocess.run([program, "formulary", "load", plan, "--into", into], check=True, capture_output=True)
        callback = "" if mailbox else f"callback = http://127.0.0.1:{self.front.port}/ncpdp/script\n"
        with open(self.back.config_file, "a", encoding="utf-8") as out:
            out.write(f"log = warn\nformulary = {into}\npayer = {payer}\n[partner]\nname = front\nid = {OURS}\n{callback}")
        with open(self.front.config_file, "a", encoding="utf-8") as out:
            out.write(f"log = warn\n[partner]\nname = ehr\nid = {CALLBACK}\ncallback = {partner.url}\n[backend]\nname = remote\n"
                      f"id = PY:REMOTE\nour_id = {OURS}\nscript = http://127.0.0.1:{self.back.port}/ncpdp/script\n"
                      + ("mailbox = true\nanswer_ms = 300\n" if mailbox else "") + "[route]\nbin = 999998\nbackend = remote\n")

    def __enter__(self):
        self.back.start()
        self.front.start()
        return self

    def __exit__(self, *_):
        self.front.close()
        self.back.close()

    def cases(self, gateway):
        """Reference of the prescriber -> (state, PACaseID the prescriber knows it by), of the gateway's store."""
        def ask(*words):
            done = subprocess.run([self.program, "case", *words, "--store", gateway.folder + "/store"], capture_output=True, text=True,
                                  check=False)
            check(done.returncode == 0, f"dualtrack case {words[0]}: {done.stderr}")
            return done.stdout
        found = {}
        for row in ask("list").splitlines()[1:]:
            case_id, state = row.split()[:2]
            shown = dict(re.findall(r"(?m)^(reference|its case) +(\S+)$", ask("show", case_id)))
            check(shown["reference"] not in found, f"{shown['reference']} is one case")
            found[shown["reference"]] = (state, shown.get("its case", case_id))
        return found


class Walk(Journey):
    """One case on one path; keeps all that was said and heard."""

    def __init__(self, gateway, number, path, remote, partner, luck):
        super().__init__(gateway, f"{number}", CALLBACK if partner else f"D:19999{number:05d}", partner)
        self.path, self.remote, self.luck = path, remote, luck
        self.said, self.heard, self.accepted = [], [], {}
        self.state, self.case_id = None, None

    def say(self, name, change=lambda text: text):
        """Sends, sometimes an older message again, and hears the one answer."""
        time.sleep(self.luck.uniform(0, 2 * THINKS))
        text = change(example(name, reference=self.reference, case_id=self.case_id, sender=self.sender))
        if self.remote:
            text, count = re.subn(">999999<", ">999998<", text)
            check(count == 1, f"{name} has one BIN")
        message_id = self.send(text)
        self.said.append((text, message_id))
        self.accepted[message_id] = self.gateway.post_until_answered("/ncpdp/script", text, PATIENCE)[1].body
        if self.luck.random() < 0.3:
            self.repeat(*self.luck.choice(self.said))
        answer = self.answer_to(message_id, PATIENCE)
        self.case_id = answer.text("PACaseID") or self.case_id
        end = ENDS.get((answer.kind, answer.outcome))
        self.state = end or self.state
        return answer

    def repeat(self, text, message_id):
        _, again = self.gateway.post_until_answered("/ncpdp/script", text, PATIENCE)
        check(again.body == self.accepted[message_id], "a message repeated byte for byte gets the answer it got, byte for byte")

    def fetch(self):
        got = super().fetch()
        if got is not None:
            self.heard.append(got)
        return got

    def hear_out(self):
        """All that the prescriber was told about this case."""
        if self.partner:
            mine = {message_id for _, message_id in self.said}
            with self.partner.lock:
                self.heard = [message for message in self.partner.taken if message.text("RelatesToMessageID") in mine]
        else:
            while self.fetch() is not None:
                pass

    def expect(self, answer, kind, outcome):
        check((answer.kind, answer.outcome) == (kind, outcome), f"{self.reference} on path {self.path}: {kind} {outcome}, not {answer.body!r}")

    def walk(self):
        if self.path in ("approve", "cancel", "late-cancel", "answer-no", "answer-no-appeal"):
            self.expect(self.say("pa-initiation-request"), "PAInitiationResponse", "Open")
        if self.path in ("approve", "late-cancel"):
            self.expect(self.say("pa-request"), "PAResponse", "Approved")
        if self.path in ("answer-no", "answer-no-appeal"):
            self.expect(self.say("pa-request", too_short), "PAResponse", "Denied")
        if self.path in ("deny", "deny-appeal"):
            self.expect(self.say("pa-request-denied"), "PAResponse", "Denied")
        if self.path in ("deny-appeal", "answer-no-appeal"):
            self.expect(self.say("pa-appeal-request"), "PAAppealResponse", "Approved")
        if self.path == "cancel":
            self.expect(self.say("pa-cancel-request"), "PACancelResponse", "Approved")
        if self.path == "late-cancel":
            self.expect(self.say("pa-cancel-request"), "PACancelResponse", "Denied")


PATHS = ("approve", "deny", "deny-appeal", "answer-no", "answer-no-appeal", "cancel", "late-cancel")


def too_short(text):
    """The drug before was given for four weeks, for no particular reason."""
    none = "<Answer><PrescriberProvidedAnswer><ChoiceID>NONE</ChoiceID></PrescriberProvidedAnswer></Answer>"
    text = text.replace("<PrescriberProvidedNumericAnswer>16<", "<PrescriberProvidedNumericAnswer>4<")
    text, changed = re.subn(r"(<ChoiceID>NONE</ChoiceID>.*?</Choice>)", lambda found: found.group(1) + none, text, flags=re.DOTALL)
    check(changed == 1, "the example asks why it was given for so short a time")
    return text


class Killer:
    """kill -9 of one role after the other, of either gateway, until told to stop."""

    def __init__(self, two, luck):
        self.two, self.luck, self.over, self.kills = two, luck, threading.Event(), collections.Counter()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        turns = []
        while not self.over.wait(self.luck.uniform(0.1, 0.7)):
            if not turns:  # each of them before any of them again: the supervisor waits before it restarts one that does not live
                turns = [(name, role) for name in ("front", "back") for role in ROLES]
                self.luck.shuffle(turns)
            name, role = turns.pop()
            gateway = getattr(self.two, name)
            for called in (role, role.split(".", maxsplit=1)[0]):
                if gateway.kill(called):
                    self.kills[f"{name} {role}"] += 1
                    break

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def walk_all(walks, fault):
    """Some at a time; the first fault of each is kept."""
    waiting, lock = list(reversed(walks)), threading.Lock()

    def go():
        while True:
            with lock:
                if not waiting:
                    return
                walk = waiting.pop()
            try:
                walk.walk()
            except Exception as wrong:
                fault.append(f"{walk.reference} on path {walk.path}, remote {walk.remote}: {type(wrong).__name__}: {wrong}")
    threads = [threading.Thread(target=go) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def judge_heard(walk):
    """No answer twice under two MessageIDs, no MessageID with two bodies, and an answer to each message."""
    walk.hear_out()
    answers, bodies = collections.defaultdict(set), collections.defaultdict(set)
    for message in walk.heard:
        answers[message.text("RelatesToMessageID")].add(message.text("MessageID"))
        bodies[message.text("MessageID")].add(message.body)
    for _, message_id in walk.said:
        check(len(answers[message_id]) == 1, f"{walk.reference}: one answer to each message, not {answers[message_id]}")
    check(set(answers) == {message_id for _, message_id in walk.said}, f"{walk.reference}: nothing else was heard: {answers}")
    check(all(len(same) == 1 for same in bodies.values()), f"{walk.reference}: under one MessageID always the same bytes")


def judge(two, walks):
    for walk in walks:
        for text, message_id in walk.said:
            walk.repeat(text, message_id)
        judge_heard(walk)
    front, back = two.cases(two.front), two.cases(two.back)
    remote = [walk for walk in walks if walk.remote]
    check(sorted(front) == sorted(walk.reference for walk in walks), "the front has these cases and no others")
    check(sorted(back) == sorted(walk.reference for walk in remote), "the back has the remote ones and no others")
    for walk in walks:
        check(front[walk.reference] == (walk.state, walk.case_id),
              f"{walk.reference} on path {walk.path}: the front says {front[walk.reference]}, the prescriber heard {walk.state, walk.case_id}")
    for walk in remote:
        check(back[walk.reference] == front[walk.reference],
              f"{walk.reference} on path {walk.path}: the front says {front[walk.reference]}, the back {back[walk.reference]}")
    for gateway in (two.front, two.back):
        check(gateway.stop() == 0, "it ends with status 0")
        done = subprocess.run([two.program, "store", "check", gateway.folder + "/store"], capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"the store keeps its invariants: {done.stdout}{done.stderr}")
    return len(remote)


def run(program, way, cases, seed):
    luck, partner, fault = random.Random(f"{seed} {way}"), Partner(), []
    began = time.monotonic()
    with Two(program, partner, way == "mailbox") as two:
        walks = [Walk(two.front, number, PATHS[number % len(PATHS)] if number < len(PATHS) else luck.choice(PATHS),
                      luck.random() < 0.7, luck.choice((partner, None)), random.Random(luck.random())) for number in range(cases)]
        luck.shuffle(walks)
        try:
            with Killer(two, random.Random(luck.random())) as killer:
                walk_all(walks, fault)
            check(not fault, "every case comes to its end:\n" + "\n".join(fault))
            for gateway in (two.front, two.back):
                gateway.wait_ready()
            remote = judge(two, walks)
        except Exception:
            for name, gateway in (("front", two.front), ("back", two.back)):
                print(f"-- {name}\n{gateway.read_log()[-4000:]}")
            raise
        finally:
            partner.close()
        check(sum(killer.kills.values()) >= cases / 4, f"there were kills: {killer.kills}")
        print(f"ok {way}: {sum(killer.kills.values())} kills, {sum(len(walk.said) for walk in walks)} messages acknowledged in {cases} "
              f"cases, {remote} of them remote, {time.monotonic() - began:.0f} s")
        print(f"   {', '.join(f'{name} {count}' for name, count in sorted(killer.kills.items()))}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--cases", type=int, default=21)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    failed = 0
    for way in ("callback", "mailbox"):
        try:
            run(args.program, way, args.cases, args.seed)
        except Exception as fault:
            failed += 1
            print(f"not ok {way}: {type(fault).__name__}: {fault}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
