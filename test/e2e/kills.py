#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of each role in the middle of each journey, many times: what was acknowledged is not lost, nothing is done twice, and the
journey comes to its end. usage: kills.py DUALTRACK [--times N] [--seed S]"""
import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time

from gateway import Failed, Gateway, Journey, Partner, check, example, fresh_id, wait_for
from pas_bundle import actions, request, submit, update

ROLES = ["edge.0", "worker.0", "worker.1", "ledger.0", "payer.0", "courier.0"]
CALLBACK = "D:1999999002"


def role_name(gateway, role):
    """The running name of a role: single ones may go without a number."""
    running = gateway.roles()
    for name in (role, role.split(".")[0]):
        if name in running:
            return name
    return None


def price(gateway, _partner, _name):
    """twenty prices, one after the other"""
    for _ in range(20):
        _, message = gateway.post_until_answered("/ncpdp/rtpb", example("rtpb-request"))
        check(message.text("EstimatedPatientFinancialResponsibility"), "a price comes in the end")


def mailbox(gateway, _partner, name):
    return Journey(gateway, name, f"D:19999{random.randrange(10**5):05d}").run()


def callback(gateway, partner, name):
    return Journey(gateway, name, CALLBACK, partner).run()


def medical(gateway, _partner, name):
    return Journey(gateway, name, f"D:19998{random.randrange(10**5):05d}", medical=True).run()


class Submissions:
    """What a provider's system was answered in PAS: bundle -> the answer that decided it."""

    def __init__(self, gateway):
        self.gateway, self.acknowledged = gateway, set()

    def decided(self, bundle, wanted):
        """Sends the same bytes again until they are decided; what is pended is asked for once more."""
        body, end, answer = json.dumps(bundle).encode(), time.monotonic() + 60, None
        while time.monotonic() < end:
            try:
                status, resource, _ = submit(self.gateway.port, body)
            except (OSError, ValueError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            if status in (502, 503, 504):
                time.sleep(0.05)
                continue
            check(status == 200, f"a bundle is not refused: {status} {json.dumps(resource)[:300]}")
            self.acknowledged.add(bundle["identifier"]["value"])
            if actions(resource) == ["A4"]:
                check(answer is None, "what was decided is not pended again")
                time.sleep(0.2)
                continue
            check(actions(resource) == [wanted], f"{wanted}, not {actions(resource)}")
            if answer is not None:
                check(answer == resource, "the same bundle gets the same answer")
                return
            answer = resource
        raise Failed("a decision within 60 s")


def pas(gateway, _partner, _name):
    submissions = Submissions(gateway)
    first = request(fresh_id())
    submissions.decided(first, "A1")
    second = update(fresh_id(), first, infusions=8)
    submissions.decided(second, "A1")
    submissions.decided(update(fresh_id(), second, cancel=True), "C")
    return submissions


JOURNEYS = (price, mailbox, callback, medical, pas)


class Course:
    """One journey, again and again on a gateway of its own, and what came of it."""

    def __init__(self, program, journey, partner):
        self.journey, self.partner = journey, partner
        self.gateway = Gateway(program, f"log = warn\nopen = true\n[partner]\nname = callback\nid = {CALLBACK}\ncallback = {partner.url}\n")
        self.gateway.start()
        self.kills, self.midway, self.acknowledged, self.cases = dict.fromkeys(ROLES, 0), dict.fromkeys(ROLES, 0), set(), 0
        self.window = min(self.measure(number) for number in range(3))

    def measure(self, number):
        began = time.monotonic()
        self.journey(self.gateway, self.partner, f"measure-{number}")
        return time.monotonic() - began

    def kill_amid(self, role, number):
        """Runs the journey while the role is killed somewhere in it."""
        result = {}

        def go():
            try:
                result["done"] = self.journey(self.gateway, self.partner, f"{role}-{number}")
            except Exception as fault:
                result["fault"] = fault
        running = wait_for(lambda: role_name(self.gateway, role), 20)
        thread = threading.Thread(target=go)
        thread.start()
        time.sleep(random.uniform(0, self.window))
        self.midway[role] += thread.is_alive()
        check(self.gateway.kill(running), f"{role} was there to be killed")
        self.kills[role] += 1
        thread.join(90)
        check(not thread.is_alive(), "the journey ends")
        if "fault" in result:
            raise result["fault"]
        if result["done"]:
            self.acknowledged.update(result["done"].acknowledged)
            self.cases += 1

    def judge(self, program):
        """What must be true of the store after all that."""
        for role in ROLES:
            print(f"ok {self.journey.__name__}: {self.kills[role]} kills of {role}, {self.midway[role]} of them before its end")
        status = self.gateway.stop()
        check(status == 0, f"it ends with status 0, not {status}")
        done = subprocess.run([program, "store", "check", os.path.join(self.gateway.folder, "store")],
                              capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"the store keeps its invariants: {done.stdout}{done.stderr}")
        print(f"ok {self.journey.__name__}: {done.stdout.strip()}", flush=True)


def one_decision_each(partner):
    """Nothing done twice: every case has one decision, under one MessageID."""
    decisions = {}
    for message in partner.taken:
        if message.kind == "PAResponse":
            decisions.setdefault(message.text("PACaseID"), set()).add(message.body)
    twice = [case for case, bodies in decisions.items() if len(bodies) != 1]
    check(decisions and not twice, f"each case by callback has one decision: {twice}")
    print(f"ok {len(decisions)} cases by callback have one decision each")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    args = parser.parse_args()
    random.seed(args.seed)
    print(f"seed {args.seed}", flush=True)
    partner, courses, failed = Partner(), [], 0
    try:
        for journey in JOURNEYS:
            courses.append(Course(args.program, journey, partner))
        # In turn, so that each role lives for some seconds between two kills: the supervisor waits before it restarts one that does not.
        for number in range(args.times):
            for role in ROLES:
                for course in courses:
                    try:
                        course.kill_amid(role, number)
                    except Exception as fault:
                        failed += 1
                        print(f"not ok {course.journey.__name__}, killing {role}: {type(fault).__name__}: {fault}")
                        print(course.gateway.read_log()[-3000:], flush=True)
        for course in courses:
            course.judge(args.program)
        one_decision_each(partner)
    except Failed as fault:
        failed += 1
        print(f"not ok {fault}")
    finally:
        for course in courses:
            course.gateway.close()
        partner.close()
    if not failed:
        acknowledged, cases = sum(len(course.acknowledged) for course in courses), sum(course.cases for course in courses)
        kills = sum(sum(course.kills.values()) for course in courses)
        print(f"{kills} kills, {acknowledged} messages acknowledged in {cases} cases, none lost, none done twice")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
