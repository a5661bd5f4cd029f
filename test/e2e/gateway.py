# SPDX-License-Identifier: Apache-2.0
"""A real gateway of real processes for a test, and the partner outside that talks to it."""
import contextlib
import http.client
import http.server
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import xml.etree.ElementTree as ElementTree


class Failed(Exception):
    """A promise was not kept."""


def check(condition, promise):
    if not condition:
        raise Failed(promise)


def wait_for(what, seconds=15.0, step=0.02):
    """Calls what() until it gives something true; the value, or Failed."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"waited {seconds} s in vain for {getattr(what, '__doc__', None) or what}")
        time.sleep(step)


def free_port():
    """A port that nobody has now, and that the system gives nobody by itself: the gateway may come back to it after a power cut."""
    while True:
        port = random.randrange(10240, 32000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Gateway:
    """`dualtrack up` in a folder of its own."""

    def __init__(self, program, config="", keep=None, options=()):
        self.program = program
        self.folder = keep or tempfile.mkdtemp(prefix="dualtrack-e2e-")
        self.own = keep is None
        self.options = list(options)
        self.config_file = os.path.join(self.folder, "dualtrack.conf")
        self.log_file = os.path.join(self.folder, "log")
        self.port = free_port()
        with open(self.config_file, "w", encoding="utf-8") as out:
            out.write(f"listen = 127.0.0.1:{self.port}\nworkers = 2\nstore = {self.folder}/store\n{config}\n")
        self.process = None

    def start(self):
        self.log = open(self.log_file, "ab")
        self.process = subprocess.Popen(
            [self.program, "up", "--config", self.config_file, *self.options],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True)
        self.wait_ready()
        return self

    def wait_ready(self, seconds=30):
        def ready():
            """the gateway to be ready"""
            check(self.process.poll() is None, f"the gateway stays up:\n{self.read_log()[-3000:]}")
            try:
                return self.get("/readyz")[0] == 200
            except OSError:
                return False
        wait_for(ready, seconds)

    def stop(self):
        """Stops as an operator does; the exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill_all()
                raise Failed("SIGTERM ends the gateway within 20 s") from None
        status = self.process.returncode
        self.process = None
        self.log.close()
        return status

    def kill_all(self):
        """A power cut for the processes: all of them at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self):
        with contextlib.suppress(Exception):
            if self.process and self.process.poll() is None:
                self.kill_all()
        if self.own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def roles(self):
        """Name -> pid of the roles that run now."""
        found = {}
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            with contextlib.suppress(OSError):
                with open(f"/proc/{entry}/stat", encoding="utf-8") as stat:
                    after = stat.read().rsplit(")", 1)[1].split()
                if after[0] == "Z" or int(after[1]) != self.process.pid:
                    continue
                with open(f"/proc/{entry}/cmdline", "rb") as line:
                    words = line.read().decode().split("\0")
                if "role" in words:
                    found[words[words.index("role") + 1]] = int(entry)
        return found

    def kill(self, role):
        """kill -9; False when it was not running just then."""
        pid = self.roles().get(role)
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return True

    def rss_bytes(self):
        total = 0
        for pid in [self.process.pid, *self.roles().values()]:
            with open(f"/proc/{pid}/statm", encoding="utf-8") as statm:
                total += int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return total

    def cpu_seconds(self):
        """User and system time of all processes of the gateway."""
        total = 0
        for pid in [self.process.pid, *self.roles().values()]:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
                after = stat.read().rsplit(")", 1)[1].split()
            total += int(after[11]) + int(after[12])
        return total / os.sysconf("SC_CLK_TCK")

    def read_log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as log:
            return log.read()

    def get(self, path, timeout=5):
        return self.request("GET", path, None, timeout)

    def post(self, path, body, timeout=15):
        """(status, body); OSError or http.client.HTTPException when the connection breaks."""
        return self.request("POST", path, body if isinstance(body, bytes) else body.encode(), timeout)

    def request(self, method, path, body, timeout):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, {"Content-Type": "application/xml"} if body is not None else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post_until_answered(self, path, body, seconds=30):
        """What a careful sender does: the same bytes again until there is an answer that does not ask for that."""
        end = time.monotonic() + seconds
        while True:
            try:
                status, answer = self.post(path, body)
                message = Message(answer)
                if message.kind != "Error" or message.text("Code") not in ("600", "602"):
                    if message.reject_codes().isdisjoint({"92", "95"}):
                        return status, message
            except (OSError, http.client.HTTPException, ElementTree.ParseError):
                pass
            if time.monotonic() > end:
                raise Failed(f"an answer to {path} within {seconds} s")
            time.sleep(0.05)


class Message:
    """An answer, looked at the way a partner would: by element names."""

    def __init__(self, body):
        self.body = body
        self.root = ElementTree.fromstring(body)
        inside = [child for child in self.root if child.tag in ("Body", "RTPBBody")]
        check(len(inside) == 1 and len(inside[0]) == 1, "an answer has one Body with one message in it")
        self.content = inside[0][0]
        self.kind = self.content.tag

    def text(self, name):
        """Text of the first element with this name, anywhere."""
        found = next(self.root.iter(name), None)
        return None if found is None else (found.text or "")

    def all(self, name):
        return list(self.root.iter(name))

    def reject_codes(self):
        return {element.text for element in self.root.iter("RejectCode")}

    @property
    def outcome(self):
        """Open, Closed, Approved ... of a PAInitiationResponse or PAResponse."""
        status = next(self.root.iter("ResponseStatus"), None)
        return None if status is None else status[0].tag


class Partner:
    """A partner's own endpoint: takes posts, answers each with a Status, remembers what it got."""

    def __init__(self):
        self.taken = []
        self.lock = threading.Lock()
        self.fail_with = None
        partner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if partner.fail_with:
                    reply, status = b"", partner.fail_with
                else:
                    message = Message(body)
                    with partner.lock:
                        partner.taken.append(message)
                    reply, status = status_for(message).encode(), 200
                self.send_response(status)
                self.send_header("Content-Type", "application/xml")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                pass  # the gateway's end of it was killed: the test is about that

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/answers"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer_to(self, message_id):
        """Every message that relates to this one, each MessageID once."""
        with self.lock:
            found = {}
            for message in self.taken:
                if message.text("RelatesToMessageID") == message_id:
                    found[message.text("MessageID")] = message
            return list(found.values())

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def status_for(message):
    return script("Status", "<Code>010</Code>", message_id="P" + os.urandom(8).hex(), sender="D:1999999002",
                  relates=message.text("MessageID"))


def script(kind, inside, message_id, sender="D:1999999001", relates=None, extra_header=""):
    qualifier, identity = sender.split(":")
    versions = " ".join(f'{name}="20170715"' for name in (
        "DatatypesVersion", "TransportVersion", "TransactionVersion", "StructuresVersion", "ECLVersion"))
    related = f"<RelatesToMessageID>{relates}</RelatesToMessageID>" if relates else ""
    return (f'<?xml version="1.0" encoding="UTF-8"?><Message {versions} TransactionDomain="SCRIPT"><Header>'
            f'<To Qualifier="PY">DUALTRACK</To><From Qualifier="{qualifier}">{identity}</From>'
            f"<MessageID>{message_id}</MessageID>{related}<SentTime>2026-11-22T09:30:00Z</SentTime>"
            "<SenderSoftware><SenderSoftwareDeveloper>EXAMPLE</SenderSoftwareDeveloper>"
            "<SenderSoftwareProduct>E2E</SenderSoftwareProduct>"
            "<SenderSoftwareVersionRelease>1</SenderSoftwareVersionRelease></SenderSoftware>"
            f"{extra_header}</Header><Body><{kind}>{inside}</{kind}></Body></Message>")


def fresh_id(prefix=""):
    return prefix + os.urandom(12).hex()


EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "examples")


def example(name, message_id=None, reference=None, case_id=None, sender=None):
    """An example message of the documentation with ids of its own."""
    with open(os.path.join(EXAMPLES, name + ".xml"), encoding="utf-8") as source:
        text = source.read()

    def put(element, value):
        nonlocal text
        if value is not None:
            text, count = re.subn(f"<{element}>[^<]*</{element}>", f"<{element}>{value}</{element}>", text, count=1)
            check(count == 1, f"{name}.xml has a {element}")
    # the test in the example must stay less than a year old
    recent = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 21 * 86400))
    text = text.replace("<Date>2026-11-01</Date>", f"<Date>{recent}</Date>")
    put("MessageID", message_id or fresh_id())
    put("PAReferenceID", reference)
    put("PACaseID", case_id)
    if sender:
        qualifier, identity = sender.split(":")
        text = re.sub(r'<From Qualifier="[^"]*">[^<]*</From>', f'<From Qualifier="{qualifier}">{identity}</From>', text)
    return text


class Journey:
    """One partner's prior authorization from question to decision, careful in the face of broken connections: every message is sent
    again, byte for byte, until it is answered. Remembers what was acknowledged, so that a test can ask whether it was kept."""

    def __init__(self, gateway, name, sender, partner=None, medical=False):
        self.gateway, self.sender, self.partner, self.medical = gateway, sender, partner, medical
        self.reference = f"REF-{name}-{os.urandom(4).hex()}"
        self.acknowledged = []
        self.finals = {}

    def send(self, text):
        status, message = self.gateway.post_until_answered("/ncpdp/script", text)
        check(message.kind == "Status", f"a good message gets a Status, not {message.body!r}")
        message_id = re.search("<MessageID>([^<]*)<", text).group(1)
        self.acknowledged.append(message_id)
        again_status, again = self.gateway.post_until_answered("/ncpdp/script", text)
        check(again.body == message.body and again_status == status, "the same message again gets the same answer, byte for byte")
        return message_id

    def fetch(self):
        """Takes one item of the mailbox, or None; acknowledges the one before."""
        text = example("get-message", sender=self.sender)
        if self.finals.get("last"):
            mailbox = f"<Mailbox><AcknowledgementID>{self.finals['last']}</AcknowledgementID></Mailbox>"
            text = text.replace("</Header>", mailbox + "</Header>")
        _, message = self.gateway.post_until_answered("/ncpdp/script", text)
        if message.kind == "Status":
            return None
        self.finals["last"] = message.text("MessageID")
        return message

    def answer_to(self, message_id, seconds=40):
        """The one business answer to a message, by callback or from the mailbox."""
        mailbox = {}

        def arrived():
            """a business answer"""
            if self.partner:
                found = self.partner.answer_to(message_id)
            else:
                got = self.fetch()
                if got is not None:
                    mailbox[got.text("MessageID")] = got
                found = [message for message in mailbox.values() if message.text("RelatesToMessageID") == message_id]
            return found[0] if found else None
        return wait_for(arrived, seconds, 0.05)

    def run(self):
        if self.medical:
            asked = self.send(example("pa-request-medical", reference=self.reference, sender=self.sender))
        else:
            opened = self.send(example("pa-initiation-request", reference=self.reference, sender=self.sender))
            questions = self.answer_to(opened)
            check(questions.kind == "PAInitiationResponse" and questions.outcome == "Open", "the initiation is answered with questions")
            self.case_id = questions.text("PACaseID")
            asked = self.send(example("pa-request", reference=self.reference, case_id=self.case_id, sender=self.sender))
        decision = self.answer_to(asked)
        check(decision.kind == "PAResponse" and decision.outcome == "Approved", f"the request is approved, not {decision.outcome}")
        self.case_id = decision.text("PACaseID")
        self.decision_id = decision.text("MessageID")
        return self
