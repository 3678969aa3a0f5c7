"""Sealing: what leaves us, or lies in the database, and only we may read and make.

The key follows from the one that signs links (`secret.key` in the data folder, or STORYKIN_SECRET_KEY), which
machines that share a database share, and which no backup and no dump carries.
"""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from db.settings import record_settings
from tasks.providers.registry import signing_secret


def seal(text: str, *, purpose: str, about: str = "") -> str:
    """`text` in base64 that opens for this purpose and `about` alone. StoreError without a key."""
    sealed = _cipher(purpose).encrypt(text.encode(), [about.encode()])
    return base64.b64encode(sealed).decode()


def unseal(sealed: str, *, purpose: str, about: str = "") -> str | None:
    """The text; None where another key has sealed it, or for another purpose, or nobody."""
    try:
        kept = base64.b64decode(sealed.translate(_STANDARD), validate=True)
        return _cipher(purpose).decrypt(kept, [about.encode()]).decode()
    except (InvalidTag, binascii.Error, ValueError):
        return None


_STANDARD = str.maketrans("-_", "+/")  # the alphabet for addresses and cookies is read as well


def _cipher(purpose: str) -> AESSIV:
    key = signing_secret(record_settings().home)
    return AESSIV(HKDF(SHA256(), 64, salt=None, info=f"storykin {purpose}".encode()).derive(key))
