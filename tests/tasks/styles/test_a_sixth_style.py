"""Papercut, a sixth style that only the cloud draws: one folder, and it is everywhere."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from db.ids import new_id
from db.repositories import images
from flows.character_run import run_character
from flows.run_request import RunRequest
from tasks.errors import CallFailed, UsageError
from tasks.perception.analysis import PersonAnalysis
from tasks.pipeline import untracked
from tasks.providers.local.illustrator import LocalIllustrator
from tasks.providers.protocols import ImageRequest, Photo
from tasks.styles.drawing import draw
from tasks.styles.packs import chosen_styles, style_catalog, style_pack, style_packs
from tasks.styles.prompt import build_character_prompt
from tests.support.providers import BookkeepingImage, BookkeepingVision, a_picture
from tests.support.runtimes import new_character, open_runtime
from tests.support.studio import stand_in_studio
from tests.support.style_packs import PAPERCUT, write_papercut
from tests.tasks.profiles import a_profile
from ui.app import create_app
from ui.settings import StudioSettings

FIVE = ["watercolor", "storybook", "anime", "flat", "colored-pencil"]


@pytest.fixture
def papercut(own_styles: Path) -> Path:
    return write_papercut(own_styles)


def test_it_is_chosen_like_the_others(papercut: Path) -> None:
    assert chosen_styles("all") == [*FIVE, "papercut"]
    assert chosen_styles("papercut,anime") == ["anime", "papercut"]
    assert style_pack("papercut").pass_mark == 0.35


def test_the_order_is_the_packs_own(own_styles: Path) -> None:
    write_papercut(own_styles, document=PAPERCUT.replace("order = 60", "order = 15"))
    assert list(style_packs()) == ["watercolor", "papercut", *FIVE[1:]]


def test_its_prompt_is_built(papercut: Path) -> None:
    lines = build_character_prompt(a_profile(), "papercut").text.splitlines()
    assert "Task: redraw the person of image 1 as a scene of layered cut paper." in " ".join(lines)
    assert "Style: layered papercut, crisp edges, soft drop shadows." in lines


def test_the_local_engine_says_that_it_can_not_draw_it(papercut: Path) -> None:
    photo = Photo(data=a_picture(), sha256="0" * 64, width=82, height=102)
    request = ImageRequest(
        call_id="c", photo=photo, profile=a_profile(), style="papercut", prompt="p", parameters={"seed": 1}
    )
    with pytest.raises(CallFailed) as refused:
        LocalIllustrator().submit(request)
    assert refused.value.code == "cloud_only"
    assert "can't draw the style Papercut" in refused.value.sentence


async def test_a_paid_provider_draws_it(
    papercut: Path, weights: Path, tmp_path: Path, migrated_record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_runtime(tmp_path, migrated_record) as runtime:
        monkeypatch.setattr("tasks.recheck_photo.recheck_photo", lambda _runtime, _character: [])
        character_id = new_character(runtime)
        request = RunRequest(character_id, ("papercut",), new_id())
        outcome = await run_character(request, untracked, runtime)
        assert list(outcome.made) == ["papercut"]
        assert isinstance(runtime.image, BookkeepingImage) and runtime.image.billed.total() == 1
        with runtime.record.reading() as session:
            (variant,) = images.of_character(session, character_id)
        assert variant.image.likeness is not None and variant.image.likeness["identity_mark"] == 0.35


async def test_the_local_engine_fails_it_for_nothing_and_draws_the_others(
    papercut: Path, tmp_path: Path, migrated_record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Here(BookkeepingImage):
        def submit(self, request: ImageRequest) -> str:
            LocalIllustrator().submit(request)
            return super().submit(request)

    with open_runtime(tmp_path, migrated_record) as runtime:
        free = replace(runtime, vision=BookkeepingVision(charges=False), image=Here(charges=False))
        monkeypatch.setattr("tasks.recheck_photo.recheck_photo", lambda _runtime, _character: [])
        order = RunRequest(new_character(free), ("flat", "papercut"), new_id())
        outcome = await run_character(order, untracked, free)
    assert list(outcome.made) == ["flat"]
    assert {style: error.code for style, error in outcome.failures.items()} == {"papercut": "cloud_only"}


def test_the_studio_offers_it_with_its_own_picture(papercut: Path, home: Path, migrated_record: Path) -> None:
    (home / "storykin.db").write_bytes(migrated_record.read_bytes())
    app = create_app(StudioSettings(), stand_in_studio(home).services)
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        components = client.get("/studio/config").json()["components"]
        sample = client.get("/static/styles/papercut.webp")
        assert client.get("/static/styles/cubism.webp").status_code == 404
    (form,) = [str(each["props"]["value"]) for each in components if each["props"].get("elem_id") == "intake"]
    offered = re.findall(r'name="styles" value="([^"]+)"( checked)?><img src="([^"?]+)', form)
    assert ("papercut", "", "/static/styles/papercut.webp") in offered  # and not checked:
    assert [name for name, checked, _ in offered if checked] == FIVE  # this machine draws, which can't
    assert sample.headers["content-type"] == "image/webp"
    assert sample.content == (papercut / "sample.webp").read_bytes()


def test_the_command_line_offers_it(papercut: Path, home: Path) -> None:
    def storykin(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ui.cli", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)

    assert "papercut" in storykin("completion", "bash").stdout
    wrong = storykin("generate", "nowhere.jpg", "--name", "A", "--style", "cubism").stderr
    assert "unknown_style" in wrong and "papercut" in wrong


def test_another_package_brings_one(
    tmp_path: Path, own_styles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    package = write_papercut(site, "papercut_for_storykin")
    (package / "__init__.py").write_text("", "utf-8")
    distribution = site / "papercut_for_storykin-1.0.dist-info"
    distribution.mkdir()
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: papercut\nVersion: 1.0\n", "utf-8")
    (distribution / "entry_points.txt").write_text(
        "[storykin.styles]\npapercut = papercut_for_storykin\nlost = not_installed.at_all\n", "utf-8"
    )
    monkeypatch.syspath_prepend(site)
    style_catalog.cache_clear()
    assert style_pack("papercut").folder == package
    assert list(style_packs()) == [*FIVE, "papercut"]
    assert "not_installed.at_all" in style_catalog().refused["lost"].sentence


def test_a_style_of_ones_own_brings_its_painter(
    own_styles: Path, seen: Callable[[str], PersonAnalysis]
) -> None:
    drawn = PAPERCUT.replace('"cloud only"', '"painter.py"') + "\n[drawing]\nseed_number = 6\n"
    folder = write_papercut(own_styles, document=drawn)
    (folder / "painter.py").write_text(
        "def paint(figure, choices): return figure.canvas.blank(0.2)\n", "utf-8"
    )
    picture = Image.open(io.BytesIO(draw(seen("astronaut"), "papercut", 0, {})))
    assert (picture.format, picture.size, picture.getpixel((0, 0))) == ("PNG", (820, 1024), (51, 51, 51))


def test_a_painter_that_can_not_paint_is_told(own_styles: Path) -> None:
    drawn = PAPERCUT.replace('"cloud only"', '"painter.py"') + "\n[drawing]\nseed_number = 6\n"
    folder = write_papercut(own_styles, document=drawn)
    (folder / "painter.py").write_text("def pain(figure, choices): ...\n", "utf-8")
    with pytest.raises(UsageError, match=r"painter\.py can't be used: AttributeError"):
        draw(None, "papercut", 0, {})  # type: ignore[arg-type]


def test_a_broken_pack_is_told_and_leaves_the_others_alone(own_styles: Path) -> None:
    write_papercut(own_styles, "broken", PAPERCUT.replace('label = "Papercut"\n', ""))
    write_papercut(own_styles)
    assert list(style_packs()) == [*FIVE, "papercut"]
    with pytest.raises(UsageError, match="label: Field required") as refused:
        style_pack("broken")
    assert refused.value.code == "bad_style_pack"


@pytest.mark.parametrize(
    ("name", "line", "instead", "field"),
    [
        ("flat", "order = 60", "order = 61", "name"),
        ("other", '"Papercut"', '"Flat"', "label"),
        ("other", '"layered papercut, crisp edges, soft drop shadows"', '"bold shapes"', "token"),
    ],
)
def test_of_two_that_can_not_be_told_apart_the_first_stays(
    own_styles: Path, name: str, line: str, instead: str, field: str
) -> None:
    write_papercut(own_styles, name, PAPERCUT.replace(line, instead))
    assert list(style_packs()) == FIVE
    sentence = style_catalog().refused[name].sentence
    assert f"{field}: the style flat" in sentence and str(own_styles / name) in sentence
