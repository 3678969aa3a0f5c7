"""A time-stamp authority of our own for tests: RFC 3161 over HTTP, answered by `openssl ts`."""

import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

OPENSSL = shutil.which("openssl")
_SETTINGS = """[tsa]
default_tsa=t
[t]
serial={folder}/serial
signer_digest=sha256
digests=sha256,sha384,sha512
default_policy=1.2.3.4.1
accuracy=secs:1
tsa_name=yes
ess_cert_id_alg=sha256
"""


@dataclass
class TimeAuthority:
    """Where it answers, and its root as PEM. `answers`: it does stamp, refuse, lie, or say nothing."""

    url: str
    root_pem: str
    answers: str = "stamp"
    asked: list[bytes] = field(default_factory=list)
    ends: threading.Event = field(default_factory=threading.Event)


@contextmanager
def time_authority(folder: Path) -> Iterator[TimeAuthority]:
    """An authority that lives as long as the block."""
    folder.mkdir(parents=True, exist_ok=True)
    root = _certificates(folder)
    (folder / "settings.cnf").write_text(_SETTINGS.format(folder=folder))
    (folder / "serial").write_text("01\n")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    known = TimeAuthority(f"http://127.0.0.1:{server.server_port}/stamp", root)
    server.known, server.folder = known, folder  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield known
    finally:
        known.ends.set()
        server.shutdown()
        server.server_close()


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        known: TimeAuthority = self.server.known  # type: ignore[attr-defined]
        query = self.rfile.read(int(self.headers["Content-Length"]))
        known.asked.append(query)
        if known.answers == "nothing":
            known.ends.wait(60)
            return
        if known.answers == "refuse":
            self.send_error(503)
            return
        reply = _reply(self.server.folder, query)  # type: ignore[attr-defined]
        if known.answers == "lie":  # a stamp, but of something else
            known.asked.append(query)
            reply = _reply(self.server.folder, query.replace(query[-50:-20], b"x" * 30))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _reply(folder: Path, query: bytes) -> bytes:
    (folder / "query").write_bytes(query)
    assert OPENSSL is not None
    asked = [OPENSSL, "ts", "-reply", "-config", "settings.cnf", "-queryfile", "query", "-inkey", "tsa.key"]
    done = subprocess.run(
        [*asked, "-signer", "tsa.pem", "-chain", "root.pem"], cwd=folder, capture_output=True, check=True
    )
    return done.stdout


def _certificates(folder: Path) -> str:
    now = datetime.now(UTC)
    keys = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in ("Time root", "Time authority")
    ]
    made = []
    for number, (name, key) in enumerate(zip(names, keys, strict=True)):
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(names[0])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=number == 0, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), critical=False
            )
            .add_extension(_usage(signs_certificates=number == 0), critical=True)
        )
        if number:
            stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(stamping, critical=True)
        made.append(builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    (folder / "root.pem").write_bytes(made[0])
    (folder / "tsa.pem").write_bytes(made[1])
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "tsa.key").write_bytes(keys[1].private_bytes(*pem))
    return made[0].decode()


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
