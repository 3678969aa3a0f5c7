"""The tables of a report, reckoned with pandas from plain rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd

from db.models import Review
from db.repositories import batches, clock, report_rows
from db.repositories.report_rows import CALL_COLUMNS, ITEM_COLUMNS, PICTURE_COLUMNS, Scope
from db.told import told
from tasks.amounts import exact_dollars
from tasks.batch.status import BatchStatus, batch_status
from tasks.errors import UsageError
from tasks.runtime import Runtime
from tasks.settings import provider_settings

NOT_A_STYLE = "(look at the photo)"
UNKNOWN = "(unknown)"
PERCENTILES = (0.5, 0.95)


@dataclass(frozen=True)
class Report:
    """A scope with its rows and tables. Money is in micro-dollars, time in seconds, likeness a cosine.

    `batch` is how it stands, where the report is of one; `outcome` is then among the tables.
    """

    title: str
    scope: Scope
    calls: pd.DataFrame
    pictures: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    batch: BatchStatus | None = None

    @property
    def microusd(self) -> int:
        """What all of it has cost, with what is reserved."""
        return int(self.calls["microusd"].sum())


def batch_report(runtime: Runtime, *, batch_id: str) -> Report:
    """The report of a batch. NotFound; UsageError (`not_begun`) where it has not begun."""
    with runtime.record.reading() as session:
        batch = batches.get(session, batch_id)
        now = clock.now(session)
        status = batch_status(session, batch)
        items = report_rows.items(session, batch_id)
    if batch.started_at is None:
        raise UsageError("This batch has not begun: there is nothing to report yet.", code="not_begun")
    scope = Scope(batch.started_at, batch.ended_at or now + timedelta(days=1), batch_id)
    found = _report(runtime, f"Batch {batch_id}", scope)
    return replace(found, batch=status, tables={"outcome": _outcome(items), **found.tables})


def period_report(runtime: Runtime, *, first: date, last: date, most_rows: int | None = None) -> Report:
    """The report of all days from `first` to `last`, as STORYKIN_TIMEZONE has days. UsageError, also where it
    would be of more than `most_rows` calls or pictures: they are all held in memory.
    """
    if last < first:
        raise UsageError("The first day of a report comes before its last.", code="usage")
    zone = provider_settings().zone
    since, until = (
        datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
        for day in (first, last + timedelta(days=1))
    )
    scope = Scope(since, until)
    if most_rows is not None:
        with runtime.record.reading() as session:
            if report_rows.are_more_than(session, scope, most_rows):
                raise UsageError(
                    told(
                        "These days hold more than %(most)s calls or pictures: too many for a report in the "
                        "studio. Ask for fewer days, or use `storykin report`, which takes any time.",
                        most=most_rows,
                    ),
                    code="usage",
                )
    return _report(runtime, f"{first.isoformat()} to {last.isoformat()}", scope)


def _report(runtime: Runtime, title: str, scope: Scope) -> Report:
    with runtime.record.reading() as session:
        calls = pd.DataFrame(list(report_rows.calls(session, scope)), columns=list(CALL_COLUMNS))
        pictures = pd.DataFrame(list(report_rows.pictures(session, scope)), columns=list(PICTURE_COLUMNS))
    calls, pictures = _plain_calls(calls), _plain_pictures(pictures)
    tables = {
        "cost": _cost(calls),
        "latency": _latency(calls),
        "failures": _failures(calls),
        "likeness": _likeness(pictures),
        "approvals": _approvals(pictures),
    }
    return Report(title, scope, calls, pictures, tables)


def words_of(batch: BatchStatus) -> str:
    """Whether it is over, how much of it is done, and its money beside its plan."""
    planned, spent = exact_dollars(batch.planned_microusd), exact_dollars(batch.spent_microusd)
    budget = "no budget of its own"
    if batch.budget_microusd is not None:
        budget = f"a budget of {exact_dollars(batch.budget_microusd)}"
    return (
        f"{batch.state.capitalize()}. Of {batch.planned} pictures planned, {batch.done} drawn, "
        f"{batch.skipped} found, {batch.failed} failed, {batch.left} left. Its plan said {planned}, "
        f"it has {budget}, and {spent} is spent or reserved."
    )


def _outcome(items: list[tuple[Any, ...]]) -> pd.DataFrame:
    found = pd.DataFrame(items, columns=list(ITEM_COLUMNS))
    words = {"pending": "left", "running": "left", "done": "drawn", "skipped": "found"}
    found["outcome"] = [words.get(each.value, each.value) for each in found["outcome"]]
    found[["error_code", "said"]] = found[["error_code", "said"]].fillna("")
    by = ["outcome", "error_code", "said"]
    return found.groupby(by, as_index=False, sort=False).agg(pictures=("pictures", "sum"))


def _plain_calls(calls: pd.DataFrame) -> pd.DataFrame:
    for column in ("asked_at", "sent_at", "answered_at"):
        calls[column] = pd.to_datetime(calls[column], utc=True)
    calls["seconds"] = (calls["answered_at"] - calls["sent_at"]).dt.total_seconds()
    calls["style"] = calls["style"].fillna(NOT_A_STYLE)
    for column in ("error_code", "said"):
        calls[column] = calls[column].fillna("")
    for column in ("kind", "state"):
        calls[column] = [str(getattr(each, "value", each)) for each in calls[column]]
    calls["microusd"] = calls["microusd"].astype("int64")
    return calls


def _plain_pictures(pictures: pd.DataFrame) -> pd.DataFrame:
    measured = [each if isinstance(each, dict) else {} for each in pictures["likeness"]]
    for column, name in (("identity", "identity"), ("skin_delta_e", "skin_delta_e")):
        pictures[column] = pd.Series(
            [each.get(name) for each in measured], dtype="float64", index=pictures.index
        )
    pictures["review"] = [str(getattr(each, "value", each)) for each in pictures["review"]]
    pictures["drawn_at"] = pd.to_datetime(pictures["drawn_at"], utc=True)
    for column in ("provider", "model"):
        pictures[column] = pictures[column].fillna(UNKNOWN)
    return pictures.drop(columns=["likeness"])


def _cost(calls: pd.DataFrame) -> pd.DataFrame:
    by = ["provider", "model", "style"]
    return calls.groupby(by, as_index=False).agg(
        calls=("call_id", "size"), microusd=("microusd", "sum"), mean_microusd=("microusd", "mean")
    )


def _latency(calls: pd.DataFrame) -> pd.DataFrame:
    answered = calls[calls["seconds"].notna()]
    grouped = answered.groupby(["provider", "model"])["seconds"]
    found = grouped.agg(calls="size", mean="mean", longest="max")
    for share in PERCENTILES:
        found[f"p{round(100 * share)}"] = grouped.quantile(share)
    return found.reset_index()


def _failures(calls: pd.DataFrame) -> pd.DataFrame:
    failed = calls[calls["error_code"] != ""]
    counted = failed.groupby(["provider", "model", "state", "error_code"], as_index=False).agg(
        calls=("call_id", "size"), microusd=("microusd", "sum"), said=("said", "first")
    )
    return counted.sort_values("calls", ascending=False)


def _likeness(pictures: pd.DataFrame) -> pd.DataFrame:
    measured = pictures[pictures["identity"].notna()]
    grouped = measured.groupby(["style", "provider", "model"])
    found = grouped["identity"].agg(pictures="size", mean="mean", median="median", lowest="min")
    found["skin_delta_e"] = grouped["skin_delta_e"].mean()
    return found.reset_index()


def _approvals(pictures: pd.DataFrame) -> pd.DataFrame:
    counted = pd.crosstab(
        [pictures["style"], pictures["model"]],
        pd.Categorical(pictures["review"], categories=[each.value for each in Review]),
        dropna=False,
    )
    counted.columns = [str(each) for each in counted.columns]
    for each in Review:
        if each.value not in counted:
            counted[each.value] = 0
    good, bad = counted["approved"] + counted["locked"], counted["rejected"]
    counted["approved_share"] = good / (good + bad).where(good + bad > 0)
    found = counted.reset_index()
    return found[found[[each.value for each in Review]].sum(axis=1) > 0]
