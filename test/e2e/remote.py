#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two gateways, of which one is the remote PBM of the other: a price and whole prior authorizations go through the first to the second
and back, whichever way the second answers. usage: remote.py DUALTRACK"""
import http.server
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading

from gateway import Gateway, Journey, Message, Partner, check, example, script, wait_for

PRESCRIBER = "D:1999999001"
OURS = "ZZZ:FRONT"


def remote_config(callback):
    return f"[partner]\nname = front\nid = {OURS}\n" + (f"callback = {callback}\n" if callback else "")


def front_config(port, extra=""):
    return (f"[backend]\nname = remote\nid = PY:REMOTE\nour_id = {OURS}\nscript = http://127.0.0.1:{port}/ncpdp/script\n"
            f"rtpb = http://127.0.0.1:{port}/ncpdp/rtpb\n{extra}\n[route]\nbin = 999999\nbackend = remote\n")


class Pair:
    """`front` is what the test talks to, `back` decides."""

    def __init__(self, program, mailbox=False):
        self.front = Gateway(program)
        self.back = Gateway(program, remote_config(None if mailbox else f"http://127.0.0.1:{self.front.port}/ncpdp/script"))
        with open(self.front.config_file, "a", encoding="utf-8") as out:
            out.write(front_config(self.back.port, "mailbox = true\nanswer_ms = 300" if mailbox else ""))

    def __enter__(self):
        self.back.start()
        self.front.start()
        return self

    def __exit__(self, *_):
        self.front.close()
        self.back.close()


def price(pair):
    """a price is asked of the remote PBM and answered under the head of the question"""
    asked = example("rtpb-request")
    status, body = pair.front.post("/ncpdp/rtpb", asked)
    message = Message(body)
    check(status == 200 and message.kind == "RTPBResponse", f"RTPB is answered in RTPB: {body!r}")
    check(float(message.text("EstimatedPatientFinancialResponsibility")) > 0, "with a price")
    check(message.text("RelatesToMessageID") == re.search("<MessageID>([^<]*)<", asked).group(1), "related to the question as it was asked")
    check("event=ask.done" in pair.front.read_log() and "event=price.done" in pair.back.read_log(), "by the second gateway")


def journey(pair, name):
    whole = Journey(pair.front, name, PRESCRIBER).run()
    check("event=price.done" not in pair.front.read_log() and "event=case.answer" not in pair.front.read_log(), "the front's house decided nothing")
    check("event=case.answer" in pair.back.read_log(), "the second gateway did")
    return whole


def denied(pair):
    """a denial comes back with its reason"""
    through = Journey(pair.front, "no", PRESCRIBER)
    opened = through.send(example("pa-initiation-request", reference=through.reference, sender=PRESCRIBER))
    questions = through.answer_to(opened)
    check(questions.outcome == "Open", "questions come first")
    text = example("pa-request", reference=through.reference, case_id=questions.text("PACaseID"), sender=PRESCRIBER)
    text = text.replace("<PrescriberProvidedNumericAnswer>16<", "<PrescriberProvidedNumericAnswer>4<")
    none = "<Answer><PrescriberProvidedAnswer><ChoiceID>NONE</ChoiceID></PrescriberProvidedAnswer></Answer>"
    text, changed = re.subn(r"(<ChoiceID>NONE</ChoiceID>.*?</Choice>)", lambda found: found.group(1) + none, text, flags=re.DOTALL)
    check(changed == 1, "the example asks why the drug before was given for so short a time")
    decision = through.answer_to(through.send(text))
    check(decision.outcome == "Denied", f"it is denied, not {decision.outcome}")
    check(len(decision.text("PANote") or "") > 10, "and says why")


def metrics(pair):
    """the metrics name the backend"""
    def there():
        """posts to the backend in the metrics"""
        return re.search(rb'dualtrack_backend_posts\{peer="courier.0",backend="remote"\} [1-9]', pair.front.get("/metrics")[1])
    wait_for(there, 5)


def by_callback(program):
    with Pair(program) as pair:
        for part in (price, lambda p: journey(p, "call"), denied, metrics):
            part(pair)


def by_mailbox(program):
    with Pair(program, mailbox=True) as pair:
        for part in (lambda p: journey(p, "mail"), denied):
            part(pair)
        check("event=fetch.item" in pair.front.read_log(), "the answers were fetched")


def without_the_remote(program):
    """while the remote PBM is down: a price is refused in time, a case waits and is decided when it is back"""
    with Pair(program) as pair:
        pair.back.kill_all()
        refused = Message(pair.front.post("/ncpdp/rtpb", example("rtpb-request"))[1])
        check(refused.reject_codes(), "a price is refused in its own standard")
        waiting = Journey(pair.front, "down", PRESCRIBER)
        opened = waiting.send(example("pa-initiation-request", reference=waiting.reference, sender=PRESCRIBER))
        pair.back.start()
        check(waiting.answer_to(opened, 60).outcome == "Open", "the questions come when it is back")


class AtOnce:
    """A PBM that answers a PAInitiationRequest in the HTTP response."""

    def __init__(self):
        self.asked = []
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                message = Message(body)
                stub.asked.append(message)
                common = body.decode().split("<PAInitiationRequest>")[1].split("</PAInitiationRequest>")[0]
                inside = (common + "<Response><ResponseStatus><Closed><PACaseID>R-1</PACaseID><ReasonCode>CG</ReasonCode>"
                          "<PANote>One is open already.</PANote></Closed></ResponseStatus></Response>")
                reply = script("PAInitiationResponse", inside, "R" + message.text("MessageID")[:30], sender="PY:REMOTE",
                               relates=message.text("MessageID")).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/xml")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def at_once(program):
    pbm, partner = AtOnce(), Partner()
    config = f"[partner]\nname = ehr\nid = D:1999999002\ncallback = {partner.url}\n" + front_config(pbm.port)
    with Gateway(program, config) as front:
        asking = Journey(front, "sync", "D:1999999002", partner)
        opened = asking.send(example("pa-initiation-request", reference=asking.reference, sender="D:1999999002"))
        answer = asking.answer_to(opened)
        check(answer.outcome == "Closed" and answer.text("PANote") == "One is open already.", "its answer is passed on")
        check(answer.root.find("Header/From").text == "DUALTRACK", "under the name the prescriber wrote to")
        check(pbm.asked[0].root.find("Header/From").text == "FRONT", "and the PBM was asked under ours")


def the_example(program):
    """`up --example two-pbms`: the house decides for one BIN, the remote PBM for the other"""
    front = Gateway(program)
    port = front.port
    with tempfile.TemporaryDirectory(prefix="dualtrack-e2e-") as folder, open(front.log_file, "wb") as log:
        running = subprocess.Popen([program, "up", "--example", "two-pbms", "--listen", f"127.0.0.1:{port}"], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log, env={**os.environ, "TMPDIR": folder})
        try:
            front.process = running
            wait_for(lambda: front.read_log().count("is ready") == 2, 30)
            for bin_number, asked in (("999999", 0), ("999998", 1)):
                question = example("rtpb-request").replace(">999999<", f">{bin_number}<")
                answer = Message(front.post("/ncpdp/rtpb", question)[1])
                check(answer.text("EstimatedPatientFinancialResponsibility"), f"BIN {bin_number} has a price: {answer.body!r}")
                check(front.read_log().count("event=ask.done") == asked, f"asked where BIN {bin_number} belongs")
        finally:
            running.send_signal(signal.SIGTERM)
            check(running.wait(20) == 0, "it stops cleanly")
        check(not os.listdir(folder), "and leaves nothing behind")
    front.process = None
    front.close()


def main():
    program, failed = sys.argv[1], 0
    for what in (by_callback, by_mailbox, at_once, without_the_remote, the_example):
        try:
            what(program)
            print(f"ok {what.__name__}", flush=True)
        except Exception as fault:  # a broken connection is a failure like any other
            failed += 1
            print(f"not ok {what.__name__}: {type(fault).__name__}: {fault}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
