#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A remote PBM that answers well, late, not at all or wrongly: for each row of a table what it says, how often it must be asked (always
under one MessageID with the same bytes), and what the prescriber must hear. usage: pbm_answers.py DUALTRACK"""
import http.client
import http.server
import re
import sys
import threading
import time

from gateway import Failed, Gateway, Journey, Message, Partner, check, example, script

EHR = "D:1999999002"
TIMEOUT_MS = 1000
SETTLES = 1.5  # seconds after the answer in which nothing more may come


def common(asked, kind):
    """What an answer repeats of the question: everything up to the drug."""
    return asked.body.decode().split(f"<{kind}>")[1].split("</MedicationPrescribed>")[0] + "</MedicationPrescribed>"


def answer(asked, relates, status):
    """The business answer to what was asked."""
    kind = asked.kind.replace("Request", "Response")
    inside = f"{common(asked, asked.kind)}<Response><ResponseStatus>{status}</ResponseStatus></Response>"
    return script(kind, inside, "A" + asked.text("MessageID")[:20] + str(time.monotonic_ns())[-10:], sender="PY:REMOTE", relates=relates)


def closed(asked, relates=None):
    note = "<Closed><PACaseID>R-1</PACaseID><ReasonCode>CG</ReasonCode><PANote>One is open already.</PANote></Closed>"
    return answer(asked, relates or asked.text("MessageID"), note)


def denied(asked, note="<PANote>Another drug comes first.</PANote>"):
    return answer(asked, asked.text("MessageID"), "<Denied><PACaseID>R-1</PACaseID><Appeal><IsEAppealSupported>N</IsEAppealSupported>"
                  f"</Appeal>{note}</Denied>")


def status(asked):
    return script("Status", "<Code>010</Code>", "S" + asked.text("MessageID")[:30], sender="PY:REMOTE", relates=asked.text("MessageID"))


def error(asked, code, words):
    return script("Error", f"<Code>{code}</Code><Description>{words}</Description>", "E" + asked.text("MessageID")[:30], sender="PY:REMOTE",
                  relates=asked.text("MessageID"))


# One thing that the PBM does with one post: (HTTP status, body), or None to leave it without an answer.
def says_closed(asked):
    return 200, closed(asked)


def says_taken(asked):
    return 200, status(asked)


def says_nothing(_):
    time.sleep(TIMEOUT_MS / 1000 + 1)


def fails(_):
    return 500, ""


def is_busy(asked):
    return 200, error(asked, "600", "Not now")


def refuses(asked):
    return 200, error(asked, "900", "Not of this plan")


def says_repeated(asked):
    return 200, error(asked, "900", "Duplicate MessageID")


def says_garbage(_):
    return 200, "<Message><Body>\x01 and no more"


def is_empty(_):
    return 200, ""


def says_of_another(asked):
    return 200, closed(asked, "SOME-OTHER-MESSAGE")


def says_of_another_case(asked):
    status_code, text = says_closed(asked)
    return status_code, re.sub("<PAReferenceID>[^<]*<", "<PAReferenceID>SOME-OTHER-CASE<", text)


def says_denied(asked):
    return 200, denied(asked)


def gives_no_reason(asked):
    return 200, denied(asked, "")


# What it posts later of its own: (body, what we must answer).
def later_closed(asked):
    text = closed(asked)
    return (text, "Status"), (text, "Status")


def later_wrong_then_closed(asked):
    return (closed(asked, "SOME-OTHER-MESSAGE").replace("R-1", "R-OTHER"), "Error"), (closed(asked), "Status")


def later_no_reason_then_denied(asked):
    return (denied(asked, ""), "Error"), (denied(asked), "Status")


INITIATION, REQUEST = "pa-initiation-request", "pa-request-denied"
# name, what is asked, what the PBM does with the first post, the second, ..., what it posts later, the outcome that is heard, words in its note
ROWS = (
    ("answers at once", INITIATION, (says_closed,), None, "Closed", "open already"),
    ("takes it, answers later, twice", INITIATION, (says_taken,), later_closed, "Closed", "open already"),
    ("takes it with an empty 200, answers later", INITIATION, (is_empty,), later_closed, "Closed", "open already"),
    ("is too slow, answers the repetition", INITIATION, (says_nothing, says_closed), None, "Closed", "open already"),
    ("is too slow, calls the repetition one", INITIATION, (says_nothing, says_repeated), later_closed, "Closed", "open already"),
    ("fails twice with HTTP 500", INITIATION, (fails, fails, says_closed), None, "Closed", "open already"),
    ("says Error 600", INITIATION, (is_busy, says_closed), None, "Closed", "open already"),
    ("says Error 900", INITIATION, (refuses,), None, "Closed", "refused this message with Error 900"),
    ("calls the first post a repetition", INITIATION, (says_repeated,), None, "Closed", "refused this message with Error 900"),
    ("says garbage", INITIATION, (says_garbage, says_closed), None, "Closed", "open already"),
    ("relates to another message", INITIATION, (says_of_another, says_closed), None, "Closed", "open already"),
    ("speaks of another case", INITIATION, (says_of_another_case, says_closed), None, "Closed", "open already"),
    ("denies", REQUEST, (says_denied,), None, "Denied", "comes first"),
    ("denies without a reason, then with one", REQUEST, (gives_no_reason, says_denied), None, "Denied", "comes first"),
    ("later: of another message, then of this", INITIATION, (says_taken,), later_wrong_then_closed, "Closed", "open already"),
    ("later: denies without a reason, then with one", REQUEST, (says_taken,), later_no_reason_then_denied, "Denied", "comes first"),
)


class Pbm:
    """Does with each post what its row says; the last thing again when it is asked more often."""

    def __init__(self, does):
        self.posts, self.lock = [], threading.Lock()
        pbm = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with pbm.lock:
                    turn = min(len(pbm.posts), len(does) - 1)
                    pbm.posts.append(body)
                said = does[turn](Message(body))
                if said is None:
                    self.close_connection = True
                    return
                self.send_response(said[0])
                self.send_header("Content-Type", "application/xml")
                self.send_header("Content-Length", str(len(said[1].encode())))
                self.end_headers()
                self.wfile.write(said[1].encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def posts_later(front, pbm, number, row):
    """Once the PBM was asked as often as the row says."""
    end = time.monotonic() + 30
    while len(pbm.posts) < len(row[2]):
        check(time.monotonic() < end, f"it is asked {len(row[2])} times")
        time.sleep(0.02)
    time.sleep(0.3)  # the Status that it gave is on its way
    for text, expected in row[3](Message(pbm.posts[-1])):
        reply = Message(front.post("/ncpdp/script", text.replace(">REMOTE<", f">REMOTE{number}<"))[1])
        check(reply.kind == expected, f"what it posts is answered with {expected}, not {reply.body!r}")


def play(front, partner, pbm, number, row):
    _, asks, does, later, outcome, words = row
    journey = Journey(front, f"row{number}", EHR, partner)
    text = example(asks, reference=journey.reference, sender=EHR).replace(">EXGRP<", f">EXGRP{number}<")
    check(f">EXGRP{number}<" in text, "the example has a group")
    asked = journey.send(text)
    if later:
        posts_later(front, pbm, number, row)
    journey.answer_to(asked, 40)
    time.sleep(SETTLES)
    heard = partner.answer_to(asked)
    check(len(heard) == 1, f"the prescriber hears one answer, not {[message.body for message in heard]}")
    check(heard[0].outcome == outcome, f"{outcome} is heard, not {heard[0].body!r}")
    check(words in (heard[0].text("PANote") or ""), f"with its note: {heard[0].text('PANote')!r}")
    check(heard[0].root.find("Header/From").text == "DUALTRACK", "from whom the prescriber wrote to")
    check(heard[0].text("PAReferenceID") == journey.reference, "about this case")
    check(len(pbm.posts) == len(does), f"the PBM is asked {len(does)} times, not {len(pbm.posts)}")
    check(len(set(pbm.posts)) == 1, "with the same bytes each time")
    sent = pbm.posts[0].decode()
    check(sent.split("<Body>")[1] == text.split("<Body>")[1], "and the body as the prescriber wrote it")
    check(Message(pbm.posts[0]).text("MessageID") != asked, "under a MessageID of ours")


def main():
    partner, failed = Partner(), []
    pbms = [Pbm(row[2]) for row in ROWS]
    config = f"[partner]\nname = ehr\nid = {EHR}\ncallback = {partner.url}\n" + "".join(
        f"[backend]\nname = remote-{number}\nid = PY:REMOTE{number}\nour_id = ZZZ:FRONT\ntimeout_ms = {TIMEOUT_MS}\n"
        f"script = http://127.0.0.1:{pbm.port}/ncpdp/script\n"
        f"[route]\nbin = 999999\ngroup = EXGRP{number}\nbackend = remote-{number}\n" for number, pbm in enumerate(pbms))

    def go(front, number, row):
        try:
            play(front, partner, pbms[number], number, row)
            print(f"ok a PBM that {row[0]}\n", end="", flush=True)
        except (Failed, OSError, http.client.HTTPException, ValueError) as fault:
            failed.append(row[0])
            print(f"not ok a PBM that {row[0]}: {type(fault).__name__}: {fault}\n", end="", flush=True)

    with Gateway(sys.argv[1], config) as front:
        threads = [threading.Thread(target=go, args=(front, number, row)) for number, row in enumerate(ROWS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            print(front.read_log()[-6000:])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
