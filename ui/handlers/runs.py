"""Asking for a run, submitting it, watching it."""

from collections.abc import Sequence
from urllib.parse import urlencode

from db.ids import utc_now
from db.repositories import assets, calls, characters, events, images
from flows.request_run import AskedRun, request_run
from flows.submit import run_page
from tasks.ledger.budget import check_affordable
from tasks.picture_options import AS_USUAL, PictureOptions
from tasks.pricing import estimate_run
from tasks.styles.packs import chosen_styles
from ui.acting import acting_actor
from ui.addresses import at
from ui.handlers.pictures import picture_of
from ui.handlers.run_money import run_cost, waiting_of
from ui.handlers.run_progress import project_run
from ui.handlers.settled import sentence_of
from ui.i18n import said
from ui.services import StudioServices
from ui.views.pictures import Picture, style_label
from ui.views.runs import RunProgress, RunState, RunView, StepState, Tile


def ask_for_run(
    services: StudioServices,
    character_id: str,
    styles: Sequence[str],
    *,
    another: bool = False,
    options: PictureOptions = AS_USUAL,
) -> AskedRun:
    """Put a run on record and hand it to Prefect. `another` draws new pictures where some exist.

    Raises UsageError for an unknown style or while a run of this character is under way, OverBudget when
    the run would be refused for its price. When Prefect can't take the run it stays on record, to be
    submitted again by `submit_run`.
    """
    runtime = services.runtime
    wanted = chosen_styles(list(styles))
    price = estimate_run(
        runtime, character_id, wanted, another=another, options=dict.fromkeys(wanted, options)
    )
    check_affordable(runtime, price)
    request = request_run(
        runtime, character_id, wanted, another=another, options=options, actor=acting_actor()
    )
    return services.hand_over(runtime, request.run_token, services.submit)


def run_view(services: StudioServices, run_token: str, character_id: str | None = None) -> RunView | None:
    """The run called `run_token` as it stands now; None when there is no such run.

    A batch runs many characters under one token: `character_id` says whose run is meant.
    """
    if not run_token:
        return None
    with services.record.reading() as session:
        past = events.of_run(session, run_token, character_id=character_id)
        of = next((event.character_id for event in past if event.character_id), None)
        if of is None:
            return None
        character = characters.get(session, of)
        variants = images.of_character(session, character.id)
        cost = run_cost(calls.of_character(session, character.id), past[0].created_at)
        waiting = waiting_of(session, character.id)
        newest_run = character.run_token == run_token
        reason = sentence_of(session, services.runtime, character) if newest_run else ""
        progress = project_run(past, utc_now())
        drawn = {
            each.style: assets.get(session, each.drawn_asset_id).sha256
            for each in progress.styles
            if each.drawn_asset_id
        }
    pictures = {each.image.id: picture_of(each, services.links) for each in variants}
    newest = {
        each.image.style: pictures[each.image.id]
        for each in variants
        if each.image.framing == progress.options.stored_framing
    }
    return RunView(
        run_token=run_token,
        character_id=character.id,
        name=character.called,
        progress=progress,
        tiles=tuple(
            Tile(
                style=each.style,
                label=style_label(each.style),
                state=each.state,
                sentence=said(each.sentence),
                picture=pictures.get(each.image_id or "")
                or _reused_picture(each.state, newest.get(each.style)),
                drawn_url=services.links.scaled(drawn[each.style], 240) if each.style in drawn else "",
            )
            for each in progress.styles
        ),
        reason=reason,
        flow_run_url=_in_prefect(progress.flow_run_id) if progress.flow_run_id else None,
        cost=cost,
        waiting=None if progress.state.over else waiting,
        again_microusd=_retry_cost(services, character.id, progress, set(newest)),
    )


def _in_prefect(flow_run_id: str) -> str:
    """The link to a run's page in Prefect, by way of `/prefect`, which signs the browser in."""
    return at(f"/prefect?{urlencode({'next': run_page(flow_run_id)})}")


def _retry_cost(services: StudioServices, character_id: str, progress: RunProgress, drawn: set[str]) -> int:
    """What the pictures that a failed run lacks would cost."""
    if not progress.state.over or progress.state is RunState.READY:
        return 0
    another = progress.another
    lacking = (
        missing_styles(progress) if another else [s.style for s in progress.styles if s.style not in drawn]
    )
    return estimate_run(
        services.runtime,
        character_id,
        lacking,
        another=another,
        options=dict.fromkeys(lacking, progress.options),
    )


def missing_styles(progress: RunProgress) -> list[str]:
    """The styles that a run was asked for and brought no picture of its own in."""
    return [each.style for each in progress.styles if each.image_id is None]


def _reused_picture(state: StepState, picture: Picture | None) -> Picture | None:
    """A style that was skipped shows the picture that made drawing it needless."""
    return picture if state is StepState.SKIPPED else None
