"""Asking for a run: what was ordered goes on record together with the run that draws it, and then to Prefect.

The studio, the first start and the command line all ask here.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from opentelemetry.trace import Span, SpanKind

from db.engine import Session
from db.event_kinds import STEP_KINDS, EventKind
from db.ids import new_id
from db.lifecycle import ACTIVE, lock
from db.log import Log
from db.models import Character, Event
from db.repositories import characters, events, images, orders
from flows.run_request import RunRequest
from tasks.errors import RunTokenUsed, StorykinError, UsageError
from tasks.picture_options import AS_USUAL, PictureOptions, picture_options
from tasks.record_image import styles_without_picture
from tasks.resumption import CANCELLED_SENTENCE, is_cancelled
from tasks.runtime import Runtime
from tasks.styles.packs import chosen_styles, style_names, style_pack
from tasks.traces.spans import span

log = Log("run")

Submit = Callable[..., str]  # `flows.submit.submit_character_run`


@dataclass(frozen=True)
class AskedRun:
    """A run on record; `problem` says why Prefect has not taken it yet, if so."""

    character_id: str
    run_token: str
    problem: str | None = None
    notices: tuple[str, ...] = ()  # what there is to say of the photo: sentences


def request_run(
    runtime: Runtime,
    character_id: str,
    styles: Sequence[str],
    *,
    another: bool = False,
    options: PictureOptions = AS_USUAL,
    actor: str = "operator",
    unless: Callable[[Character], bool] = lambda _character: False,
) -> RunRequest:
    """Put a run of a character on record, queued. `another` orders new pictures where some exist.

    Raises UsageError for an unknown style, while a run of this character is under way, and where `unless` is
    true of the character, whose row is held by then.
    """
    wanted = tuple(chosen_styles(list(styles)))
    request = RunRequest(character_id, wanted, new_id(), another, options=options)
    with runtime.record.writing() as session:
        character = characters.get(session, character_id)
        lock(session, character)  # of two who ask at once, the second sees what the first has begun
        if character.status in ACTIVE:
            raise UsageError("A run of this character is under way. Wait until it is done.", code="under_way")
        if unless(character):
            raise UsageError("The character has changed meanwhile. Nothing was asked for.", code="changed")
        write_request(session, request, actor=actor)
    return request


def request_again(
    runtime: Runtime,
    character_id: str,
    *,
    actor: str,
    unless: Callable[[Character], bool] = lambda _character: False,
) -> RunRequest:
    """Put a run on record that asks for what the character's last one did. Raises what `request_run` does.

    Of new pictures only those are asked for again that it has not brought: another run's would be new ones.
    """
    with runtime.record.reading() as session:
        run_token = characters.get(session, character_id).run_token
        if run_token is None:
            raise UsageError("There is no such run.", code="unknown_run")
        last = _on_record(session, run_token)
    styles = list(last.styles)
    if last.another:
        styles = styles_without_picture(runtime, character_id, styles, run_token)
        if not styles:
            raise UsageError("The last run has brought everything.", code="nothing_missing")
    return request_run(
        runtime,
        character_id,
        styles,
        another=last.another,
        options=last.options,
        actor=actor,
        unless=unless,
    )


def write_request(session: Session, request: RunRequest, *, actor: str) -> None:
    """Queue the run and write down what it was asked for. The caller holds the character."""
    # First what a person did, then what came of it: the timeline has them in this order.
    events.add(
        session,
        kind=EventKind.RUN_ASKED,
        actor=actor,
        message=EventKind.RUN_ASKED.sentence.format(
            style=", ".join(style_pack(style).label for style in request.styles)
        ),
        character_id=request.character_id,
        run_token=request.run_token,
        data={"styles": list(request.styles), "another": request.another, **request.options.chosen},
    )
    characters.begin_run(session, request.character_id, request.run_token)
    numbers = {style: _ordinal(session, request, style) for style in request.styles}
    orders.add(
        session,
        [(request.character_id, style, number) for style, number in numbers.items()],
        run_token=request.run_token,
        framing=request.options.stored_framing,
        resolution=request.options.stored_resolution,
    )


def _ordinal(session: Session, request: RunRequest, style: str) -> int:
    """Another picture is the next one that is not there; asked for again because it failed, the same."""
    if not request.another:
        return 1
    return images.next_ordinal(session, request.character_id, style, request.options.stored_framing)


def submit_run(runtime: Runtime, run_token: str, submit: Submit) -> AskedRun:
    """Submit a run that is on record to Prefect; harmless when Prefect has it. UsageError if there is none.

    When Prefect can't take it, it stays on record, to be submitted again. One that was cancelled while it
    waited for its turn is not submitted any more.
    """
    with runtime.record.reading() as session:
        request = _on_record(session, run_token)
        cancelled = is_cancelled(session, request.character_id, run_token)
    if cancelled:
        return AskedRun(request.character_id, run_token, problem=CANCELLED_SENTENCE)
    try:
        with _asking(request):
            flow_run_id = submit(
                request.character_id,
                list(request.styles),
                run_token,
                another=request.another,
                **request.options.chosen,
            )
    except StorykinError as error:
        log.warning(
            "run not submitted", run_token=run_token, character_id=request.character_id, code=error.code
        )
        return AskedRun(request.character_id, run_token, problem=error.sentence)
    with runtime.record.writing() as session:
        events.add(
            session,
            kind=EventKind.RUN_SUBMITTED,
            actor="system",
            message=EventKind.RUN_SUBMITTED.sentence,
            character_id=request.character_id,
            run_token=run_token,
            data={"flow_run_id": flow_run_id},
        )
    return AskedRun(request.character_id, run_token)


def _asking(request: RunRequest) -> AbstractContextManager[Span]:
    return span(
        "ask for a run",
        span_kind=SpanKind.PRODUCER,
        character_id=request.character_id,
        run_token=request.run_token,
    )


def is_submitted(runtime: Runtime, run_token: str) -> bool:
    """Whether Prefect has taken the run, or it has begun or ended in another way."""
    with runtime.record.reading() as session:
        return any(
            event.kind == EventKind.RUN_SUBMITTED or event.kind in STEP_KINDS
            for event in events.of_run(session, run_token)
        )


def check_run_token(runtime: Runtime, request: RunRequest) -> None:
    """Raise RunTokenUsed where a run of this token is on record that was asked for otherwise."""
    with runtime.record.reading() as session:
        past = events.of_run(session, request.run_token)
        if not any(event.kind == EventKind.RUN_ASKED for event in past):
            return
        asked = _on_record(session, request.run_token)
    if _choices(asked) != _choices(request):
        raise RunTokenUsed


def _choices(request: RunRequest) -> tuple[str, set[str], bool, PictureOptions]:
    return request.character_id, set(request.styles), request.another, request.options


def _on_record(session: Session, run_token: str) -> RunRequest:
    """What the run was asked for; what was ordered of the character, where the request is not on record."""
    past = events.of_run(session, run_token)
    character_id = _character_of(past)
    for event in past:
        if event.kind == EventKind.RUN_ASKED:
            styles = tuple(str(style) for style in event.data.get("styles", []))
            options = picture_options(event.data.get("framing"), event.data.get("resolution"))
            return RunRequest(
                character_id, styles, run_token, bool(event.data.get("another")), options=options
            )
    ordered = {each.style for each in orders.of_character(session, character_id)}
    every = style_names()
    return RunRequest(character_id, tuple(style for style in every if style in ordered) or every, run_token)


def character_of(session: Session, run_token: str) -> str:
    """Whose run it is. UsageError if there is no such run."""
    return _character_of(events.of_run(session, run_token))


def _character_of(past: Sequence[Event]) -> str:
    character_id = next((event.character_id for event in past if event.character_id), None)
    if character_id is None:
        raise UsageError("There is no such run.", code="unknown_run")
    return character_id
