"""How what lies in a backup is named and sealed: plainly, or with a key.

AES-SIV (RFC 5297) is deterministic, so the same bytes are the same object and are copied once, and it needs
no nonce that could be used twice. Names are keyed digests, so that nobody without the key can tell whether a
certain picture is in the backup. The key itself comes from the pass phrase by scrypt.
"""

import base64
import hmac
import secrets
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import BaseModel, ConfigDict, Field

from tasks.backup.errors import BackupDamaged, WrongKey

# OWASP's smallest advice for scrypt: 32 MiB, three times over, about a third of a second.
COST, BLOCK, PARALLEL = 2**15, 8, 3
_CHECK = b"storykin backup"


class KeyParameters(BaseModel):
    """How the key follows from the pass phrase, and how to tell that it is the right one. No secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    salt: str
    n: int = Field(ge=2, le=2**20)
    r: int = Field(ge=1, le=32)
    p: int = Field(ge=1, le=16)
    check: str


class Cipher(Protocol):
    """Gives each object of a backup its name and its stored bytes."""

    def name_of(self, sha256: str) -> str:
        """The name, in hex, of the object whose plain bytes have this SHA-256 (hex)."""
        ...

    def seal(self, name: str, data: bytes) -> bytes:
        """The bytes to store under `name`: the same ones for the same arguments."""
        ...

    def open(self, name: str, data: bytes) -> bytes:
        """The plain bytes of what `seal` made for this name. Raises BackupDamaged for anything else."""
        ...


class Plain:
    """No key: names are digests, bytes are bytes."""

    def name_of(self, sha256: str) -> str:
        """`sha256`, unchanged."""
        return sha256

    def seal(self, name: str, data: bytes) -> bytes:
        """`data`, unchanged."""
        return data

    def open(self, name: str, data: bytes) -> bytes:
        """`data`, unchanged and unchecked: readers compare its digest."""
        return data


class Sealed:
    """A key, from the pass phrase and the parameters that lie beside the backup."""

    def __init__(self, master: bytes) -> None:
        derived = HKDF(SHA256(), length=96, salt=None, info=b"storykin backup 1").derive(master)
        self._names, self._siv = derived[:32], AESSIV(derived[32:])

    def name_of(self, sha256: str) -> str:
        """HMAC-SHA-256 of `sha256` under the key, in hex."""
        return hmac.digest(self._names, sha256.encode(), "sha256").hex()

    def seal(self, name: str, data: bytes) -> bytes:
        """Encrypted, and bound to its name: no two objects can be exchanged for each other."""
        return self._siv.encrypt(data, [name.encode()])

    def open(self, name: str, data: bytes) -> bytes:
        """The decrypted bytes. Raises BackupDamaged where bytes, name or key are others."""
        try:
            return self._siv.decrypt(data, [name.encode()])
        except (InvalidTag, ValueError):
            raise BackupDamaged("Something in the backup has been changed since it was written.") from None


def new_key(phrase: str) -> tuple[Sealed, KeyParameters]:
    """A cipher with a fresh salt, and the parameters that `known_key` needs to make it again."""
    salt = secrets.token_bytes(16)
    cipher = Sealed(_master(phrase, salt, COST, BLOCK, PARALLEL))
    check = cipher.seal("check", _CHECK)
    return cipher, KeyParameters(salt=_text(salt), n=COST, r=BLOCK, p=PARALLEL, check=_text(check))


def known_key(phrase: str, parameters: KeyParameters) -> Sealed:
    """The cipher of an existing backup. Raises WrongKey when the pass phrase is another one."""
    try:
        salt, check = base64.b64decode(parameters.salt), base64.b64decode(parameters.check)
        cipher = Sealed(_master(phrase, salt, parameters.n, parameters.r, parameters.p))
        cipher.open("check", check)
    except (BackupDamaged, ValueError):
        raise WrongKey("STORYKIN_BACKUP_KEY is not the key of this backup.") from None
    return cipher


def _master(phrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(phrase.encode())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
