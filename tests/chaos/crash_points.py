"""Every edge of a call's life by name, and a hand that strikes the process there."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from db.models import CallState
from tasks import describe_photo, illustrate, record_image, score_likeness, step_functions
from tasks.ledger import HeldCall, Work
from tasks.workshop import Workshop

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
POINTS = VISION + IMAGE
# Between these the request is out and its answer unknown: OpenAI keeps no books that could settle it.
UNANSWERED_LOOK = {"vision.sending.after", "vision.answered", "vision.stored.before"}


def strike_at(point: str, how: int = signal.SIGKILL) -> None:
    """This process is sent `how` when it reaches `point`, once. Never undone: it is for child processes."""
    struck: list[str] = []

    def reached(here: str) -> None:
        if here == point and not struck:
            struck.append(here)
            os.kill(os.getpid(), how)
            time.sleep(0.2)  # a stop takes a moment to reach this thread: it must not be one step further

    _around_claims(reached)
    _around_moves(reached)
    _around_providers(reached)
    _around_rows(reached)


def _around_claims(reached: Callable[[str], None]) -> None:
    for module in (describe_photo, illustrate):
        original = module.hold

        def hold(workshop: Workshop, work: Work, original: Callable[..., Any] = original) -> Any:
            reached(f"{work.kind.value}.claim.before")
            held = original(workshop, work)
            if isinstance(held, HeldCall):
                marked: Any = held
                marked.kind = work.kind.value
                reached(f"{work.kind.value}.claim.after")
            return held

        patched: Any = module
        patched.hold = hold


def _around_moves(reached: Callable[[str], None]) -> None:
    original = HeldCall.move

    def move(self: HeldCall, to: CallState, **columns: Any) -> None:
        kind = getattr(self, "kind", "")
        reached(f"{kind}.{to.value}.before")
        original(self, to, **columns)
        reached(f"{kind}.{to.value}.after")

    held: Any = HeldCall
    held.move = move


def _around_providers(reached: Callable[[str], None]) -> None:
    def wrap(owner: Any, name: str, before: str | None, after: str | None) -> None:
        original = getattr(owner, name)

        def wrapped(*arguments: Any, **named: Any) -> Any:
            if before:
                reached(before)
            answer = original(*arguments, **named)
            if after:
                reached(after)
            return answer

        object.__setattr__(owner, name, wrapped)

    staged: Any = step_functions
    shop = staged.workshop()
    wrap(shop.vision, "describe", None, "vision.answered")
    wrap(shop.image, "submit", None, "image.answered")
    wrap(shop.image, "collect", None, "image.collected")
    wrap(illustrate, "persist_output", "image.put.before", "image.put.after")


def _around_rows(reached: Callable[[str], None]) -> None:
    def wrap(module: Any, name: str, before: str | None, after: str) -> None:
        original = getattr(module, name)

        def wrapped(*arguments: Any, **named: Any) -> Any:
            if before:
                reached(before)
            answer = original(*arguments, **named)
            reached(after)
            return answer

        setattr(module, name, wrapped)

    wrap(describe_photo, "describe_photo", None, "vision.kept")
    wrap(score_likeness, "score_likeness", None, "image.scored")
    wrap(record_image, "record_image", "image.recorded.before", "image.recorded.after")
