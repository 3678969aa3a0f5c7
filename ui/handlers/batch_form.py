"""A batch chosen by a form of the studio: what can be chosen, the plan, and the beginning."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from math import nan
from typing import Any

from pydantic import ValidationError

from db.repositories import characters, tags
from flows import batches
from tasks.batch.chunks import USUAL_AT_ONCE
from tasks.batch.forecast import USUAL_LIMIT
from tasks.batch.named_ids import named_in
from tasks.batch.outlook import outlook
from tasks.batch.selection import Selection
from tasks.errors import UsageError
from tasks.providers.model_order import known_models
from tasks.styles.packs import style_names
from ui.acting import acting_id
from ui.handlers.batches import written_dollars
from ui.services import StudioServices
from ui.views.batch_form import BatchForm, acted_form, empty_form
from ui.views.batches import begun_sentence

MOST_AT_ONCE = 64
MOST_PICTURES = 1_000_000


def blank_form(services: StudioServices) -> BatchForm:
    """The form with nothing chosen. RecordError."""
    with services.record.reading() as session:
        failures, known_tags = characters.failure_counts(session), tags.counts(session)
    return empty_form(
        styles=tuple(style_names()),
        models=known_models(services.runtime.images),
        failures=tuple(failures),
        tags=tuple(known_tags),
        limit=USUAL_LIMIT,
        at_once=USUAL_AT_ONCE,
    )


def answer_form(services: StudioServices, said: Mapping[str, Any]) -> BatchForm:
    """The form with its plan, or with what was begun, as its button says. Nothing is begun but what the
    person has seen the price of.

    Raises UsageError (`usage`, `no_such_style`, `bad_budget`, `batch_under_way`, `choice_changed` and so on),
    ConfirmPrice, NothingToDraw, OverBudget.
    """
    form = acted_form(blank_form(services), said)
    selection = _selection(said)
    limit = _number(said, "limit", USUAL_LIMIT, MOST_PICTURES)
    at_once = _number(said, "at_once", USUAL_AT_ONCE, MOST_AT_ONCE)
    budget = written_dollars(_text(said, "budget"))
    if said.get("act") != "begin":
        told = outlook(services.runtime, selection, limit=limit, at_once=at_once)
        return replace(form, plan=told, budget_microusd=budget)
    done = batches.start(
        services.runtime,
        selection,
        limit=limit,
        at_once=at_once,
        budget_microusd=budget,
        agreed=said.get("agreed") is True,
        seen_microusd=_number(said, "seen", 0, 10**15),
        seen_digest=_text(said, "planned"),
        by=acting_id(),
    )
    return replace(blank_form(services), begun=begun_sentence(done), batch_id=done.batch_id)


def _selection(said: Mapping[str, Any]) -> Selection:
    what, styles = _text(said, "what"), _list(said, "styles")
    anew: dict[str, Any] = {}
    if what == "anew":
        anew = {
            "older_style": said.get("older_style") is True,
            "older_model": said.get("older_model") is True,
            "retired_model": said.get("retired_model") is True,
            "before_model": _text(said, "before_model"),
            "models": [each for each in (_text(said, "model"),) if each],
            "drawn_before": _day(said, "drawn_before"),
            "likeness_below": _share(said, "likeness_below"),
            "unreviewed": said.get("unreviewed") is True,
        }
    try:
        selection = Selection(
            styles=tuple(styles),
            order=what == "order",
            failed=said.get("failed") is True,
            reasons=tuple(_list(said, "reasons")),
            created_from=_day(said, "created_from"),
            created_to=_day(said, "created_to"),
            tag=_text(said, "tag"),
            ids=_ids(_text(said, "ids")),
            **anew,
        )
    except ValidationError:
        raise UsageError("What was chosen can't be read. Reload the page.", code="usage") from None
    if what == "anew" and not selection.is_anew:
        raise UsageError("Say what is to be drawn anew: choose at least one condition.", code="usage")
    return selection.checked()


def _ids(text: str) -> tuple[str, ...] | None:
    """None for nothing written: everyone is meant. A CSV without a row names nobody."""
    return tuple(named_in(text)) if text else None


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value.strip() if isinstance(value, str) else ""


def _list(said: Mapping[str, Any], name: str) -> list[str]:
    value = said.get(name) or []
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _number(said: Mapping[str, Any], name: str, usual: int, most: int) -> int:
    text = _text(said, name)
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= 15 and int(text) <= most):
        raise UsageError("Write numbers as digits, and not larger than makes sense.", code="usage")
    return int(text)


def _share(said: Mapping[str, Any], name: str) -> float | None:
    text = _text(said, name).replace(",", ".")
    try:
        return float(text) if text else None
    except ValueError:
        return nan  # the choice refuses it, as any number that can't be meant


def _day(said: Mapping[str, Any], name: str) -> date | None:
    text = _text(said, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError("Write a day as 2026-11-30.", code="usage") from None
