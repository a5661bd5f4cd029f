#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A client's way into /fhir over real sockets: keys, registration, assertion, token, use, revocation; and the ways that are closed."""
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse

from gateway import Gateway, check, free_port, wait_for

PROGRAM = sys.argv[1]
FORM = "application/x-www-form-urlencoded"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def run(*words):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=60)


def curl(url, *options):
    """Status, headers in lower case, body."""
    done = subprocess.run(["curl", "-s", "-i", "--max-time", "20", *options, url], capture_output=True, text=True, timeout=60)
    check(done.returncode == 0, f"curl reaches {url}: {done.returncode}")
    head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
    lines = head.split("\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return int(lines[0].split()[1]), headers, body


def exchange(gateway, assertion, scope="system/*.cruds", **more):
    form = {"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER, "client_assertion": assertion, "scope": scope, **more}
    status, headers, body = curl(f"http://127.0.0.1:{gateway.port}/oauth/token", "-d", urllib.parse.urlencode(form))
    check(headers["cache-control"] == "no-store", "what a token endpoint says is kept by nobody")
    return status, json.loads(body)


def assertion(gateway, key, client="ehr", *more):
    done = run("token", "--assertion", "--key", key, "--client", client, "--to", f"http://127.0.0.1:{gateway.port}", *more)
    check(done.returncode == 0, done.stderr)
    return done.stdout.strip()


def fhir(gateway, token=None, path="/fhir/Nothing", *options):
    shown = ["-H", f"Authorization: Bearer {token}"] if token else []
    return curl(f"http://127.0.0.1:{gateway.port}{path}", *shown, *options)


def discovery(gateway):
    base = f"http://127.0.0.1:{gateway.port}"
    for path in ("/.well-known/smart-configuration", "/fhir/.well-known/smart-configuration"):
        status, headers, body = curl(base + path)
        told = json.loads(body)
        check(status == 200 and headers["content-type"] == "application/json", "smart-configuration is JSON")
        check(told["token_endpoint"] == base + "/oauth/token" and told["grant_types_supported"] == ["client_credentials"],
              "smart-configuration leads to the token endpoint")
    check(json.loads(curl(base + "/.well-known/jwks.json")[2]) == {"keys": []}, "without a signing key none is published")
    check(curl(base + "/oauth/token")[0] == 405, "tokens are not to be had by GET")
    status, headers, body = curl(base + "/fhir/metadata")
    told = json.loads(body)
    check(status == 200 and headers["content-type"] == "application/fhir+json", "/fhir/metadata is for anybody")
    check(told["resourceType"] == "CapabilityStatement" and told["fhirVersion"] == "4.0.1", "it is a CapabilityStatement of R4")


def the_good_way(gateway, folder):
    """The token that comes of it."""
    made = assertion(gateway, folder + "/ehr.pem")
    status, answer = exchange(gateway, made, "system/Claim.c system/Patient.r")
    check(status == 200 and answer["token_type"] == "bearer" and answer["expires_in"] <= 300, f"a good assertion gives a token: {answer}")
    check(answer["scope"] == "system/Claim.c", "granted is what was asked and is registered")
    status, again = exchange(gateway, made)
    check(status == 401 and again["error"] == "invalid_client" and "jti" in again["error_description"], "an assertion is good once")
    status, _, body = fhir(gateway, answer["access_token"])
    check(status == 404 and json.loads(body)["resourceType"] == "OperationOutcome", "with a token one learns that there is nothing there")
    done = run("token", "--key", folder + "/rsa.pem", "--client", "rsa", "--to", f"http://127.0.0.1:{gateway.port}", "--json")
    check(done.returncode == 0 and json.loads(done.stdout)["scope"] == "system/*.rs", f"the tool does the same, also with RSA: {done.stderr}")
    return answer["access_token"]


def closed_ways(gateway, folder, token):
    for shown in (None, "AAAA", token[:-1], token + "A", token[1:]):
        status, headers, body = fhir(gateway, shown)
        check(status == 401 and headers["www-authenticate"].startswith("Bearer realm="), "without a good token nobody gets in")
        check(json.loads(body)["issue"][0]["code"] == "login", "and is told so in an OperationOutcome")
        check(("invalid_token" in headers["www-authenticate"]) == (shown is not None), "who shows nothing is told of no error")
    status, _, _ = fhir(gateway, None, "/fhir/Nothing?access_token=" + token)
    check(status == 401, "a token in the address is none")
    status, _, _ = fhir(gateway, token, "/fhir/Nothing", "-H", f"Authorization: Bearer {token}")
    check(status == 400, "two are none")
    submit = ("/fhir/Claim/$submit", "-H", "Content-Type: application/fhir+json", "-d", "{}")
    status, headers, body = fhir(gateway, token, *submit)
    check(status == 403 and json.loads(body)["issue"][0]["code"] == "forbidden", "a token for less than is needed does not do")
    check('error="insufficient_scope", scope="system/Claim.cu"' in headers["www-authenticate"], "and what is needed is said")
    check(fhir(gateway, None, *submit)[0] == 401, "without one it is not said whether there is a body to read")
    whole = exchange(gateway, assertion(gateway, folder + "/ehr.pem"), "system/Claim.cu")[1]["access_token"]
    check(fhir(gateway, whole, *submit)[0] in (400, 422), "with the scope one gets as far as the body")
    check(fhir(gateway, None, "/fhir/InsurancePlan")[0] == 200, "formularies are for anybody")
    status, answer = exchange(gateway, assertion(gateway, folder + "/rsa.pem"))
    check((status, answer["error"]) == (401, "invalid_client"), "another client's key is not good for this one")
    status, answer = exchange(gateway, assertion(gateway, folder + "/ehr.pem", "ehr", "--audience", "https://gateway.example.org/oauth/token"))
    check((status, answer["error"]) == (401, "invalid_client"), "an assertion for another server is not good here")
    status, answer = exchange(gateway, assertion(gateway, folder + "/ehr.pem"), "user/Claim.c")
    check((status, answer["error"]) == (400, "invalid_scope"), "scopes of users are not given")
    status, answer = exchange(gateway, "x.y.z", grant_type="password")
    check((status, answer["error"]) == (400, "unsupported_grant_type"), "no other grant")
    status, answer = exchange(gateway, "x.y.z", client_assertion_type="none")
    check((status, answer["error"]) == (400, "invalid_request"), "no other kind of assertion")
    check(exchange(gateway, "x.y.z")[0] == 401, "what is no JWT is none")


def by_other_means(gateway, folder):
    """An assertion of which nothing was made by this program's own code: openssl signs, and says of itself only what it must."""
    def coded(raw):
        return base64.urlsafe_b64encode(raw).rstrip(b"=")
    with open(folder + "/rsa.jwks.json", encoding="utf-8") as file:
        kid = json.load(file)["keys"][0]["kid"]
    header = {"alg": "RS384", "kid": kid, "typ": "JWT"}
    claims = {"iss": "rsa", "sub": "rsa", "aud": f"http://127.0.0.1:{gateway.port}/oauth/token", "exp": int(time.time()) + 300, "jti": "by-other-means"}
    signed = coded(json.dumps(header).encode()) + b"." + coded(json.dumps(claims, indent=1).encode())
    signature = subprocess.run(["openssl", "dgst", "-sha384", "-sign", folder + "/rsa.pem"], input=signed, capture_output=True, check=True).stdout
    status, answer = exchange(gateway, (signed + b"." + coded(signature)).decode(), "system/Patient.r")
    check(status == 200 and answer["scope"] == "system/Patient.r", f"what openssl signs is taken: {answer}")
    bad = bytes([signature[0] ^ 1]) + signature[1:]
    check(exchange(gateway, (signed + b"." + coded(bad)).decode())[0] == 401, "and with one bit changed it is not")


def a_restart_forgets_nothing(gateway, folder, token):
    made = assertion(gateway, folder + "/ehr.pem")
    check(exchange(gateway, made)[0] == 200, "a good assertion gives a token")
    edge = gateway.roles()["edge.0"]
    os.kill(edge, 9)
    wait_for(lambda: gateway.roles().get("edge.0") not in (None, edge))
    gateway.wait_ready()
    check(exchange(gateway, made)[0] == 401, "also not once more at an edge that was started again")
    check(fhir(gateway, token)[0] == 404, "which still reads the tokens of the one before")


def taken_out(gateway, folder, token):
    with open(gateway.config_file, encoding="utf-8") as file:
        text = file.read()
    with open(gateway.config_file, "w", encoding="utf-8") as file:
        file.write(text[:text.index("[client]")])
    done = run("reload", "--config", gateway.config_file)
    check(done.returncode == 0, done.stderr)
    check(fhir(gateway, token)[0] == 401, "a client that is taken out is out at once")
    check(exchange(gateway, assertion(gateway, folder + "/ehr.pem"))[0] == 401, "and gets no other token")
    with open(gateway.config_file, "w", encoding="utf-8") as file:
        file.write(text.replace("ehr.jwks.json", "ehr.pem"))
    check(run("reload", "--config", gateway.config_file).returncode == 2, "a private key is no registration")


def secrets_stay_secret(gateway, folder, token):
    log = gateway.read_log()
    with open(folder + "/ehr.pem", encoding="utf-8") as file:
        secret = file.read().split("\n")[1]
    for word in (token, token[:20], secret, "eyJ"):
        check(word not in log, "no token, assertion or key is in the log")
    metrics = gateway.get("/metrics")[1].decode()
    refused = int(re.search(r"^dualtrack_tokens_refused_total (\d+)$", metrics, re.M).group(1))
    check(refused >= 2 and "dualtrack_tokens_given_total" in metrics, "how many there were is counted")
    check("event=token.given" in log and "client=ehr" in log and "event=token.refused" in log, "that one was given or refused is")


def start_message(options, folder):
    """What `up` without a configuration says, while it runs `then`."""
    port = free_port()
    with open(folder + "/up.log", "w+", encoding="utf-8") as log:
        process = subprocess.Popen([PROGRAM, "up", "--listen", f"127.0.0.1:{port}", *options], stdout=log, stderr=log)

    def told():
        """the start message"""
        with open(folder + "/up.log", encoding="utf-8") as said:
            lines = said.read()
        return lines if "Ctrl-C" in lines and lines.endswith("\n") else None
    return process, port, [line for line in wait_for(told, 30).split("\n") if line and not line.startswith("time=")]


def sandbox(folder):
    process, port, lines = start_message([], folder)
    try:
        command = next(line for line in lines if line.startswith("  client"))
        words = re.search(r"dualtrack (token .*)", command).group(1).split()
        done = run(*words)
        check(done.returncode == 0, f"the start message tells how to get a token: {done.stderr}")
        status, _, _ = curl(f"http://127.0.0.1:{port}/fhir/Nothing", "-H", "Authorization: Bearer " + done.stdout.strip())
        check(status == 404, "and it lets one in")
    finally:
        process.terminate()
        process.wait(20)
    process, port, lines = start_message(["--open"], folder)
    try:
        check(len(lines) >= 4 and all("OPEN" in line for line in lines), f"every line says that it is open: {lines}")
        check(curl(f"http://127.0.0.1:{port}/fhir/Nothing")[0] == 404, "open asks for no token")
    finally:
        process.terminate()
        process.wait(20)
    done = run("up", "--open", "--listen", f"0.0.0.0:{free_port()}")
    check(done.returncode == 2 and "loopback" in done.stderr, "open is refused where others could reach it")


def main():
    with tempfile.TemporaryDirectory() as folder:
        check(run("key", "client", folder + "/ehr").returncode == 0, "a client makes its keys")
        check(run("key", "client", folder + "/rsa", "--rsa").returncode == 0, "also RSA")
        config = (f"[client]\nid = ehr\njwks = {folder}/ehr.jwks.json\nscopes = system/Claim.cu\n"
                  f"[client]\nid = rsa\njwks = {folder}/rsa.jwks.json\nscopes = system/*.rs\n")
        with Gateway(PROGRAM, config) as gateway:
            discovery(gateway)
            token = the_good_way(gateway, folder)
            by_other_means(gateway, folder)
            closed_ways(gateway, folder, token)
            a_restart_forgets_nothing(gateway, folder, token)
            taken_out(gateway, folder, token)
            secrets_stay_secret(gateway, folder, token)
            check(gateway.stop() == 0, "it stops as it should")
        sandbox(folder)
    print("ok")


if __name__ == "__main__":
    start = time.monotonic()
    main()
    print(f"{time.monotonic() - start:.1f} s")
