"""Mark a picture as it leaves: watermark, then encoding with XMP, then content credentials, in this order.

Each covers what is before it: a tag that were added after the signature would make it invalid.
"""

import hashlib
from collections.abc import Callable
from functools import partial

from tasks.arrays import BgrBytes
from tasks.marks.encode import FORMATS, marked_file
from tasks.marks.errors import MarksUnusable
from tasks.marks.facts import MarkFacts
from tasks.marks.identity import MarkIdentity
from tasks.marks.jumbf import SVG
from tasks.marks.library import c2pa_library
from tasks.marks.manifest import ParentState, manifest, parent_ingredient
from tasks.marks.reader import ManifestState, holds_ingredient_pictures, read_manifest
from tasks.marks.repeatable import Parent, sign_repeatably
from tasks.marks.time_stamps import StampBook
from tasks.marks.watermark import embed
from tasks.marks.xmp import rdf, xmp_packet

MARKED_FORMATS = (*FORMATS, SVG)


def mark(
    picture: bytes,
    content_type: str,
    facts: MarkFacts,
    identity: MarkIdentity,
    made_from: tuple[bytes, str] | None = None,
    stamps: StampBook | None = None,
) -> bytes:
    """The picture as it leaves, the same bytes for the same arguments and the same time stamp.

    Args:
        picture: PNG, JPEG, WebP or SVG; anything else is given back as it is, as it can't carry a mark.
        content_type: Its media type.
        facts: What is told of it.
        identity: Who signs.
        made_from: The bytes and media type that the provider gave, whose manifest is kept as a parent's.
        stamps: Where time stamps come from; None for none.

    Raises:
        MarksUnusable: It can't be read or signed.
    """
    if content_type == SVG:
        return _marked_svg(picture, facts)
    if content_type not in FORMATS:
        return picture
    unsigned = marked_file(picture, content_type, _watermark(facts, identity), xmp_packet(facts))
    state, parents = _parent(facts, made_from)
    try:
        told = manifest(facts, unsigned, state)
        signed = sign_repeatably(told, unsigned, content_type, identity, parents, stamps)
    except c2pa_library().C2paError as error:
        raise MarksUnusable(
            "Content credentials could not be signed: the certificate is expired, or of a kind that C2PA "
            f"does not take ({type(error).__name__}). `storykin doctor` tells more."
        ) from None
    read_back = read_manifest(signed, content_type)
    if read_back.state not in (ManifestState.VALID, ManifestState.TRUSTED):
        raise MarksUnusable(
            "Content credentials were signed, and did not pass their own check, so this picture does not "
            f"leave. ({', '.join(read_back.failures)})"
        )
    return signed


def _watermark(facts: MarkFacts, identity: MarkIdentity) -> Callable[[BgrBytes], BgrBytes]:
    if facts.mark_id is None:
        return lambda pixels: pixels
    return partial(embed, mark_id=facts.mark_id, key=identity.secret)


def _parent(facts: MarkFacts, made_from: tuple[bytes, str] | None) -> tuple[ParentState, tuple[Parent, ...]]:
    """The provider's manifest, checked: naming a broken one would pass it on under our signature."""
    if made_from is None:
        return ParentState.NONE, ()
    data, content_type = made_from
    found = read_manifest(data, content_type)
    if found.state in (ManifestState.NONE, ManifestState.UNREADABLE):
        return ParentState.NONE, ()
    if found.state not in (ManifestState.VALID, ManifestState.TRUSTED):
        return ParentState.BROKEN, ()
    if holds_ingredient_pictures(found):
        return ParentState.WITHHELD, ()
    ingredient = parent_ingredient(facts, hashlib.sha256(data).digest())
    return ParentState.KEPT, (Parent(ingredient, content_type, data),)


def _marked_svg(picture: bytes, facts: MarkFacts) -> bytes:
    """The facts in the drawing's metadata; shapes have no pixels to carry a watermark."""
    text = picture.decode()
    at = text.index(">", text.index("<svg")) + 1
    return f"{text[:at]}<metadata>{rdf(facts)}</metadata>{text[at:]}".encode()
