"""With STORYKIN_NAMES=order-numbers nothing but a character's own page says what the child is called."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from db.called import name_settings
from db.models import CallKind, CallState, CharacterStatus, ProviderCall
from db.repositories import characters, images
from tasks.giving.archive import Selection, every_gathered
from tasks.giving.contact_sheet import _who
from tasks.giving.sheet_fonts import SheetFonts
from tasks.proof.links import make_link
from tasks.runtime import using_runtime
from tasks.support.links import make_support_link
from tests.support.rows import a_character, a_character_at, a_picture, a_ready_character, call_at
from tests.support.studio import StandInStudio, stand_in_studio
from ui.app import create_app
from ui.cli import main
from ui.handlers.characters import list_characters
from ui.handlers.costs import costs_page
from ui.handlers.detail import character_page
from ui.handlers.downloads import SHEET_FONTS
from ui.permissions import EVENTS, GRADIO_ROUTES, ROUTES
from ui.settings import StudioSettings
from ui.views.characters import Filter
from ui.views.costs import CostFilter, calls_html, costs_html
from ui.views.detail import detail_heading_html

ORIGIN = "http://127.0.0.1:7860"
NAME = "Wilhelmina Žofie"
WORDS = [word for part in NAME.casefold().split() for word in (part, quote(part), json.dumps(part)[1:-1])]
OWN_PAGE = {  # whose answers are the character's own page, and a file for whom it shows
    ("GET", "/character/{character_id}/details"),
    ("POST", "/character/{character_id}/details"),
    ("GET", "/character/{character_id}/access.zip"),
}
ENDLESS = {  # as long as the browser is there; what they send is asked for otherwise below
    ("GET", "/api/live"),  # the same documents as /api/live/changes
    ("GET", "/studio/gradio_api/queue/data"),  # what events answer
}
NUMBERED = {  # say whom they are about, so they have to say a number
    "/fragments/characters",
    "/fragments/today",
    "/review/card",
    "/api/intake/runs",
    "/api/intake/run",
    "/downloads/picture/{image_id}",
    "/downloads/character/{character_id}/lineage.json",
    "/downloads/character/{character_id}/pictures.zip",
    "/downloads/character/{character_id}/sheet.{form}",
    "/downloads/selection.{form}",
    "/support/{token}",
}


@pytest.fixture(autouse=True, scope="module")
def order_numbers() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORYKIN_NAMES", "order-numbers")
        name_settings.cache_clear()
        yield
    name_settings.cache_clear()


@dataclass(frozen=True)
class House:
    """A studio with one child in every place where a name has stood."""

    studio: StandInStudio
    client: TestClient
    drawn: str
    number: str
    image: str
    run: str
    proof: str
    support: str


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    studio = stand_in_studio(tmp_path_factory.mktemp("home"))
    runtime = studio.services.runtime
    drawn = studio.character(name=NAME, styles=("watercolor", "anime"))
    with runtime.record.writing() as session:
        characters.begin_run(session, a_character(session, NAME).id, "run-under-way")
        a_character_at(session, CharacterStatus.NEEDS_ATTENTION).name = NAME
        for work, state, price in (("1", CallState.RECORDED, 41_000), ("2", CallState.UNKNOWN, None)):
            told = call_at(
                state, work_key=f"{work:>64}", kind=CallKind.IMAGE, provider="replicate", model="m"
            )
            told |= {"character_id": drawn, "estimate_microusd": 39_000, "actual_microusd": price}
            asset = images.of_character(session, drawn)[0].asset.id
            session.add(ProviderCall(**told, result={}, asset_id=asset))
        image = images.of_character(session, drawn)[0].image.id
        run = characters.get(session, drawn).run_token or ""
    support = make_support_link(runtime.record, character_id=drawn, hours=1, by=None, via="operator").path
    proof = make_link(runtime, character_id=drawn, by=None).path
    app = create_app(StudioSettings(), studio.services)
    with TestClient(app, base_url=ORIGIN, follow_redirects=False, client=("127.0.0.1", 50000)) as client:
        asked = client.get(proof)
        seen = re.search(r'name="seen" value="([0-9a-f]+)"', asked.text)
        assert seen
        said = {"seen": seen[1], "answer": "approve", "picture": "1"}
        assert client.post(proof, data=said, headers={"origin": ORIGIN}).status_code < 400
        shown = f"{drawn[-8:-4]}-{drawn[-4:]}".upper()
        yield House(studio, client, drawn, shown, image, run, proof, support)


def names_in(answer: Any) -> list[str]:
    """What of the name stands in an answer, in its headers, or in a file of the ZIP that it is."""
    parts = [str(answer.headers).encode(), answer.content]
    if answer.content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            parts += [each.encode() for each in archive.namelist()]
            parts += [archive.read(each) for each in archive.namelist()]
    text = "\n".join(each.decode(errors="replace") for each in parts).casefold()
    return [word for word in WORDS if word.casefold() in text]


def ask(house: House, method: str, path: str) -> Any:
    """Ask for a declared route as its page does, for the child."""
    filled = {
        "character_id": house.drawn,
        "image_id": house.image,
        "token": (house.support if path.startswith("/support") else house.proof).rpartition("/")[2],
        "form": "zip" if "selection" in path else "pdf",
        "which": "photo",
        "width": "240",
        "path:path": "studio.css",
        "language": "de",
        "name": "anime",
    }
    address = re.sub(r"{([\w:]+)}", lambda found: filled.get(found[1], "x"), path)
    query = {"id": house.drawn, "run": house.run, "session_hash": "x"}
    bodies: dict[str, dict[str, Any]] = {
        "/api/intake/start": {
            "key": house.studio.upload(),
            "name": NAME,
            "gender": "girl",
            "styles": ["flat"],
            "consent": True,
        },
        "/api/intake/again": {"run": house.run},
        "/api/characters/bulk/plan": {"action": "draw", "style": "flat", "ids": [house.drawn]},
        "/api/characters/bulk": {"action": "tag", "tag": "tall", "ids": [house.drawn]},
        "/review/decide": {"act": "approve", "character": house.drawn, "image": house.image},
        "/character/{character_id}/customer": {"act": "make", "days": "3", "changes": "1"},
    }
    body = bodies.get(path, {}) if method != "GET" else None
    headers = {"origin": ORIGIN}
    if path.startswith("/downloads/selection"):
        return house.client.request(method, address, data={"ids": house.drawn}, headers=headers)
    return house.client.request(method, address, params=query, headers=headers, json=body)


def test_no_answer_of_any_route_says_the_name(house: House) -> None:
    asked = {**ROUTES, **GRADIO_ROUTES}.keys() - ENDLESS
    told = {each: ask(house, *each) for each in sorted(asked)}  # GET before POST
    leaking = {each for each, answer in told.items() if names_in(answer)}
    assert leaking == OWN_PAGE
    numbered = {
        path
        for (_method, path), answer in told.items()
        if answer.status_code == 200 and house.number in str(answer.headers) + answer.text
    }
    assert numbered >= NUMBERED
    made = told["POST", "/api/intake/start"].json()
    assert made["name"].replace("-", "").lower() == made["character"][-8:]


def test_nor_does_what_is_given_to_others(house: House) -> None:
    shared = house.client.post(f"/downloads/links/{house.image}", headers={"origin": ORIGIN}).json()["url"]
    card = house.client.get("/review/card", params={"id": house.drawn}).text
    small = re.findall(r'src="(/scaled/[^"]+)"', card)
    made = make_link(house.studio.services.runtime, character_id=house.drawn, by=None).path
    for address in (shared, small[0].replace("&amp;", "&"), made, f"{made}/photo", f"{made}/1"):
        answer = house.client.get(address)
        assert (answer.status_code, names_in(answer)) == (200, []), address


def test_nor_do_the_events_of_pages_but_for_the_character_s_own(house: House) -> None:
    assert {key.partition(".")[0] for key in EVENTS} == {"costs", "detail"}, "scan what the new page answers"
    costs = costs_page(house.studio.services, CostFilter())
    shown = costs_html(costs) + calls_html(costs)
    assert [word for word in WORDS if word in shown.casefold()] == []
    assert shown.count(house.number) >= 3  # the dearest characters, the call to settle, the list of calls
    heading = detail_heading_html(character_page(house.studio.services, house.drawn))
    assert f"<h1>{NAME} " in heading
    assert f'data-title="{house.number}"' in heading  # the browser's tab, its history, its bookmarks


def test_a_contact_sheet_says_the_number_by_each_picture(house: House) -> None:
    pair, selection = house.studio.services.runtime, Selection([house.drawn])
    (known,) = every_gathered(pair, selection)
    assert _who(known, selection, SheetFonts(SHEET_FONTS, 24)) == house.number


def test_who_knows_the_number_or_the_name_finds_the_character(house: House) -> None:
    for query in (house.number, house.number.lower(), house.number.replace("-", "")):
        found = list_characters(house.studio.services, Filter(query)).cards
        assert [(each.character_id, each.name) for each in found] == [(house.drawn, house.number)]
    by_name = list_characters(house.studio.services, Filter("wilhelmina")).cards
    assert house.drawn in {each.character_id for each in by_name}
    assert NAME not in {each.name for each in by_name}


def test_commands_say_the_number_and_take_it(
    studio: StandInStudio, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with studio.services.record.writing() as session:
        who = a_ready_character(session, NAME).id
        a_picture(session, who)
    number = f"{who[-8:-4]}-{who[-4:]}".upper()
    with using_runtime(studio.services.runtime):
        for command in (
            ["list"],
            ["list", "--json"],
            ["list", "wilhelmina"],
            ["list", number],
            ["review", "list"],
            ["review", "list", "--json"],
            ["review", "approve", number, "Anime"],
            ["review", "undo", number],
        ):
            assert main(command) == 0
            said = capsys.readouterr()
            assert number in said.out, command
            assert NAME not in said.out + said.err, command
        assert main(["show", number]) == 0  # its own page
        assert NAME in capsys.readouterr().out
