"""Who draws a picture where several image providers are set, in the order of STORYKIN_IMAGE.

Another provider has another work key, so the ledger alone would not keep two of them from drawing the same
picture. The rules that do: a picture that one of them has drawn is found, whoever is first; where one of them
may have been paid, it alone goes on; and the next one is only asked after the one before it has turned the
request away by outage, before anything could be paid. A safety refusal is everyone's.
"""

from collections.abc import Sequence

from db.engine import Session
from db.repositories import calls, clock, images, limits
from tasks.consent.rules import who_may_have
from tasks.errors import NotSent, StorykinError
from tasks.ledger.standing import may_be_passed_over
from tasks.picture_options import AS_USUAL, PictureOptions, is_drawable
from tasks.providers.protocols import ImageProvider
from tasks.runtime import Runtime
from tasks.styles.packs import can_draw
from tasks.write_prompt import PictureWork, work_key_ahead


def provider_to_draw(
    runtime: Runtime,
    *,
    character_id: str,
    profile_id: str,
    style: str,
    ordinal: int,
    options: PictureOptions = AS_USUAL,
) -> str:
    """The provider that has drawn this picture, or whose call for it is under way or closed; else the first
    that the consent allows and that can draw it.

    "" where there is only one. Where nobody may, it is one that could: the ledger says why not.
    """
    if not runtime.fallbacks:
        return ""
    with runtime.record.reading() as session:
        keys = {
            each.name: work_key_ahead(
                session,
                runtime.drawing_by(each.name),
                profile_id=profile_id,
                style=style,
                ordinal=ordinal,
                options=options,
            )
            for each in runtime.images
        }
        for provider, key in keys.items():
            if images.find(session, character_id=character_id, work_key=key) is not None:
                return provider
        for provider, key in keys.items():
            if not may_be_passed_over(session, calls.by_work_key(session, key)):
                return provider
        able = able_to_draw(runtime.images, style, options) or runtime.images
        return (may_draw(session, character_id, able) or able)[0].name


def next_provider(runtime: Runtime, work: PictureWork) -> str | None:
    """Whose turn it is when the provider of `work` is away: the next that may have the photo and can draw its
    style, in its size, or None.
    """
    names = [each.name for each in runtime.images]
    place = names.index(work.provider) + 1 if work.provider in names else len(names)
    able = able_to_draw(runtime.images[place:], work.style, work.options)
    if not able:
        return None
    with runtime.record.reading() as session:
        allowed = may_draw(session, work.character_id, able)
    return allowed[0].name if allowed else None


def able_to_draw(
    images: Sequence[ImageProvider], style: str, options: PictureOptions
) -> tuple[ImageProvider, ...]:
    """Those of `images` that can draw the style, in its size."""
    return tuple(each for each in images if is_drawable(options, each) and can_draw(each.name, style))


def may_draw(
    session: Session, character_id: str, images: Sequence[ImageProvider]
) -> tuple[ImageProvider, ...]:
    """Those of `images` that may be given the character's photo."""
    names = who_may_have(session, [character_id], [each.name for each in images])[character_id]
    return tuple(each for each in images if each.name in names)


def is_left_alone(runtime: Runtime, work: PictureWork) -> bool:
    """Whether the breaker of the provider of `work` is open, so that another may draw at once."""
    with runtime.record.reading() as session:
        row = next((row for row in limits.all_limits(session) if row.provider == work.provider), None)
        is_open = row is not None and row.open_until is not None and row.open_until > clock.steady(session)
        return is_open and may_be_passed_over(session, calls.by_work_key(session, work.work_key))


def is_unpaid_outage(runtime: Runtime, work: PictureWork, error: StorykinError) -> bool:
    """Whether `error` says that the provider of `work` is away, and nothing of this picture can be paid."""
    if not isinstance(error, NotSent):
        return False
    with runtime.record.reading() as session:
        return may_be_passed_over(session, calls.by_work_key(session, work.work_key))
