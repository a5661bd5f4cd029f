#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A vendor's program asks over plain HTTP which benefit pays, and what a request would come to: with which scopes, and which cases it may know of.
usage: route_http.py DUALTRACK"""
import copy
import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from gateway import Failed, Gateway, Journey, check, example, fresh_id
from pas_bundle import request, submit

PEN, INFUSION = "99999010101", "99999020201"
ORDER = {"coverage": {"pharmacy": {"bin": "999999", "pcn": "EXPCN", "group": "EXGRP"}}, "order": {"ndc": PEN}, "member_id": "EX0001", "prescriber_npi": "1999999001"}


def ask(port, path, body, token=None):
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(asked, timeout=15) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def ahead(port, token=None, **changes):
    body = {name: value for name, value in {**copy.deepcopy(ORDER), **changes}.items() if value}
    status, answer = ask(port, "/route/preflight", body, token)
    check(status == 200, f"a pre-flight is answered: {status} {json.dumps(answer)}")
    return answer["preflight"]


def cases(program):
    with Gateway(program, "open = true\n") as gateway:
        check("cases" not in ahead(gateway.port) and ahead(gateway.port)["authorization"] == "NEEDED", "nothing was asked for yet")
        journey = Journey(gateway, "A", "D:1999999001")
        opened = journey.send(example("pa-initiation-request", reference=journey.reference, sender=journey.sender))
        found = ahead(gateway.port)["cases"]
        check([(c["standard"], c["track"], c["own"], "reference" in c) for c in found] == [("SCRIPT", "PHARMACY", False, False)], f"the open case: {found}")
        check(found[0]["state"] in ("INITIATED", "OPEN"), f"it is open: {found}")
        check("cases" not in ahead(gateway.port, prescriber_npi="1999999999"), "who does not know who ordered hears of none")
        check("cases" not in ahead(gateway.port, member_id="EX0002"), "nor who does not know the member")
        check("cases" not in ahead(gateway.port, order={"ndc": "99999000303"}), "it is of this drug only")
        journey.answer_to(opened)
        journey.run()
        states = sorted(c["state"] for c in ahead(gateway.port)["cases"])
        check(states == ["APPROVED"] or states == ["APPROVED", "OPEN"], f"what was approved is told: {states}")
        status, _ = submit(gateway.port, request(fresh_id()))[:2]
        check(status == 200, "a PAS request is taken")
        found = ahead(gateway.port, order={"ndc": INFUSION}, prescriber_npi="")["cases"]
        check([(c["standard"], c["track"], c["own"]) for c in found] == [("PAS", "MEDICAL", True)], f"one's own is known without more: {found}")


def scopes(program, folder):
    config, tokens = "", {}
    for name, allowed in (("vendor", "system/CoverageEligibilityRequest.c system/Claim.r"), ("other", "system/Claim.cu")):
        key = os.path.join(folder, name)
        subprocess.run([program, "key", "client", key], capture_output=True, timeout=30, check=True)
        config += f"[client]\nid = {name}\njwks = {key}.jwks.json\nscopes = {allowed}\n"
    with Gateway(program, config) as gateway:
        for name in ("vendor", "other"):
            done = subprocess.run([program, "token", "--to", f"http://127.0.0.1:{gateway.port}", "--key", os.path.join(folder, name + ".pem"), "--client", name],
                                  capture_output=True, text=True, timeout=30, check=True)
            tokens[name] = done.stdout.strip()
        for token, path, wanted in ((None, "/route", 401), (None, "/route/preflight", 401), (None, "/route/nothing", 401), ("other", "/route", 403),
                                    ("other", "/route/preflight", 403), ("vendor", "/route", 200), ("vendor", "/route/preflight", 200), ("vendor", "/route/nothing", 404)):
            status, answer = ask(gateway.port, path, ORDER, tokens.get(token))
            check(status == wanted and (status == 200 or answer["code"]), f"{token} at {path}: {status} {answer}")
        metrics = gateway.get("/metrics")[1]
        check('dualtrack_requests_total{family="route",result="answered"} 2' in str(metrics), "requests are counted")


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="dualtrack-e2e-") as folder:
        try:
            cases(program)
            scopes(program, folder)
        except Failed as fault:
            print(f"not ok {fault}")
            return 1
    print("ok a program asks which benefit pays, and what a request would come to")
    return 0


if __name__ == "__main__":
    sys.exit(main())
