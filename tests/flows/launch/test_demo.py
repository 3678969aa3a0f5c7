"""The demo character is a gift: it is drawn where that is free, and nowhere else."""

from dataclasses import replace

import pytest

from db.repositories import characters
from flows.launch import demo
from tasks.workshop import Workshop
from tests.flows.conftest import tools
from tests.support.providers import BookkeepingImage, BookkeepingVision

__all__ = ["tools"]


@pytest.mark.parametrize(("vision", "image"), [(True, False), (False, True), (True, True)])
def test_nothing_is_bought_that_nobody_asked_for(
    tools: Workshop, monkeypatch: pytest.MonkeyPatch, vision: bool, image: bool
) -> None:
    paid = replace(tools, vision=BookkeepingVision(charges=vision), image=BookkeepingImage(charges=image))
    monkeypatch.setattr(demo, "workshop", lambda: paid)
    monkeypatch.setattr(demo, "submit_character_run", lambda *_given: pytest.fail("it was submitted"))
    assert demo.ensure_demo() is None
    with tools.record.reading() as session:
        assert characters.page(session).total == 0
