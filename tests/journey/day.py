"""What an operator does in a day, in order."""

import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from flows.request_run import submit_run
from tests.e2e.studio_steps import choose_styles, intake_item, open_new, queue_line
from tests.journey.stopwatch import Stopwatch
from tests.support.served_studio import ServedStudio
from tests.support.studio import photo_bytes
from ui.views.new import FaceThumbnail

STYLES = ("Watercolor", "Anime", "Flat")
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
BAD, GROUPS = 3, 2
TEN = 10  # decisions that are timed
FIRST_NAMES = ("Ada", "Ben", "Cleo", "Dana", "Emil", "Fee", "Gus", "Hanna", "Ilay", "Juno", "Kai", "Lotte")


class Day:
    """Taken in, corrected, reviewed, changed one's mind about, given out."""

    def __init__(
        self, served: ServedStudio, watch: Stopwatch, children: int, patch: pytest.MonkeyPatch
    ) -> None:
        self._served, self._watch, self._page, self._children = served, watch, watch.page, children
        crops = (FaceThumbnail(1, PIXEL), FaceThumbnail(2, PIXEL))
        patch.setattr("ui.handlers.intake.face_thumbnails", lambda data: crops)

    def go_through(self) -> None:
        """The whole day."""
        for part in (
            self._begin,
            self._take_in,
            self._ask,
            self._lunch,
            self._correct,
            self._review,
            self._change_of_mind,
            self._together,
            self._give_out,
            self._end,
        ):
            part()

    @property
    def _drawable(self) -> int:
        return self._children - BAD

    def _begin(self) -> None:
        with self._watch.time("Today is opened"):
            self._page.goto(f"{self._served.url}/studio/today")
            expect(self._page.get_by_test_id("money")).to_be_visible()
        self._watch.look("today")

    def _take_in(self) -> None:
        with tempfile.TemporaryDirectory() as folder, self._watch.time("New character is opened"):
            open_new(self._page, self._served.url)
        with tempfile.TemporaryDirectory() as folder:
            files = self._photos(Path(folder))
            with self._watch.time("all photos dropped and checked", a_time=len(files)):
                self._page.set_input_files("#sk-photo-file", files)
                expect(intake_item(self._page, "refused")).to_have_count(BAD, timeout=300_000)
                expect(intake_item(self._page, "which")).to_have_count(GROUPS, timeout=300_000)
                expect(intake_item(self._page, "good")).to_have_count(
                    self._drawable - GROUPS, timeout=300_000
                )
        self._watch.look("dropped")

    def _photos(self, folder: Path) -> list[Path]:
        files = []
        for number in range(self._children):
            shade = 40 + number * 137 % 150
            color = f"#{shade + 40:02x}{shade:02x}{shade // 2 + number:02x}"
            if number < BAD:
                color = "black"
            elif number < BAD + GROUPS:
                color = "white"
            name = f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {chr(65 + number // len(FIRST_NAMES))}."
            file = folder / (f"{name}jpg" if number % 4 else f"IMG_{number:04d}.jpg")
            file.write_bytes(photo_bytes(color))
            files.append(file)
        return files

    def _fields(self) -> Locator:
        return self._page.get_by_label("Name", exact=True).filter(visible=True)

    def _ask(self) -> None:
        page = self._page
        with self._watch.time("names, people, styles and consent said"):
            choose_styles(page, *STYLES)
            for group in range(GROUPS):
                intake_item(page, "which").first.get_by_role("radio", name="Person 2 from the left").check()
                expect(intake_item(page, "good")).to_have_count(self._drawable - GROUPS + group + 1)
            for number, field in enumerate(self._fields().all()):
                if not field.input_value():
                    field.fill(f"Kid {number}")
            page.locator("#consent input").check()
        self._watch.look("filled in")
        page.get_by_test_id("sum").get_by_role("button", name="Take these out").click()
        expect(intake_item(page, "refused")).to_have_count(0)
        self._served.gate.hold(*("watercolor", "anime", "flat"))
        with self._watch.time("asked for: the form is free again"):
            page.get_by_role("button", name=f"Generate {self._drawable} characters").click()
            expect(page.locator("[data-testid=photo-zone][data-state=empty]")).to_be_visible()
        self._watch.look("asked")

    def _lunch(self) -> None:
        """Prefect is away while the last ones are asked for; it comes back."""
        page = self._page
        self._served.studio.prefect.away = "Prefect does not answer."
        self._served.gate.release()
        with self._watch.time("all asked for, the last without Prefect"):
            expect(page.locator("[data-testid=queue-line][data-run]")).to_have_count(
                self._drawable, timeout=300_000
            )
        self._watch.look("lunch")
        self._served.studio.prefect.away = ""
        services = self._served.studio.services
        unsent: list[str] = queue_line(page, "not_sent").evaluate_all(
            "all => all.map(each => each.dataset.run)"
        )
        for run in unsent:  # what the reconciler does, every ten seconds
            submit_run(services.runtime, run, services.submit)
        with self._watch.time("everything is drawn", a_time=self._drawable):
            expect(queue_line(page, "ready")).to_have_count(self._drawable, timeout=600_000)
        self._watch.look("drawn")

    def _correct(self) -> None:
        page = self._page
        page.goto(f"{self._served.url}/studio/")
        page.get_by_test_id("card").first.click()
        profile = page.get_by_test_id("profile")
        expect(profile).to_be_visible()
        version = int(profile.get_attribute("data-version") or 0)
        self._watch.look("character")
        with self._watch.time("a trait corrected, and drawn again with it"):
            page.get_by_test_id("correct").click()
            page.locator("[data-trait=eyes] [name=value]").fill("green")
            page.get_by_test_id("save-profile").click()
            expect(profile).to_have_attribute("data-version", str(version + 1))
            page.get_by_test_id("draw-corrected").first.click()
            expect(page.get_by_test_id("beside")).to_be_visible(timeout=120_000)
        self._watch.look("corrected")

    def _review(self) -> None:
        page = self._page
        with self._watch.time("the review is opened"):
            page.goto(f"{self._served.url}/studio/review")
            expect(page.locator("sk-review[data-state=shown]")).to_be_visible()
        self._watch.look("review")
        with self._watch.time("ten decisions", a_time=TEN):
            for number in range(TEN // 2):
                before = page.locator("sk-review").get_attribute("data-shown")
                page.keyboard.press(str(1 + number % 3))
                page.keyboard.press("f")
                page.keyboard.press("a")
                page.wait_for_function(
                    "before => document.querySelector('sk-review').dataset.shown !== before"
                    " && document.querySelector('sk-review').dataset.state === 'shown'",
                    arg=before,
                )
            expect(page.get_by_test_id("review")).to_have_attribute("data-confirmed", str(TEN))
        self._watch.look("reviewed")

    def _change_of_mind(self) -> None:
        page = self._page
        with self._watch.time("one decision taken back, one favourite undone"):
            page.keyboard.press("u")
            expect(page.get_by_test_id("review")).to_have_attribute("data-undone", "1")
            page.goto(f"{self._served.url}/studio/?show=favourites")
            page.goto(f"{self._served.url}/studio/?review=approved")
            page.get_by_test_id("card").first.click()
            button = page.get_by_test_id("make-favourite")
            button.click()
            expect(button).to_have_attribute("aria-pressed", "false")
        self._watch.look("favourite undone")

    def _together(self) -> None:
        page = self._page
        page.goto(f"{self._served.url}/studio/")
        expect(page.get_by_test_id("card").first).to_be_visible()
        with self._watch.time("a tag on a whole page of the list"):
            page.locator("[data-pick-all]").check()
            page.get_by_role("region", name="Selected characters").locator("summary").click()
            page.get_by_role("button", name="Tag…", exact=True).click()
            page.locator("[data-bulk-tag] input").fill("spring")
            page.get_by_role("button", name="Do it").click()
            expect(page.locator("dialog[data-state=done]")).to_be_visible()
            self._watch.look("tagged")
            page.get_by_role("button", name="Close").filter(visible=True).click()

    def _give_out(self) -> None:
        page = self._page
        page.goto(f"{self._served.url}/studio/?tag=spring")
        page.locator("[data-pick-all]").check()
        everyone = page.locator("[data-bulk=everyone]")
        if everyone.is_visible():
            everyone.click()
        self._watch.look("selected")
        with self._watch.time("everybody with a tag, as one ZIP"), page.expect_download() as download:
            page.locator("[data-bulk=download]").first.click()
        print("         ", download.value.suggested_filename, download.value.path().stat().st_size, "bytes")
        page.get_by_test_id("card").first.click()
        expect(page.get_by_test_id("stage")).to_be_visible()
        page.get_by_text("Download", exact=True).first.click()
        self._watch.look("downloads")

    def _end(self) -> None:
        self._page.goto(f"{self._served.url}/studio/today")
        expect(self._page.get_by_test_id("money")).to_be_visible()
        self._watch.look("evening")
