"""Marked files, as c2pa's own reader and other programs see them."""

import dataclasses
import io
import json
import re
import stat
from pathlib import Path
from typing import Any

import c2pa
import cv2
import numpy as np
import pytest
from PIL import Image

from tasks.arrays import BgrBytes
from tasks.marks.errors import MarksUnusable
from tasks.marks.facts import DigitalSource, MarkFacts
from tasks.marks.identity import MarkIdentity, identity_of
from tasks.marks.mark import mark

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
PNG = "image/png"
OFFLINE = {"verify": {"remote_manifest_fetch": False}}


def as_read(data: bytes, content_type: str, identity: MarkIdentity) -> tuple[str, dict[str, Any]]:
    """What c2pa says of a file: its state, and the active manifest."""
    settings = OFFLINE | {"trust": {"trust_anchors": identity.chain_pem.decode()}}
    context = c2pa.Context(c2pa.Settings.from_dict(settings))
    reader = c2pa.Reader.try_create(content_type, io.BytesIO(data), context=context)
    assert reader is not None
    document = json.loads(reader.json())
    return str(reader.get_validation_state()), document["manifests"][document["active_manifest"]]


def actions(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    (found,) = (each for each in manifest["assertions"] if each["label"].startswith("c2pa.actions"))
    return list(found["data"]["actions"])


def encoded(pixels: BgrBytes, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels[..., ::-1]).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_file_says_that_an_algorithm_drew_it_and_repeats_byte_for_byte(
    kind: str, painted: BgrBytes, facts: MarkFacts, identity: MarkIdentity
) -> None:
    content_type = f"image/{kind.lower()}"
    file = mark(encoded(painted, kind), content_type, facts, identity)
    state, manifest = as_read(file, content_type, identity)
    assert state == "Trusted"
    assert actions(manifest)[0]["action"] == "c2pa.created"
    assert actions(manifest)[0]["digitalSourceType"] == IPTC + "algorithmicMedia"
    assert mark(encoded(painted, kind), content_type, facts, identity) == file
    with Image.open(io.BytesIO(file)) as opened:
        xmp = opened.info.get("xmp", opened.info.get("XML:com.adobe.xmp", b""))
    text = xmp.decode() if isinstance(xmp, bytes) else str(xmp)
    assert re.search(r'Iptc4xmpExt:DigitalSourceType="([^"]+)"', text)[1] == IPTC + "algorithmicMedia"  # type: ignore[index]


def test_a_byte_that_is_changed_is_noticed(drawing: bytes, facts: MarkFacts, identity: MarkIdentity) -> None:
    file = bytearray(mark(drawing, PNG, facts, identity))
    file[-2000] ^= 1
    assert as_read(bytes(file), PNG, identity)[0] == "Invalid"


def test_the_photo_is_named_by_a_keyed_digest_alone(
    drawing: bytes, facts: MarkFacts, identity: MarkIdentity
) -> None:
    _, manifest = as_read(mark(drawing, PNG, facts, identity), PNG, identity)
    (photo,) = manifest["ingredients"]
    assert (photo["relationship"], photo["instance_id"]) == ("inputTo", "hmac-sha256:bb")
    assert "thumbnail" not in photo


def providers_file(drawing: bytes, facts: MarkFacts, tmp_path: Path) -> bytes:
    provider = identity_of(tmp_path / "provider", None, None)
    made = dataclasses.replace(facts, source=DigitalSource.TRAINED, photo=None)
    return mark(drawing, PNG, made, provider)


def test_a_providers_manifest_stays_as_the_parents(
    drawing: bytes, facts: MarkFacts, identity: MarkIdentity, tmp_path: Path
) -> None:
    theirs = providers_file(drawing, facts, tmp_path)
    ours = dataclasses.replace(facts, source=DigitalSource.TRAINED, provider="replicate")
    file = mark(theirs, PNG, ours, identity, (theirs, PNG))
    state, manifest = as_read(file, PNG, identity)
    assert state == "Trusted"
    assert [each["action"] for each in actions(manifest)][:2] == ["c2pa.opened", "c2pa.edited"]
    parents = [each for each in manifest["ingredients"] if each["relationship"] == "parentOf"]
    assert len(parents) == 1 and parents[0]["active_manifest"]
    assert mark(theirs, PNG, ours, identity, (theirs, PNG)) == file


def test_a_providers_manifest_that_was_tampered_with_is_not_passed_on(
    drawing: bytes, facts: MarkFacts, identity: MarkIdentity, tmp_path: Path
) -> None:
    theirs = bytearray(providers_file(drawing, facts, tmp_path))
    theirs[-2000] ^= 1
    ours = dataclasses.replace(facts, source=DigitalSource.TRAINED)
    state, manifest = as_read(mark(drawing, PNG, ours, identity, (bytes(theirs), PNG)), PNG, identity)
    assert state == "Trusted"
    assert [each["relationship"] for each in manifest["ingredients"]] == ["inputTo"]
    (told,) = (each["data"] for each in manifest["assertions"] if each["label"] == "org.storykin.picture")
    assert told["providers_manifest"] == "broken"
    assert actions(manifest)[0]["digitalSourceType"] == IPTC + "trainedAlgorithmicMedia"


def test_a_cut_out_stays_clear_where_it_is_clear(
    painted: BgrBytes, facts: MarkFacts, identity: MarkIdentity
) -> None:
    alpha = np.zeros(painted.shape[:2], np.uint8)
    alpha[200:700, 100:500] = 255
    cut = cv2.imencode(".png", np.dstack([painted, alpha]))[1].tobytes()
    file = mark(cut, PNG, facts, identity)
    seen = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)
    assert seen is not None
    assert np.array_equal(seen[..., 3], alpha)
    assert np.array_equal(seen[alpha == 0][:, :3], painted[alpha == 0])


def test_a_drawing_in_layers_carries_the_facts(facts: MarkFacts, identity: MarkIdentity) -> None:
    svg = mark(b'<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>', "image/svg+xml", facts, identity)
    assert IPTC + "algorithmicMedia" in svg.decode()


def test_the_keys_are_their_owners_alone_and_stay(tmp_path: Path) -> None:
    first = identity_of(tmp_path, None, None)
    for each in (tmp_path / "marks").iterdir():
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
    identity_of.cache_clear()
    again = identity_of(tmp_path, None, None)
    assert (again.chain_pem, again.secret) == (first.chain_pem, first.secret)


def test_a_certificate_with_another_ones_key_is_refused(tmp_path: Path) -> None:
    identity_of(tmp_path / "a", None, None)
    identity_of(tmp_path / "b", None, None)
    with pytest.raises(MarksUnusable) as refused:
        identity_of(tmp_path, tmp_path / "a/marks/signing.pem", tmp_path / "b/marks/signing.key")
    assert "does not belong" in refused.value.sentence
