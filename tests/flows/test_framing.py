"""A portrait and a whole figure are two pictures: ordered, drawn, found and rerun each for itself."""

import inspect

import pytest

from db.ids import new_id
from db.repositories import batches, events, images, orders
from flows.batch_work import draw_character
from flows.character_run import run_character
from flows.generate_character import generate_character
from flows.request_run import check_run_token, request_run
from flows.run_request import RunRequest, RunResult
from tasks.batch.plan import open_batch, pending_by_character
from tasks.design.shapes import Framing
from tasks.errors import CallFailed, RunTokenUsed, UsageError
from tasks.picture_options import PictureOptions, framing_of
from tasks.pipeline import untracked
from tasks.providers.protocols import ImageRequest
from tasks.runtime import Runtime
from tests.support.providers import BookkeepingImage

WHOLE = PictureOptions(Framing.FULL_BODY)


def book(runtime: Runtime) -> BookkeepingImage:
    assert isinstance(runtime.image, BookkeepingImage)
    return runtime.image


async def drawn(
    runtime: Runtime, character_id: str, options: PictureOptions, *, another: bool = False
) -> RunResult:
    request = RunRequest(character_id, ("flat",), new_id(), another, options=options)
    result = await run_character(request, untracked, runtime)
    assert not result.failures
    return result


def pictures(runtime: Runtime, character_id: str) -> list[tuple[str, str, int]]:
    with runtime.record.reading() as session:
        variants = images.of_character(session, character_id)
        return [(each.image.style, each.image.framing, each.image.ordinal) for each in variants]


async def test_each_framing_is_drawn_once_and_numbered_by_itself(runtime: Runtime, character_id: str) -> None:
    for options in (PictureOptions(), WHOLE, PictureOptions(), WHOLE):
        await drawn(runtime, character_id, options)
    assert book(runtime).billed.total() == 2
    await drawn(runtime, character_id, WHOLE, another=True)
    assert pictures(runtime, character_id) == [
        ("flat", "", 1),
        ("flat", "full_body", 1),
        ("flat", "full_body", 2),
    ]


async def test_whoever_draws_is_told_the_framing_in_words_and_as_a_parameter(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[ImageRequest] = []
    submit = BookkeepingImage.submit

    def noting(image: BookkeepingImage, request: ImageRequest) -> str:
        asked.append(request)
        return submit(image, request)

    monkeypatch.setattr(BookkeepingImage, "submit", noting)
    await drawn(runtime, character_id, PictureOptions())
    await drawn(runtime, character_id, WHOLE)
    portrait, whole = asked
    assert (portrait.parameters["framing"], whole.parameters["framing"]) == ("portrait", "full_body")
    assert "ead and shoulders" in portrait.prompt and "ead and shoulders" not in whole.prompt
    assert "ull body visible, feet included" in whole.prompt
    assert portrait.parameters["seed"] == whole.parameters["seed"]  # the same scene around both


async def test_a_request_keeps_its_framing_on_record_and_its_token(
    runtime: Runtime, character_id: str
) -> None:
    asked = request_run(runtime, character_id, ["flat"], options=WHOLE)
    with runtime.record.reading() as session:
        (said,) = [e for e in events.of_run(session, asked.run_token) if e.kind == "run.asked"]
        (order,) = orders.of_character(session, character_id)
    assert said.data == {"styles": ["flat"], "another": False, "framing": "full_body"}
    assert (order.style, order.framing, order.ordinal) == ("flat", "full_body", 1)
    check_run_token(runtime, asked)
    with pytest.raises(RunTokenUsed):
        check_run_token(runtime, RunRequest(character_id, ("flat",), asked.run_token))


async def test_the_night_draws_the_whole_figure_that_failed(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await drawn(runtime, character_id, PictureOptions())
    with runtime.record.writing() as session:
        orders.add(session, [(character_id, "flat", 1)], run_token="r")
        orders.add(session, [(character_id, "flat", 1)], run_token="s", framing="full_body")
        orders.add(session, [(character_id, "anime", 1)], run_token="s", framing="full_body")

    def fail(_style: str) -> None:
        raise CallFailed("The brush broke.", code="brush_broke")

    book(runtime).before_billing = fail
    request = RunRequest(character_id, ("flat",), new_id(), options=WHOLE)
    assert (await run_character(request, untracked, runtime)).failures
    book(runtime).before_billing = lambda _style: None
    batch_id = open_batch(new_id(), None, limit=100)
    assert pending_by_character(batch_id) == {character_id: ["anime", "flat"]}
    await draw_character(batch_id, character_id, ("anime", "flat"))
    assert pictures(runtime, character_id)[0] == ("flat", "", 1)
    assert sorted(pictures(runtime, character_id)[1:]) == [
        ("anime", "full_body", 1),
        ("flat", "full_body", 1),
    ]
    with runtime.record.reading() as session:
        assert batches.candidates(session) == []


def test_a_run_that_an_earlier_version_has_submitted_names_no_framing() -> None:
    framing = inspect.signature(generate_character.fn).parameters["framing"]
    assert framing.default is Framing.PORTRAIT
    assert framing_of(None) is framing_of("") is framing_of("portrait") is Framing.PORTRAIT
    with pytest.raises(UsageError, match="portrait, full_body") as refused:
        framing_of("sideways")
    assert refused.value.code == "unknown_framing"
