"""A picture that has left, found again: whole, changed, stripped, copied."""

import io
import shutil
from pathlib import Path

import pytest
from PIL import Image

from db.repositories import images
from db.settings import record_settings
from tasks.arrays import BgrBytes
from tasks.giving.outgoing import outgoing_bytes
from tasks.marks.identity import MarkIdentity, identity_of, mark_identity
from tasks.marks.key_check import has_their_keys
from tasks.marks.mark import mark
from tasks.marks.outgoing import facts_of
from tasks.marks.verify import Origin, Verdict, verify
from tests.support.studio import StandInStudio, stand_in_studio

PNG = "image/png"


@pytest.fixture
def studio(home: Path, migrated_record: Path) -> StandInStudio:
    shutil.copy(migrated_record, home / "storykin.db")
    return stand_in_studio(home)


def test_a_picture_that_left_is_known_again_whatever_became_of_it(
    studio: StandInStudio, painted: BgrBytes, drawing: bytes
) -> None:
    runtime, identity = studio.services.runtime, mark_identity()
    with studio.services.record.reading() as session:
        variant = images.of_character(session, studio.character())[0]
    left = outgoing_bytes(runtime, variant).data

    def seen(data: bytes, *, all_ways: bool = False) -> Verdict:
        return verify(data, identity, runtime.record, all_ways=all_ways)

    assert outgoing_bytes(runtime, variant).data == left
    whole = seen(left)
    assert (whole.origin, whole.is_on_record) == (Origin.OURS, True)
    assert (whole.character_id, whole.style) == (variant.image.character_id, variant.image.style)

    # The stand-in's picture is plain; one that has pixels to speak of stands for it from here on.
    file = mark(drawing, PNG, facts_of(runtime, variant, identity), identity)
    changed = bytearray(file)
    changed[-2000] ^= 1
    assert seen(bytes(changed)).origin is Origin.OURS_CHANGED

    with Image.open(io.BytesIO(file)) as opened:
        stripped = io.BytesIO()
        opened.convert("RGB").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(stripped, "JPEG", quality=85)
    found = seen(stripped.getvalue(), all_ways=True)
    assert (found.origin, found.character_id) == (Origin.OURS_BY_WATERMARK, variant.image.character_id)

    assert seen(drawing).origin is Origin.UNKNOWN
    assert seen(b"no picture at all").origin is Origin.UNKNOWN


def test_somebody_elses_words_on_our_number_are_not_believed(
    studio: StandInStudio, drawing: bytes, identity: MarkIdentity
) -> None:
    runtime = studio.services.runtime
    with studio.services.record.reading() as session:
        variant = images.of_character(session, studio.character())[0]
    outgoing_bytes(runtime, variant)
    forged = mark(drawing, PNG, facts_of(runtime, variant, mark_identity()), identity)
    assert verify(forged, mark_identity(), runtime.record, all_ways=False).origin is Origin.OTHERS
    broken = bytearray(forged)
    broken[-2000] ^= 1
    found = verify(bytes(broken), mark_identity(), runtime.record, all_ways=False)
    assert found.origin is Origin.OTHERS_CHANGED


def test_the_store_keeps_the_picture_as_it_was_made(studio: StandInStudio) -> None:
    with studio.services.record.reading() as session:
        variant = images.of_character(session, studio.character())[0]
    before = studio.services.store.get(variant.asset.storage_key)
    assert outgoing_bytes(studio.services.runtime, variant).data != before
    assert studio.services.store.get(variant.asset.storage_key) == before


def test_a_record_without_the_keys_of_its_marks_is_told_from_one_with_them(
    studio: StandInStudio, tmp_path: Path
) -> None:
    record, home = studio.services.record, record_settings().home.resolve()
    assert has_their_keys(record, tmp_path)  # nothing has left yet
    with record.reading() as session:
        variant = images.of_character(session, studio.character())[0]
    outgoing_bytes(studio.services.runtime, variant)
    assert has_their_keys(record, home)
    assert not has_their_keys(record, tmp_path)
    identity_of(tmp_path, None, None)  # new ones are made
    assert not has_their_keys(record, tmp_path)
