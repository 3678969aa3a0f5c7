"""The variant's row: at most one for a piece of work, and at most one a run adds for a style.

A picture that shows more bare skin than the photo is kept, since it may be paid for, and rejected in the same
transaction: no gallery, cover or copy shows it until a person approves it, and nobody buys it again.
"""

from collections.abc import Mapping
from typing import Any

from db.engine import Session
from db.event_kinds import EventKind
from db.models import RejectCode, Review
from db.repositories import calls, events, images
from tasks.ledger.claim import mark_recorded
from tasks.likeness_words import NOT_COMPARED, SENTENCES, WITHHELD
from tasks.picture_options import PictureOptions
from tasks.runtime import Runtime
from tasks.write_prompt import PictureWork


def existing_image(runtime: Runtime, work: PictureWork, run_token: str) -> str | None:
    """The id of the variant that shows this work, or that this very run has added for the style."""
    with runtime.record.reading() as session:
        found = images.find(session, character_id=work.character_id, work_key=work.work_key)
        found = found or images.of_run(
            session, character_id=work.character_id, style=work.style, run_token=run_token
        )
        return found.id if found else None


def styles_without_picture(
    runtime: Runtime, character_id: str, styles: list[str], run_token: str
) -> list[str]:
    """Those of `styles` that this very run has brought no picture for."""
    with runtime.record.reading() as session:
        return [
            style
            for style in styles
            if not images.of_run(session, character_id=character_id, style=style, run_token=run_token)
        ]


def ordinal_of_run(
    runtime: Runtime, character_id: str, style: str, run_token: str, options: PictureOptions
) -> int:
    """The ordinal of a new picture on purpose; the same again when this run has made its picture already."""
    with runtime.record.reading() as session:
        made = images.of_run(session, character_id=character_id, style=style, run_token=run_token)
        return (
            made.ordinal
            if made
            else images.next_ordinal(session, character_id, style, options.stored_framing)
        )


def record_image(
    runtime: Runtime,
    work: PictureWork,
    *,
    asset_id: str,
    run_token: str,
    likeness: dict[str, Any] | None,
    hold: bool = False,
) -> str:
    """Write the variant, its event, and the end of its call, in one transaction; returns the image's id.

    To `hold` it is to keep it from everybody until `tasks.compare_pictures` has compared it with its photo.
    """
    with runtime.record.writing() as session:
        call = calls.by_work_key(session, work.work_key)
        image, created = images.record(
            session,
            character_id=work.character_id,
            style=work.style,
            framing=work.options.stored_framing,
            ordinal=work.ordinal,
            run_token=run_token,
            work_key=work.work_key,
            asset_id=asset_id,
            prompt_artifact_id=work.prompt_id,
            likeness=likeness,
            metric_version=likeness["metric_version"] if likeness else None,
            seconds=(call.result or {}).get("seconds") if call else None,
            held=NOT_COMPARED if hold else None,
        )
        mark_recorded(session, work.work_key)
        if created:
            events.add(
                session,
                kind=EventKind.VARIANT_RECORDED,
                actor="system",
                message=EventKind.VARIANT_RECORDED.sentence.format(style=work.style),
                character_id=work.character_id,
                run_token=run_token,
                data={"image_id": image.id, "style": work.style},
            )
            withhold(session, image.id, likeness)
        return image.id


def withhold(session: Session, image_id: str, likeness: Mapping[str, Any] | None) -> None:
    """Reject the variant if what was measured says so. Raises NotFound."""
    if WITHHELD in (likeness or {}).get("warnings", ()):
        reason, code = SENTENCES[WITHHELD], RejectCode.UNDRESSED
        images.review(session, image_id, review=Review.REJECTED, actor="system", reason=reason, code=code)
