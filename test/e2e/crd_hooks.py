#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A provider's system with a FHIR server of its own: all six hooks, drugs by NDC, RxNorm concept and HCPCS code, what is read from that server, what is
answered while it or the payer is slow, and what an approval changes.
usage: crd_hooks.py DUALTRACK"""
import copy
import http.server
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

from crd import EXAMPLE, INFORMATION, said, signed
from gateway import Failed, Gateway, check
from pas_bundle import ROOT, actions, call, request, submit

NDC = "http://hl7.org/fhir/sid/ndc"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
INFUSION, PEN = (entry["resource"] for entry in EXAMPLE["context"]["draftOrders"]["entry"])
CONCEPT, CODE = "9990001", "J9990"
LIMIT_S = 5.0  # CRD 2.2.1 found-2


class Ehr:
    """The client's FHIR server: /fhir answers, /away leads elsewhere. `slow` seconds before each answer."""

    def __init__(self):
        self.resources, self.asked, self.slow = {}, [], 0
        ehr = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                ehr.asked.append((self.path, self.headers.get("Authorization")))
                time.sleep(ehr.slow)
                found = ehr.resources.get(self.path.removeprefix("/fhir/").split("?")[0])
                body = json.dumps(found or {"resourceType": "OperationOutcome"}).encode()
                self.send_response(302 if self.path.startswith("/away") else 200 if found else 404)
                self.send_header("Location", ehr.base + self.path.removeprefix("/away"))
                self.send_header("Content-Type", "application/fhir+json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}/fhir"
        self.away = self.base.replace("/fhir", "/away/fhir")
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Client:
    """Signs a token for each call, and knows its gateway."""

    def __init__(self, program, gateway, key, ehr):
        self.program, self.port, self.key, self.ehr = program, gateway.port, key, ehr

    def ask(self, body, base="", status=200, fhir=None):
        path = f"{base}/cds-services/{body['hook']}"
        if fhir:
            body = {**body, "fhirServer": fhir, "fhirAuthorization": {
                "access_token": "EXAMPLE.token", "token_type": "Bearer", "expires_in": 30, "scope": "patient/*.rs", "subject": "dualtrack"}}
        token = signed(self.program, self.key, f"http://127.0.0.1:{self.port}{path}")
        began = time.monotonic()
        got, answer, _ = call(self.port, "POST", path, body, token=token)
        check(got == status, f"{path}: {status}, not {got}: {json.dumps(answer)[:600]}")
        check(time.monotonic() - began < LIMIT_S, f"{path}: in {LIMIT_S} s, not {time.monotonic() - began:.1f}")
        return answer


def hook(name, context=None, **prefetch):
    """The example as another hook; what is None is not sent along."""
    body = copy.deepcopy(EXAMPLE)
    body["hook"] = name
    body["context"] = {"userId": "Practitioner/EX1", "patientId": "EX0001", **(context or {"draftOrders": body["context"]["draftOrders"]})}
    body["prefetch"] = {key: value for key, value in {**body["prefetch"], **prefetch}.items() if value}
    return body


def bundle(*resources):
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource} for resource in resources]}


def ordered(system, code, order=INFUSION):
    return {**order, "medicationCodeableConcept": {"coding": [{"system": system, "code": code}]}}


def by_reference(order=INFUSION, reference="Medication/m1"):
    order = {key: value for key, value in order.items() if key != "medicationCodeableConcept"}
    return {**order, "medicationReference": {"reference": reference}}


def medication(code):
    return {"resourceType": "Medication", "id": "m1", "code": {"coding": [{"system": NDC, "code": code}]}}


def only(answer):
    check(len(answer["systemActions"]) == 1, f"one order is answered: {json.dumps(answer)[:400]}")
    return said(answer["systemActions"][0])


def six_hooks(client):
    check(len(client.ask(hook("order-sign"))["systemActions"]) == 2, "both orders are signed")
    chosen = client.ask(hook("order-select", {"selections": ["MedicationRequest/pen"], "draftOrders": EXAMPLE["context"]["draftOrders"]}))
    check("doc-needed" not in only(chosen) and only(chosen)["info-needed"] == "OTH", f"only what was chosen, and no documents: {chosen}")
    dispatch = {"dispatchedOrders": ["MedicationRequest/infusion"], "performer": "Organization/pharmacy"}
    sent = only(client.ask(hook("order-dispatch", dispatch, medicationRequests=bundle(INFUSION))))
    check((sent["covered"], sent["pa-needed"], sent["doc-needed"]) == ("covered", "auth-needed", "clinical"), f"a dispatched order is answered: {sent}")
    appointment = {"resourceType": "Appointment", "id": "a1", "status": "proposed", "participant": [],
                   "basedOn": [{"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/alternate-reference",
                                               "valueReference": {"reference": "MedicationRequest/infusion"}}]}]}
    booked = client.ask(hook("appointment-book", {"appointments": bundle(appointment)}, medicationRequests=bundle(INFUSION)))
    check(only(booked)["pa-needed"] == "auth-needed", f"an appointment for a drug is answered: {booked}")
    check(booked["systemActions"][0]["resource"]["resourceType"] == "Appointment", "and the answer is put into it")
    for name in ("encounter-start", "encounter-discharge"):
        answer = client.ask(hook(name, {"encounterId": "e1"}))
        check(answer["cards"] == [] and answer["systemActions"] == [], f"{name}: nothing is to be said of a coverage that is known")
        coverage = json.loads(json.dumps(EXAMPLE["prefetch"]["coverage"]).replace("999999", "998877"))
        answer = client.ask(hook(name, {"encounterId": "e1"}, coverage=coverage))
        check([card["source"]["topic"]["code"] for card in answer["cards"]] == ["insurance"], f"{name}: and of another one it is: {answer}")


def codes(client):
    for system, code in ((NDC, "99999020201"), (RXNORM, CONCEPT), (HCPCS, CODE)):
        answer = only(client.ask(hook("order-sign", {"draftOrders": bundle(ordered(system, code))})))
        check((answer["covered"], answer["pa-needed"]) == ("covered", "auth-needed"), f"{system} {code}: {answer}")
        check(answer["questionnaire"].startswith("urn:"), f"{code}: and leads to the questions: {answer}")
    for system, code in ((NDC, "99999999999"), (RXNORM, "9999999"), (HCPCS, "J9999"), ("http://snomed.info/sct", "1")):
        answer = only(client.ask(hook("order-sign", {"draftOrders": bundle(ordered(system, code))})))
        check(answer["covered"] != "covered" and "questionnaire" not in answer, f"{system} {code}: {answer}")
    service = {"resourceType": "ServiceRequest", "id": "s1", "status": "draft", "intent": "order", "subject": {"reference": "Patient/EX0001"},
               "authoredOn": "2026-11-22", "requester": {"reference": "Practitioner/EX1"}, "code": {"coding": [{"system": HCPCS, "code": CODE}]}}
    answer = only(client.ask(hook("order-sign", {"draftOrders": bundle(service)})))
    check(answer["pa-needed"] == "auth-needed", f"a service that is a drug's administration: {answer}")


def options(client):
    for configuration, cards, wanted in (({}, 2, 2), ({"max-cards": 0}, 0, 2), ({"max-cards": 1}, 1, 2), ({"coverage-info": False}, 2, 0), ({"guideline": False}, 1, 2),
                                         ({"therapy-alternatives-opt": False}, 1, 2), ({"nobody-knows": True, "max-cards": 5}, 2, 2)):
        body = hook("order-sign")
        body["extension"] = {"davinci-crd.configuration": configuration}
        answer = client.ask(body)
        check((len(answer["cards"]), len(answer["systemActions"])) == (cards, wanted), f"{configuration}: {json.dumps(answer)[:300]}")
    link = client.ask(hook("order-sign"))["cards"][1]["links"][0]
    check(link["type"] == "absolute" and link["url"].startswith("https://"), f"and a card leads to the criteria: {link}")


def reading(client):
    ehr = client.ehr
    ehr.resources = {"Coverage": EXAMPLE["prefetch"]["coverage"], "Medication/m1": medication("99999020201"), "MedicationRequest/infusion": by_reference()}
    body = hook("order-dispatch", {"dispatchedOrders": ["MedicationRequest/infusion"], "performer": "Organization/pharmacy"}, coverage=None)
    answer = only(client.ask(body, fhir=ehr.base))
    check(answer["pa-needed"] == "auth-needed", f"coverage, order and drug are read: {answer}")
    check([path.split("?")[0] for path, _ in ehr.asked[-1:]] == ["/fhir/Medication/m1"], f"the drug last: {ehr.asked}")
    check(len(ehr.asked) == 3 and {token for _, token in ehr.asked} == {"Bearer EXAMPLE.token"}, f"each once, with the token of the request: {ehr.asked}")
    ehr.asked.clear()
    client.ask(body, status=412)
    client.ask(body, status=412, fhir=ehr.base.replace("127.0.0.1", "127.0.0.2"))
    client.ask(hook("order-sign", coverage=None), status=412, fhir=ehr.away)
    check(ehr.asked == [], f"nothing is read without being told where, nor from elsewhere: {ehr.asked}")
    ehr.resources = {}
    client.ask(body, status=412, fhir=ehr.base)
    ehr.resources = {"Medication/m1": medication("99999020201")}


def slow_server(client):
    client.ehr.slow = 8
    orders = {"draftOrders": bundle(by_reference(), PEN)}
    infusion, pen = (said(action) for action in client.ask(hook("order-sign", orders), fhir=client.ehr.base)["systemActions"])
    check((infusion["covered"], infusion["info-needed"]) == ("conditional", "detail-code"), f"what could not be read is said to be missing: {infusion}")
    check(pen["pa-needed"] == "auth-needed", f"and the rest is answered: {pen}")
    client.ask(hook("order-sign", coverage=None), status=412, fhir=client.ehr.base)
    client.ehr.slow = 0


def slow_payer(client, gateway):
    payer = gateway.roles()["payer.0"]
    os.kill(payer, signal.SIGSTOP)
    try:
        answer = [said(action) for action in client.ask(hook("order-sign"))["systemActions"]]
    finally:
        os.kill(payer, signal.SIGCONT)
    check([one["pa-needed"] for one in answer] == ["auth-needed", "auth-needed"], f"the plan alone is answered from: {answer}")
    check("questionnaire" not in answer[0], "without what only the payer knows")


def member(body, number):
    return json.loads(json.dumps(body).replace('"value": "EX0001"', f'"value": "{number}"').replace('"subscriberId": "EX0001"', f'"subscriberId": "{number}"'))


def members(client):
    nobody = [said(action) for action in client.ask(member(hook("order-sign"), "EX7777"))["systemActions"]]
    check({one["covered"] for one in nobody} == {"not-covered"}, f"a member that the plan does not have: {nobody}")
    check(nobody[0]["reason"]["coding"][0]["code"] == "no-member-found", f"and why: {nobody}")
    pen = said(client.ask(member(hook("order-sign"), "EX0009"))["systemActions"][1])
    check((pen["pa-needed"], pen["satisfied-pa-id"]) == ("satisfied", "HPEXAMPLE"), f"what is on file is enough: {pen}")


def questions(gateway):
    """The Questionnaire that an answer names is one that DTR serves, in that version."""
    named = said(call(gateway.port, "POST", "/cds-services/order-sign", hook("order-sign"))[1]["systemActions"][0])["questionnaire"]
    body = {"resourceType": "Parameters", "parameter": [{"name": "coverage", "resource": EXAMPLE["prefetch"]["coverage"]["entry"][0]["resource"]},
                                                        {"name": "questionnaire", "valueCanonical": named}]}
    status, answer, _ = call(gateway.port, "POST", "/fhir/Questionnaire/$questionnaire-package", body)
    check(status == 200, f"{named} is served: {status} {json.dumps(answer)[:400]}")
    found = answer["parameter"][0]["resource"]["entry"][0]["resource"]
    check(f"{found['url']}|{found['version']}" == named, f"{named}, not {found['url']}|{found['version']}")


def approval(gateway):
    """With nobody asked for tokens, who submits and who asks are the same."""
    def ask():
        return said(call(gateway.port, "POST", "/cds-services/order-sign", hook("order-sign"))[1]["systemActions"][0])
    check(ask()["pa-needed"] == "auth-needed", "nothing is approved yet")
    status, answer, _ = submit(gateway.port, request("EXCRD1", documented="NEITHER"))
    check(status == 200 and actions(answer) == ["A3"], f"it is denied: {status} {json.dumps(answer)[:600]}")
    check(ask()["pa-needed"] == "auth-needed", "a denial changes nothing")
    status, answer, _ = submit(gateway.port, request("EXCRD2"))
    check(status == 200 and actions(answer) == ["A1"], f"it is approved: {status} {json.dumps(answer)[:400]}")
    infusion = ask()
    number = next(e["valueString"] for i in answer["entry"][0]["resource"]["item"] for e in i["adjudication"][0]["extension"][0]["extension"]
                  if e["url"] == "number")
    check((infusion["pa-needed"], infusion["satisfied-pa-id"]) == ("satisfied", number), f"and from then on satisfied by {number}: {infusion}")
    check("doc-needed" not in infusion and infusion["expiry-date"] > infusion["date"], f"until it ends: {infusion}")


def older(client):
    base = "/crd/2.0"
    body = hook("order-sign")
    del body["extension"]
    infusion = client.ask(body, base=base)["systemActions"][0]
    contact = next(part for part in next(e for e in infusion["resource"]["extension"] if e["url"] == INFORMATION)["extension"] if part["url"] == "contact")
    check("valueContactPoint" in contact, f"2.0.1 has ContactPoint: {contact}")
    client.ask(hook("order-sign"), base=base, status=400)
    body["extension"] = {"davinci-crd.requestedVersion": "2.0"}
    check(said(client.ask(body)["systemActions"][0])["pa-needed"] == "auth-needed", "2.0.1 may be asked for at the other base, too")
    services = call(client.port, "GET", f"{base}/cds-services", None)[1]["services"]
    check({s["extension"]["davinci-crd.version"][0] for s in services} == {"2.0"} and len(services) == 6, f"services of 2.0.1: {services}")


def load_formulary(program, folder):
    """The sandbox's plans, with a made-up RxNorm concept and billing code for the infusion."""
    formulary, names, crosswalk = folder / "formulary", folder / "rrf", folder / "crosswalk.csv"
    names.mkdir()
    (names / "RXNCONSO.RRF").write_text(f"{CONCEPT}|ENG||||||9000001||{CONCEPT}||RXNORM|SCD|{CONCEPT}|INFUSAMAB 100 MG Injection||N|4096|\n", encoding="utf-8")
    (names / "RXNSAT.RRF").write_text(f"{CONCEPT}|||9000001|AUI|{CONCEPT}|||NDC|RXNORM|99999020201|N|4096|\n", encoding="utf-8")
    (names / "RXNSTY.RRF").write_text(f"{CONCEPT}|T200|A1|Clinical Drug|AT1|4096|\n", encoding="utf-8")
    pad = "," * 8
    year = time.gmtime().tm_year
    crosswalk.write_text("\r\n".join([
        f"January {year} ASP NDC - HCPCS Crosswalk for Medicare Part B Drugs{pad}", f'"Effective January 1, {year} through December 31, {year}"{pad}', pad, pad,
        f"_{year}_CODE,Short Description,LABELER NAME,NDC2,Drug Name,HCPCS dosage,PKG SIZE,PKG QTY,BILLUNITS,BILLUNITSPKG",
        f"{CODE},Inj example,EXAMPLE,99999-0202-01,Example,1 MG,2.5,10,2.5,25", ""]), encoding="utf-8", newline="")
    for path in (pathlib.Path(ROOT) / "gateway" / "sandbox" / "plan.jsonl", names, crosswalk):
        done = subprocess.run([program, "formulary", "load", str(path), "--into", str(formulary)], capture_output=True, text=True, timeout=60, check=False)
        check(done.returncode == 0, f"{path.name}: {done.stdout}{done.stderr}")
    return formulary


def main():
    program = os.path.abspath(sys.argv[1])
    ehr = Ehr()
    with tempfile.TemporaryDirectory(prefix="dualtrack-e2e-") as name:
        folder = pathlib.Path(name)
        key = str(folder / "ehr")
        subprocess.run([program, "key", "client", key], capture_output=True, timeout=30, check=True)
        try:
            formulary = load_formulary(program, folder)
            config = f"formulary = {formulary}\n"
            with Gateway(program, f"{config}[client]\nid = ehr\njwks = {key}.jwks.json\nfhir_server = {ehr.base}\n") as gateway:
                client = Client(program, gateway, key + ".pem", ehr)
                for part in (six_hooks, codes, options, reading, slow_server, members, older):
                    part(client)
                slow_payer(client, gateway)
            with Gateway(program, f"{config}open = true\n") as gateway:
                questions(gateway)
                approval(gateway)
        except Failed as fault:
            print(f"not ok {fault}")
            return 1
    print("ok six hooks, three kinds of codes, what is read, what is late, and what is approved")
    return 0


if __name__ == "__main__":
    sys.exit(main())
