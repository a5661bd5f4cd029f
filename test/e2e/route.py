#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The router at a terminal: why an order takes its track, what is wrong with a rule table, and which decisions of a running gateway's
store change under new rules. usage: route.py DUALTRACK"""
import json
import os
import re
import subprocess
import sys
import tempfile

from gateway import EXAMPLES, Gateway, Journey, check, example

SANDBOX = os.path.join(EXAMPLES, "..", "..", "gateway", "sandbox")
CASES = os.path.join(EXAMPLES, "..", "..", "test", "routing", "cases")
PRESCRIBER = "D:1999999001"


def run(program, *words):
    done = subprocess.run([program, "route", *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def explains(program, folder):
    order = os.path.join(folder, "order.txt")
    with open(order, "w", encoding="utf-8") as out:
        out.write("# an order\nbenefit=BOTH\nplace_of_service=11 RTPB_816@2026-03-01\n")
    code, said = run(program, "explain", order, "--json")
    told = json.loads(said)
    check(code == 0 and told["decision"]["track"] == "MEDICAL" and told["decision"]["rule"] == "both-at-clinic", said)
    check(told["tried"][-1]["verdict"] == "DECIDES" and told["tried"][-1]["rule"] == "both-at-clinic", "the last that was tried decided")
    check({"RTPB 816", "order", "formulary"} == {item["source"] for item in told["decision"]["evidence"]}, "each source is named")
    code, said = run(program, "explain", order)
    check(code == 0 and "both-at-clinic" in said and "RTPB 816, 2026-03-01" in said, said)
    code, said = run(program, "explain", "benefit=DENTAL")
    check(code == 1 and "BAD_CODE at benefit" in said, said)
    words = ["programme=part_d", "listed=YES", "status=COVERED", "hcpcs=J9998"]
    code, said = run(program, "explain", *words)
    check(code == 0 and "rule        listed-covered" in said, said)
    says = os.path.join(folder, "says.txt")
    with open(says, "w", encoding="utf-8") as out:
        out.write("sad | hcpcs=J9998 | SAD_LIST:self_listed=YES | article A99999\n")
    code, said = run(program, "explain", *words, "--says", says)
    check(code == 0 and "rule        self-listed-d" in said and "(article A99999)" in said, said)
    with open(says, "a", encoding="utf-8") as out:
        out.write("bad | hcpcs=J9998 | RTPB_817:told=MEDICAL | x\n")
    code, said = run(program, "explain", *words, "--says", says)
    check(code == 1 and "says.txt:2: BAD_CODE" in said, said)


def main():
    program = sys.argv[1]
    with open(os.path.join(SANDBOX, "rules.txt"), encoding="utf-8") as source:
        text = source.read()
    with tempfile.TemporaryDirectory() as folder, Gateway(program) as gateway:
        explains(program, folder)
        files = [os.path.join(CASES, name) for name in sorted(os.listdir(CASES))]
        code, said = run(program, "test", *files)
        check(code == 0 and re.search(r"part_d +(\d+) of \1\n", said), said)
        check(run(program, "lint")[0] == 0, "no row of the built-in rules is never reached")

        changed, count = re.subn(r"(?m)^self( +\|[^|]*\|) PHARMACY ", r"self\1 MEDICAL ", text, count=1)
        check(count == 1, "the rules have the row that is changed")
        changed = changed.replace("# -- nothing settles it", "never | plan=A listed=YES backend=* | PHARMACY | house | no | | why\n# -- nothing settles it")
        rules = os.path.join(folder, "rules.txt")
        with open(rules, "w", encoding="utf-8") as out:
            out.write(changed)
        code, said = run(program, "lint", rules)
        check(code == 1 and "never never decides: routed" in said, said)
        code, said = run(program, "test", *files, "--rules", rules)
        check(code == 1 and "indication-named-disease: wanted PHARMACY" in said, said)

        journey = Journey(gateway, "route", PRESCRIBER)
        opened = journey.send(example("pa-initiation-request", reference=journey.reference, sender=PRESCRIBER))
        case_id = journey.answer_to(opened).text("PACaseID")
        store = gateway.folder + "/store"
        code, said = run(program, "diff", "built-in", rules, "--in", store)
        check(code == 1 and said.startswith(case_id) and "PHARMACY by self at house -> MEDICAL by self" in said and "1 of 1" in said, said)
        code, said = run(program, "diff", "built-in", "built-in", "--in", store)
        check(code == 0 and said == "0 of 1 decisions change\n", said)
    print("route: all promises kept")


if __name__ == "__main__":
    main()
