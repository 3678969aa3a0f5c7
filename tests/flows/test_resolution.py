"""A picture for print is chosen, priced before, and another picture; a draft costs what it did."""

from dataclasses import dataclass, field, replace

import pytest

from db.ids import new_id
from db.repositories import batches, characters, images, orders
from flows.batch_work import draw_character
from flows.character_run import run_character
from flows.request_run import request_run
from flows.run_request import RunRequest
from flows.start_character import CharacterRequest, start_character
from tasks.batch.plan import open_batch
from tasks.errors import CallFailed, UsageError
from tasks.intake.normalize import NormalizedPhoto
from tasks.picture_options import AS_USUAL, PictureOptions, Resolution, resolution_of
from tasks.pipeline import untracked
from tasks.pricing import estimate_new, estimate_run
from tasks.providers.protocols import ImageRequest, Photo
from tasks.runtime import Runtime
from tests.support.providers import BookkeepingImage
from tests.support.runtimes import order_pictures

FOR_PRINT = PictureOptions(resolution=Resolution.PRINT)
LOOK, DRAFT, PRINT = 2_000, 39_000, 100_000


@dataclass
class TwoSizes(BookkeepingImage):
    """Asks more for a picture for print; remembers what was asked for."""

    draws_for_print: bool = True
    asked: list[ImageRequest] = field(default_factory=list)

    def estimate_microusd(self, request: ImageRequest) -> int:
        return PRINT if request.parameters.get("resolution") == "print" else DRAFT

    def submit(self, request: ImageRequest) -> str:
        self.asked.append(request)
        return super().submit(request)


@pytest.fixture
def brush() -> TwoSizes:
    return TwoSizes()


@pytest.fixture
def runtime(runtime: Runtime, brush: TwoSizes, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    both = replace(runtime, image=brush)
    monkeypatch.setattr("tasks.runtime.process_runtime", lambda: both)
    return both


async def draw(
    runtime: Runtime, character_id: str, options: PictureOptions, *, another: bool = False
) -> None:
    request = RunRequest(character_id, ("flat",), new_id(), another, options=options)
    assert not (await run_character(request, untracked, runtime)).failures


async def test_a_price_is_told_before_and_only_who_chooses_pays_more(
    runtime: Runtime, brush: TwoSizes, character_id: str
) -> None:
    assert estimate_new(runtime, ["flat", "anime"]) == LOOK + 2 * DRAFT
    assert estimate_new(runtime, ["flat", "anime"], FOR_PRINT) == LOOK + 2 * PRINT
    await draw(runtime, character_id, AS_USUAL)
    assert "resolution" not in brush.asked[0].parameters
    price = estimate_run(runtime, character_id, ["flat"], another=True, options={"flat": FOR_PRINT})
    assert price == PRINT
    await draw(runtime, character_id, FOR_PRINT, another=True)
    assert brush.asked[1].parameters["resolution"] == "print"


async def test_who_has_a_picture_for_print_is_sold_no_draft_of_it(
    runtime: Runtime, brush: TwoSizes, character_id: str
) -> None:
    for options in (FOR_PRINT, FOR_PRINT, AS_USUAL):
        await draw(runtime, character_id, options)
    assert len(brush.asked) == 1
    assert estimate_run(runtime, character_id, ["flat"]) == 0


async def test_the_night_draws_in_the_size_that_was_ordered(
    runtime: Runtime, brush: TwoSizes, character_id: str
) -> None:
    order_pictures(runtime, character_id, "flat")
    request = request_run(runtime, character_id, ["flat"], options=FOR_PRINT)  # the last word counts

    def fail(_style: str) -> None:
        raise CallFailed("The brush broke.", code="brush_broke")

    brush.before_billing = fail
    assert (await run_character(request, untracked, runtime)).failures
    brush.before_billing = lambda _style: None
    with runtime.record.writing() as session:  # asked for again without a word of its size
        orders.add(session, [(character_id, "flat", 1)], run_token="again")
    with runtime.record.reading() as session:
        assert [each.resolution for each in batches.candidates(session)] == ["print"]
    batch_id = open_batch(new_id(), None, limit=100)
    await draw_character(batch_id, character_id, ("flat",))
    assert brush.asked[-1].parameters["resolution"] == "print"
    with runtime.record.writing() as session:
        assert len(images.of_character(session, character_id)) == 1
        orders.add(session, [(character_id, "flat", 1)], run_token="later")
        (row,) = orders.of_character(session, character_id)
    assert row.resolution == "print"  # what is drawn stays as it was ordered


def test_a_model_of_one_size_says_so_before_anything_is_kept(runtime: Runtime) -> None:
    runtime = replace(runtime, image=BookkeepingImage())
    request = CharacterRequest("Ada", "girl", ("flat",), consent=True, options=FOR_PRINT)
    with pytest.raises(UsageError) as refused:
        start_character(runtime, request, NormalizedPhoto(Photo(b"", "", 1, 1), faces=1))
    assert refused.value.code == "no_print_size"
    with runtime.record.reading() as session:
        assert characters.page(session).total == 0


def test_a_resolution_is_one_that_there_is() -> None:
    assert resolution_of("") is resolution_of("draft") is Resolution.DRAFT
    with pytest.raises(UsageError, match="draft, print"):
        resolution_of("8K")
