"""One character, whole: what its page shows, and what a person can do there."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from db.ids import utc_now
from db.lifecycle import ACTIVE
from db.models import Character, CharacterProfile, CharacterStatus, OrderedPicture, Review
from db.models.orders import DRAFT
from db.repositories import assets, calls, characters, consents, events, images, orders, profiles, prompts
from db.repositories.images import Variant
from flows.request_run import AskedRun
from tasks.picture_options import (
    AS_USUAL,
    PictureOptions,
    Resolution,
    framing_of,
    picture_options,
    resolution_of,
)
from tasks.pricing import drawers_of, estimate_run
from tasks.proof.reasons import CHANGE_ASKED
from tasks.providers.protocols import ImageProvider, can_print
from tasks.review import decide
from tasks.runtime import Runtime
from tasks.styles.packs import style_names
from ui.acting import acting_id
from ui.handlers.character_costs import character_costs
from ui.handlers.comparable import comparables, drawers_by_image, model_pairs
from ui.handlers.estimate import estimate_for_one_more
from ui.handlers.lineage import lineage_of
from ui.handlers.pictures import picture_of
from ui.handlers.profile import profile_table
from ui.handlers.remaining import left_seconds, past_runs
from ui.handlers.runs import ask_for_run, missing_styles, run_view
from ui.handlers.settled import settlement_of
from ui.handlers.timeline import costs_of, names_of, runs_of
from ui.i18n import said
from ui.services import StudioServices
from ui.views.detail import (
    Beside,
    CharacterPage,
    Missing,
    OrderedStyle,
)
from ui.views.estimate import Estimate
from ui.views.pictures import picture_title, style_label

FOR_PRINT = PictureOptions(resolution=Resolution.PRINT)


def character_page(services: StudioServices, character_id: str, shown_id: str = "") -> CharacterPage:
    """The page of `character_id` with the picture `shown_id` large, or the favourite, or the newest.

    Raises `db.errors.NotFound` when there is no such character.
    """
    with services.record.reading() as session:
        character = characters.get(session, character_id)
        variants = images.of_character(session, character_id)
        photo = assets.get(session, character.photo_asset_id) if character.photo_asset_id else None
        shown = _shown(variants, shown_id)
        past = events.timeline(session, character_id)
        settlement = settlement_of(session, services.runtime, character)
        ordered = _ordered(orders.of_character(session, character_id), variants)
        call = calls.by_work_key(session, shown.image.work_key) if shown else None
        versions = profiles.history(session, character_id)
        beside = _beside(services, variants, shown, character.run_token, versions)
        made = calls.of_character(session, character_id)
        drew = drawers_by_image(session, variants, made)
        timeline = runs_of(past, names_of(session, past), costs_of(past, made))
        costs = character_costs(
            made,
            variants,
            styles=prompts.styles_of(session, character_id),
            spent=calls.spent_microusd(session, character_id=character_id),
            reserved=calls.reserved_microusd(session, character_id=character_id),
        )
        drawers = drawers_of(session, services.runtime, character_id)
        given = consents.of_character(session, character_id)
        lately = past_runs(session, utc_now()) if character.status in ACTIVE else []
    run = run_view(services, character.run_token or "", character.id)
    drawn = {each.image.style for each in variants}
    return CharacterPage(
        character_id=character.id,
        name=character.name,
        called=character.called,
        gender=character.gender.value,
        status=character.status,
        sentence=settlement or said(character.status_sentence),
        settled=bool(settlement),
        asked_change=character.status_reason == CHANGE_ASKED,
        created_at=character.created_at,
        photo_url=services.links.scaled(photo.sha256, 960) if photo else None,
        pictures=tuple(picture_of(each, services.links) for each in in_order(variants)),
        shown=picture_of(shown, services.links) if shown else None,
        missing=()
        if character.status is CharacterStatus.ERASED
        else tuple(_missing(services, character, style) for style in style_names() if style not in drawn),
        ordered=ordered,
        profile=profile_table(versions[0]) if versions else None,
        lineage=lineage_of(shown, call) if shown else None,
        timeline=timeline,
        run=run,
        left_seconds=left_seconds(run, lately) if run and lately else None,
        costs=costs,
        beside=beside,
        comparables=comparables(services.links, photo, in_order(variants), drew),
        model_pairs=model_pairs(variants, drew),
        withdrawn=bool(given)
        and all(each.withdrawn_at for each in given)
        and character.status is not CharacterStatus.ERASED,
        one_more=_one_more(services.runtime, shown, variants, AS_USUAL, drawers),
        for_print=_one_more(services.runtime, shown, variants, FOR_PRINT, drawers)
        if can_print(services.runtime.image)
        else None,
    )


def _one_more(
    runtime: Runtime,
    shown: Variant | None,
    variants: Sequence[Variant],
    options: PictureOptions,
    drawers: Sequence[ImageProvider],
) -> Estimate:
    style = shown.image.style if shown else style_names()[0]
    referenced = any(each.image.is_selected for each in variants)
    return estimate_for_one_more(runtime, style, options, referenced=referenced, drawers=drawers)


def _beside(
    services: StudioServices,
    variants: Sequence[Variant],
    shown: Variant | None,
    run_token: str | None,
    versions: Sequence[CharacterProfile],
) -> Beside | None:
    """What the newest run has drawn again, of the style that is shown, and the picture before it."""
    if shown is None:
        return None
    same = [
        each
        for each in variants
        if (each.image.style, each.image.framing) == (shown.image.style, shown.image.framing)
        and each.image.review is not Review.REJECTED
    ]
    if len(same) < 2:
        return None
    old, new = sorted(same, key=lambda each: each.image.ordinal)[-2:]
    if new.image.run_token != run_token or shown not in (old, new):
        return None
    by_id = {each.id: each for each in versions}
    before, after = by_id.get(old.prompt.profile_id or ""), by_id.get(new.prompt.profile_id or "")
    return Beside(
        picture_of(old, services.links),
        picture_of(new, services.links),
        before.version if before else None,
        after.version if after else None,
        corrected=before is not None and after is not None and before.digest != after.digest,
    )


def pick_favourite(services: StudioServices, character_id: str, image_id: str) -> str:
    """Make `image_id` the character's favourite; what the picture is called. UsageError if it isn't its."""
    decide.favourite(services.runtime, character_id=character_id, image_id=image_id, by=acting_id())
    return _title_of(services, image_id)


def approve_picture(services: StudioServices, character_id: str, image_id: str) -> str:
    """Show `image_id`, which was held back, like any other; what it is called. UsageError if it isn't its."""
    decide.approve(services.runtime, character_id=character_id, image_id=image_id, by=acting_id())
    return _title_of(services, image_id)


def _title_of(services: StudioServices, image_id: str) -> str:
    with services.record.reading() as session:
        image = images.get(session, image_id)
        return picture_title(image.style, framing_of(image.framing), image.ordinal)


def draw_again(
    services: StudioServices, character_id: str, style: str, framing: str = "", resolution: str = ""
) -> AskedRun:
    """A new picture in `style`, so framed and so large, beside those there are."""
    options = picture_options(framing, resolution)
    return ask_for_run(services, character_id, [style], another=True, options=options)


def draw_style(
    services: StudioServices, character_id: str, style: str, framing: str = "", resolution: str = ""
) -> AskedRun:
    """The first picture in `style`, so framed and so large."""
    return ask_for_run(services, character_id, [style], options=picture_options(framing, resolution))


def draw_missing(services: StudioServices, character_id: str, options: PictureOptions = AS_USUAL) -> AskedRun:
    """Draw all that was ordered and has no picture; every style only if nothing is on order.

    A run has one framing: that of `options`, unless only another one's pictures are missing. It has one size:
    that of the orders that wait, drafts first, whatever the last run was for. Where nothing is missing
    everything ordered is asked for again, as drafts, and found: the run ends well and buys nothing.
    """
    with services.record.reading() as session:
        rows = orders.of_character(session, character_id)
        missing = orders.missing(session, character_id)
    lacking = [each for each in rows if (each.style, each.framing) in missing] or rows
    framings = {each.framing for each in lacking}
    if framings and options.stored_framing not in framings:
        options = replace(options, framing=framing_of(min(framings)))
    lacking = [each for each in lacking if each.framing == options.stored_framing]
    size = min((each.resolution for each in lacking), default=DRAFT) if missing else DRAFT
    options = replace(options, resolution=resolution_of(size))
    wanted = {each.style for each in lacking if not missing or each.resolution == size} or set(style_names())
    styles = [style for style in style_names() if style in wanted]
    return ask_for_run(services, character_id, styles, options=options)


def try_again(services: StudioServices, character_id: str) -> AskedRun:
    """After a failure: submit the run that Prefect never took, or ask for what is missing."""
    character = _character(services, character_id)
    if character.status is CharacterStatus.QUEUED and character.run_token:
        return services.hand_over(services.runtime, character.run_token, services.submit)
    run = run_view(services, character.run_token or "", character_id)
    if run and run.progress.another and (styles := missing_styles(run.progress)):
        # The same ordinal again, since nothing stands under it: what was bought for it meanwhile is found.
        return ask_for_run(services, character_id, styles, another=True, options=run.progress.options)
    return draw_missing(services, character_id, run.progress.options if run else AS_USUAL)


def _character(services: StudioServices, character_id: str) -> Character:
    with services.record.reading() as session:
        return characters.get(session, character_id)


def _ordered(rows: Sequence[OrderedPicture], variants: Sequence[Variant]) -> tuple[OrderedStyle, ...]:
    """By style, in the packs' order."""
    wanted = Counter(row.style for row in rows)
    there = {(each.image.style, each.image.framing, each.image.ordinal) for each in variants}
    drawn = Counter(row.style for row in rows if (row.style, row.framing, row.ordinal) in there)
    return tuple(
        OrderedStyle(style, style_label(style), wanted[style], drawn[style])
        for style in style_names()
        if style in wanted
    )


def _missing(services: StudioServices, character: Character, style: str) -> Missing:
    runtime = services.runtime
    charges = any(each.charges for each in runtime.providers)
    return Missing(style, style_label(style), estimate_run(runtime, character.id, [style]) if charges else 0)


def in_order(variants: Sequence[Variant]) -> list[Variant]:
    """By style as the packs are ordered, portraits first, then by number, so that a strip keeps its order
    while it grows.
    """
    place = {style: number for number, style in enumerate(style_names())}

    def of(variant: Variant) -> tuple[int, str, int]:
        image = variant.image
        return place.get(image.style, 99), image.framing, image.ordinal

    return sorted(variants, key=of)


def _shown(variants: Sequence[Variant], shown_id: str) -> Variant | None:
    for each in variants:
        if each.image.id == shown_id:
            return each
    favourite = next((each for each in variants if each.image.is_selected), None)
    open_to_all = [each for each in in_order(variants) if each.image.review is not Review.REJECTED]
    return favourite or next(iter(open_to_all), None)
