#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two gateways, of which one is the payer of the other's medical benefit: whole prior authorizations go through the first to the second by Da Vinci PAS,
with tokens, and back; payers that answer late, wrongly or not at all; and kill -9 of the roles of both.
usage: payers.py DUALTRACK [--kills N] [--seed S]"""
import argparse
import http.client
import http.server
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid

from gateway import Failed, Gateway, Journey, Message, check, example, fresh_id, wait_for
from pas_bundle import ROOT, actions, call, claim_of, inquiry, request, resource_of, submit, subscription, update

KEY = "abcdefghijklmnopqrstuvwxyz"
PRESCRIBER = "D:1999999001"


def unique(bundle, of=None):
    """The same with UUIDs of its own, as each submission has; a change `of` another keeps that one's, but for the Claim's."""
    text, known = json.dumps(bundle), {}
    if of:
        known = {old["fullUrl"][9:]: new["fullUrl"][9:] for old, new in zip(request("x")["entry"][1:], of["entry"][1:])}
    for old in sorted(set(re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", text))):
        text = text.replace(old, known.get(old) or str(uuid.uuid4()))
    return json.loads(text)


def backend(name, port, more=""):
    return f"[backend]\nname = {name}\nid = PY:{name.upper()}\nour_id = ZZZ:FRONT\nfhir = http://127.0.0.1:{port}/fhir\n{more}\n"


ROUTE = "[route]\nbenefit = MEDICAL\nbackend = payer\n"


class Pair:
    """`front` is what the test talks to, `back` decides what the medical benefit pays."""

    def __init__(self, program, log="info"):
        self.folder = tempfile.mkdtemp(prefix="dualtrack-e2e-")
        subprocess.run([program, "key", "client", f"{self.folder}/us"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.front = Gateway(program)
        self.back = Gateway(program, f"log = {log}\n[client]\nid = us\njwks = {self.folder}/us.jwks.json\nscopes = system/*.cruds\n"
                                     f"endpoint = http://127.0.0.1:{self.front.port}\n")
        with open(self.front.config_file, "a", encoding="utf-8") as out:
            out.write(f"open = true\nsigning_key = {self.folder}/us.pem\npublic_url = http://127.0.0.1:{self.front.port}\n"
                      + backend("payer", self.back.port, f"client_id = us\nnotify_key = {KEY}\norganizations = 1999999001") + ROUTE)

    def __enter__(self):
        self.back.start()
        self.front.start()
        return self

    def __exit__(self, *_):
        self.front.close()
        self.back.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def expect(answer, status, *wanted):
    check(answer[0] == status, f"{status}, not {answer[0]}: {json.dumps(answer[1])[:600]}")
    check(actions(answer[1]) == list(wanted), f"review action {wanted}, not {actions(answer[1])}: {json.dumps(answer[1])[:400]}")
    return answer[1]


def until_decided(port, bundle, wanted, seconds=40):
    def decided():
        """a decision"""
        answer = submit(port, bundle)
        return answer if answer[0] == 200 and actions(answer[1]) != ["A4"] else None
    return expect(wait_for(decided, seconds, 0.2), 200, wanted)


def deciding(pair):
    """what is decided at once comes back as the payer said it"""
    first = unique(request(fresh_id()))
    approved = expect(submit(pair.front.port, first), 200, "A1")
    check(claim_of(approved)["request"]["reference"] == first["entry"][0]["fullUrl"], "the answer names the Claim as it was sent")
    check(expect(submit(pair.front.port, first), 200, "A1") == approved, "the same bundle gets the same answer")
    denied = expect(submit(pair.front.port, unique(request(fresh_id(), documented="NEITHER"))), 200, "A3")
    check(claim_of(denied)["processNote"][0]["text"], "a denial says why")
    check("event=case.answer" not in pair.front.read_log(), "the front's house decided nothing")
    check(pair.back.read_log().count("event=token.given") == 1, "one token did for all")
    changed = unique(update(fresh_id(), first, infusions=40), first)
    expect(submit(pair.front.port, changed), 200, "A3")


def pending(pair):
    """what is pended is told when it is decided, and asked about at once"""
    told = Told()
    created = call(pair.front.port, "POST", "/fhir/Subscription", subscription(told.url))
    check(created[0] == 201, "a submitter may subscribe at the front")
    asked = unique(request(fresh_id(), site="HOSPITAL"))
    began = time.monotonic()
    pended = expect(submit(pair.front.port, asked), 200, "A4")
    number = next(e["valueString"] for e in claim_of(pended)["item"][0]["extension"] if e["url"].endswith("administrationReferenceNumber"))
    decided = until_decided(pair.front.port, asked, "A2", 30)
    check(time.monotonic() - began < 30, "long before it would have been asked about")
    log = pair.front.read_log()
    check("event=notify.taken" in log and re.search("event=case.news .*asked=1", log), "the payer gave notice")
    wait_for(lambda: decided in [answer for answer in told.answers()], 10)
    by_number = inquiry(fresh_id())
    claim_of(by_number)["item"][0]["extension"].append(
        {"url": "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-administrationReferenceNumber", "valueString": number})
    found = call(pair.front.port, "POST", "/fhir/Claim/$inquire", by_number)
    check([actions(p["resource"]) for p in found[1]["parameter"]] == [["A2"]], "the payer's number finds it here")
    expect(submit(pair.front.port, unique(update(fresh_id(), asked, cancel=True), asked)), 200, "C")


class Told:
    """Takes notifications, and remembers them."""

    def __init__(self):
        self.taken = []
        told = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                told.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/told"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answers(self):
        return [bundle["entry"][1]["resource"] for bundle in self.taken if len(bundle["entry"]) > 1]


def prescriber(pair):
    """a PARequest in SCRIPT for a drug on the medical benefit is decided by the payer, in FHIR, and answered in SCRIPT"""
    before = pair.back.read_log().count("event=case.answer")
    asking = Journey(pair.front, "script", PRESCRIBER)
    answer = asking.answer_to(asking.send(example("pa-request-medical", reference=asking.reference, sender=PRESCRIBER)))
    check(answer.kind == "PAResponse" and answer.outcome in ("Approved", "InProcess"), f"a decision comes back: {answer.kind} {answer.outcome}")
    check(pair.back.read_log().count("event=case.answer") > before, "the payer decided")


def tokens(pair):
    """a payer whose keys changed refuses the token that it gave; another one is asked for"""
    count = pair.back.read_log().count("event=token.given")
    pair.back.stop()
    pair.back.start() # its token key is a new one
    expect(submit(pair.front.port, unique(request(fresh_id()))), 200, "A1")
    check(pair.back.read_log().count("event=token.given") == count + 1, "once")


def whole(program):
    with Pair(program) as pair:
        for part in (deciding, pending, prescriber, tokens):
            part(pair)


class Stub:
    """A payer that does as it is told: a list of what the next submissions are answered with, the last one for ever."""

    def __init__(self):
        self.does, self.seen = ["well"], []
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                does = stub.does.pop(0) if len(stub.does) > 1 else stub.does[0]
                stub.seen.append((self.path, body))
                if does == "late":
                    time.sleep(1.5)
                status, answer = stub.answer(does, body)
                reply = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/fhir+json")
                    self.send_header("Content-Length", str(len(reply)))
                    self.end_headers()
                    self.wfile.write(reply)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

            def handle(self):
                try:
                    super().handle()
                except OSError:
                    pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, does, body):
        if does == "refuses":
            return 422, {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "required",
                                                                        "expression": ["Bundle.entry[0].resource.item[0].quantity"]}]}
        if does == "down":
            return 503, b""
        if does == "garbage":
            return 200, b"<html>welcome</html>"
        answer = copy_answer(body)
        if does == "no reason":
            return 200, with_action(answer, "A3")
        if does == "other patient":
            resource_of(answer, "Patient")["identifier"][0]["value"] = "EX0009"
        return 200, answer


def copy_answer(asked):
    """An approval of the first item, with what it points to."""
    claim = claim_of(asked)
    pas = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"
    response = {"resourceType": "ClaimResponse", "meta": {"profile": [pas + "profile-claimresponse"]}, "status": "active", "type": claim["type"],
                "use": "preauthorization", "patient": claim["patient"], "created": "2026-11-22T09:30:00Z", "insurer": claim["insurer"],
                "requestor": claim["provider"], "request": {"reference": asked["entry"][0]["fullUrl"]}, "outcome": "complete",
                "item": [{"itemSequence": item["sequence"], "adjudication": [{
                    "category": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/adjudication", "code": "submitted"}]},
                    "extension": [{"url": pas + "extension-reviewAction", "extension": [
                        {"url": pas + "extension-reviewActionCode", "valueCodeableConcept": {"coding": [
                            {"system": "https://codesystem.x12.org/005010/306", "code": "A1"}]}}, {"url": "number", "valueString": "EXAUTH9"}]}]}]}
                    for item in claim["item"]]}
    others = [e for e in asked["entry"][1:] if e["resource"]["resourceType"] in ("Patient", "Organization", "Practitioner", "PractitionerRole")]
    return {"resourceType": "Bundle", "meta": {"profile": [pas + "profile-pas-response-bundle"]}, "type": "collection",
            "identifier": {"system": "urn:example:payer", "value": "answer-" + asked["identifier"]["value"]}, "timestamp": "2026-11-22T09:30:00.000Z",
            "entry": [{"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": response}] + json.loads(json.dumps(others))}


def with_action(answer, action):
    for item in claim_of(answer)["item"]:
        item["adjudication"][0]["extension"][0]["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] = action
    return answer


def however(program):
    """a payer that answers well, late, not at all, wrongly"""
    stub, other = Stub(), Stub()
    config = "open = true\npas_wait_ms = 500\n" + backend("payer", stub.port, "timeout_ms = 700\nretries = 100") + ROUTE
    with Gateway(program, config) as front:
        for first, meanwhile in (("well", None), ("late", "A4"), ("down", "A4"), ("garbage", "A4"), ("no reason", "A4"), ("other patient", "A4")):
            stub.does, asked, before = [first, "well"], unique(request(fresh_id())), len(stub.seen)
            answer = expect(submit(front.port, asked), 200, meanwhile or "A1")
            until_decided(front.port, asked, "A1", 30)
            sent = [body for path, body in stub.seen[before:] if path == "/fhir/Claim/$submit"]
            check(len(sent) == (1 if first == "well" else 2) and all(body == sent[0] for body in sent), f"{first}: the same request once more at most")
            check(sent[0]["identifier"]["value"] != asked["identifier"]["value"] and sent[0]["entry"] == asked["entry"], "as it came, under a name of ours")
            check(answer, "and never left without an answer")
        stub.does = ["refuses"]
        refused = submit(front.port, unique(request(fresh_id())))
        check(refused[0] == 200 and claim_of(refused[1])["outcome"] == "error", "a refusal is told as an error of the request")
        check("HTTP 422" in json.dumps(refused[1]) and "item[0].quantity" in json.dumps(refused[1]), "with what the payer said")
    config = ("open = true\npas_wait_ms = 2000\n" + backend("payer", 1, "timeout_ms = 700\nsecond = other") + backend("other", other.port) + ROUTE)
    with Gateway(program, config) as front:
        expect(submit(front.port, unique(request(fresh_id()))), 200, "A1")
        check(len(other.seen) == 1, "the second is asked when the first cannot be reached")


def kills(program, times):
    """the roles of both are killed while requests go through: what was acknowledged is decided, and decided once"""
    with Pair(program) as pair:
        stop, faults, decided = threading.Event(), [], {}

        def send(which):
            number = 0
            while not stop.is_set():
                number += 1
                name, wanted = fresh_id(f"k{which}-"), random.choice(["A1", "A3"])
                bundle = json.dumps(unique(request(name, documented="NEITHER" if wanted == "A3" else "DIAGNOSIS"))).encode()
                end, answer = time.monotonic() + 90, None
                while time.monotonic() < end and answer is None:
                    try:
                        status, resource, _ = submit(pair.front.port, bundle)
                    except (OSError, ValueError, http.client.HTTPException):
                        time.sleep(0.05)
                        continue
                    if status == 200 and actions(resource) != ["A4"]:
                        answer = resource
                    elif status not in (200, 502, 503, 504):
                        faults.append(f"{status}: {json.dumps(resource)[:300]}")
                        return
                    time.sleep(0.05)
                if answer is None or actions(answer) != [wanted]:
                    faults.append(f"{wanted} within 90 s, not {answer and actions(answer)}")
                    return
                decided[name] = (bundle, answer)

        senders = [threading.Thread(target=send, args=(i,)) for i in range(3)]
        for sender in senders:
            sender.start()
        killed = 0
        while killed < times and not faults:
            time.sleep(random.uniform(0.1, 0.8))
            gateway = random.choice((pair.front, pair.back))
            role = random.choice(list(gateway.roles()) or [None])
            killed += bool(role and gateway.kill(role))
        stop.set()
        for sender in senders:
            sender.join(120)
        check(not faults, f"nothing goes wrong: {faults}")
        check(len(decided) >= 3, "requests went through")
        for bundle, answer in decided.values():
            wait_for(lambda bundle=bundle, answer=answer: same_answer(pair.front.port, bundle, answer), 30)
        opened = re.findall(r"event=case.event .*event=SUBMIT before=NEW", pair.back.read_log())
        check(len(opened) == len(decided), f"the payer opened {len(opened)} cases for {len(decided)} requests")
        print(f"   {killed} kills, {len(decided)} requests decided once each", flush=True)


def same_answer(port, bundle, answer):
    """the same answer again"""
    try:
        status, resource, _ = submit(port, bundle)
    except (OSError, ValueError, http.client.HTTPException):
        return False
    check(status != 200 or resource == answer, "what was answered once is the answer for ever")
    return status == 200


def documented(program, url):
    """what docs/remote-payers.md tells a newcomer to type, as it stands there"""
    with open(os.path.join(ROOT, "docs", "remote-payers.md"), encoding="utf-8") as page:
        lines = re.search(r"```\n(curl .*?)```", page.read(), re.S).group(1).replace("http://127.0.0.1:8080", url)
    head = f'set -e\ncd {ROOT}\ndualtrack() {{ local word=$1; shift; "{program}" "$word" --to {url} "$@"; }}\n'
    done = subprocess.run(["bash", "-c", head + lines], capture_output=True, text=True, timeout=60, check=False)
    check(done.returncode == 0 and '"ClaimResponse"' in done.stdout and "PAResponse" in done.stdout,
          f"the commands work: {done.returncode} {done.stdout[-600:]} {done.stderr}")


def the_example(program):
    """`up --example two-payers`: the medical benefit is asked of the second gateway, in both standards"""
    front = Gateway(program)
    with tempfile.TemporaryDirectory(prefix="dualtrack-e2e-") as folder, open(front.log_file, "wb") as log:
        running = subprocess.Popen([program, "up", "--example", "two-payers", "--listen", f"127.0.0.1:{front.port}"], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log, env={**os.environ, "TMPDIR": folder})
        try:
            front.process = running
            wait_for(lambda: front.read_log().count("is ready") == 2, 30)
            expect(submit(front.port, unique(request(fresh_id()))), 200, "A1")
            documented(os.path.abspath(program), f"http://127.0.0.1:{front.port}")
            answer = Message(front.post("/ncpdp/rtpb", example("rtpb-request"))[1])
            check(answer.text("EstimatedPatientFinancialResponsibility"), "the pharmacy benefit stays at the front")
            log_now = front.read_log()
            check("event=remote.token" in log_now and "event=remote.heard" in log_now, "with a token, at the payer")
        finally:
            running.send_signal(signal.SIGTERM)
            check(running.wait(20) == 0, "it stops cleanly")
        check(not os.listdir(folder), "and leaves nothing behind")
    front.process = None
    front.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    given = parser.parse_args()
    random.seed(given.seed)
    failed = 0
    for what in (whole, however, lambda program: kills(program, given.kills), the_example):
        name = getattr(what, "__name__", "")
        name = "kills" if name == "<lambda>" else name
        if given.only and name != given.only:
            continue
        try:
            what(given.program)
            print(f"ok {name}", flush=True)
        except Exception as fault:  # a broken connection is a failure like any other
            failed += 1
            print(f"not ok {name}: {type(fault).__name__}: {fault}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
