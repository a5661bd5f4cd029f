#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A provider's system that speaks Da Vinci PAS to a gateway of real processes: every step of a prior authorization, and what is refused.
usage: pas.py DUALTRACK"""
import http.server
import json
import os
import sys
import threading

from gateway import Failed, Gateway, check, fresh_id, wait_for
from pas_bundle import actions, call, claim_of, inquiry, request, resource_of, submit, subscription, update, with_second_item

OPEN = "open = true\n"


class Subscriber:
    """Takes notifications, and remembers them."""

    def __init__(self):
        self.taken, self.status = [], 200
        subscriber = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if subscriber.status == 200:
                    subscriber.taken.append((self.headers, json.loads(body)))
                self.send_response(subscriber.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/told"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self):
        """Number and answer of each event, as they came."""
        found = []
        for _, bundle in self.taken:
            status = {part["name"]: part for part in bundle["entry"][0]["resource"]["parameter"]}
            if status["type"]["valueCode"] == "event-notification":
                number = next(p["valueString"] for p in status["notification-event"]["part"] if p["name"] == "event-number")
                found.append((int(number), bundle["entry"][1]["resource"]))
        return found


def expect(answer, status, *wanted):
    check(answer[0] == status, f"{status}, not {answer[0]}: {json.dumps(answer[1])[:600]}")
    if status == 200:
        check(actions(answer[1]) == list(wanted), f"review action {wanted}, not {actions(answer[1])}")
    else:
        check(answer[1]["resourceType"] == "OperationOutcome", "a refusal is an OperationOutcome")
    return answer[1]


def deciding(port):
    name = fresh_id()
    first = request(name)
    approved = expect(submit(port, first), 200, "A1")
    check(approved["entry"][0]["resource"]["request"]["reference"] == first["entry"][0]["fullUrl"], "the answer names the Claim")
    check(expect(submit(port, first), 200, "A1") == approved, "the same bundle gets the same answer")
    other = request(name, infusions=7)
    expect(submit(port, other), 409)
    denied = expect(submit(port, request(fresh_id(), documented="NEITHER")), 200, "A3")
    check(claim_of(denied)["processNote"][0]["text"], "a denial says why")
    return first


def changing(port, first):
    second = update(fresh_id(), first, infusions=40)
    expect(submit(port, second), 200, "A3")
    expect(submit(port, update(fresh_id(), second)), 409)
    two = with_second_item(request(fresh_id()))
    expect(submit(port, two), 200, "A1", "A1")
    third = with_second_item(update(fresh_id(), two), cancelled=True)
    answer = expect(submit(port, third), 200, "A1", "C")
    check([item["itemSequence"] for item in claim_of(answer)["item"]] == [1, 2], "each item of an update has its result under its number")
    again = request(fresh_id())
    expect(submit(port, again), 200, "A1")
    expect(submit(port, update(fresh_id(), again, cancel=True)), 200, "C")
    expect(submit(port, update(fresh_id(), again)), 409)
    expect(submit(port, update(fresh_id(), request(fresh_id()))), 404)


def pended(port, subscriber):
    status, created, headers = call(port, "POST", "/fhir/Subscription", subscription(subscriber.url))
    check(status == 201 and created["status"] == "requested", f"a Subscription is created, not {status}")
    place = headers["Location"]
    wait_for(lambda: call(port, "GET", place)[1]["status"] == "active", 10)
    check(subscriber.taken[0][0]["Authorization"] == "Bearer EXAMPLE", "its header lines go with what it is told")
    slow = request(fresh_id(), site="HOSPITAL")
    waiting = expect(submit(port, slow), 200, "A4")
    number = next(e["valueString"] for e in claim_of(waiting)["item"][0]["extension"] if e["url"].endswith("administrationReferenceNumber"))
    check(number.startswith("PA-"), "a pended item has our number")
    event = wait_for(subscriber.events, 20)
    check(len(event) == 1 and event[0][0] == 1 and actions(event[0][1]) == ["A2"], f"the later decision comes as event 1: {event}")
    check(expect(submit(port, slow), 200, "A2") == event[0][1], "and is the present answer")
    found = call(port, "POST", "/fhir/Claim/$inquire", inquiry(fresh_id(), slow))[1]
    check(found["resourceType"] == "Parameters" and len(found["parameter"]) == 1, "an inquiry by number finds one")
    check(actions(found["parameter"][0]["resource"]) == ["A2"], "and its present answer")
    check(call(port, "DELETE", place)[0] == 200 and call(port, "GET", place)[0] == 404, "a Subscription that was ended is gone")
    expect(submit(port, request(fresh_id(), site="HOSPITAL")), 200, "A4")
    return slow


def earlier_version(port):
    """2.0.1 at its own base address: an inquiry gives one bundle, and what is not there is not found."""
    asked = request(fresh_id())
    status, answer, _ = call(port, "POST", "/fhir/2.0/Claim/$submit", asked)
    check(status == 200 and actions(answer) == ["A1"], f"2.0.1 is decided too: {status} {answer}")
    status, answer, _ = call(port, "POST", "/fhir/2.0/Claim/$inquire", inquiry(fresh_id(), asked))
    check(status == 200 and answer["resourceType"] == "Bundle" and actions(answer) == ["A1"], f"2.0.1 inquires: {status} {answer}")
    nobody = inquiry(fresh_id())
    resource_of(nobody, "Coverage")["identifier"][0]["value"] = "EX9999"
    expect(call(port, "POST", "/fhir/2.0/Claim/$inquire", nobody), 404)


def refused(port, subscriber):
    for endpoint in ("http://192.0.2.1/x", "https://192.0.2.1/x", "http://127.0.0.1@192.0.2.1/x", "file:///etc/passwd", "gopher://127.0.0.1:1/"):
        check(call(port, "POST", "/fhir/Subscription", subscription(endpoint))[0] in (403, 422), f"nothing is posted to {endpoint}")
    hostile = subscription(subscriber.url)
    for line in ("Host: 192.0.2.1", "Content-Length: 0", "X-A: b\r\nHost: c", "Authorization: \"x\""):
        hostile["channel"]["header"] = [line]
        check(call(port, "POST", "/fhir/Subscription", hostile)[0] == 422, f"no header {line!r}")
    expect(call(port, "PUT", "/fhir/Subscription/nobody", dict(subscription(subscriber.url), id="nobody")), 404)
    expect(call(port, "DELETE", "/fhir/Subscription/nobody"), 404)
    for path in ("$submit", "$inquire"):
        expect(call(port, "POST", f"/fhir/Claim/{path}", {"resourceType": "Bundle", "type": "collection", "entry": []}), 422)
        expect(call(port, "POST", f"/fhir/Claim/{path}", b"{"), 400)
        expect(call(port, "GET", f"/fhir/Claim/{path}"), 405)
    elsewhere = request(fresh_id())
    for each in resource_of(elsewhere, "Coverage")["class"]:
        each["value"] = "998877"
    status, answer, _ = submit(port, elsewhere)
    check(status == 200 and claim_of(answer)["outcome"] == "error" and "plan" in claim_of(answer)["error"][0]["code"]["text"],
          "a coverage that nobody knows is a business error that says so")
    drug = request(fresh_id())
    order = resource_of(drug, "MedicationRequest")["medicationCodeableConcept"]["coding"]
    order[:] = [dict(code, code="99999010101") for code in order if code["system"].endswith("ndc")]
    del resource_of(drug, "Practitioner")["telecom"]
    del resource_of(drug, "PractitionerRole")["telecom"]
    status, answer, _ = submit(port, drug)
    check(status == 200 and claim_of(answer)["outcome"] == "error" and "SCRIPT" in claim_of(answer)["error"][0]["code"]["text"],
          f"what SCRIPT must have and is not said is asked for: {answer}")


def away(gateway):
    """With the payer gone the answer is A4 in time, and the decision comes when it is back."""
    gateway.kill("payer")
    gateway.kill("payer.0")
    slow = request(fresh_id())
    answer = submit(gateway.port, slow)
    check(answer[0] == 200 and actions(answer[1])[0] in ("A1", "A4"), f"an answer in time: {answer}")
    wait_for(lambda: actions(submit(gateway.port, slow)[1]) == ["A1"], 20)


def main():
    program = os.path.abspath(sys.argv[1])
    subscriber = Subscriber()
    try:
        with Gateway(program, OPEN) as gateway:
            first = deciding(gateway.port)
            changing(gateway.port, first)
            pended(gateway.port, subscriber)
            earlier_version(gateway.port)
            refused(gateway.port, subscriber)
            away(gateway)
            check(gateway.stop() == 0, "it ends as it should")
    except Failed as fault:
        print(f"not ok {fault}")
        return 1
    print("ok PAS: decided, changed, cancelled, pended and told, inquired, refused")
    return 0


if __name__ == "__main__":
    sys.exit(main())
