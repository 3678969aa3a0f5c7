"""Every edge of a call's life by name, and a hand that strikes the process there."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from db.models import CallState
from db.repositories import calls
from tasks import describe_photo, illustrate, record_image, score_likeness
from tasks.housekeeping import cleanup
from tasks.ledger import image_call
from tasks.ledger.claim import LeasedCall, Work
from tasks.providers.openai import vision
from tasks.providers.openai.delivered import DeliveredOutputs
from tasks.providers.replicate import image
from tasks.runtime import Runtime
from tasks.settlement import reconcile
from ui.routes import hooks

VISION = (
    "vision.claim.before",
    "vision.claim.after",
    "vision.sending.before",
    "vision.sending.after",
    "vision.answered",
    "vision.stored.before",
    "vision.stored.after",
    "vision.kept",
)
IMAGE = (
    "image.claim.before",
    "image.claim.after",
    "image.sending.before",
    "image.sending.after",
    "image.answered",
    "image.accepted.before",
    "image.accepted.after",
    "image.collected",
    "image.delivered.before",
    "image.delivered.after",
    "image.put.before",
    "image.put.after",
    "image.stored.before",
    "image.stored.after",
    "image.scored",
    "image.recorded.before",
    "image.recorded.after",
)
# Our own deadline has passed: the prediction is called off.
CANCEL = ("image.cancel.before", "image.cancel.after")
# Of what becomes of an unknown call that evidence turns out to be alive, whoever found it.
_CARRIED_ON = (
    "settled.before",
    "settled.inside",
    "carried_on.before",
    "image.collected",
    "image.put.before",
    "image.put.after",
    "image.stored.before",
    "image.stored.after",
    "carried_on.after",
)
# In the studio, while it takes a webhook.
HOOK = ("hook.before", *_CARRIED_ON, "hook.after")
# In housekeeping, while it settles what a dead worker has left.
HOUSEKEEPING = ("given_up.before", "given_up.inside", "given_up.after", *_CARRIED_ON)
POINTS = VISION + IMAGE
_MARK = "struck at "
# Between these the request is out and its answer unknown: OpenAI keeps no books that could settle it.
UNANSWERED_LOOK = {"vision.sending.after", "vision.answered", "vision.stored.before"}


# A picture that comes with its answer, by OpenAI: until it is kept, nothing but its bill tells of it.
EDITS = (
    "image.sending.after",
    "image.unkept",
    "image.kept",
    "image.answered",
    "image.accepted.after",
    "image.collected",
    "image.delivered.after",
    "image.put.after",
    "image.stored.after",
    "image.recorded.before",
)
UNKEPT_PICTURE = {"image.sending.after", "image.unkept"}

# Inside the provider, after the ledger's own look at the lease and before the one request leaves.
INSIDE = ("vision.scaled", "image.handed")


def strike_at(point: str, folder: Path, runtime: Runtime, how: int = signal.SIGKILL) -> None:
    """This process is sent `how` when it reaches `point`, unless another with the same `folder` was.

    Never undone: it is for child processes. Who was struck stands in the folder; see `strikes`.
    """

    def reached(here: str) -> None:
        if here == point and _is_first(folder / f"{_MARK}{point}"):
            os.kill(os.getpid(), how)
            time.sleep(0.2)  # a stop takes a moment to reach this thread: it must not be one step further

    at_edges(reached)
    _around_providers(reached, runtime)
    _around_evidence(reached)


def strikes(folder: Path) -> list[str]:
    """The points at which somebody was struck."""
    return [mark.name.removeprefix(_MARK) for mark in folder.glob(f"{_MARK}*")]


def _is_first(mark: Path) -> bool:
    try:
        mark.open("x").close()
    except FileExistsError:
        return False
    return True


def at_edges(reached: Callable[[str], None]) -> None:
    """Have `reached` told of every edge that this process comes to, but those inside the providers."""
    _around_claims(reached)
    _around_moves(reached)
    _around_rows(reached)


def _around_claims(reached: Callable[[str], None]) -> None:
    for module in (describe_photo, illustrate):
        original = module.claim_work

        def claim_work(runtime: Runtime, work: Work, original: Callable[..., Any] = original) -> Any:
            reached(f"{work.kind.value}.claim.before")
            held = original(runtime, work)
            if isinstance(held, LeasedCall):
                marked: Any = held
                marked.kind = work.kind.value
                reached(f"{work.kind.value}.claim.after")
            return held

        patched: Any = module
        patched.claim_work = claim_work


def _around_moves(reached: Callable[[str], None]) -> None:
    original = LeasedCall.move

    def move(self: LeasedCall, to: CallState, **columns: Any) -> None:
        kind = getattr(self, "kind", "")
        reached(f"{kind}.{to.value}.before")
        original(self, to, **columns)
        reached(f"{kind}.{to.value}.after")

    held: Any = LeasedCall
    held.move = move


def _around_providers(reached: Callable[[str], None], runtime: Runtime) -> None:
    wrap = _wrapping(reached)
    image_provider: Any = runtime.image
    wrap(vision, "scaled_jpeg", None, "vision.scaled")
    wrap(image, "publish_input", None, "image.handed")
    wrap(runtime.vision, "describe", None, "vision.answered")
    wrap(runtime.image, "submit", None, "image.answered")
    wrap(runtime.image, "collect", None, "image.collected")
    wrap(DeliveredOutputs, "take", "image.unkept", "image.kept")
    if isinstance(image_provider, image.ReplicateImage):
        wrap(image_provider._wire, "cancel", "image.cancel.before", "image.cancel.after")


def _around_rows(reached: Callable[[str], None]) -> None:
    wrap = _wrapping(reached)
    wrap(describe_photo, "describe_photo", None, "vision.kept")
    wrap(image_call, "persist_output", "image.put.before", "image.put.after")
    wrap(score_likeness, "score_likeness", None, "image.scored")
    wrap(record_image, "record_image", "image.recorded.before", "image.recorded.after")


def _around_evidence(reached: Callable[[str], None]) -> None:
    """Inside: the row is written and the transaction is not committed yet."""
    wrap = _wrapping(reached)
    wrap(cleanup, "settle_dead_calls", "given_up.before", "given_up.after")
    wrap(calls, "settle", "settled.before", "settled.inside")
    for module in (reconcile, hooks):
        wrap(module, "resume_call", "carried_on.before", "carried_on.after")
    wrap(hooks, "settle_by_provider_record", "hook.before", "hook.after")
    wrap(calls, "mark_unknown_if_dead", None, "given_up.inside")


def _wrapping(reached: Callable[[str], None]) -> Callable[[Any, str, str | None, str | None], None]:
    """What puts two points around a function, where it stands: in a module or on an object."""

    def wrap(owner: Any, name: str, before: str | None, after: str | None) -> None:
        original = getattr(owner, name)

        def wrapped(*arguments: Any, **named: Any) -> Any:
            if before:
                reached(before)
            answer = original(*arguments, **named)
            if after:
                reached(after)
            return answer

        setter = type.__setattr__ if isinstance(owner, type) else object.__setattr__
        setter(owner, name, wrapped)

    return wrap
