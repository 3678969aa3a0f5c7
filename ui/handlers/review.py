"""What the review page shows, and what is decided there."""

from dataclasses import dataclass

from db.errors import NotFound
from db.lifecycle import ACTIVE
from db.models import Character, CharacterStatus, GeneratedAsset, RejectCode, Review
from db.repositories import assets, decisions, images, profiles, review_queue
from db.repositories.decisions import Seen
from db.repositories.images import Variant
from tasks.errors import UsageError
from tasks.likeness_words import scores, verdicts
from tasks.picture_options import framing_of
from tasks.review import decide
from tasks.review.decide import Decided
from tasks.review.reasons import BEHIND_THE_DOOR
from ui.acting import acting_id
from ui.eye_places import EyePlaces, LookedAt
from ui.handlers.customer import customer_words
from ui.handlers.detail import in_order
from ui.handlers.pictures import full_url
from ui.handlers.profile import profile_table
from ui.handlers.shown_for_review import check_shown, is_shown, sees_all, shown
from ui.services import StudioServices
from ui.views.pictures import picture_title
from ui.views.review import ReviewCard, ReviewPhoto, ReviewPicture, Show

QUEUE = 200  # ids that a browser is told at a time
_CHIPS = ("Hair colour", "Hair length", "Eyes", "Skin", "Headwear", "Glasses", "Clothes")
_SAYS_NOTHING = frozenset({None, "none", "unknown", ""})


@dataclass(frozen=True)
class Queue:
    """Ids of characters, the longest waiting first, and how many there are of each kind."""

    ids: tuple[str, ...]
    waiting: int
    missing: int


@dataclass(frozen=True)
class Standing:
    """How a variant stands now."""

    image_id: str
    review: Review
    reason: str
    hidden: bool
    favourite: bool


def review_list(services: StudioServices, show: Show, *, after: str = "", also: str = "") -> Queue:
    """The queue from `after` on, with the character `also` in it whatever it waits for."""
    waiting, missing = review_queue.waiting_for_review(), review_queue.favourite_missing()
    whole = sees_all()
    if not whole:
        waiting, missing = review_queue.with_consent(waiting), review_queue.with_consent(missing)
    wanted = waiting if show is Show.WAITING else missing
    with services.record.reading() as session:
        if also and not is_shown(session, also):
            also = ""  # as an id that nobody has
        ids = review_queue.queue(session, wanted, after=after, also=also, limit=QUEUE)
        if not whole:
            counts = [review_queue.count(session, each) for each in (waiting, missing)]
            return Queue(tuple(ids), *counts)
        return Queue(
            tuple(ids), review_queue.count_waiting(session), review_queue.count_favourite_missing(session)
        )


def review_card(services: StudioServices, eyes: EyePlaces, character_id: str) -> ReviewCard:
    """One character with its pictures. NotFound when there is none, it has been erased, or who asks may not
    see it.
    """
    with services.record.reading() as session:
        character = _living(shown(session, character_id))
        variants = in_order(images.of_character(session, character_id))
        photo = assets.get(session, character.photo_asset_id) if character.photo_asset_id else None
        known = profiles.latest(session, character_id)
    table = profile_table(known) if known else None
    told = [row for row in table.rows if row.label in _CHIPS] if table else []
    return ReviewCard(
        character_id=character.id,
        name=character.called,
        waiting=any(each.image.awaits_review for each in variants),
        photo=_photo(services, eyes, photo) if photo else None,
        pictures=tuple(_picture(services, eyes, each) for each in variants),
        traits=tuple(row for row in told if row.value not in _SAYS_NOTHING),
        do_not_change=table.do_not_change if table else (),
        under_way=character.status in ACTIVE,
        customer=customer_words(character.facets),
    )


def standings(services: StudioServices, character_id: str) -> tuple[list[Standing], bool]:
    """How each picture of a character stands, and whether one of them waits for review."""
    with services.record.reading() as session:
        variants = images.of_character(session, character_id)
    standing = [
        Standing(
            each.image.id,
            each.image.review,
            each.image.review_reason or "",
            _is_hidden(each),
            each.image.is_selected,
        )
        for each in variants
    ]
    return standing, any(each.image.awaits_review for each in variants)


def decide_picture(
    services: StudioServices,
    act: str,
    *,
    character_id: str,
    image_id: str,
    seen: Seen | None = None,
    code: str = "",
    note: str = "",
) -> Decided:
    """Do what a key of the review page says. UsageError, DecidedMeanwhile, IllegalStep, NotFound."""
    check_shown(services.runtime, character_id)
    runtime = services.runtime
    who = {"character_id": character_id, "image_id": image_id}
    by = acting_id()
    match act:
        case "approve":
            return decide.approve(runtime, **who, by=by, seen=seen)
        case "lock":
            return decide.lock(runtime, **who, by=by, seen=seen)
        case "reject":
            return decide.reject(runtime, **who, by=by, code=code, note=note, seen=seen)
        case "favourite":
            return decide.favourite(runtime, **who, by=by, seen=seen)
        case "no_favourite":
            return decide.no_favourite(runtime, **who, by=by)
        case "propose":
            return decide.propose(runtime, **who, by=by, seen=seen)
    raise UsageError("There is no such decision.", code="usage")


def undo_decision(services: StudioServices, event_id: str) -> Decided:
    """Take a decision back. NotFound where there is none, or who asks may not see whom it was about."""
    with services.record.reading() as session:
        about = decisions.character_of(session, event_id)
    if about is not None:
        check_shown(services.runtime, about)
    return decide.undo(services.runtime, event_id=event_id, by=acting_id())


def _living(character: Character) -> Character:
    if character.status is CharacterStatus.ERASED:
        raise NotFound("This character has been erased.")
    return character


def _photo(services: StudioServices, eyes: EyePlaces, photo: GeneratedAsset) -> ReviewPhoto:
    looked_at, found = eyes.find(LookedAt(photo.sha256, photo.storage_key))
    return ReviewPhoto(services.links.scaled(photo.sha256, 960), photo.width, photo.height, found, looked_at)


def _picture(services: StudioServices, eyes: EyePlaces, variant: Variant) -> ReviewPicture:
    image, asset = variant.image, variant.asset
    seen = LookedAt(asset.sha256, asset.storage_key, image.style, variant.prompt.parameters)
    looked_at, found = eyes.find(seen)
    small = services.links.scaled(asset.sha256, 960)
    return ReviewPicture(
        image_id=image.id,
        title=picture_title(image.style, framing_of(image.framing), image.ordinal),
        style=image.style,
        url=small,
        original_url=full_url(variant, services.links) if sees_all() else small,
        width=asset.width,
        height=asset.height,
        review=image.review,
        reason=image.review_reason or "",
        hidden=_is_hidden(variant),
        favourite=image.is_selected,
        verdicts=verdicts(image.likeness),
        scores=scores(image.likeness),
        eyes=found,
        looked_at=looked_at,
    )


def _is_hidden(variant: Variant) -> bool:
    image = variant.image
    return image.review is Review.REJECTED and RejectCode(image.review_code or "other") in BEHIND_THE_DOOR
