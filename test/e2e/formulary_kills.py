#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loads of a formulary are killed at random times while a gateway answers from it: each request is answered from one generation whole, and none
goes without. usage: formulary_kills.py DUALTRACK [SECONDS]"""
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

from gateway import Failed, Gateway, Message, check, example, wait_for

PRODUCT = "99999000303"  # what docs/examples/rtpb-request.xml asks for
SECONDS = 3.5
PADDING = 4000  # details more in each file, so that a load takes long enough to be killed
HEADER = "HDR|30|EXPBM|||EXAMPLE PBM|0000001000|20260101|12000000|FRM|F|20251231|P"


def lists(status, rule):
    """A file whose status and whose rule show in one answer."""
    parts = [["XHD|X1|F|", "XDT|A|999999|EXPCN||GOLD|F1||C1|"],
             ["FHD|F1|EXAMPLE|1|1|1|1|1||F|20260101", f"FDT|A|{PRODUCT}|03|||||{status}",
              *(f"FDT|A|99998{i:06}|03|||||{status}" for i in range(PADDING))],
             [f"GHD|COV-{rule}|{rule}|F|20260101", f"GDT|A|C1|{PRODUCT}|03"]]
    lines = [HEADER]
    for part in parts:
        lines += [*part, f"{part[0][0]}TR|{len(part) + 1}"]
    return "\n".join([*lines, f"TRL|{len(lines) + 1}"]) + "\n"


FILES = {"PA": lists(3, "PA"), "DE": lists(1, "DE")}  # covered after prior authorization; excluded


def facets(body):
    message = Message(body)
    check(message.kind == "RTPBResponse", f"RTPB is answered in RTPB, not {body!r}")
    return (tuple(sorted(element.text for element in message.all("CoverageStatusCode"))),
            tuple(sorted(element.text for element in message.all("CoverageRestrictionCode"))))


class Asker(threading.Thread):
    def __init__(self, gateway):
        super().__init__()
        self.gateway, self.stop, self.seen, self.wrong = gateway, threading.Event(), {}, None

    def run(self):
        request = example("rtpb-request")
        while not self.stop.is_set():
            try:
                status, body = self.gateway.post("/ncpdp/rtpb", request)
                check(status == 200, f"status {status}")
                found = facets(body)
            except Exception as fault:  # a broken connection is a lost request
                self.wrong = repr(fault)
                return
            self.seen[found] = self.seen.get(found, 0) + 1


def main():
    program, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    print(f"seed {seed}")
    source = pathlib.Path(__file__).resolve().parents[2] / "gateway" / "sandbox" / "payer.json"
    with tempfile.TemporaryDirectory(prefix="dualtrack-e2e-") as folder:
        into = pathlib.Path(folder, "formulary")

        def load(name):
            return subprocess.Popen([program, "formulary", "load", f"{folder}/{name}.frm", "--into", str(into)],
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

        for name, text in FILES.items():
            pathlib.Path(folder, f"{name}.frm").write_text(text, encoding="utf-8")
        began = time.monotonic()
        check(load("PA").wait() == 0, "the first load is good")
        whole = time.monotonic() - began
        payer = pathlib.Path(folder, "payer.json")
        payer.write_text(source.read_text().replace('"EXAMPLE-COMMERCIAL"', '"EXPBM:GOLD"'), encoding="utf-8")
        with Gateway(program, f"formulary = {into}\npayer = {payer}\nlog = error") as gateway:
            request = example("rtpb-request")

            def answer():
                return facets(gateway.post("/ncpdp/rtpb", request)[1])

            right = {"PA": answer()}
            check(load("DE").wait() == 0, "the second load is good")

            def switched():
                """the second generation to answer"""
                return answer() != right["PA"]
            wait_for(switched)
            right["DE"] = answer()
            check(right["PA"][0] != right["DE"][0] and right["PA"][1] != right["DE"][1], f"both lists show in an answer: {right}")
            askers = [Asker(gateway) for _ in range(2)]
            for asker in askers:
                asker.start()
            killed = whole_ones = 0
            end = time.monotonic() + seconds
            turn = 0
            while time.monotonic() < end and not any(asker.wrong for asker in askers):
                running = load(list(FILES)[turn % 2])
                turn += 1
                try:
                    check(running.wait(chance.random() * 1.5 * whole) == 0, "a load that is left alone is good, whatever died before it")
                    whole_ones += 1
                except subprocess.TimeoutExpired:
                    running.kill()
                    running.wait()
                    killed += 1
            check(load("PA").wait() == 0, "after all that, a load is good")

            def settled():
                """the last generation to answer"""
                return answer() == right["PA"]
            wait_for(settled)
            for asker in askers:
                asker.stop.set()
                asker.join()
            check(not any(asker.wrong for asker in askers), f"every request is answered: {[asker.wrong for asker in askers]}")
            seen = {facet: sum(asker.seen.get(facet, 0) for asker in askers) for asker in askers for facet in asker.seen}
            check(set(seen) <= set(right.values()), f"each answer is of one generation: {seen}, right are {right}")
            check(killed > 2 and sum(seen.values()) > 20, f"{killed} loads killed, {sum(seen.values())} answers")
            check(gateway.stop() == 0, "it stops cleanly")
        left = sorted(path.name for path in into.iterdir() if path.name[0] == "0")
        check(len(left) <= 2, f"two generations are kept: {left}")
        print(f"{killed} loads killed, {whole_ones} left alone, {sum(seen.values())} requests answered, none of a mixture")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        print(f"failed: {failed}")
        sys.exit(1)
