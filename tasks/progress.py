"""Steps as events: what the studio's live view and the timeline are read from."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from db.engine import Session
from db.event_kinds import EventKind, RunStep
from db.log import Log
from db.repositories import events
from tasks.errors import StorykinError, TookTooLong
from tasks.runtime import Runtime
from tasks.styles.packs import style_pack
from tasks.traces.spans import span

log = Log("run")

SYSTEM = "system"
# Over in a moment: nobody has to be told that one begins before it is over.
SHORT = frozenset({RunStep.PROMPTS, RunStep.SAVE})
TOO_LONG = "It took too long. What was ordered meanwhile is not bought twice: try again in a few minutes."


@dataclass(frozen=True)
class Run:
    """One run of one character, as the timeline knows it.

    One that `gathers` writes what is no news by itself (that a step is over, that a short one begins) in the
    transaction of what comes next: half as many commits. Whoever has one ends with a status (`run_status`) or
    with `tell`. Used by one thread.
    """

    runtime: Runtime
    character_id: str
    token: str
    gathers: bool = False
    _kept: list[dict[str, Any]] = field(default_factory=list, repr=False, compare=False)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction on the record that takes along what was kept back until now."""
        kept = list(self._kept)
        with self.runtime.record.writing(lasting=False) as session:
            events.add_of_steps(session, kept)
            yield session
        del self._kept[: len(kept)]

    def tell(self) -> None:
        """Write what was kept back."""
        if self._kept:
            with self.writing():
                pass

    def record_event(self, kind: EventKind, message: str, **data: Any) -> None:
        """Write one event of this run."""
        with self.writing() as session:
            events.add(session, kind=kind, actor=SYSTEM, message=message, **self._about(data))

    def _note(self, kind: EventKind, message: str, *, later: bool, **data: Any) -> None:
        """Write one event of a step: `later`, with what comes next, where the run gathers."""
        self._kept.append(events.of_step(kind=kind, actor=SYSTEM, message=message, **self._about(data)))
        if not (later and self.gathers):
            self.tell()

    def _about(self, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "character_id": self.character_id,
            "run_token": self.token,
            "data": {key: value for key, value in data.items() if value is not None},
        }

    @contextmanager
    def step(self, step: RunStep, style: str | None = None) -> Iterator[dict[str, Any]]:
        """Around a step, of `style` where it is one's: started, then finished with its seconds, or failed.

        What is put into the dictionary that it gives goes into the data of the event that it is finished.

        TookTooLong instead of a TimeoutError: the time that a step has is told as such.
        """
        message = step.style_label.format(style=style_pack(style).label) if style else step.label
        self._note(EventKind.STEP_STARTED, message, later=step in SHORT, step=step, style=style)
        began = time.monotonic()
        told_more: dict[str, Any] = {}
        try:
            with _in_time(), span(f"step: {step}", step=step, style=style):
                yield told_more
        except Exception as error:
            told = error if isinstance(error, StorykinError) else None
            code = told.code if told else "internal"
            sentence = told.sentence if told else "Something went wrong inside Storykin."
            self._note(EventKind.STEP_FAILED, sentence, later=False, step=step, style=style, code=code)
            log.warning(
                "step failed", run_token=self.token, character_id=self.character_id, step=step, code=code
            )
            raise
        seconds = round(time.monotonic() - began, 2)
        self._note(
            EventKind.STEP_FINISHED, message, later=True, step=step, style=style, seconds=seconds, **told_more
        )
        log.info(
            "step finished",
            run_token=self.token,
            character_id=self.character_id,
            step=step,
            style=style,
            seconds=seconds,
        )

    def skip(self, step: RunStep, message: str, style: str | None = None) -> None:
        """Say that a step had nothing to do."""
        self._note(EventKind.STEP_SKIPPED, message, later=False, step=step, style=style)


@contextmanager
def _in_time() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise TookTooLong(TOO_LONG) from error
