"""Where a file comes from, and whether it was changed: by its content credentials; where those were stripped,
by the number in its pixels, looked up in the record.

A watermark tells which picture to look up and proves nothing: it can be copied onto another picture.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np

from db.engine import Record
from db.repositories import marks
from tasks.arrays import BgrBytes
from tasks.marks.facts import hex_of
from tasks.marks.identity import MarkIdentity
from tasks.marks.manifest import PICTURE
from tasks.marks.read_watermark import Reading, read
from tasks.marks.reader import FileManifest, ManifestState, read_manifest
from tasks.marks.time_stamps import authority_roots

_LARGEST = 40_000_000  # pixels that are looked into
# What a manifest says of itself counts only where its signature is right and ours.
_NOT_SIGNED_HERE = frozenset(
    {"signingCredential.untrusted", "claimSignature.mismatch", "assertion.hashedURI.mismatch"}
)
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"RIFF", "image/webp"),
    (b"%PDF-", "application/pdf"),
)


class Origin(StrEnum):
    """Where a file comes from."""

    OURS = "ours"  # signed here, and as it left
    OURS_CHANGED = "ours_changed"  # signed here, and changed since
    OURS_BY_WATERMARK = "ours_by_watermark"  # the credentials are gone, the number is of a picture of ours
    OTHERS = "others"  # right content credentials of somebody else
    OTHERS_CHANGED = "others_changed"  # content credentials of somebody else that do not fit the file
    UNKNOWN = "unknown"  # nothing tells


@dataclass(frozen=True)
class Verdict:
    """What `verify` found. `mark` is the number, as 16 hexadecimal digits; `character_id` and `style` are of
    the picture that it leads to, where that is still there.
    """

    origin: Origin
    manifest: FileManifest
    reading: Reading | None
    mark: str | None
    is_on_record: bool
    character_id: str | None = None
    style: str | None = None


def verify(data: bytes, identity: MarkIdentity, record: Record, *, all_ways: bool = True) -> Verdict:
    """What a file's bytes tell of it. Nothing is fetched. Raises MarksUnusable, RecordError.

    `all_ways`: look for the number in the mirrored and the turned picture, too; seconds more where none is.
    """
    content_type = media_type(data)
    found = FileManifest(ManifestState.UNREADABLE)
    if content_type is not None:
        found = read_manifest(data, content_type, identity.chain_pem.decode())
        if found.stamped_at and (roots := authority_roots()):
            # Asked by itself: whoever is certified below an authority's root is no signer of ours.
            dated = read_manifest(data, content_type, roots).stamp_is_trusted
            found = replace(found, stamp_is_trusted=dated)
    told = (found.assertion(PICTURE) or {}).get("mark")
    mark = str(told) if told else None
    reading = None
    # A broken manifest may be somebody's words on a picture of ours: then the pixels are asked, too.
    if found.state is not ManifestState.TRUSTED:
        reading = _read_pixels(data, identity.secret, all_ways=all_ways)
        if reading is not None and reading.mark_id is not None:
            mark = hex_of(reading.mark_id)
    with record.reading() as session:
        known = marks.find(session, mark) if mark else None
        image = known.image if known else None
        character_id, style = (image.character_id, image.style) if image else (None, None)
    by_pixels = reading is not None and reading.mark_id is not None
    origin = _origin(found, is_ours=known is not None, by_pixels=by_pixels)
    return Verdict(origin, found, reading, mark, known is not None, character_id, style)


def media_type(data: bytes) -> str | None:
    """The type of a file by its first bytes; None for what can carry no marks that we read."""
    for beginning, content_type in _BEGINNINGS:
        if data.startswith(beginning):
            return content_type
    return "image/svg+xml" if b"<svg" in data[:1000] else None


def _origin(found: FileManifest, *, is_ours: bool, by_pixels: bool) -> Origin:
    if found.state is ManifestState.TRUSTED:
        return Origin.OURS
    if found.state is ManifestState.INVALID:
        signed_here = not _NOT_SIGNED_HERE.intersection(found.failures)
        return Origin.OURS_CHANGED if signed_here or (is_ours and by_pixels) else Origin.OTHERS_CHANGED
    if by_pixels:
        return Origin.OURS_BY_WATERMARK
    return Origin.OTHERS if found.state is ManifestState.VALID else Origin.UNKNOWN


def _read_pixels(data: bytes, secret: bytes, *, all_ways: bool) -> Reading | None:
    """The number in the pixels, upright, then mirrored and turned; None for what is no picture."""
    pixels = _pixels(data)
    if pixels is None:
        return None
    first: Reading | None = None
    for each in _ways(pixels) if all_ways else (pixels,):
        reading = read(each, secret)
        if reading.mark_id is not None:
            return reading
        first = first or reading
    return first


def _pixels(data: bytes) -> BgrBytes | None:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if pixels is None or pixels.shape[0] * pixels.shape[1] > _LARGEST or min(pixels.shape[:2]) < 64:
        return None
    if pixels.dtype != np.uint8:
        pixels = np.right_shift(np.asarray(pixels, np.uint16), 8).astype(np.uint8)
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)
    if pixels.shape[2] == 4:  # a cut-out, on white
        clear = pixels[..., 3:] == 0
        return np.asarray(np.where(clear, 255, pixels[..., :3]), np.uint8)
    return np.asarray(pixels, np.uint8)


def _ways(pixels: BgrBytes) -> Iterator[BgrBytes]:
    for mirrored, turns in itertools.product((False, True), range(4)):
        seen = pixels[:, ::-1] if mirrored else pixels
        yield np.ascontiguousarray(np.rot90(seen, turns))
