"""The marks of a variant that leaves: its facts from the record, its number on record, its file marked."""

from collections.abc import Sequence
from dataclasses import replace

from db.engine import Session
from db.models import CharacterProfile, GeneratedAsset, PromptArtifact
from db.repositories import assets, calls, marks
from db.repositories.images import Variant
from tasks.marks.facts import DigitalSource, Edit, MarkFacts, keyed_digest, mark_id_of
from tasks.marks.identity import MarkIdentity, mark_identity
from tasks.marks.mark import MARKED_FORMATS, mark
from tasks.marks.settings import mark_settings
from tasks.marks.time_stamps import StampBook
from tasks.storage.binding import RecordAndStore

LOCAL = "local"  # the provider that draws by rules, not by a trained model


def marked(
    pair: RecordAndStore,
    variant: Variant,
    kept: bytes,
    made: bytes,
    content_type: str,
    edit: Edit | None = None,
    *,
    one_of_many: bool = False,
) -> bytes:
    """`made`, a form of the variant whose bytes in the store are `kept`, as it leaves. For `one_of_many` no
    time stamp is waited for: housekeeping asks for it.

    What can carry no mark (a design as JSON) is given back as it is, and so is everything where
    STORYKIN_MARKS is off. Raises MarksUnusable.
    """
    if not mark_settings().marks or content_type not in MARKED_FORMATS:
        return made
    identity = mark_identity()
    facts = facts_of(pair, variant, identity, edit)
    _remember(pair, facts, variant.asset.id)
    made_from = None if facts.source is DigitalSource.ALGORITHMIC else (kept, variant.asset.content_type)
    stamps = StampBook(pair.store, asks=not one_of_many)
    return mark(made, content_type, facts, identity, made_from, stamps)


def marked_asset(pair: RecordAndStore, asset_id: str, kept: bytes) -> bytes:
    """A picture as it was made, shown as a variant or not, as it leaves in an archive: it waits for no time
    stamp. Raises NotFound, MarksUnusable.
    """
    with pair.record.reading() as session:
        asset = assets.get(session, asset_id)
        prompt = session.get(PromptArtifact, asset.prompt_artifact_id) if asset.prompt_artifact_id else None
    if not mark_settings().marks or asset.content_type not in MARKED_FORMATS:
        return kept
    identity = mark_identity()
    facts = _facts(pair, asset, prompt, identity)
    _remember(pair, facts, asset.id)
    made_from = None if facts.source is DigitalSource.ALGORITHMIC else (kept, asset.content_type)
    stamps = StampBook(pair.store, asks=False)
    return mark(kept, asset.content_type, facts, identity, made_from, stamps)


def sheet_facts(pair: RecordAndStore, variants: Sequence[Variant]) -> MarkFacts | None:
    """What is told of a sheet of these pictures; None where STORYKIN_MARKS is off. Raises MarksUnusable."""
    if not mark_settings().marks:
        return None
    identity = mark_identity()
    told = [facts_of(pair, each, identity) for each in variants]
    trained = any(each.source is DigitalSource.TRAINED for each in told)
    return MarkFacts(
        mark_id=None,
        source=DigitalSource.COMPOSITE if trained else DigitalSource.ALGORITHMIC,
        provider=" ".join(sorted({each.provider for each in told})),
        model=" ".join(sorted({each.model for each in told})),
        style="",
        style_version="",
        picture="",
        parts=tuple(dict.fromkeys(each.picture for each in told)),
    )


def marked_page(pair: RecordAndStore, page: bytes, content_type: str, facts: MarkFacts | None) -> bytes:
    """A page of a sheet as it leaves; as it is where there are no facts to tell. No time stamp is waited for:
    a sheet has many pages. Raises MarksUnusable.
    """
    if facts is None:
        return page
    return mark(page, content_type, facts, mark_identity(), stamps=StampBook(pair.store, asks=False))


def facts_of(
    pair: RecordAndStore, variant: Variant, identity: MarkIdentity, edit: Edit | None = None
) -> MarkFacts:
    """What is told of a variant: no name, no date, and of photo and picture keyed digests."""
    told = _facts(pair, variant.asset, variant.prompt, identity)
    return replace(told, style=variant.image.style, edit=edit)


def drawn_by(pair: RecordAndStore, variant: Variant) -> tuple[str, str]:
    """The provider and the model that drew a variant, by the ledger; "unknown" where no call is known."""
    with pair.record.reading() as session:
        return _drawn_by(session, variant.prompt.work_key, variant.asset.id)


def _drawn_by(session: Session, work_key: str | None, asset_id: str) -> tuple[str, str]:
    call = calls.by_work_key(session, work_key) if work_key else None
    call = call or calls.by_asset(session, asset_id)
    return (call.provider, call.model or "") if call else ("unknown", "")


def _facts(
    pair: RecordAndStore,
    asset: GeneratedAsset,
    prompt: PromptArtifact | None,
    identity: MarkIdentity,
) -> MarkFacts:
    profile_id = prompt.profile_id if prompt else None
    with pair.record.reading() as session:
        profile = session.get(CharacterProfile, profile_id) if profile_id else None
        provider, model = _drawn_by(session, prompt.work_key if prompt else None, asset.id)
        photo = profile.photo_sha256 if profile else None
    return MarkFacts(
        mark_id=mark_id_of(asset.sha256, identity.secret),
        source=DigitalSource.ALGORITHMIC if provider == LOCAL else DigitalSource.TRAINED,
        provider=provider,
        model=model,
        style=(prompt.style if prompt else "") or "",
        style_version=(prompt.style_version if prompt else "") or "",
        picture=keyed_digest(asset.sha256, identity.secret),
        photo=keyed_digest(photo, identity.secret) if photo else None,
    )


def _remember(pair: RecordAndStore, facts: MarkFacts, asset_id: str) -> None:
    with pair.record.reading() as session:
        if marks.is_known(session, facts.mark_hex):
            return
    with pair.record.writing() as session:
        marks.remember(session, facts.mark_hex, asset_id)
