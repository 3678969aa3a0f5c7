"""A batch in figures: the plan before, the summary after (pandas), both without a name or a photo."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from db.repositories import batches
from db.repositories.spending import Spending
from tasks.amounts import dollars, rough_dollars
from tasks.errors import UsageError
from tasks.ledger.budget import spending_today
from tasks.pricing import RunPrice
from tasks.runtime import current_runtime

if TYPE_CHECKING:
    import pandas as pd

REPORT_TABLES = {
    "cost": "What it has cost, by provider, model and style, in micro-dollars",
    "latency": "Seconds from request to answer",
    "likeness": "How alike the pictures are (cosine of the faces)",
}


@dataclass(frozen=True)
class Plan:
    """What a batch is about to do."""

    batch_id: str
    characters: int
    pictures: dict[str, int]  # by style
    chunks: int
    at_once: int
    price: RunPrice
    left_out: int = 0  # pictures that today's budget has no room for
    for_a_person: int = 0  # pictures that were refused, lost, possibly paid, or paid for in vain
    not_allowed: int = 0  # pictures of characters whose consent names nobody who draws here
    budget_microusd: int | None = None
    today: Spending | None = None
    daily_budget_microusd: int | None = None

    @classmethod
    def of(cls, batch_id: str, chunk_size: int, at_once: int) -> "Plan":
        """The plan of a batch's pending items."""
        frame = _items(batch_id)
        pending = frame[frame["state"] == "pending"]
        characters = int(pending["character_id"].nunique())
        runtime = current_runtime()
        with runtime.record.reading() as session:
            batch = batches.get(session, batch_id)
            today = spending_today(session)
        priced = {each.name: int(batch.plan.get(each.name, 0)) for each in fields(RunPrice)}
        return cls(
            batch_id=batch_id,
            characters=characters,
            pictures={str(style): int(count) for style, count in pending["style"].value_counts().items()},
            chunks=-(-characters // chunk_size),
            at_once=at_once,
            price=RunPrice(**priced),
            left_out=int(batch.plan.get("left_out", 0)),
            for_a_person=int(batch.plan.get("for_a_person", 0)),
            not_allowed=int(batch.plan.get("not_allowed", 0)),
            budget_microusd=batch.budget_microusd,
            today=today,
            daily_budget_microusd=runtime.daily_budget_microusd,
        )


@dataclass(frozen=True)
class Summary:
    """The counts, sums by style and failures of a batch, as table rows."""

    counts: dict[str, int]  # by state
    by_style: list[dict[str, Any]]
    failures: list[dict[str, Any]]
    # By the names of REPORT_TABLES; what is empty is left out.
    report: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def plan_markdown(plan: Plan) -> str:
    """The plan as a page a person reads."""
    total = sum(plan.pictures.values())
    lines = [
        f"**{_count(total, 'picture')}** of {_count(plan.characters, 'character')}, in "
        f"{_count(plan.chunks, 'chunk')}, {_count(plan.at_once, 'character')} at once.",
        "",
        *_money_lines(plan),
        "",
        "| style | pictures |",
        "|---|---|",
        *(f"| {style} | {count} |" for style, count in sorted(plan.pictures.items())),
    ]
    return "\n".join(lines)


def _money_lines(plan: Plan) -> Iterator[str]:
    """What it will cost, against what may be spent."""
    price = plan.price
    if price.microusd == 0:
        yield "Nothing of it has to be paid for."
    else:
        looks = f" and {_count(price.looks, 'look')} at photos" if price.looks else ""
        bought = f"{_count(price.pictures, 'picture')}{looks}"
        yield f"It will cost **about {rough_dollars(price.microusd)}** for {bought}."
    if price.there:
        yield f"Drawn or paid for already: {price.there}."
    if plan.budget_microusd is not None:
        yield f"The batch's own budget is {dollars(plan.budget_microusd)}."
    if plan.daily_budget_microusd is not None and plan.today is not None:
        used = dollars(plan.today.total_microusd)
        yield f"Of today's budget of {dollars(plan.daily_budget_microusd)}, {used} is used or reserved."
    if plan.left_out:
        yield f"Left for another night, because today's budget has no room: {plan.left_out}."
    if plan.for_a_person:
        yield (
            f"Waiting for a person (refused, lost, possibly paid or paid for in vain): {plan.for_a_person}; "
            "see the Costs page."
        )
    if plan.not_allowed:
        yield (
            f"Passed over, because the consent names nobody who draws here (STORYKIN_IMAGE): "
            f"{plan.not_allowed}. Record a new consent with `storykin consent give`."
        )


def _count(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"


def counts_of(batch_id: str) -> dict[str, int]:
    """How many pictures came to what, by state; those that came to nothing of the kind are left out."""
    with current_runtime().record.reading() as session:
        counted = batches.progress(session, batch_id)
    return {state.value: count for state, count in counted.items() if count}


def passed_over_by(batch_id: str) -> dict[str, int]:
    """How many pictures the plan passed over, because the consent names nobody who draws here; none, {}."""
    with current_runtime().record.reading() as session:
        count = int(batches.get(session, batch_id).plan.get("not_allowed", 0))
    return {"not_allowed": count} if count else {}


def summary_tables(batch_id: str) -> Summary:
    """Counts by state, a table by style, and the failures by reason."""
    import pandas as pd  # noqa: PLC0415 - slow to import, and large

    frame = _items(batch_id)
    by_style = pd.crosstab(frame["style"], frame["state"]).reset_index() if len(frame) else frame
    failed = frame[frame["state"] == "failed"]
    reasons = failed.groupby(["error_code", "error_sentence"]).size().reset_index(name="pictures")
    return Summary(
        counts={str(state): int(count) for state, count in frame["state"].value_counts().items()},
        by_style=_rows(by_style),
        failures=_rows(reasons.sort_values("pictures", ascending=False)),
        report={
            name: _rows(table.astype(object).where(table.notna(), None))
            for name, table in _report_tables(batch_id).items()
            if name in REPORT_TABLES and not table.empty
        },
    )


def _report_tables(batch_id: str) -> "Mapping[str, pd.DataFrame]":
    from tasks.reports.figures import batch_report  # noqa: PLC0415 - pandas is slow to import, and large

    try:
        return batch_report(current_runtime(), batch_id=batch_id).tables
    except UsageError:
        return {}  # it has ended before it began


def _items(batch_id: str) -> "pd.DataFrame":
    columns = ["character_id", "style", "state", "error_code", "error_sentence"]
    with current_runtime().record.reading() as session:
        rows = [
            [
                item.character_id,
                item.style,
                item.state.value,
                item.error_code or "",
                item.error_sentence or "",
            ]
            for item in batches.items(session, batch_id)
        ]
    import pandas as pd  # noqa: PLC0415 - slow to import, and large

    return pd.DataFrame(rows, columns=columns)


def _rows(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict(orient="records")]
