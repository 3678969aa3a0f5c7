"""With what this installation marks: its signing certificate and key, and the secret of its watermark.

They are made once, in the folder `marks` of the data folder, readable by its owner alone.
"""

import os
import secrets
import shutil
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from db.settings import record_settings
from tasks.marks.certificates import new_certificate
from tasks.marks.errors import MarksUnusable
from tasks.marks.settings import mark_settings

FOLDER = "marks"
SECRET_FILE = "watermark.key"  # noqa: S105 - where it lies
_CHAIN, _KEY = "signing.pem", "signing.key"


@dataclass(frozen=True)
class MarkIdentity:
    """What marks are made with. `is_own` tells the installation's own certificate from a given one."""

    chain: tuple[x509.Certificate, ...]
    chain_pem: bytes = field(repr=False)
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    secret: bytes = field(repr=False)  # of the watermark, and of keyed digests
    is_own: bool = True

    @property
    def expires(self) -> datetime:
        """When the certificate ends."""
        return min(each.not_valid_after_utc for each in self.chain)


def mark_identity() -> MarkIdentity:
    """The identity that the settings describe; the installation's own is made if there is none.

    Raises MarksUnusable.
    """
    settings = mark_settings()
    return identity_of(record_settings().home.resolve(), settings.certificate, settings.signing_key)


@lru_cache(maxsize=4)
def identity_of(home: Path, certificate: Path | None, signing_key: Path | None) -> MarkIdentity:
    """The identity in the data folder `home`, with a given certificate and key or its own. MarksUnusable."""
    folder = home / FOLDER
    if (certificate is None) != (signing_key is None):
        raise MarksUnusable(
            "A certificate and its key go together: set both STORYKIN_SIGNING_CERTIFICATE and "
            "STORYKIN_SIGNING_KEY, or neither."
        )
    try:
        if not folder.is_dir():
            _make(folder)
        secret = _private(folder / SECRET_FILE)
        chain_pem = (certificate or folder / _CHAIN).read_bytes()
        key_pem = _private(signing_key or folder / _KEY)
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise MarksUnusable(
            f"{error.filename or folder}, which content credentials are signed with, can't be used: {why}."
        ) from None
    chain, key = _loaded(chain_pem, key_pem)
    return MarkIdentity(chain, chain_pem, key, secret, is_own=certificate is None)


def _make(folder: Path) -> None:
    """The whole folder or none: of several processes, the first to finish gives the one that counts."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder.with_name(f"{folder.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.mkdir(mode=0o700)
    try:
        made = new_certificate(datetime.now(UTC))
        files = ((_CHAIN, made.chain), (_KEY, made.key), (SECRET_FILE, secrets.token_bytes(32)))
        for name, content in files:
            descriptor = os.open(draft / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with open(descriptor, "wb") as file:  # noqa: PTH123 - of a descriptor
                file.write(content)
                file.flush()
                os.fsync(descriptor)
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _private(path: Path) -> bytes:
    """What a key's file holds. Others' rights to it are taken away: a copy of a folder may widen them."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)
    return path.read_bytes()


def _loaded(
    chain_pem: bytes, key_pem: bytes
) -> tuple[tuple[x509.Certificate, ...], ec.EllipticCurvePrivateKey]:
    try:
        chain: Sequence[x509.Certificate] = x509.load_pem_x509_certificates(chain_pem)
        key = load_pem_private_key(key_pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise MarksUnusable(
            "The signing certificate or its key is no PEM that can be read (a key must have no password)."
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise MarksUnusable("The signing key must be an EC key on P-256 (ES256).")
    if chain[0].public_key() != key.public_key():
        raise MarksUnusable("The signing key does not belong to the first certificate of the chain.")
    return tuple(chain), key
