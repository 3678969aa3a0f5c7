"""The prompt of one style of one character, on record with everything the picture will depend on."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from db.engine import Session
from db.models import HUMAN, CharacterProfile, PromptArtifact, PromptKind, ProviderCall
from db.repositories import assets, calls, characters, images, profiles, prompts
from tasks.ledger.work_key import image_work_key
from tasks.picture_options import AS_USUAL, RESOLUTION, PictureOptions, check_drawable
from tasks.profile_rows import profile_from_row
from tasks.providers.protocols import models_of, takes_several
from tasks.runtime import Runtime
from tasks.seeds import seed_of
from tasks.standing_work import AskedWith, as_it_stands, as_it_was_sent
from tasks.styles.pack import StylePack
from tasks.styles.packs import style_pack
from tasks.styles.prompt import TEMPLATE_VERSION, build_character_prompt

# The providers that were away: in the result of the call that drew; in a prompt's parameters, those that were
# when it was first written. It is no ingredient of the work key, and no parameter of a provider's.
INSTEAD_OF = "instead_of"


@dataclass(frozen=True)
class PictureWork:
    """A picture to be made, by name: ids and keys only, so it may travel through Prefect."""

    character_id: str
    prompt_id: str
    work_key: str
    style: str
    ordinal: int
    provider: str = ""  # who draws it, where several may; "" is the first
    instead_of: tuple[str, ...] = ()  # who was away
    options: PictureOptions = AS_USUAL


@dataclass(frozen=True)
class _Plan:
    """A picture to be made, before it is settled with what it is asked for."""

    pack: StylePack
    profile: CharacterProfile
    photo_sha256: str
    ordinal: int
    options: PictureOptions
    provider: str
    models: tuple[str, ...]  # the one that draws, and those before it
    now: AskedWith
    reference_style: str | None  # of the favourite, where it goes along
    corrected: tuple[str, ...] = ()  # the digests that the profile had before it was corrected

    def parameters(self, asked: AskedWith) -> dict[str, Any]:
        """Of the prompt, for the provider, and of the work key."""
        seed = seed_of(self.photo_sha256, self.pack.name, str(self.ordinal))
        framing = {name: value for name, value in self.options.chosen.items() if name != RESOLUTION}
        return self.pack.parameters | {"seed": seed} | framing | asked.parameters

    def key(self, asked: AskedWith) -> str:
        """The work key of this picture, asked for with that."""
        return image_work_key(
            photo_sha256=self.photo_sha256,
            profile_digest=asked.profile or self.profile.digest,
            style=self.pack.name,
            style_version=self.pack.version,
            provider=self.provider,
            model=asked.model,
            parameters=self.parameters(asked) | {"template": asked.template},
            ordinal=self.ordinal,
        )

    def on_record(self, session: Session) -> AskedWith | None:
        """With what it was asked for, if it stands on record."""
        return as_it_stands(
            session,
            character_id=self.profile.character_id,
            style=self.pack.name,
            now=self.now,
            models=self.models,
            key_of=self.key,
            corrected=self.corrected,
        )


def write_prompt(
    runtime: Runtime,
    *,
    character_id: str,
    profile_id: str,
    style: str,
    ordinal: int,
    provider: str = "",
    instead_of: tuple[str, ...] = (),
    options: PictureOptions = AS_USUAL,
) -> PictureWork:
    """Build the prompt for `style` and record it; the same work gives the same row. `ordinal` is from 1.

    `provider` draws it, because those `instead_of` which it does were away: that stays with the prompt. A
    picture that stands, or was sent for, is the work that it was. Raises StoreError where a paid provider's
    store can't be asked for that, UsageError where the provider draws no new picture so large.
    """
    drawing = runtime.drawing_by(provider)
    with runtime.record.reading() as session:
        plan = _plan(session, drawing, profile_id, style, ordinal, options)
        asked = plan.on_record(session)
        drawn = {each.asset.sha256 for each in images.of_character(session, character_id)}
    if asked is None and drawing.image.charges:
        asked = as_it_was_sent(runtime.store, references=sorted(drawn), now=plan.now, key_of=plan.key)
    if asked is None:
        check_drawable(options, drawing.image)
    with runtime.record.writing(lasting=False) as session:
        asked = plan.on_record(session) or asked or plan.now
        key, passed_over = plan.key(asked), {INSTEAD_OF: list(instead_of)} if instead_of else {}
        prompt = prompts.ensure(
            session,
            character_id=character_id,
            profile_id=profile_id,
            kind=PromptKind.IMAGE,
            style=style,
            style_version=plan.pack.version,
            template_version=asked.template,
            text=_text(session, plan, asked),
            parameters=plan.parameters(asked) | passed_over,
            work_key=key,
        )
        return PictureWork(character_id, prompt.id, key, style, ordinal, provider, tuple(instead_of), options)


def drawn_instead_of(prompt: PromptArtifact, call: ProviderCall | None) -> list[str]:
    """The providers that were away when the picture of `prompt` was asked for. The call knows it, unless it
    was taken over from a worker that died; the prompt may be of an earlier attempt.
    """
    told = (call.result or {}).get(INSTEAD_OF) if call else None
    return list(prompt.parameters.get(INSTEAD_OF, ()) if told is None else told)


def work_key_ahead(
    session: Session,
    runtime: Runtime,
    *,
    profile_id: str,
    style: str,
    ordinal: int,
    options: PictureOptions = AS_USUAL,
) -> str:
    """The work key that a picture has or will have, as far as the record knows. Writes nothing."""
    plan = _plan(session, runtime, profile_id, style, ordinal, options)
    return plan.key(plan.on_record(session) or plan.now)


def _plan(
    session: Session, runtime: Runtime, profile_id: str, style: str, ordinal: int, options: PictureOptions
) -> _Plan:
    profile = profiles.get(session, profile_id)
    photo_id = characters.get(session, profile.character_id).photo_asset_id
    assert photo_id is not None  # describe_photo has read it
    favourite = images.favourite(session, profile.character_id) if takes_several(runtime.image) else None
    return _Plan(
        pack=style_pack(style),
        profile=profile,
        photo_sha256=assets.get(session, photo_id).sha256,
        ordinal=ordinal,
        options=options,
        provider=runtime.image.name,
        models=models_of(runtime.image),
        now=AskedWith(
            TEMPLATE_VERSION,
            runtime.image.model,
            favourite.asset.sha256 if favourite else None,
            options.chosen.get(RESOLUTION),
        ),
        reference_style=favourite.image.style if favourite else None,
        corrected=_corrected(session, profile),
    )


def _corrected(session: Session, profile: CharacterProfile) -> tuple[str, ...]:
    """The digests of the versions that a person has corrected to this one, newest first."""
    digests: dict[str, None] = {}
    versions = profiles.history(session, profile.character_id)
    for newer, older in pairwise(versions):
        if newer.source != HUMAN or older.photo_sha256 != profile.photo_sha256:
            break
        digests[older.digest] = None
    return tuple(each for each in digests if each != profile.digest)


def _text(session: Session, plan: _Plan, asked: AskedWith) -> str:
    """The words: those that the work was asked for with, where they are on record, else today's."""
    call = calls.by_work_key(session, plan.key(asked))
    if call is not None and call.prompt_artifact_id is not None:
        return prompts.get(session, call.prompt_artifact_id).text
    reference_style = plan.reference_style if asked.reference else None
    built = build_character_prompt(
        profile_from_row(plan.profile), plan.pack, plan.options.framing, reference_style
    )
    return built.text
