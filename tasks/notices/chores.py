"""What housekeeping does about notices: what no event tells of is looked for, and what is old is deleted."""

from datetime import date, timedelta

from db.models import NoticeKind
from db.repositories import clock, notices
from tasks.notices.delivery import channels, deliver
from tasks.providers import registry
from tasks.providers.model_registry import WARN_DAYS, Model, today
from tasks.runtime import Runtime

KEPT_FOR = timedelta(days=90)
FORGOTTEN_AT_ONCE = 1000
SOON_DAYS = 14  # before its last day a model is told of again


def hand_over(runtime: Runtime) -> int:
    """One pass over the notices, where no studio runs; how many were sent. RecordError."""
    return deliver(runtime.record, channels()).sent


def forget_old(runtime: Runtime) -> int:
    """Delete what was told so long ago, by a clock that makes nothing older than it is; how many notices."""
    with runtime.record.writing() as session:
        return notices.forget_before(session, clock.read(session).earlier - KEPT_FOR, FORGOTTEN_AT_ONCE)


def tell_sunsets(runtime: Runtime) -> int:
    """Tell of chosen models that are switched off soon: sixty days before, two weeks before, and after."""
    told = 0
    for model in registry.chosen_models():
        stage = stage_of(model, today())
        if stage is None or model.sunset is None:
            continue
        day = model.sunset.isoformat()
        with runtime.record.writing() as session:
            once = f"{model.called} {day} {stage}"
            told += notices.tell(session, NoticeKind.MODEL_SUNSET, once=once, model=model.called, day=day)
    return told


def stage_of(model: Model, on: date) -> str | None:
    """How near a model's last day is: "soon", "near", "over"; None where it is far off or not known."""
    if model.sunset is None:
        return None
    left = (model.sunset - on).days
    if left <= 0:
        return "over"
    if left <= SOON_DAYS:
        return "near"
    return "soon" if left <= WARN_DAYS else None
