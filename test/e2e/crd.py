#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A provider's system that asks over CDS Hooks while an order is written, with tokens that it signs, and takes the answer on to the payer's questions.
usage: crd.py DUALTRACK"""
import copy
import json
import os
import subprocess
import sys
import tempfile

from gateway import Failed, Gateway, check
from pas_bundle import ROOT, call

INFORMATION = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
with open(os.path.join(ROOT, "docs", "examples", "crd-order-sign.json"), encoding="utf-8") as source:
    EXAMPLE = json.load(source)


def said(action):
    """coverage-information of an action by its parts' names; details are left out."""
    extension = next(e for e in action["resource"]["extension"] if e["url"] == INFORMATION)
    return {part["url"]: next(v for k, v in part.items() if k.startswith("value")) for part in extension["extension"] if part["url"] != "detail"}


def call_service(port, token, body, service="order-sign"):
    return call(port, "POST", f"/cds-services/{service}", body, token=token)[:2]


def signed(program, key, service, client="ehr"):
    done = subprocess.run([program, "token", "--cds", service, "--key", key, "--client", client], capture_output=True, text=True, timeout=30, check=False)
    check(done.returncode == 0, done.stderr)
    return done.stdout.strip()


def asking(program, port, key):
    service = f"http://127.0.0.1:{port}/cds-services/order-sign"
    token = signed(program, key, service)
    status, answer = call_service(port, token, EXAMPLE)
    check(status == 200 and len(answer["systemActions"]) == 2, f"both orders are answered: {status} {json.dumps(answer)[:400]}")
    infusion, pen = (said(action) for action in answer["systemActions"])
    check((infusion["covered"], infusion["pa-needed"]) == ("covered", "auth-needed"), f"the medical benefit pays the infusion: {infusion}")
    check((pen["covered"], pen["info-needed"]) == ("conditional", "OTH"), f"the pharmacy benefit pays the pen: {pen}")
    for sent, action in zip(EXAMPLE["context"]["draftOrders"]["entry"], answer["systemActions"], strict=True):
        order = copy.deepcopy(action["resource"])
        order["extension"] = [e for e in order["extension"] if e["url"] != INFORMATION]
        check(order == {**sent["resource"], "extension": []}, "nothing else of the order is changed")
    for wrong, why in ((token, "a token is good once"), (None, "nobody asks without a token"),
                       (signed(program, key, service.replace("sign", "select")), "a token is for one service"),
                       (signed(program, key, service, "someone"), "and of a client that is known")):
        status, refused = call_service(port, wrong, EXAMPLE)
        check(status == 401 and refused["resourceType"] == "OperationOutcome", f"{why}: {status}")
    again = call_service(port, signed(program, key, service), EXAMPLE)[1]
    check(said(again["systemActions"][0])["coverage-assertion-id"] == infusion["coverage-assertion-id"], "the same answer has the same id")
    return infusion["coverage-assertion-id"]


def on_to_dtr(port, context):
    coverage = EXAMPLE["prefetch"]["coverage"]["entry"][0]["resource"]
    body = {"resourceType": "Parameters", "parameter": [{"name": "coverage", "resource": coverage}, {"name": "context", "valueString": context}]}
    status, answer, _ = call(port, "POST", "/fhir/Questionnaire/$questionnaire-package", body)
    check(status == 200, f"the id leads to the questions: {status} {json.dumps(answer)[:400]}")
    check(answer["parameter"][0]["resource"]["entry"][0]["resource"]["resourceType"] == "Questionnaire", "which are a Questionnaire")
    body["parameter"][1]["valueString"] = context[:-2] + ("AA" if context[-2:] != "AA" else "BA")
    check(call(port, "POST", "/fhir/Questionnaire/$questionnaire-package", body)[0] == 404, "another id leads nowhere")


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="dualtrack-e2e-") as folder:
        key = os.path.join(folder, "ehr")
        subprocess.run([program, "key", "client", key], capture_output=True, timeout=30, check=True)
        config = f"[client]\nid = ehr\njwks = {key}.jwks.json\nscopes = system/Claim.cu\n"
        try:
            with Gateway(program, config) as gateway:
                check(call(gateway.port, "GET", "/cds-services", None)[0] == 200, "services are found without a token")
                context = asking(program, gateway.port, key + ".pem")
            with Gateway(program, "open = true\n") as gateway:
                answer = call_service(gateway.port, None, EXAMPLE)[1]
                context, old = said(answer["systemActions"][0])["coverage-assertion-id"], context
                check(context != old, "another gateway's ids are others")
                on_to_dtr(gateway.port, context)
        except Failed as fault:
            print(f"not ok {fault}")
            return 1
    print("ok an order is answered, once for each token, and its answer leads to the payer's questions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
