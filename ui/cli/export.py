"""`storykin export CHARACTER PICTURE`: a finished picture cut out, for print, in layers, or as its design."""

from pathlib import Path

from db.audit.append import COMMAND_LINE
from db.record_state import require_current
from db.repositories import characters, images
from tasks.errors import UsageError
from tasks.giving.audit import enter_given_out
from tasks.giving.outgoing import Form, outgoing_bytes
from tasks.runtime import current_runtime
from tasks.styles.exports import Export
from ui.cli.which_picture import title, wanted_variant

DONE = 0


def export(beginning: str, wanted: str, files: dict[Export, str]) -> int:
    """Write the forms of the picture `wanted` into the files named for them; older ones go."""
    if not files:
        raise UsageError(
            "Say what to make: --cut-out, --print, --svg or --design of a picture, --zip or --sheet of all, "
            "each with a file.",
            code="no_export",
        )
    require_current()
    runtime = current_runtime()
    with runtime.record.reading() as session:
        character = characters.by_beginning(session, beginning)
        variant = wanted_variant(images.of_character(session, character.id), wanted.lower())
    for what, file in files.items():
        made = outgoing_bytes(runtime, variant, Form(what.value)).data
        try:
            Path(file).write_bytes(made)
        except OSError as error:
            reason = error.strerror or "it is not writable"
            raise UsageError(f"{file} can't be written: {reason}.", code="bad_file") from None
        told = {"image_id": variant.image.id, "form": what.value}
        enter_given_out(runtime.record, [character.id], "picture", via=COMMAND_LINE, **told)
        print(f"{title(variant)} of {character.called}: {file}")
    return DONE
