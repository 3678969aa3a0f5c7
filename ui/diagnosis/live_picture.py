"""The model as it is published now, as far as its provider tells, and one picture by it."""

import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from tasks.amounts import dollars
from tasks.errors import NotReady, StorykinError
from tasks.providers.live_checks import model_misfits
from tasks.providers.model_registry import image_model, refuse_after_sunset
from tasks.providers.replicate.settings import ReplicateAccount
from tasks.providers.request_history import RequestHistory, Search
from tasks.trial_call import Trial, try_picture
from ui.diagnosis.check_result import CheckResult, ok, problem, warning
from ui.diagnosis.live_bookings import can_book, no_books, not_bought
from ui.diagnosis.live_trial import LiveTrial
from ui.diagnosis.live_webhooks import webhooks


def draw_if_it_fits(trial: LiveTrial) -> Iterator[CheckResult]:
    """The model first, then the webhooks, and only then a picture."""
    fits = list(_model(trial)) if trial.wire else []
    yield from fits
    if trial.wire:
        yield from webhooks(trial)
    if all(each.ok for each in fits):
        yield from _picture(trial)
    else:
        yield warning("live picture", "No picture was bought: that waits until the model is there and fits.")


def _model(trial: LiveTrial) -> Iterator[CheckResult]:
    assert trial.wire is not None
    model = image_model(trial.chosen.of(ReplicateAccount).model)
    try:
        refuse_after_sunset(model)
        misfits = model_misfits(trial.wire, model)
    except StorykinError as error:
        yield problem("live model", error.sentence)
        return
    for misfit in misfits:
        yield problem(
            "live model",
            f"{model.slug} has changed. {misfit} Correct its entry in tasks/providers/models.toml, or choose "
            "another STORYKIN_IMAGE_MODEL.",
        )
    if not misfits:
        yield ok("live model", f"{model.slug} is there, and takes every field that we send.")


def _picture(trial: LiveTrial) -> Iterator[CheckResult]:
    if not can_book():
        yield no_books("live picture")
        return
    assert trial.image is not None
    began = time.monotonic()
    try:
        bought = try_picture(trial.runtime, trial.photo)
    except StorykinError as error:
        yield not_bought("live picture", error)
        return
    trial.spent_microusd += bought.cost_microusd
    whence = "fetched for a check that was interrupted" if bought.resumed else "drawn"
    deadline = f", with a Cancel-After of {trial.chosen.picture_seconds:.0f} s" if trial.wire else ""
    yield ok(
        "live picture",
        f"A picture was {whence} in {time.monotonic() - began:.0f} s for {dollars(bought.cost_microusd)}"
        f"{deadline}, and is kept: {bought.content_type}, {bought.width} × {bought.height} pixels.",
    )
    try:
        if trial.wire:
            yield _output(trial, bought)
        age = timedelta(seconds=time.monotonic() - began)
        if isinstance(trial.image, RequestHistory):
            yield _listed(bought, trial.image.find_requests(bought.call_id, age))
    except NotReady as error:
        yield warning("live list", f"{error.sentence} Its books could not be read.")


def _output(trial: LiveTrial, bought: Trial) -> CheckResult:
    """Where the picture came from. What it is was decided by its bytes."""
    assert trial.wire is not None
    prediction = trial.wire.get(bought.provider_id)
    address = urlsplit(prediction.outputs[0]) if prediction and prediction.outputs else None
    if address is None:
        return warning("live output", "Replicate shows no output any more, so it must be copied at once.")
    place = "in the answer itself" if address.scheme == "data" else f"at {address.hostname}"
    return ok(
        "live output",
        f"It came {place}: {bought.content_type}, {bought.width} × {bought.height} pixels.",
    )


def _listed(bought: Trial, search: Search) -> CheckResult:
    """Whether the provider's list shows what each request was for: lost answers are found again by that."""
    if any(each.call_id == bought.call_id for each in search.provider_records):
        return ok("live list", "Replicate's list shows each request's input: lost answers are found again.")
    return warning(
        "live list",
        "Replicate's list does not show what this request was for, so a lost answer can only be settled by a "
        "webhook: set REPLICATE_WEBHOOK_SECRET, and have the studio reachable from outside.",
    )
