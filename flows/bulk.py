"""One thing done to many characters: told first with its count and its price, then done to each by itself.

What can't be done to one (its run is under way, it has no favourite) is left out, counted, and stops nobody
else.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from db.errors import UserFacingError
from db.lifecycle import ACTIVE
from db.models import CharacterImage, CharacterStatus, Review
from db.repositories import characters, images
from db.told import told
from flows.request_run import AskedRun, Submit, request_run
from tasks.errors import UsageError
from tasks.ledger.budget import check_budget_ahead, check_run_cap
from tasks.pricing import estimate_run
from tasks.review import decide
from tasks.runtime import Runtime
from tasks.styles.packs import chosen_styles

MOST = 500  # at once: each is looked at, priced and asked for by itself

UNDER_WAY = "A run is under way."
ERASED = "Erased meanwhile."
HAS_STYLE = "Drawn in this style already."
NO_FAVOURITE = "There is no favourite yet."
DECIDED = "The favourite is approved already."

HandOver = Callable[[Runtime, str, Submit], AskedRun]


@dataclass(frozen=True)
class BulkPlan:
    """Whom it would be done to, why others are left out and how many, and about what it would cost.

    `photos` and `pictures` would be gone for good; copies were sent to `processors`, which can't be undone.
    """

    ids: tuple[str, ...]
    left_out: Mapping[str, int]
    microusd: int = 0
    photos: int = 0
    pictures: int = 0
    processors: tuple[str, ...] = ()


@dataclass(frozen=True)
class BulkDone:
    """To how many it was done, and why not to others, and how many those are.

    `problem` is what went on less well for those it was done to; `unfinished` how many of them go on.
    """

    done: int
    left_out: Mapping[str, int]
    problem: str | None = None
    unfinished: int = 0


def plan_drawing(runtime: Runtime, *, character_ids: Sequence[str], style: str) -> BulkPlan:
    """What drawing `style` for each that has no picture in it would take. UsageError for an unknown style."""
    (wanted,) = chosen_styles([style])
    left_out: Counter[str] = Counter()
    ids, price = [], 0
    for character_id in checked(character_ids):
        reason = _why_not_drawn(runtime, character_id, wanted)
        if reason:
            left_out[reason] += 1
            continue
        ids.append(character_id)
        price += estimate_run(runtime, character_id, [wanted])
    return BulkPlan(tuple(ids), left_out, price)


def draw(
    runtime: Runtime,
    *,
    character_ids: Sequence[str],
    style: str,
    agreed_microusd: int,
    submit: Submit,
    hand_over: HandOver,
    by: str | None = None,
) -> BulkDone:
    """Ask for a run in `style` of each that `plan_drawing` names now.

    Raises UsageError `price_changed` when that costs more than the person agreed to, OverBudget when
    today's budget has no room for it.
    """
    plan = plan_drawing(runtime, character_ids=character_ids, style=style)
    if plan.microusd > agreed_microusd:
        raise UsageError("The price has changed meanwhile. Look at it again.", code="price_changed")
    if plan.microusd:
        check_budget_ahead(runtime, plan.microusd)

    def ask(character_id: str) -> None:
        check_run_cap(runtime, estimate_run(runtime, character_id, [style]))
        request = request_run(runtime, character_id, [style], actor=by or decide.OPERATOR)
        hand_over(runtime, request.run_token, submit)

    return each_of(plan, ask)


def plan_approval(runtime: Runtime, *, character_ids: Sequence[str]) -> BulkPlan:
    """Whose favourite would be approved: those that have one that nobody has decided on."""
    left_out: Counter[str] = Counter()
    ids = []
    for character_id in checked(character_ids):
        favourite = _favourite(runtime, character_id)
        if favourite is None:
            left_out[NO_FAVOURITE] += 1
        elif favourite.review is not Review.PROPOSED:
            left_out[DECIDED] += 1
        else:
            ids.append(character_id)
    return BulkPlan(tuple(ids), left_out)


def approve(runtime: Runtime, *, character_ids: Sequence[str], by: str | None = None) -> BulkDone:
    """Approve the favourite of each that `plan_approval` names now."""

    def approve_favourite(character_id: str) -> None:
        favourite = _favourite(runtime, character_id)
        if favourite is not None:
            decide.approve(runtime, character_id=character_id, image_id=favourite.id, by=by)

    return each_of(plan_approval(runtime, character_ids=character_ids), approve_favourite)


def checked(character_ids: Sequence[str]) -> list[str]:
    """The ids, none twice. UsageError (`too_many_chosen`)."""
    chosen = list(dict.fromkeys(character_ids))
    if len(chosen) > MOST:
        raise UsageError(
            told(
                "Choose at most %(most)s characters at once; these are %(chosen)s.",
                most=MOST,
                chosen=f"{len(chosen):,}",
            ),
            code="too_many_chosen",
        )
    return chosen


def _why_not_drawn(runtime: Runtime, character_id: str, style: str) -> str:
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        if character.status is CharacterStatus.ERASED:
            return ERASED
        if character.status in ACTIVE:
            return UNDER_WAY
        drawn = {each.image.style for each in images.of_character(session, character_id)}
        return HAS_STYLE if style in drawn else ""


def _favourite(runtime: Runtime, character_id: str) -> CharacterImage | None:
    with runtime.record.reading() as session:
        found = images.favourite(session, characters.get(session, character_id).id)
        return found.image if found else None


def each_of(plan: BulkPlan, act: Callable[[str], None]) -> BulkDone:
    """Do it to each that `plan` names; whom it can't be done to is left out, with the sentence of why."""
    left_out, done = Counter(plan.left_out), 0
    for character_id in plan.ids:
        try:
            act(character_id)
        except UserFacingError as error:
            left_out[error.sentence] += 1
        else:
            done += 1
    return BulkDone(done, left_out)
