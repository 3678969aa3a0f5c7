"""A batch in figures: the plan before, the summary after (pandas), both without a name or a photo."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from db.repositories import batches
from tasks.workshop import workshop


@dataclass(frozen=True)
class Plan:
    """What a batch is about to do."""

    batch_id: str
    characters: int
    pictures: dict[str, int]  # by style
    chunks: int
    at_once: int

    @classmethod
    def of(cls, batch_id: str, chunk_size: int, at_once: int) -> "Plan":
        """The plan of a batch's pending items."""
        frame = _items(batch_id)
        pending = frame[frame["state"] == "pending"]
        characters = int(pending["character_id"].nunique())
        return cls(
            batch_id=batch_id,
            characters=characters,
            pictures={str(style): int(count) for style, count in pending["style"].value_counts().items()},
            chunks=-(-characters // chunk_size),
            at_once=at_once,
        )


@dataclass(frozen=True)
class Summary:
    """What became of a batch."""

    counts: dict[str, int]  # by state
    by_style: list[dict[str, Any]]
    failures: list[dict[str, Any]]


def plan_markdown(plan: Plan) -> str:
    """The plan as a page a person reads."""
    total = sum(plan.pictures.values())
    lines = [
        f"**{total} pictures** of {plan.characters} characters, in {plan.chunks} chunks, "
        f"{plan.at_once} characters at once.",
        "",
        "| style | pictures |",
        "|---|---|",
        *(f"| {style} | {count} |" for style, count in sorted(plan.pictures.items())),
    ]
    return "\n".join(lines)


def summary_tables(batch_id: str) -> Summary:
    """Counts by state, a table by style, and the failures by reason."""
    frame = _items(batch_id)
    by_style = pd.crosstab(frame["style"], frame["state"]).reset_index() if len(frame) else frame
    failed = frame[frame["state"] == "failed"]
    reasons = failed.groupby(["error_code", "error_sentence"]).size().reset_index(name="pictures")
    return Summary(
        counts={str(state): int(count) for state, count in frame["state"].value_counts().items()},
        by_style=_rows(by_style),
        failures=_rows(reasons.sort_values("pictures", ascending=False)),
    )


def _items(batch_id: str) -> pd.DataFrame:
    columns = ["character_id", "style", "state", "error_code", "error_sentence"]
    with workshop().record.reading() as session:
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
    return pd.DataFrame(rows, columns=columns)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict(orient="records")]
