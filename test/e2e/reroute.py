#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases that come to the benefit that does not decide them, in a gateway of real processes: they go on to the other one, over a power cut too, whoever asked
is told, and whoever owns the rules sees which row was wrong. usage: reroute.py DUALTRACK"""
import json
import os
import re
import subprocess
import sys
import tempfile

from gateway import Failed, Gateway, Journey, check, example, fresh_id, wait_for
from pas_bundle import ROOT, actions, claim_of, request, resource_of, submit

PRESCRIBER = "D:1999999001"
OPEN = "open = true\n"


def payer_file(folder, **benefits):
    """The sandbox's payer file, with policies that are decided on one benefit only."""
    with open(os.path.join(ROOT, "gateway", "sandbox", "payer.json"), encoding="utf-8") as source:
        payer = json.load(source)
    for policy in payer["policies"]:
        benefit = benefits.get(policy["id"].split("-")[0].lower())
        if benefit:
            policy["benefit"] = benefit
    name = os.path.join(folder, f"payer-{len(os.listdir(folder))}.json")
    with open(name, "w", encoding="utf-8") as out:
        json.dump(payer, out)
    return f"payer = {name}\n"


def run(program, *words):
    done = subprocess.run([program, *words], capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stdout + done.stderr


def script(program, folder):
    with Gateway(program, payer_file(folder, examplumab="MEDICAL")) as gateway:
        store = os.path.join(gateway.folder, "store")
        journey = Journey(gateway, "A", PRESCRIBER)
        opened = journey.send(example("pa-initiation-request", reference=journey.reference, sender=PRESCRIBER))
        questions = journey.answer_to(opened)
        check(questions.outcome == "Open", f"the questions come from the other benefit: {questions.body}")
        check("medical benefit, which decides" in questions.text("PANote") and "Another benefit was asked first" in questions.text("PANote"),
              f"and the note says so: {questions.text('PANote')}")
        case_id = questions.text("PACaseID")
        gateway.kill_all()
        gateway.start()
        asked = journey.send(example("pa-request", reference=journey.reference, case_id=case_id, sender=PRESCRIBER))
        decision = journey.answer_to(asked)
        check(decision.outcome == "Approved", f"its answers are decided there too: {decision.body}")
        def counted():
            """the miss to be counted"""
            return re.search(r'dualtrack_route_miss_total\{rule="self"\} \d', str(gateway.get("/metrics")[1]))
        second = Journey(gateway, "B", PRESCRIBER)
        second.answer_to(second.send(example("pa-initiation-request", reference=second.reference, sender=PRESCRIBER)))
        wait_for(counted)
        code, said = run(program, "route", "misses", "--in", store)
        check(code == 0 and re.search(r" 2 self .*house +medical 2\n2 cases came", said), f"the owner of the rules sees the row: {said}")
        code, said = run(program, "case", "show", case_id, "--store", store)
        check(code == 0 and re.search(r"not decided +PHARMACY at house, where rule self", said) and "REROUTED" in said, said)
        code, said = run(program, "route", "replay", case_id, "--in", store)
        check(code == 0 and "replayed    the same\n" in said and "pharmacy benefit: not ours" in said, said)
        rules = os.path.join(folder, "rules.txt")
        with open(rules, "w", encoding="utf-8") as out:
            out.write(run(program, "print", "rules")[1].split("```")[1].replace("| told=MEDICAL ", "| told=MEDICAL plan=ANOTHER "))
        code, said = run(program, "route", "replay", case_id, "--in", store, "--rules", rules)
        check(code == 1 and "replayed    another decision; the rules have changed since" in said, said)
        gateway.stop()
        code, said = run(program, "store", "check", store)
        check(code == 0 and "sound" in said, said)


def nobody(program, folder):
    with Gateway(program, OPEN + payer_file(folder, examplumab="ELSEWHERE", infusamab="ELSEWHERE")) as gateway:
        journey = Journey(gateway, "C", PRESCRIBER)
        closed = journey.answer_to(journey.send(example("pa-initiation-request", reference=journey.reference, sender=PRESCRIBER)))
        note = closed.text("PANote")
        check(closed.outcome == "Closed" and note.startswith("The pharmacy benefit answered: ") and " The medical benefit answered: " in note
              and "please call the plan" in note, f"both reasons are told: {closed.outcome} {note}")
        status, answer = submit(gateway.port, request(fresh_id()))[:2]
        check(status == 200 and claim_of(answer)["outcome"] == "error", f"a PAS submitter too: {json.dumps(answer)[:600]}")
        check("The medical benefit answered: " in json.dumps(answer) and "The pharmacy benefit answered: " in json.dumps(answer), json.dumps(answer)[:2000])


def pas(program, folder):
    with Gateway(program, OPEN + payer_file(folder, infusamab="PHARMACY")) as gateway:
        asked = request(fresh_id())
        resource_of(asked, "QuestionnaireResponse")["questionnaire"] = "urn:dualtrack:Questionnaire:INFUSAMAB-PA:INFUSAMAB-1"
        status, answer = submit(gateway.port, asked)[:2]
        check(status == 200 and actions(answer) == ["A1"], f"the pharmacy benefit decides from the answers that came along: {json.dumps(answer)[:900]}")
        check("Another benefit was asked first" in claim_of(answer)["processNote"][0]["text"], "and its note says so")
        code, said = run(program, "route", "misses", "--in", os.path.join(gateway.folder, "store"))
        check(code == 0 and " pharmacy 1\n" in said, said)


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="dualtrack-e2e-") as folder:
        try:
            script(program, folder)
            print("ok a SCRIPT case goes on to the medical benefit")
            nobody(program, folder)
            print("ok when nobody decides, whoever asked hears what each said")
            pas(program, folder)
            print("ok a PAS case goes on to the pharmacy benefit")
        except Failed as fault:
            print(f"not ok {fault}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
