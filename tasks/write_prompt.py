"""The prompt of one style of one character, on record with everything the picture will depend on."""

from dataclasses import dataclass
from typing import Any

from db.engine import Session
from db.models import PromptArtifact, PromptKind, ProviderCall
from db.repositories import assets, characters, profiles, prompts
from tasks.ledger.work_key import image_work_key
from tasks.picture_options import AS_USUAL, PictureOptions
from tasks.profile_rows import profile_from_row
from tasks.runtime import Runtime
from tasks.seeds import seed_of
from tasks.styles.packs import style_pack
from tasks.styles.prompt import CharacterPrompt, build_character_prompt

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
class _Written:
    """A prompt with everything the picture will depend on, not on record yet."""

    built: CharacterPrompt
    style_version: str
    parameters: dict[str, Any]
    work_key: str


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

    `provider` draws it, because those `instead_of` which it does were away: that stays with the prompt.
    """
    with runtime.record.writing() as session:
        drawing = runtime.drawing_by(provider)
        written = _written(session, drawing, character_id, profile_id, style, ordinal, options)
        passed_over = {INSTEAD_OF: list(instead_of)} if instead_of else {}
        prompt = prompts.ensure(
            session,
            character_id=character_id,
            profile_id=profile_id,
            kind=PromptKind.IMAGE,
            style=style,
            style_version=written.style_version,
            template_version=written.built.template_version,
            text=written.built.text,
            parameters=written.parameters | passed_over,
            work_key=written.work_key,
        )
        return PictureWork(
            character_id, prompt.id, written.work_key, style, ordinal, provider, tuple(instead_of), options
        )


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
    character_id: str,
    profile_id: str,
    style: str,
    ordinal: int,
    options: PictureOptions = AS_USUAL,
) -> str:
    """The work key that a picture has or will have. Writes nothing."""
    return _written(session, runtime, character_id, profile_id, style, ordinal, options).work_key


def _written(
    session: Session,
    runtime: Runtime,
    character_id: str,
    profile_id: str,
    style: str,
    ordinal: int,
    options: PictureOptions,
) -> _Written:
    pack = style_pack(style)
    row = profiles.get(session, profile_id)
    photo_id = characters.get(session, character_id).photo_asset_id
    assert photo_id is not None  # describe_photo has read it
    photo = assets.get(session, photo_id)
    built = build_character_prompt(profile_from_row(row), pack, options.framing)
    seed = seed_of(photo.sha256, style, str(ordinal))
    parameters = pack.parameters | {"seed": seed} | options.chosen
    key = image_work_key(
        photo_sha256=photo.sha256,
        profile_digest=row.digest,
        style=style,
        style_version=pack.version,
        provider=runtime.image.name,
        model=runtime.image.model,
        parameters=parameters | {"template": built.template_version},
        ordinal=ordinal,
    )
    return _Written(built, pack.version, parameters, key)
