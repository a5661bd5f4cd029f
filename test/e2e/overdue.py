#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A decision that does not come in time: the clock warns, escalates and records it, although the ledger is killed meanwhile, and the
prescriber is told. usage: overdue.py DUALTRACK"""
import os
import re
import subprocess
import sys
import tempfile

from gateway import EXAMPLES, Gateway, Journey, check, example, wait_for

SANDBOX = os.path.join(EXAMPLES, "..", "..", "gateway", "sandbox")
PRESCRIBER = "D:1999999001"
PENDED = '"choice": "OTHER" } ],\n              "outcome": "PEND",\n              "again_ms": 5000'
SECONDS = 4


def changed(folder, name, pattern, by):
    """A file of the sandbox with one change."""
    with open(os.path.join(SANDBOX, name), encoding="utf-8") as source:
        text, count = re.subn(pattern, by, source.read(), count=1)
    check(count == 1, f"{name} has what is changed")
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


def metric(gateway, name):
    _, body = gateway.get("/metrics")
    found = re.findall(rf"^{name}(?:{{[^}}]*}})? ([0-9.]+)$", body if isinstance(body, str) else body.decode(), re.M)
    return sum(float(value) for value in found)


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        clock = changed(folder, "clock.txt", r"(?m)^(default +\|[^\n]*?\| *)72h", rf"\g<1>{SECONDS}s")
        payer = changed(folder, "payer.json", re.escape(PENDED), PENDED.replace("OTHER", "RA").replace("5000", "600000"))
        with Gateway(program, f"clock = {clock}\npayer = {payer}\n") as gateway:
            journey = Journey(gateway, "overdue", PRESCRIBER)
            opened = journey.send(example("pa-initiation-request", reference=journey.reference, sender=PRESCRIBER))
            case_id = journey.answer_to(opened).text("PACaseID")
            asked = journey.send(example("pa-request", reference=journey.reference, case_id=case_id, sender=PRESCRIBER))
            first = journey.answer_to(asked)
            check(first.outcome == "InProcess", f"the payer takes its time: {first.body!r}")
            check(metric(gateway, "dualtrack_clock_breaches_total") == 0, "nothing is overdue yet")
            gateway.kill("ledger.0")

            def told():
                """the prescriber hears that the decision is overdue"""
                message = journey.fetch()
                return message if message is not None and message.kind == "PAResponse" else None
            second = wait_for(told, 10 * SECONDS, 0.1)
            check(second.outcome == "InProcess" and second.text("MessageID") != first.text("MessageID"), "as a message of its own")
            check("overdue" in second.text("PANote") or "due" in second.text("PANote"), f"with a note: {second.text('PANote')!r}")
            check(second.text("PACaseID") == case_id, "about that case")
            wait_for(lambda: metric(gateway, "dualtrack_clock_breaches_total") == 1, 5)
            listed = subprocess.run([program, "case", "list", "--overdue", "--store", gateway.folder + "/store"], capture_output=True, text=True, check=False)
            check(listed.returncode == 0 and listed.stdout.count(case_id) == 1, f"the operator sees it: {listed.stdout}{listed.stderr}")
            shown = subprocess.run([program, "case", "show", case_id, "--store", gateway.folder + "/store"], capture_output=True, text=True, check=False)
            for word in ("WARNED", "ESCALATED", "BREACHED"):
                check(shown.stdout.count(word) >= 1, f"the record says {word}: {shown.stdout}{shown.stderr}")
            check("TESTPATIENT" not in shown.stdout + listed.stdout, "and names no patient")
    print("overdue: ok")


if __name__ == "__main__":
    main()
