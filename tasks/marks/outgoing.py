"""The marks of a variant that leaves: its facts from the record, its number on record, its file marked."""

from db.models import CharacterProfile
from db.repositories import calls, marks
from db.repositories.images import Variant
from tasks.marks.facts import DigitalSource, Edit, MarkFacts, keyed_digest, mark_id_of
from tasks.marks.identity import MarkIdentity, mark_identity
from tasks.marks.mark import MARKED_FORMATS, mark
from tasks.marks.settings import mark_settings
from tasks.storage.binding import RecordAndStore

LOCAL = "local"  # the provider that draws by rules, not by a trained model


def marked(
    pair: RecordAndStore,
    variant: Variant,
    kept: bytes,
    made: bytes,
    content_type: str,
    edit: Edit | None = None,
) -> bytes:
    """`made`, a form of the variant whose bytes in the store are `kept`, as it leaves.

    What can carry no mark (a design as JSON) is given back as it is, and so is everything where
    STORYKIN_MARKS is off. Raises MarksUnusable.
    """
    if not mark_settings().marks or content_type not in MARKED_FORMATS:
        return made
    identity = mark_identity()
    facts = facts_of(pair, variant, identity, edit)
    _remember(pair, facts, variant.asset.id)
    made_from = None if facts.source is DigitalSource.ALGORITHMIC else (kept, variant.asset.content_type)
    return mark(made, content_type, facts, identity, made_from)


def facts_of(
    pair: RecordAndStore, variant: Variant, identity: MarkIdentity, edit: Edit | None = None
) -> MarkFacts:
    """What is told of a variant: no name, no date, and of photo and picture keyed digests."""
    with pair.record.reading() as session:
        call = calls.by_work_key(session, variant.image.work_key) or calls.by_asset(session, variant.asset.id)
        profile = (
            session.get(CharacterProfile, variant.prompt.profile_id) if variant.prompt.profile_id else None
        )
        provider, model = (call.provider, call.model) if call else ("unknown", "")
        photo = profile.photo_sha256 if profile else None
    return MarkFacts(
        mark_id=mark_id_of(variant.asset.sha256, identity.secret),
        source=DigitalSource.ALGORITHMIC if provider == LOCAL else DigitalSource.TRAINED,
        provider=provider,
        model=model or "",
        style=variant.image.style,
        style_version=variant.prompt.style_version or "",
        picture=keyed_digest(variant.asset.sha256, identity.secret),
        photo=keyed_digest(photo, identity.secret) if photo else None,
        edit=edit,
    )


def _remember(pair: RecordAndStore, facts: MarkFacts, asset_id: str) -> None:
    with pair.record.reading() as session:
        if marks.is_known(session, facts.mark_hex):
            return
    with pair.record.writing() as session:
        marks.remember(session, facts.mark_hex, asset_id)
