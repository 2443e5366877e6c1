"""What nginx asks about every request: whether the token in its Authorization header opens the function.

200 and the caller's object id, 401 or 403. PyJWT does the reading and checking, as its manual shows for tokens of a provider
that publishes its keys; the list of callers is ours. `--without CHECK` leaves one check out, as a careless hand would.
"""

import argparse
import json
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt

# What the clocks of the issuer and of this machine may differ by.
LEEWAY = 300


class Refused(Exception):
    def __init__(self, status):
        super().__init__(status)
        self.status = status


class Verifier:
    def __init__(self, options):
        self.options = options
        self.without = options.without
        trust = ssl.create_default_context(cafile=options.ca)
        self.keys = jwt.PyJWKClient(options.keys, ssl_context=trust, timeout=5, cooldown_duration=options.cooldown)

    def caller(self, authorization):
        """The object id of who is calling."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Refused(401)
        try:
            claims = self.claims(token.strip(" "))
        # Keys that are no JSON come as the second.
        except (jwt.PyJWTError, ValueError):
            raise Refused(401) from None
        if self.without != "caller" and claims.get("azp") not in self.options.caller:
            raise Refused(403)
        return claims["oid"]

    def claims(self, token):
        if self.without == "signature":
            key = None
        else:
            key = self.keys.get_signing_key(jwt.get_unverified_header(token).get("kid"))
        return jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=self.options.audience,
            issuer=self.options.issuer,
            leeway=LEEWAY,
            options={
                "require": ["exp", "nbf", "iss", "aud"],
                "verify_signature": self.without != "signature",
                "verify_exp": self.without != "expiry",
                "verify_nbf": self.without != "not-before",
                "verify_aud": self.without != "audience",
                "verify_iss": self.without != "issuer",
            },
        )


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        try:
            caller = self.server.verifier.caller(self.headers.get("authorization", ""))
            self.send_response(200)
            self.send_header("x-principal", caller)
        except Refused as refused:
            self.send_response(refused.status)
            self.send_header("www-authenticate", "Bearer")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    # Of five, as many as there are otherwise, the sixth waits for a second.
    request_queue_size = 128


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--keys", required=True, help="where the issuer publishes its keys")
    parser.add_argument("--ca", required=True, help="who signed the certificate of that place")
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--audience", required=True)
    parser.add_argument("--caller", required=True, action="append", help="the client id of one who may call")
    parser.add_argument("--cooldown", type=float, default=30, help="how many seconds no keys are fetched for unknown key ids")
    parser.add_argument("--without", help="the check to leave out")
    server = Server(("127.0.0.1", 0), Handler)
    server.verifier = Verifier(parser.parse_args())
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


main()
