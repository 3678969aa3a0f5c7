"""The one door through which pictures leave."""

import hashlib

import pytest

from db.models import Review
from db.repositories import images
from db.repositories.images import Variant
from tasks.errors import StoreError, UsageError
from tasks.giving.outgoing import Form, outgoing_bytes
from tasks.media.design_chunk import with_design
from tests.support.designs import a_design
from tests.support.providers import a_picture
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


def test_a_design_is_believed_of_what_this_machine_drew_alone(
    studio: StandInStudio, variants: list[Variant], monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, carrying = studio.services.runtime, with_design(a_picture(), a_design())
    monkeypatch.setattr("tasks.giving.outgoing.verified_bytes", lambda _pair, _key: carrying)
    assert outgoing_bytes(runtime, variants[0], Form.DESIGN).content_type == "application/json"
    monkeypatch.setattr("tasks.giving.outgoing.drawn_by", lambda _pair, _variant: ("replicate", "any"))
    with pytest.raises(UsageError) as refused:
        outgoing_bytes(runtime, variants[0], Form.DESIGN)
    assert refused.value.code == "no_design"
