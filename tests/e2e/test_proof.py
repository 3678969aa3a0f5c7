"""A parent on a phone: looks, chooses, is asked once more, approves; the second tab knows of it."""

import pytest
from playwright.sync_api import Page, expect

from db.repositories import images
from tasks.consent.record import consents_shown
from tasks.proof.consent import ask_consent
from tasks.proof.links import make_link
from tests.e2e.test_accessibility import violations
from tests.support.rows import a_picture, a_ready_character
from tests.support.served_studio import ServedStudio

pytestmark = pytest.mark.browser
PIXEL = "<svg xmlns='http://www.w3.org/2000/svg' width='4' height='5'/>"


def test_a_parent_approves_a_picture_on_a_phone(served: ServedStudio, page: Page) -> None:
    services = served.studio.services
    with services.record.writing() as session:
        owner = a_ready_character(session, "Maya").id
        for style in ("watercolor", "anime"):
            a_picture(session, owner, style)
    made = make_link(services.runtime, character_id=owner, by=None)
    # The rows have no bytes: what the routes give out is tested beside them.
    page.context.route("**/proof/*/*", lambda route: route.fulfill(content_type="image/svg+xml", body=PIXEL))
    page.set_viewport_size({"width": 390, "height": 844})
    main = page.get_by_test_id("proof")
    page.goto(served.url + made.path)
    expect(main).to_have_attribute("data-state", "open")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    other = page.context.new_page()
    other.goto(served.url + made.path)
    page.get_by_test_id("approve").click()
    expect(page.get_by_role("alert")).to_have_text("Choose a picture first.")
    page.get_by_role("radio", name="Anime").check()
    page.get_by_test_id("approve").click()
    page.get_by_role("button", name="Back").click()
    expect(main).to_have_attribute("data-state", "open")
    page.get_by_test_id("approve").click()
    page.get_by_test_id("sure").click()
    expect(main).to_have_attribute("data-state", "answered-approved")
    expect(page.get_by_role("heading")).to_be_focused()
    with services.record.reading() as session:
        chosen = images.favourite(session, owner)
    assert chosen and chosen.image.style == "anime"
    other.get_by_role("radio", name="Watercolor").check()
    other.get_by_test_id("approve").click()
    other.get_by_test_id("sure").click()
    expect(other.get_by_test_id("proof")).to_have_attribute("data-state", "answered-approved")
    other.close()


def test_a_parent_consents_on_a_phone(served: ServedStudio, page: Page) -> None:
    services = served.studio.services
    with services.record.writing() as session:
        owner = a_ready_character(session, "Maya").id
    made = ask_consent(services.runtime, character_id=owner, by=None, processors=["replicate"])
    page.context.route("**/proof/*/*", lambda route: route.fulfill(content_type="image/svg+xml", body=PIXEL))
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{served.url}{made.path}?language=de")
    main = page.get_by_test_id("proof")
    expect(main).to_have_attribute("data-state", "open")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    page.get_by_role("checkbox", name="Replicate").check()
    page.get_by_role("radio", name="Mutter oder Vater").check()
    page.get_by_test_id("consent").click()
    expect(page.get_by_role("alert")).to_contain_text("Schreiben Sie Ihren Namen")
    expect(page.get_by_role("checkbox", name="Replicate")).to_be_checked()
    page.get_by_role("textbox").fill("Jo Doe")
    page.get_by_role("checkbox", name="Ich habe das gelesen").check()
    page.get_by_test_id("consent").click()
    expect(main).to_have_attribute("data-state", "answered-consented")
    assert violations(page) == []
    given = consents_shown(services.runtime, character_id=owner)[0]
    assert (given.processors, given.signature) == (("replicate",), "Jo Doe")
