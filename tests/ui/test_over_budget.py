"""What would be over the budget is refused when it is asked for, with the numbers; nothing is kept."""

import pytest

from db.models import CharacterStatus
from db.repositories import characters, orders
from tasks.errors import OverBudget
from tasks.pricing import estimate_run
from tasks.styles.packs import style_names
from tests.support.studio import StandInStudio
from tests.ui.test_estimate import paying
from ui.handlers.detail import draw_again, draw_style, try_again
from ui.handlers.start import start_character


def test_a_new_character_is_refused_before_anything_is_kept(studio: StandInStudio) -> None:
    form = studio.form(styles=style_names())
    with pytest.raises(OverBudget, match=r"budget of \$0.10 has \$0.00 used.* cost about \$0.195"):
        start_character(paying(studio, budget=100_000), form)
    with pytest.raises(OverBudget, match=r"above the cap of \$0.10 for one run"):
        start_character(paying(studio, cap=100_000), form)
    with studio.services.record.reading() as session:
        assert characters.page(session).total == 0
    assert studio.prefect.orders == []
    assert studio.services.store.head(form.photo_key) is not None  # to try again with fewer styles


def test_what_is_asked_on_a_characters_page_is_refused_too(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",))
    poor = paying(studio, budget=10_000)
    with pytest.raises(OverBudget):
        draw_again(poor, character_id, "anime")
    with pytest.raises(OverBudget):
        draw_style(poor, character_id, "flat")
    with studio.services.record.writing() as session:
        orders.add(session, [(character_id, "flat", 1)], run_token="asked-before")
    with pytest.raises(OverBudget):
        try_again(poor, character_id)
    with studio.services.record.reading() as session:
        assert characters.get(session, character_id).status is CharacterStatus.READY


def test_what_is_drawn_already_counts_nothing(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime", "flat"))
    runtime = paying(studio).runtime
    assert estimate_run(runtime, character_id, ["anime", "flat"]) == 0
    assert estimate_run(runtime, character_id, ["anime", "storybook"]) == 39_000
    assert estimate_run(runtime, character_id, ["anime"], another=True) == 39_000


def test_a_look_at_the_photo_counts_until_it_is_on_record(studio: StandInStudio) -> None:
    character_id = studio.character(styles=("anime",))
    runtime = paying(studio, vision=True).runtime
    assert estimate_run(runtime, character_id, ["flat"]) == 39_000
    runtime.vision.model = "other-eyes"
    assert estimate_run(runtime, character_id, ["flat"]) == 12_000 + 39_000
