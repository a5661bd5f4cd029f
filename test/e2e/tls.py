#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same edge over TLS, with a certificate made for the test: TLS 1.3 is what is spoken, 1.2 only with
forward secrecy and an AEAD cipher, and anything older is refused, as is plain HTTP.
usage: tls.py DUALTRACK"""
import http.client
import os
import ssl
import subprocess
import sys
import tempfile
import warnings

from gateway import Gateway, Journey, Message, check, example, free_port


def certificate(folder):
    """A key and a self-signed certificate for 127.0.0.1."""
    key, chain = os.path.join(folder, "key.pem"), os.path.join(folder, "chain.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    "/CN=dualtrack.example", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", chain],
                   check=True, capture_output=True)
    return key, chain


def trusting(chain):
    return ssl.create_default_context(cafile=chain)


def older(chain, version, ciphers):
    """A client that can do only this version; the weakest ciphers are offered only where asked for by name."""
    context = trusting(chain)
    context.set_ciphers(ciphers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    return context


def post(port, context, path, body):
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
    connection.connect()
    version = connection.sock.version()
    connection.request("POST", path, body.encode(), {"Content-Type": "application/xml"})
    answer = connection.getresponse()
    found = answer.status, answer.read(), version
    connection.close()
    return found


class SecureGateway(Gateway):
    """The same gateway, asked over TLS."""

    context = None
    secure_port = 0

    def request(self, method, path, body, timeout):
        if method != "POST":
            return super().request(method, path, body, timeout)
        return post(self.secure_port, self.context, path, body.decode())[:2]


def refused(what, promise, alert=""):
    """`alert`: what the gateway must have said; a client that refused by itself would prove nothing."""
    try:
        found = what()
    except (OSError, http.client.HTTPException) as fault:
        check(alert in str(getattr(fault, "reason", "")), f"{promise} by the gateway: {fault}")
        return
    check(False, f"{promise}, not answered: {str(found)[:80]}")


def main():
    with tempfile.TemporaryDirectory(prefix="dualtrack-e2e-") as folder:
        key, chain = certificate(folder)
        port = free_port()
        gateway = SecureGateway(sys.argv[1], f"listen_tls = 127.0.0.1:{port}\ncertificate = {chain}\nkey = {key}\n")
        gateway.secure_port, gateway.context = port, trusting(chain)
        with gateway:
            status, body, version = post(port, trusting(chain), "/ncpdp/rtpb", example("rtpb-request"))
            check(version == "TLSv1.3", f"it is TLS 1.3, not {version}")
            check(status == 200 and Message(body).text("EstimatedPatientFinancialResponsibility"), "a price comes over TLS")
            print("ok a price over TLS 1.3")
            Journey(gateway, "tls", "D:1999999001").run()
            print("ok a prior authorization over TLS 1.3")
            _, body, version = post(port, older(chain, 0x303, "ECDHE+AESGCM"), "/ncpdp/rtpb", example("rtpb-request"))
            check(version == "TLSv1.2" and Message(body).kind == "RTPBResponse", "TLS 1.2 with a good cipher is served")
            print("ok TLS 1.2 with forward secrecy and an AEAD cipher")
            for version, ciphers, name in ((0x302, "ALL:@SECLEVEL=0", "TLS 1.1"), (0x301, "ALL:@SECLEVEL=0", "TLS 1.0"),
                                           (0x303, "ECDHE+AES:!AESGCM:!AESCCM", "TLS 1.2 with a CBC cipher")):
                context = older(chain, version, ciphers)
                refused(lambda context=context: post(port, context, "/ncpdp/rtpb", example("rtpb-request")), f"{name} is refused", "ALERT")
                print(f"ok {name} is refused")
            plain = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

            def ask_plainly():
                plain.request("GET", "/healthz")
                return plain.getresponse().status
            refused(ask_plainly, "plain HTTP on the TLS port is refused")
            plain.close()
            print("ok plain HTTP on the TLS port is refused")
            status, body, _ = post(port, trusting(chain), "/ncpdp/rtpb", example("rtpb-request"))
            check(status == 200 and Message(body).kind == "RTPBResponse", "others go on")
            check(gateway.stop() == 0, "it stops cleanly")
    return 0


if __name__ == "__main__":
    sys.exit(main())
