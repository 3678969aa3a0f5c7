"""A correction in a real browser: edited in place, kept through a late save, drawn again."""

import pytest
from playwright.sync_api import Page, expect

from tasks.correction.correct_profile import correct_profile
from tasks.correction.profile_changes import ProfileChanges
from tests.e2e.studio_steps import open_character
from tests.support.served_studio import ServedStudio

pytestmark = pytest.mark.browser


def test_a_profile_is_corrected_over_somebody_else_s_and_drawn_again(
    served: ServedStudio, page: Page
) -> None:
    served.studio.prefect.in_background = False
    character_id = served.studio.character(styles=("anime",))
    open_character(page, served.url, character_id)
    page.get_by_test_id("correct").click()
    clothes = page.locator("[data-trait=clothes]")
    clothes.locator("[name=value]").fill("teal")
    clothes.locator("[type=color]").fill("#207070")
    expect(clothes.locator("[name=hex]")).to_have_value("#207070")
    eyes = {"eyes": {"value": "green", "hex": "#406040"}}
    correct_profile(
        served.studio.services.runtime,
        character_id=character_id,
        based_on=1,
        changes=ProfileChanges(eyes),
    )
    page.get_by_test_id("save-profile").click()
    expect(page.get_by_test_id("conflict")).to_contain_text("green")
    page.get_by_role("button", name="Save mine on top of version 2").click()
    expect(page.get_by_test_id("profile")).to_have_attribute("data-version", "3")
    expect(page.locator("[data-trait=eyes]")).to_contain_text("green")
    expect(clothes).to_contain_text("teal")
    page.get_by_test_id("draw-corrected").click()
    expect(page.get_by_test_id("beside")).to_contain_text("New: Anime 2")
