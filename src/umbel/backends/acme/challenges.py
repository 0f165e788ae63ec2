"""What shows an ACME authority that a name is ours: answers on a port, for as long as it asks."""

import ipaddress
import socket
import socketserver
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from umbel.backends.private_keys import digest_for, key_as_pem, make_key, write_secret
from umbel.core.errors import Mistake
from umbel.identity.certificate_request import KeyKind

_PATH: Final = "/.well-known/acme-challenge/"
_ALPN: Final = "acme-tls/1"
_ACME_IDENTIFIER: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")
_OCTET_STRING: Final = b"\x04\x20"
"""DER's tag and length of 32 octets."""

Answers = Mapping[str, str]
"""Key authorizations (RFC 8555 section 8.1): by token, or by domain."""


@contextmanager
def answering_http(address: str, port: int, by_token: Answers) -> Iterator[None]:
    """Answer ``http-01`` for as long as the block (RFC 8555 section 8.3)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.path.removeprefix(_PATH)
            answer = by_token.get(token) if self.path.startswith(_PATH) else None
            self.send_response(200 if answer else 404)
            self.send_header("Content-Type", "application/octet-stream")
            self.end_headers()
            self.wfile.write((answer or "").encode())

        def log_message(self, *_: object) -> None:
            """Stay quiet: the order tells what came of it."""

    with _told(address, port):
        server = _HttpServer((address, port), Handler)
    with _serving(server):
        yield


@contextmanager
def answering_tls(address: str, port: int, by_domain: Answers) -> Iterator[None]:
    """Answer ``tls-alpn-01`` for as long as the block (RFC 8737)."""
    with TemporaryDirectory(prefix="umbel-acme-") as folder:
        contexts = {
            domain: _context(Path(folder), number, domain, answer)
            for number, (domain, answer) in enumerate(by_domain.items())
        }

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                _shake_hands(self.request, contexts)

        with _told(address, port):
            server = _TlsServer((address, port), Handler)
        with _serving(server):
            yield


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True


class _TlsServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = Thread(target=server.serve_forever, args=(0.1,), name="umbel-acme", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def _told(address: str, port: int) -> Iterator[None]:
    """Tell of a port that cannot be had as a person's mistake."""
    try:
        yield
    except (OSError, OverflowError) as error:
        raise Mistake(
            f"port {port} of {address or 'all addresses'}, which cannot be had ({error})",
            expected="a free port that the ACME authority reaches",
            where="[tls.acme]",
            do="name another with port, and have a firewall lead 80 or 443 to it; or give the "
            "service the capability CAP_NET_BIND_SERVICE",
        ) from error


def _shake_hands(connection: socket.socket, contexts: Mapping[str, ssl.SSLContext]) -> None:
    """Show the certificate of the domain that is asked for; the handshake is all there is."""
    chooser = next(iter(contexts.values()))

    def choose(shaking: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
        shaking.context = contexts.get((name or "").lower(), chooser)

    chooser.sni_callback = choose
    connection.settimeout(10)
    try:
        chooser.wrap_socket(connection, server_side=True).close()
    except OSError:
        return  # Whoever it was, it was not the authority; the order tells what came of it.


def _context(folder: Path, number: int, domain: str, answer: str) -> ssl.SSLContext:
    key = make_key(KeyKind.EC_P256)
    now = datetime.now(UTC)
    name = x509.Name([])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_general_name(domain)]), critical=True)
        .add_extension(_identifier(answer), critical=True)
        .sign(key, digest_for(key))
    )
    both = folder / f"{number}.pem"
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    write_secret(both, key_as_pem(key) + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    context.set_alpn_protocols([_ALPN])
    return context


def _general_name(domain: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(domain))
    except ValueError:
        return x509.DNSName(domain)


def _identifier(answer: str) -> x509.UnrecognizedExtension:
    """Give the extension that proves the challenge (RFC 8737 section 3)."""
    return x509.UnrecognizedExtension(
        _ACME_IDENTIFIER, _OCTET_STRING + sha256(answer.encode()).digest()
    )
