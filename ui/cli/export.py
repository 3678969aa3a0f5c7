"""`storykin export CHARACTER PICTURE`: a finished picture cut out, for print, in layers, or as its design."""

from pathlib import Path

from db.models import Review
from db.record_state import require_current
from db.repositories import characters, images
from tasks.errors import UsageError
from tasks.runtime import current_runtime
from tasks.storage.verified_bytes import verified_bytes
from tasks.styles.exports import Export, export_picture
from ui.cli.favourite import title, wanted_variant

DONE = 0


def export(beginning: str, wanted: str, files: dict[Export, str]) -> int:
    """Write the forms of the picture `wanted` into the files named for them; older ones go."""
    if not files:
        raise UsageError(
            "Say what to make of the picture: --cut-out, --print, --svg or --design, each with a file.",
            code="no_export",
        )
    require_current()
    runtime = current_runtime()
    with runtime.record.reading() as session:
        character = characters.by_beginning(session, beginning)
        variant = wanted_variant(images.of_character(session, character.id), wanted.lower())
    if variant.image.review is Review.REJECTED:
        raise UsageError("This picture is held back. Look at it, and approve it first.", code="held_back")
    picture = verified_bytes(runtime, variant.asset.storage_key)
    parameters = variant.prompt.parameters
    for what, file in files.items():
        made = export_picture(picture, what, variant.image.style, int(parameters.get("seed", 0)), parameters)
        try:
            Path(file).write_bytes(made)
        except OSError as error:
            reason = error.strerror or "it is not writable"
            raise UsageError(f"{file} can't be written: {reason}.", code="bad_file") from None
        print(f"{title(variant)} of {character.name}: {file}")
    return DONE
