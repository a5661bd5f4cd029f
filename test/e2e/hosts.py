#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A gateway on two hosts, as docs/operating.md describes it: the ledger away from everybody else, over tcp with CURVE. Journeys go
through; the ledger is killed, stopped and started again in the middle of them and nothing is lost; who has another key, or the key of
another host, is not let in. usage: hosts.py DUALTRACK"""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from gateway import Gateway, Journey, Partner, check, example, free_port, wait_for

KILLS = 8
CALLBACK = "D:1999999002"


class Host:
    """A host of its own but for its address: key, configuration, store, sockets and log in one folder."""

    def __init__(self, program, folder, name):
        self.program, self.name = program, name
        self.folder = os.path.join(folder, name)
        os.makedirs(os.path.join(self.folder, "run"), mode=0o700)
        self.secret = os.path.join(self.folder, "curve.key")
        self.public = subprocess.run([program, "key", self.secret], check=True, capture_output=True, text=True).stdout.strip()
        check(os.stat(self.secret).st_mode & 0o77 == 0, "only its owner can read a secret key")
        self.log_file = os.path.join(self.folder, "log")
        self.process = None

    def write(self, hosts, text=""):
        self.config_file = os.path.join(self.folder, "dualtrack.conf")
        with open(self.config_file, "w", encoding="utf-8") as out:
            out.write(f"curve_secret = {self.secret}\n{text}{hosts}")

    def start(self, *words):
        """`dualtrack WORDS...` with this host's configuration."""
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([self.program, *words, "--config", self.config_file, "--run", os.path.join(self.folder, "run")],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(20)

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as log:
            return log.read()


def listing(here, there, ports):
    """The [host] entries, the same on both hosts."""
    rows = [("ledger", there, ports[0]), ("payer", here, ports[1]), ("courier", here, ports[2]), ("edge", here, None),
            ("worker.0", here, None), ("worker.1", here, None)]
    return "".join(f"[host]\nrole = {role}\n" + (f"endpoint = tcp://127.0.0.1:{port}\n" if port else "") + f"public_key = {host.public}\n"
                   for role, host, port in rows)


def journeys(gateway, partner, count, name):
    """Mailbox, callback and medical journeys at once; what they were told."""
    done, faults = [], []

    def go(number):
        try:
            kind = number % 3
            sender = CALLBACK if kind == 1 else f"D:19999{os.getpid() % 1000:03d}{number:02d}"
            done.append(Journey(gateway, f"{name}{number}", sender, partner if kind == 1 else None, medical=kind == 2).run())
        except Exception as fault:
            faults.append(fault)
    threads = [threading.Thread(target=go, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads, done, faults


def finish(started, promise):
    threads, done, faults = started
    for thread in threads:
        thread.join(120)
    check(not faults and len(done) == len(threads), f"{promise}: {faults[:1]}")
    return done


def strangers(program, folder, there, here_hosts, ports):
    """Roles that have no business here: each claims to be worker.0 of the gateway."""
    plan = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "gateway", "sandbox", "plan.jsonl")
    subprocess.run([program, "formulary", "load", plan, "--into", os.path.join(folder, "formulary")], check=True, capture_output=True)
    formulary = f"formulary = {folder}/formulary\n"
    # to someone on another host the edge has to be somewhere
    here_hosts = here_hosts.replace("role = edge\n", f"role = edge\nendpoint = tcp://127.0.0.1:{free_port()}\n")
    outsider = Host(program, folder, "outsider")
    outsider.write(re.sub(r"(role = worker\.0\n)public_key = .*", rf"\1public_key = {outsider.public}", here_hosts), formulary)
    impostor = Host(program, folder, "impostor")  # the key of the ledger's host is listed, but not for a worker
    impostor.secret = there.secret
    impostor.write(here_hosts, formulary)
    for one, word, promise in ((outsider, r"strangers=[1-9]", "a key that is not listed is not let in"),
                               (impostor, r"forbidden=[1-9]", "the key of another role is not let in")):
        one.start("role", "worker.0")
        wait_for(lambda word=word: re.search(rf"role=ledger.* event=bus\.refused.*{word}", there.log()), 20)
        wait_for(lambda one=one: "event=bus.waiting peer=" in one.log(), 20)
        check("event=request" not in one.log(), promise)
        one.kill()
        print(f"ok {promise}, and both sides say so in the log")
    plain = socket.create_connection(("127.0.0.1", ports[0]), timeout=5)
    plain.sendall(os.urandom(4096))
    plain.close()


def main():
    program = sys.argv[1]
    partner = Partner()
    with tempfile.TemporaryDirectory(prefix="dualtrack-e2e-") as folder:
        here, there = Host(program, folder, "here"), Host(program, folder, "there")
        ports = [free_port() for _ in range(3)]
        hosts = listing(here, there, ports)
        hosts += f"[partner]\nname = callback\nid = {CALLBACK}\ncallback = {partner.url}\n"
        there.write(hosts, f"store = {there.folder}/store\n")
        os.mkdir(os.path.join(there.folder, "store"), 0o700)
        there.start("role", "ledger")
        gateway = Gateway(program, f"curve_secret = {here.secret}\n{hosts}")
        try:
            with gateway:
                check(sorted(gateway.roles()) == ["courier.0", "edge.0", "payer.0", "worker.0", "worker.1"],
                      f"`up` starts the roles of its own host, not {sorted(gateway.roles())}")
                check(not os.path.exists(f"{gateway.folder}/store"), "the store is where the ledger is")
                kept = finish(journeys(gateway, partner, 3, "first"), "journeys go through two hosts")
                print("ok journeys by mailbox, callback and medical track across two hosts")

                strangers(program, folder, there, hosts, ports)
                kept += finish(journeys(gateway, partner, 3, "undisturbed"), "strangers disturb nobody")

                running = journeys(gateway, partner, 9, "killed")
                for _ in range(KILLS):
                    time.sleep(0.25)
                    there.kill()
                    there.start("role", "ledger")
                    time.sleep(0.5)
                kept += finish(running, "journeys go on after kill -9 of the ledger on the other host")
                print(f"ok {KILLS} times kill -9 of the ledger on the other host amid 9 journeys")

                running = journeys(gateway, partner, 3, "away")
                there.process.send_signal(signal.SIGSTOP)  # as when the network between them is cut
                wait_for(lambda: gateway.get("/readyz")[0] == 503, 10)
                time.sleep(2)
                there.process.send_signal(signal.SIGCONT)
                kept += finish(running, "journeys go on when the other host comes back")
                print("ok the other host away for seconds")

                check(there.stop() == 0, "a role ends cleanly on SIGTERM")
                there.start("up")  # the same host under a supervisor
                gateway.wait_ready()
                for journey in kept:
                    journey_again(gateway, journey)
                print(f"ok all of {len(kept)} journeys are known to the ledger that `up` started on its host")
                check(gateway.stop() == 0, "the gateway stops cleanly")
                check(there.stop() == 0, "and so does the other host")
            checked = subprocess.run([program, "store", "check", f"{there.folder}/store"], capture_output=True, text=True)
            check(checked.returncode == 0 and checked.stdout.startswith(f"{len(kept)} cases ({len(kept)} final)") and "sound" in checked.stdout,
                  f"the store is sound: {checked.stdout}{checked.stderr}")
            print(f"ok {checked.stdout.splitlines()[0]}")
        finally:
            if there.process and there.process.poll() is None:
                os.killpg(there.process.pid, signal.SIGKILL)
            partner.close()
    return 0


def journey_again(gateway, journey):
    """The ledger still knows what a finished journey sent: the last MessageID with other words is refused, as it would not be by one
    that has forgotten it."""
    message_id = journey.acknowledged[-1]
    name = "pa-request-medical" if journey.medical else "pa-request"
    text = example(name, message_id=message_id, reference=journey.reference, case_id=None if journey.medical else journey.case_id,
                   sender=journey.sender)
    _, answer = gateway.post_until_answered("/ncpdp/script", text)
    check(answer.kind == "Status" and answer.text("RelatesToMessageID") == message_id, f"what was acknowledged is answered again: {answer.body!r}")
    _, answer = gateway.post_until_answered("/ncpdp/script", text.replace("<SentTime>2026-11-22T09", "<SentTime>2026-11-22T10"))
    check(answer.kind == "Error", f"what was acknowledged is kept: {answer.body!r}")


if __name__ == "__main__":
    sys.exit(main())
