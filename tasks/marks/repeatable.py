"""Sign with content credentials so that the same picture gives the same bytes each time.

The library salts every assertion at random and has no switch for it. So after it has signed, the salts are
replaced by ones that follow from what they salt, the hashes that cover them are corrected, and the claim is
signed once more (deterministic ECDSA, RFC 6979). Nothing changes its length, so nothing else in the file
moves. A library that writes something else is noticed: what comes out is read back by the library itself
(`tasks.marks.mark`).
"""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from db.log import Log
from tasks.marks import jumbf
from tasks.marks.cose import NoRoom, stamped_content, with_stamp
from tasks.marks.identity import MarkIdentity
from tasks.marks.jumbf import Box
from tasks.marks.library import c2pa_library
from tasks.marks.reader import read_manifest
from tasks.marks.time_stamps import StampBook, authority_roots

log = Log("marks")

_SALT = 16  # bytes
_SETTINGS = {
    "verify": {"remote_manifest_fetch": False},
    "builder": {
        "thumbnail": {"enabled": False},
        # Else they would only be gathered, not vouched for by who signs. The names are without version.
        "created_assertion_labels": ["c2pa.actions", "org.storykin.picture", "c2pa.soft-binding"],
    },
}


@dataclass(frozen=True)
class Parent:
    """A file with a manifest of its own that the picture was made from, and how the manifest names it."""

    ingredient: Mapping[str, Any]
    content_type: str
    data: bytes


class _Signing:
    """Signs what the library asks for, and remembers what that was."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self.content = b""
        self.signature = b""

    def __call__(self, content: bytes) -> bytes:
        self.content, self.signature = content, self.of(content)
        return self.signature

    def of(self, content: bytes) -> bytes:
        """r and s, 32 bytes each, as COSE has them."""
        signature = self._key.sign(content, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(signature)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def sign_repeatably(
    manifest: Mapping[str, Any],
    data: bytes,
    content_type: str,
    identity: MarkIdentity,
    parents: Sequence[Parent] = (),
    stamps: StampBook | None = None,
) -> bytes:
    """The file with a signed manifest in it, equal bytes for equal arguments and the same time stamp.

    Raises C2paError, MarksUnusable.

    `manifest` must name a label and instance ids of its own, and PNG, JPEG or WebP is what can be signed so.
    """
    c2pa = c2pa_library()
    signing = _Signing(identity.key)
    signer = c2pa.Signer.from_callback(signing, c2pa.C2paSigningAlg.ES256, identity.chain_pem.decode())
    out = io.BytesIO()
    context = c2pa.Context(c2pa.Settings.from_dict(_SETTINGS))
    with context, c2pa.Builder(dict(manifest), context=context) as builder:
        for each in parents:
            builder.add_ingredient(dict(each.ingredient), each.content_type, io.BytesIO(each.data))
        builder.sign(signer, content_type, io.BytesIO(data), out)
    signed = bytearray(out.getvalue())
    places = jumbf.spans(signed, content_type)
    store = bytearray(b"".join(signed[at : at + length] for at, length in places))
    signature = _settle_salts(store, signing)
    plain = _put_back(signed, places, bytes(store), content_type)
    if stamps is None:
        return plain
    return _stamped(plain, places, signature, content_type, stamps)


def _put_back(signed: bytearray, places: Sequence[tuple[int, int]], store: bytes, content_type: str) -> bytes:
    done = 0
    for at, length in places:
        signed[at : at + length] = store[done : done + length]
        done += length
    if content_type == jumbf.PNG:
        jumbf.mend_checksum(signed, places[0])
    return bytes(signed)


def _stamped(
    plain: bytes,
    places: Sequence[tuple[int, int]],
    signature: bytes,
    content_type: str,
    stamps: StampBook,
) -> bytes:
    """The file with its time stamp, if there is one and it passes the library's check; else as it was."""
    store = b"".join(plain[at : at + length] for at, length in places)
    try:
        content = stamped_content(store, signature)
        stamp = stamps.find(signature, content)
        if stamp is None:
            return plain
        in_store = with_stamp(store, signature, stamp.token)
        stamped = _put_back(bytearray(plain), places, in_store, content_type)
    except NoRoom as error:
        log.error("a time stamp finds no room beside the signature", error=error)
        return plain
    roots = authority_roots()
    seen = read_manifest(stamped, content_type, roots)
    if seen.stamp_is_trusted or (seen.stamp_is_right and not roots):
        return stamped
    if seen.stamp_is_right:
        stamps.distrust(stamp)
    else:
        stamps.refuse(signature, content)
    return plain


def _settle_salts(store: bytearray, signing: _Signing) -> bytes:
    """Returns the signature that stands in the store then."""
    (whole,) = jumbf.superboxes(store, 0, len(store))
    active = jumbf.superboxes(store, whole.content, whole.end)[-1]
    parts = {each.label: each for each in jumbf.superboxes(store, active.content, active.end)}
    claim = next(box for label, box in parts.items() if label.startswith("c2pa.claim"))
    kept = parts["c2pa.assertions"]
    assertions = {each.label: each for each in jumbf.superboxes(store, kept.content, kept.end)}
    claimed = _content_of(store, claim)
    # Actions name ingredients by their hashes, so they come last.
    order = sorted(assertions, key=lambda label: (label.startswith("c2pa.actions"), label))
    before = {label: _hash(store, box) for label, box in assertions.items()}
    for label in order:
        box = assertions[label]
        if box.salt is not None:
            salt = hashlib.sha256(b"salt" + label.encode() + bytes(store[box.content : box.end])).digest()
            store[box.salt : box.salt + _SALT] = salt[:_SALT]
        after = _hash(store, box)  # other than before also where it names another whose hash has changed
        for each in (*assertions.values(), claim):
            store[each.start : each.end] = store[each.start : each.end].replace(before[label], after)
    content = signing.content.replace(claimed, _content_of(store, claim))
    at = store.index(signing.signature)
    signature = signing.of(content)
    store[at : at + len(signing.signature)] = signature
    return signature


def _hash(store: bytearray, box: Box) -> bytes:
    return hashlib.sha256(store[box.start + 8 : box.end]).digest()


def _content_of(store: bytearray, claim: Box) -> bytes:
    return bytes(store[claim.content + 8 : claim.end])
