"""What a run leaves on the Prefect dashboard: the profile as a table, and a link to its pictures.

Artifacts are kept for ever and read by whoever may see the dashboard: no signed link goes into one. The
pictures are behind the studio's signed links.
"""

from typing import Any
from urllib.parse import quote

import httpx
from prefect.artifacts import acreate_link_artifact, acreate_table_artifact

from db.log import Log
from db.models import CharacterImage
from db.repositories import images, profiles
from flows.run_request import RunRequest, RunResult
from tasks.design.shapes import Framing
from tasks.picture_options import FRAMING_LABELS, framing_of
from tasks.profile import Attributes
from tasks.profile_rows import profile_from_row
from tasks.runtime import current_runtime
from tasks.settings import provider_settings
from tasks.styles.packs import style_pack

log = Log("artifacts")


async def publish_run_artifacts(request: RunRequest, result: RunResult) -> None:
    """Write the artifacts of one run. A key names the character, so that its history is one list.

    They are copies for the dashboard: a server that is away does not make a run fail that has its pictures.
    """
    if result.profile_id is None:
        return
    try:
        await _publish(request, result, result.profile_id)
    except httpx.HTTPError as error:
        log.warning("artifacts not written", code=type(error).__name__, character_id=request.character_id)


async def _publish(request: RunRequest, result: RunResult, profile_id: str) -> None:
    await acreate_table_artifact(
        key=f"profile-{request.character_id}",
        table=_profile_rows(profile_id),
        description="What the photo shows. A dash is unknown, which is allowed.",
    )
    for style, sentence in _pictures(request, result):
        await acreate_link_artifact(
            key=f"{style}-{request.character_id}",
            link=_in_the_studio(request.character_id),
            link_text=sentence,
            description=sentence,
        )


def _in_the_studio(character_id: str) -> str:
    return f"{provider_settings().public_address}/studio/character?id={quote(character_id)}"


def _profile_rows(profile_id: str) -> list[dict[str, Any]]:
    with current_runtime().record.reading() as session:
        profile = profile_from_row(profiles.get(session, profile_id))
    rows = []
    for name in Attributes.model_fields:
        trait = getattr(profile.attributes, name)
        rows.append(
            {
                "trait": name.replace("_", " "),
                "value": trait.value or "–",
                "colour": trait.hex or "",
                "confidence": f"{trait.confidence:.0%}",
            }
        )
    rows.append({"trait": "do not change", "value": "; ".join(profile.do_not_change)})
    return rows


def _pictures(request: RunRequest, result: RunResult) -> list[tuple[str, str]]:
    wanted = set(result.made.values())
    with current_runtime().record.reading() as session:
        return [
            (each.image.style, f"{style_pack(each.image.style).label}, {_numbered(each.image)}")
            for each in images.of_character(session, request.character_id)
            if each.image.id in wanted
        ]


def _numbered(image: CharacterImage) -> str:
    framing = framing_of(image.framing)
    framed = "" if framing is Framing.PORTRAIT else f"{FRAMING_LABELS[framing].lower()} "
    return f"{framed}picture {image.ordinal}"
