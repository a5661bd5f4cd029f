#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""PBM and payer are asked which benefit pays, in a gateway of real processes: what they say decides, what they said before is not asked again, and neither
silence nor the death of whoever asks them costs more than the time that was set for it. usage: asking.py DUALTRACK"""
import http.server
import json
import os
import re
import sys
import tempfile
import threading
import time

from gateway import Failed, Gateway, Message, check, example, fresh_id, wait_for

PRESCRIBER = "D:1999999001"
BUDGET_MS = 800

PRICED = """<?xml version="1.0"?><Message RTPBVersion="13"><Header><To><Primary><Identification>1234567893</Identification><Qualifier>D</Qualifier></Primary></To>
<From><Primary><Identification>REMOTE</Identification><Qualifier>PY</Qualifier></Primary></From><MessageID>{id}</MessageID><RelatesToMessageID>{relates}</RelatesToMessageID>
<SentTime>2026-11-22T09:30:01Z</SentTime></Header><Body><RTPBResponse><Response><Processed/></Response><ResponseProduct><Product><DrugCoded><NDC>99999010101</NDC></DrugCoded></Product>
<ePAEnabled>false</ePAEnabled><PricingAndCoverages><Pharmacy><PharmacyType>R</PharmacyType></Pharmacy><PricingAndCoverage><PricingAndCoverageIndicator>R</PricingAndCoverageIndicator>
<CoverageStatusCode>NC</CoverageStatusCode><CoverageRestriction><CoverageRestrictionCode>{code}</CoverageRestrictionCode></CoverageRestriction></PricingAndCoverage></PricingAndCoverages>
</ResponseProduct></RTPBResponse></Body></Message>"""


def covered(word):
    url = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
    said = {"url": url, "extension": [{"url": "covered", "valueCode": word}]}
    order = {"resourceType": "MedicationRequest", "id": "1", "extension": [said]}
    return json.dumps({"cards": [], "systemActions": [{"type": "update", "description": "x", "resource": order}]})


class Others:
    """A PBM at /rtpb and /script and a payer at /cds-services, as the test wants them."""

    def __init__(self):
        self.prices, self.hooks = [], []
        self.code, self.word, self.silent_s = "817", "indeterminate", 0
        others = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path.startswith("/script"):
                    return self.say(503, "text/plain", "")
                if self.path.startswith("/rtpb"):
                    others.prices.append(body.decode())
                    time.sleep(others.silent_s)
                    asked = Message(body)
                    return self.say(200, "application/xml", PRICED.format(id=fresh_id(), relates=asked.text("MessageID"), code=others.code))
                others.hooks.append(json.loads(body))
                time.sleep(others.silent_s)
                return self.say(200, "application/json", covered(others.word))

            def say(self, status, media, text):
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", media)
                    self.send_header("Content-Length", str(len(text.encode())))
                    self.end_headers()
                    self.wfile.write(text.encode())
                except OSError:
                    pass  # nobody waits any more

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def config(folder, others):
    says = os.path.join(folder, "says.txt")
    with open(says, "w", encoding="utf-8") as out:
        out.write("code | ndc=99999010101 | COMPENDIUM:hcpcs=J9990 | a list of billing codes\n")
    return (f"says = {says}\nevidence_ms = {BUDGET_MS}\n"
            f"[backend]\nname = remote\nid = PY:REMOTE\nour_id = ZZZ:FRONT\nscript = {others.url}/script\nrtpb = {others.url}/rtpb\n"
            f"[backend]\nname = payer\nid = PY:PAYER\nour_id = ZZZ:FRONT\ncds = {others.url}/cds-services\n"
            "[route]\nbin = 999999\nbackend = remote\n[route]\nbenefit = MEDICAL\nbackend = payer\n")


class Order:
    """One order, sent; how long its Status took, and what was decided of it."""

    def __init__(self, gateway, member, meanwhile=None):
        text = example("pa-initiation-request", reference=f"REF-{os.urandom(4).hex()}", sender=PRESCRIBER)
        text = re.sub("<CardholderID>[^<]*<", f"<CardholderID>{member}<", text)
        before = len(gateway.read_log())
        began = time.monotonic()
        if meanwhile:
            threading.Timer(0.2, meanwhile).start()
        status, answer = gateway.post("/ncpdp/script", text)
        self.ms = (time.monotonic() - began) * 1000
        check(status == 200 and Message(answer).kind == "Status", f"the order is taken: {answer}")

        def decided():
            """the decision in the log"""
            return re.search(r"event=request.done .*kind=PAInitiationRequest track=(\w+) rule=([\w-]+)", gateway.read_log()[before:])
        self.track, self.rule = wait_for(decided).groups()


def walk(program, folder):
    others = Others()
    with Gateway(program, config(folder, others)) as gateway:
        first = Order(gateway, "EX0001")
        check((first.track, first.rule) == ("MEDICAL", "told-medical"), f"817 decides: {first.track} {first.rule}")
        check(len(others.prices) == 1 and len(others.hooks) == 1, "both were asked, once")
        check("<LastName>TESTPATIENT</LastName>" in others.prices[0] and "99999010101" in others.prices[0], others.prices[0])
        check(others.hooks[0]["hook"] == "order-sign" and first.ms < BUDGET_MS, f"within the time, {first.ms:.0f} ms")
        asked = len(others.prices)
        for _ in range(6):  # each worker remembers for itself
            again = Order(gateway, "EX0001")
            check((again.track, again.rule) == ("MEDICAL", "told-medical"), f"{again.track} {again.rule}")
        check(len(others.prices) <= asked + 1, f"what was said is not asked again by the same worker: {len(others.prices)}")
        print("ok what PBM and payer say decides, and is remembered")
        others.code, others.word = "76", "covered"
        payer = Order(gateway, "EX0002")
        check((payer.track, payer.rule) == ("MEDICAL", "told-medical"), f"the payer's covered decides: {payer.track} {payer.rule}")
        others.word, others.silent_s = "indeterminate", 5
        silent = Order(gateway, "EX0003")
        check((silent.track, silent.rule) == ("PHARMACY", "routed-billable"), f"silence decides nothing: {silent.track} {silent.rule}")
        check(BUDGET_MS * 0.8 <= silent.ms < BUDGET_MS + 1500, f"and costs the time that was set: {silent.ms:.0f} ms")
        print("ok silence costs the time that was set for it")
        asked = len(others.prices)
        killed = []
        dead = Order(gateway, "EX0004", lambda: killed.append(gateway.kill("courier.0")))
        check(killed == [True], "the courier was killed while it waited")
        check((dead.track, dead.rule) == ("PHARMACY", "routed-billable"), f"{dead.track} {dead.rule}")
        check(200 <= dead.ms < BUDGET_MS + 1500, f"a courier that dies holds nothing up: {dead.ms:.0f} ms")
        check(len(others.prices) == asked + 1, "it had asked")
        print("ok a courier that dies holds nothing up")
        wait_for(lambda: "courier.0" in gateway.roles())
        others.silent_s = 0
        others.code = "817"
        check(wait_for(lambda: Order(gateway, fresh_id()[:12]).rule == "told-medical"), "its next life is asked again")
        status = gateway.stop()
        check(status == 0, f"it stops well: {status}")
        log = gateway.read_log()
        check("TESTPATIENT" not in log and "EX0003" not in log, "nothing of a patient is in the log")
        print("ok its next life is asked again, and the log knows nobody")


def main():
    with tempfile.TemporaryDirectory(prefix="dualtrack-e2e-") as folder:
        try:
            walk(os.path.abspath(sys.argv[1]), folder)
        except Failed as fault:
            print(f"not ok {fault}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
