"""Who draws a picture where several image providers are set, in the order of STORYKIN_IMAGE.

Another provider has another work key, so the ledger alone would not keep two of them from drawing the same
picture. The rules that do: a picture that one of them has drawn is found, whoever is first; where one of them
may have been paid, it alone goes on; and the next one is only asked after the one before it has turned the
request away by outage, before anything could be paid. A safety refusal is everyone's.
"""

from db.repositories import calls, clock, images, limits
from tasks.consent.rules import may_have
from tasks.errors import NotSent, StorykinError
from tasks.ledger.standing import may_be_passed_over
from tasks.picture_options import AS_USUAL, PictureOptions, is_drawable
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
    that the consent allows.

    "" where there is only one.
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
        allowed = (each.name for each in runtime.images if may_have(session, character_id, each.name))
        return next(allowed, runtime.image.name)


def next_provider(runtime: Runtime, work: PictureWork) -> str | None:
    """Whose turn it is when the provider of `work` is away: the next that may have the photo and can draw its
    style, in its size, or None.
    """
    names = [each.name for each in runtime.images]
    place = names.index(work.provider) + 1 if work.provider in names else len(names)
    fitting = (each for each in runtime.images[place:] if is_drawable(work.options, each))
    able = [each.name for each in fitting if can_draw(each.name, work.style)]
    with runtime.record.reading() as session:
        return next((name for name in able if may_have(session, work.character_id, name)), None)


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
