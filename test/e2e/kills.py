#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of each role in the middle of each journey, many times: what was acknowledged is not lost, nothing is done twice, and the
journey comes to its end. usage: kills.py DUALTRACK [--times N] [--seed S]"""
import argparse
import os
import random
import re
import subprocess
import sys
import threading
import time

from gateway import Failed, Gateway, Journey, Message, Partner, check, example, wait_for

ROLES = ["edge.0", "worker.0", "worker.1", "ledger.0", "payer.0", "courier.0"]
MAILBOX, CALLBACK = "D:1999999001", "D:1999999002"


def role_name(gateway, role):
    """The running name of a role: single ones may go without a number."""
    running = gateway.roles()
    for name in (role, role.split(".")[0]):
        if name in running:
            return name
    return None


def price(gateway, _partner, _times):
    deadline = time.monotonic() + 30
    for _ in range(20):
        _, message = gateway.post_until_answered("/ncpdp/rtpb", example("rtpb-request"))
        check(message.text("EstimatedPatientFinancialResponsibility"), "a price comes in the end")
        if time.monotonic() > deadline:
            raise Failed("twenty prices within 30 s")


def mailbox(gateway, _partner, name):
    return Journey(gateway, name, f"D:19999{random.randrange(10**5):05d}").run()


def callback(gateway, partner, name):
    return Journey(gateway, name, CALLBACK, partner).run()


def medical(gateway, _partner, name):
    return Journey(gateway, name, f"D:19998{random.randrange(10**5):05d}", medical=True).run()


def one(gateway, partner, journey, role, number, window):
    """Runs the journey while the role is killed somewhere in it."""
    result = {}

    def go():
        try:
            result["done"] = journey(gateway, partner, f"{journey.__name__}-{role}-{number}")
        except Exception as fault:
            result["fault"] = fault
    thread = threading.Thread(target=go)
    thread.start()
    time.sleep(random.uniform(0, window))
    name = role_name(gateway, role)
    amid = thread.is_alive()
    killed = name is not None and gateway.kill(name)
    thread.join(90)
    check(not thread.is_alive(), "the journey ends")
    if "fault" in result:
        raise result["fault"]
    wait_for(lambda: role_name(gateway, role) is not None, 20)
    return killed, killed and amid, result.get("done")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    args = parser.parse_args()
    random.seed(args.seed)
    print(f"seed {args.seed}", flush=True)
    partner = Partner()
    config = f"[partner]\nname = callback\nid = {CALLBACK}\ncallback = {partner.url}\n"
    failed, acknowledged, cases = 0, set(), []
    with Gateway(args.program, "log = warn\n" + config) as gateway:
        for journey in (price, mailbox, callback, medical):
            began = time.monotonic()
            journey(gateway, partner, "measure")
            window = max(0.02, (time.monotonic() - began) * 1.2)
            for role in ROLES:
                kills = midway = 0
                try:
                    for number in range(args.times):
                        killed, amid, done = one(gateway, partner, journey, role, number, window)
                        kills += killed
                        midway += amid
                        if done is not None:
                            acknowledged.update(done.acknowledged)
                            cases.append(done)
                    print(f"ok {journey.__name__}: {kills} kills of {role}, {midway} before its end", flush=True)
                except Exception as fault:
                    failed += 1
                    print(f"not ok {journey.__name__}, killing {role}: {type(fault).__name__}: {fault}", flush=True)
                    print(gateway.read_log()[-3000:])
        # Nothing done twice: one decision a case, under one MessageID.
        decisions = {}
        for message in partner.taken:
            if message.kind == "PAResponse":
                decisions.setdefault(message.text("PACaseID"), set()).add(message.text("MessageID"))
        twice = [case for case, ids in decisions.items() if len(ids) != 1]
        if twice:
            failed += 1
        print(f"{'not ok' if twice else 'ok'} {len(decisions)} cases by callback have one decision each")
        status = gateway.stop()
        done = subprocess.run([args.program, "store", "check", os.path.join(gateway.folder, "store")],
                              capture_output=True, text=True, check=False)
        good = done.returncode == 0 and status == 0
        failed += not good
        print(f"{'ok' if good else 'not ok'} the store keeps its invariants: {done.stdout}{done.stderr}")
        print(f"{len(acknowledged)} messages acknowledged in {len(cases)} cases, none lost" if not failed else "")
    partner.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
