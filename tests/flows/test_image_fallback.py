"""Several image providers in order: who draws while another is away, and that nothing is paid twice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from db.ids import new_id
from db.models import CallState, ProviderCall
from db.repositories import calls, consents, images, limits
from db.repositories.limits import TRIPS_AFTER
from flows.character_run import run_character
from flows.run_request import RunRequest, RunResult
from tasks.consent.record import record_consent
from tasks.errors import CallFailed, NotSent, OutcomeUnknown, Refused
from tasks.picture_options import AS_USUAL, PictureOptions, Resolution
from tasks.pipeline import untracked
from tasks.pricing import drawers_of, estimate_new, estimate_run
from tasks.providers.protocols import ImageRequest
from tasks.runtime import Runtime
from tasks.settlement.reconcile import collect_orphaned_outputs
from tasks.styles.packs import style_pack, usual_styles
from tests.support.providers import BookkeepingImage
from tests.support.style_packs import write_papercut
from tests.tasks.styles.conftest import own_styles
from ui.handlers.estimate import estimate_for_one_more
from ui.handlers.lineage import lineage_of

__all__ = ["own_styles"]

FOR_PRINT = PictureOptions(resolution=Resolution.PRINT)
FIRST, SECOND, THIRD = "replicate", "openai-images", "local"


@dataclass
class Three:
    """A runtime with three image providers, the first two of which charge."""

    runtime: Runtime
    character_id: str

    @property
    def providers(self) -> tuple[BookkeepingImage, ...]:
        found = self.runtime.images
        assert all(isinstance(each, BookkeepingImage) for each in found)
        return found  # type: ignore[return-value]

    @property
    def billed(self) -> dict[str, int]:
        """How many pictures each has on its bill."""
        return {each.name: each.billed.total() for each in self.providers}

    async def draw(
        self, *styles: str, another: bool = False, options: PictureOptions = AS_USUAL
    ) -> RunResult:
        request = RunRequest(self.character_id, styles or ("flat",), new_id(), another, options=options)
        return await run_character(request, untracked, self.runtime)

    def calls(self) -> dict[str, ProviderCall]:
        with self.runtime.record.reading() as session:
            found = calls.of_character(session, self.character_id)
            return {call.provider: call for call in found if call.prompt_artifact_id}

    def let_leases_run_out(self) -> None:
        with self.runtime.record.writing() as session:
            for call in calls.of_character(session, self.character_id):
                if call.lease_expires_at is not None:
                    call.lease_expires_at = call.created_at

    def told(self) -> list[str]:
        """What is said of who drew each picture."""
        with self.runtime.record.reading() as session:
            return [
                lineage_of(each, calls.by_work_key(session, each.image.work_key)).drawn
                for each in images.of_character(session, self.character_id)
            ]


@pytest.fixture
def three(runtime: Runtime, character_id: str) -> Iterator[Three]:
    first = BookkeepingImage(name=FIRST, model="first")
    second = BookkeepingImage(name=SECOND, model="second")
    third = BookkeepingImage(name=THIRD, model="third", charges=False)
    yield Three(replace(runtime, image=first, fallbacks=(second, third)), character_id)


def failing(error: Callable[[], BaseException]) -> Callable[[str], None]:
    def fail(_style: str) -> None:
        raise error()

    return fail


def away() -> Exception:
    return NotSent("Nobody answers there.", code="unreachable")


async def test_while_the_first_is_well_it_draws_alone(three: Three) -> None:
    await three.draw()
    assert three.billed == {FIRST: 1, SECOND: 0, THIRD: 0}
    assert three.told() == [""]


async def test_the_next_draws_while_the_first_is_away_and_the_picture_says_so(three: Three) -> None:
    three.providers[0].before_billing = failing(away)
    result = await three.draw()
    assert (list(result.made), result.failures) == (["flat"], {})
    assert three.billed == {FIRST: 0, SECOND: 1, THIRD: 0}
    assert three.told() == ["drawn by OpenAI pictures, because Replicate was away"]
    assert three.calls()[SECOND].state is CallState.RECORDED


async def test_the_last_draws_when_all_before_it_are_away(three: Three) -> None:
    for each in three.providers[:2]:
        each.before_billing = failing(away)
    await three.draw()
    assert three.billed == {FIRST: 0, SECOND: 0, THIRD: 1}
    assert three.told() == ["drawn by this machine, because Replicate and OpenAI pictures were away"]


async def test_when_all_are_away_the_run_says_so(three: Three) -> None:
    for each in three.providers:
        each.before_billing = failing(away)
    result = await three.draw()
    assert result.failures["flat"].code == "unreachable" and sum(three.billed.values()) == 0


async def test_who_can_not_draw_the_style_is_not_asked_and_the_outage_is_told(
    three: Three, own_styles: Path
) -> None:
    write_papercut(own_styles)  # no painter: the local engine has none for it
    first, _, third = three.providers
    first.before_billing = failing(away)
    three.runtime = replace(three.runtime, fallbacks=(third,))
    result = await three.draw("papercut")
    assert {style: error.code for style, error in result.failures.items()} == {"papercut": "unreachable"}
    assert three.billed == {FIRST: 0, THIRD: 0}
    assert "papercut" not in usual_styles(THIRD) and "papercut" in usual_styles(FIRST)


async def test_who_draws_no_picture_for_print_is_not_asked_for_one(three: Three) -> None:
    first, _, third = three.providers
    for each in (first, third):
        vars(each)["draws_for_print"] = True
    first.before_billing = failing(away)
    assert list((await three.draw(options=FOR_PRINT)).made) == ["flat"]
    assert three.billed == {FIRST: 0, SECOND: 0, THIRD: 1}


async def test_where_nobody_else_draws_for_print_the_order_fails_with_the_first(three: Three) -> None:
    first, second, _ = three.providers
    vars(first)["draws_for_print"] = True
    first.before_billing = failing(away)
    three.runtime = replace(three.runtime, fallbacks=(second,))
    result = await three.draw("anime", options=FOR_PRINT)
    assert {style: error.code for style, error in result.failures.items()} == {"anime": "unreachable"}
    assert three.billed == {FIRST: 0, SECOND: 0}


async def test_an_open_breaker_is_not_waited_for(three: Three) -> None:
    with three.runtime.record.writing() as session:
        for _ in range(TRIPS_AFTER):
            limits.record_failure(session, FIRST)
    await three.draw()
    assert three.billed == {FIRST: 0, SECOND: 1, THIRD: 0}
    assert FIRST not in three.calls()  # nothing was begun there


@pytest.mark.parametrize("charged", [0, 39_000])
@pytest.mark.parametrize(
    "error",
    [
        lambda: Refused("The safety system said no.", code="safety"),
        lambda: OutcomeUnknown("The answer was lost."),
        lambda: CallFailed("The model failed."),
    ],
)
async def test_what_is_no_outage_is_nobody_elses_turn(
    three: Three, error: Callable[[], Exception], charged: int
) -> None:
    hook = "after_billing" if charged else "before_billing"
    setattr(three.providers[0], hook, failing(error))
    for _ in range(2):  # nor is it the next one's in the run after that
        await three.draw()
    assert three.billed[SECOND] == three.billed[THIRD] == 0


async def test_what_may_be_paid_is_not_drawn_by_another_though_the_first_is_away_now(three: Three) -> None:
    three.providers[0].after_billing = failing(lambda: OutcomeUnknown("The answer was lost."))
    await three.draw()
    three.providers[0].after_billing = lambda _style: None
    with three.runtime.record.writing() as session:
        for _ in range(TRIPS_AFTER):
            limits.record_failure(session, FIRST)
    result = await three.draw()
    assert result.made == {} and three.billed == {FIRST: 1, SECOND: 0, THIRD: 0}


async def test_when_the_first_is_back_the_picture_there_is_is_found_and_not_bought_again(
    three: Three,
) -> None:
    three.providers[0].before_billing = failing(away)
    await three.draw()
    three.providers[0].before_billing = lambda _style: None
    again = await three.draw()
    assert (again.made, list(again.found)) == ({}, ["flat"])
    assert three.billed == {FIRST: 0, SECOND: 1, THIRD: 0}
    await three.draw(another=True)  # another one on purpose is the first's again
    assert three.billed == {FIRST: 1, SECOND: 1, THIRD: 0}
    assert three.told() == ["drawn by OpenAI pictures, because Replicate was away", ""]


async def test_a_prompt_of_an_attempt_that_came_to_nothing_marks_no_picture(three: Three) -> None:
    first, second, _ = three.providers
    for each in three.providers:
        each.before_billing = failing(away)
    await three.draw()  # the second has a prompt now, and has drawn nothing
    second.before_billing = lambda _style: None
    three.runtime = replace(three.runtime, image=second, fallbacks=(first,))
    await three.draw()
    assert three.billed == {FIRST: 0, SECOND: 1}
    assert three.told() == [""]


async def test_a_prompt_that_was_there_before_keeps_no_mark_away(three: Three) -> None:
    first, second, _ = three.providers
    for each in three.providers:
        each.before_billing = failing(away)
    three.runtime = replace(three.runtime, image=second, fallbacks=())
    await three.draw()  # the second, alone as yet, has a prompt and has drawn nothing
    second.before_billing = lambda _style: None
    three.runtime = replace(three.runtime, image=first, fallbacks=(second,))
    await three.draw()
    assert three.billed == {FIRST: 0, SECOND: 1}
    assert three.told() == ["drawn by OpenAI pictures, because Replicate was away"]


async def test_no_provider_is_told_who_was_away(three: Three) -> None:
    seen = []

    class Listening(BookkeepingImage):
        def submit(self, request: ImageRequest) -> str:
            seen.append(dict(request.parameters))
            return super().submit(request)

    three.providers[0].before_billing = failing(away)
    three.runtime = replace(three.runtime, fallbacks=(Listening(name=SECOND, model="second"),))
    await three.draw()
    (parameters,) = seen
    assert parameters.keys() == {*style_pack("flat").parameters, "seed", "framing"}


class Killed(BaseException):
    """The worker dies here."""


@pytest.mark.parametrize("where", ["before_billing", "after_billing", "on_collect"])
async def test_killed_over_the_fallback_it_goes_on_there_though_the_first_is_back(
    three: Three, where: str
) -> None:
    first, second, _ = three.providers
    first.before_billing = failing(away)
    setattr(second, where, failing(Killed))
    with pytest.raises(Killed):
        await three.draw()
    three.let_leases_run_out()
    first.before_billing = lambda _style: None
    setattr(second, where, lambda _style: None)
    result = await three.draw()
    assert three.billed[FIRST] == three.billed[THIRD] == 0  # never a second picture
    assert three.billed[SECOND] == (0 if where == "before_billing" else 1)
    assert (list(result.made) == ["flat"]) is (where == "on_collect")


async def test_what_a_dead_worker_ordered_at_the_fallback_is_fetched_from_there(three: Three) -> None:
    first, second, _ = three.providers
    first.before_billing = failing(away)
    second.on_collect = failing(Killed)
    with pytest.raises(Killed):
        await three.draw()
    three.let_leases_run_out()
    second.on_collect = lambda _style: None
    assert collect_orphaned_outputs(three.runtime) == 1
    assert three.calls()[SECOND].state is CallState.STORED
    assert three.billed == {FIRST: 0, SECOND: 1, THIRD: 0}


async def test_killed_between_the_two_the_first_is_asked_again(
    three: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = three.providers[0]
    first.before_billing = failing(away)

    async def dying(step: Any, /, *args: Any, **kwargs: Any) -> Any:
        if step.name == "build-prompt" and args[4] == SECOND:
            raise Killed
        return await untracked(step, *args, **kwargs)

    with pytest.raises(Killed):
        request = RunRequest(three.character_id, ("flat",), new_id())
        await run_character(request, dying, three.runtime)
    first.before_billing = lambda _style: None
    await three.draw()
    assert three.billed == {FIRST: 1, SECOND: 0, THIRD: 0} and three.told() == [""]


class Dear(BookkeepingImage):
    def estimate_microusd(self, request: Any) -> int:
        return 250_000


async def test_the_dearest_is_what_is_estimated_and_what_the_cap_counts(three: Three) -> None:
    dear = Dear(name=SECOND, model="dear")
    three.runtime = replace(three.runtime, fallbacks=(dear, three.providers[2]), run_cap_microusd=251_000)
    look = three.runtime.vision.estimate_microusd(None)  # type: ignore[arg-type]
    assert estimate_new(three.runtime, ["flat"]) == 250_000 + look
    result = await three.draw()
    assert result.failures[""].code == "over_budget" or "cap" in result.failures[""].sentence
    assert sum(three.billed.values()) == 0


def at_home(three: Three) -> None:
    """From now on the consent names nobody outside the house."""
    with three.runtime.record.writing() as session:
        consents.withdraw(session, three.character_id, by=None)
        record_consent(session, three.character_id, processors=[], by=None)


async def test_who_may_not_have_the_photo_is_not_in_the_price_and_blocks_no_run(three: Three) -> None:
    dear = Dear(name=SECOND, model="dear")

    class Free(BookkeepingImage):
        def estimate_microusd(self, request: Any) -> int:
            return 0

    three.runtime = replace(
        three.runtime,
        fallbacks=(dear, Free(name=THIRD, model="third", charges=False)),
        run_cap_microusd=5_000,
    )
    at_home(three)
    look = three.runtime.vision.estimate_microusd(None)  # type: ignore[arg-type]
    assert estimate_run(three.runtime, three.character_id, ["flat", "anime"]) == look
    assert (await three.draw("flat", "anime")).failures == {}
    assert three.billed == {FIRST: 0, SECOND: 0, THIRD: 2}
    assert estimate_run(three.runtime, three.character_id, ["storybook"]) == 0
    with three.runtime.record.reading() as session:
        drawers = drawers_of(session, three.runtime, three.character_id)
    assert estimate_for_one_more(three.runtime, "flat", referenced=False, drawers=drawers).free


async def test_who_may_have_the_photo_but_can_not_draw_the_size_is_passed_over(three: Three) -> None:
    first, second, third = three.providers
    for each in (first, third):
        vars(each)["draws_for_print"] = True
    in_house = BookkeepingImage(name="in-house", model="house", charges=False)
    three.runtime = replace(three.runtime, fallbacks=(in_house, second, third))
    at_home(three)
    assert list((await three.draw(options=FOR_PRINT)).made) == ["flat"]
    assert {name: count for name, count in three.billed.items() if count} == {THIRD: 1}


async def test_what_a_fallback_has_drawn_costs_nothing_in_the_next_estimate(three: Three) -> None:
    three.providers[0].before_billing = failing(away)
    await three.draw()
    assert estimate_run(three.runtime, three.character_id, ["flat"]) == 0
