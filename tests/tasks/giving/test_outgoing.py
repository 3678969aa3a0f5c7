"""The one door through which pictures leave."""

import hashlib

import pytest

from db.models import Review
from db.repositories import images
from db.repositories.images import Variant
from tasks.errors import StoreError, UsageError
from tasks.giving.outgoing import Form, outgoing_bytes
from tests.support.studio import StandInStudio


def test_a_picture_leaves_with_its_type(studio: StandInStudio, variants: list[Variant]) -> None:
    file = outgoing_bytes(studio.services.runtime, variants[0])
    assert (file.content_type, file.extension) == ("image/png", "png")
    assert file.data.startswith(b"\x89PNG")


def test_a_picture_that_is_held_back_leaves_in_no_form(
    studio: StandInStudio, variants: list[Variant]
) -> None:
    runtime = studio.services.runtime
    with runtime.record.writing() as session:
        images.review(
            session, variants[0].image.id, review=Review.REJECTED, actor="system", reason="bare_skin"
        )
    with runtime.record.reading() as session:
        held = images.of_character(session, variants[0].image.character_id)[0]
    for form in Form:
        with pytest.raises(UsageError) as refused:
            outgoing_bytes(runtime, held, form)
        assert refused.value.code == "held_back"


def test_what_is_damaged_does_not_leave(studio: StandInStudio, variants: list[Variant]) -> None:
    key = variants[0].asset.storage_key
    studio.services.store.delete(key)
    studio.services.store.put(key, b"something else", "image/png")
    assert hashlib.sha256(b"something else").hexdigest() != variants[0].asset.sha256
    with pytest.raises(StoreError) as refused:
        outgoing_bytes(studio.services.runtime, variants[0])
    assert refused.value.code == "store_damaged"
