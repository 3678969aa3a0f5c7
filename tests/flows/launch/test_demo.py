"""The demo character is a gift: it is drawn where that is free, and nowhere else."""

import hashlib
from dataclasses import replace

import pytest

from db.repositories import characters, events, orders
from flows.erasure import erase_character
from flows.launch import demo
from tasks.intake.normalize import NormalizedPhoto
from tasks.providers.protocols import Photo
from tasks.runtime import Runtime
from tasks.styles.packs import style_names
from tests.flows.conftest import runtime
from tests.support.providers import BookkeepingImage, BookkeepingVision, a_picture
from tests.support.runtimes import new_character

__all__ = ["runtime"]


@pytest.mark.parametrize(("vision", "image"), [(True, False), (False, True), (True, True)])
def test_nothing_is_bought_that_nobody_asked_for(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, vision: bool, image: bool
) -> None:
    paid = replace(runtime, vision=BookkeepingVision(charges=vision), image=BookkeepingImage(charges=image))
    monkeypatch.setattr(demo, "current_runtime", lambda: paid)
    monkeypatch.setattr(demo, "submit_character_run", lambda *_given: pytest.fail("it was submitted"))
    assert demo.ensure_demo() is None
    with runtime.record.reading() as session:
        assert characters.page(session).total == 0


def test_the_demo_is_ordered_like_any_other_character(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = replace(runtime, vision=BookkeepingVision(charges=False), image=BookkeepingImage(charges=False))
    data = a_picture((1, 2, 3))
    photo = NormalizedPhoto(Photo(data, hashlib.sha256(data).hexdigest(), 82, 102), faces=1, warnings=[])
    monkeypatch.setattr(demo, "current_runtime", lambda: free)
    monkeypatch.setattr(demo, "normalize_photo", lambda _data: photo)
    monkeypatch.setattr(demo, "submit_character_run", lambda *_given, **_more: "flow-run")
    character_id = demo.ensure_demo()
    assert character_id is not None
    with runtime.record.reading() as session:
        kinds = [each.kind for each in events.timeline(session, character_id)]
        assert {each.style for each in orders.of_character(session, character_id)} == set(style_names())
    assert kinds == ["run.submitted", "character.queued", "run.asked", "character.created"]


def test_who_was_erased_does_not_come_back_with_the_next_start(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = replace(runtime, vision=BookkeepingVision(charges=False), image=BookkeepingImage(charges=False))
    erase_character(free, character_id=new_character(free), by=None)
    monkeypatch.setattr(demo, "current_runtime", lambda: free)
    assert demo.ensure_demo() is None
    with runtime.record.reading() as session:
        assert characters.page(session).total == 0
