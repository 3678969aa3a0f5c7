"""`storykin export CHARACTER --zip FILE` and `--sheet FILE`: all of a character, as the studio gives it."""

from collections.abc import Iterable
from pathlib import Path

from db.audit.append import COMMAND_LINE
from db.record_state import require_current
from db.repositories import characters
from tasks.errors import UsageError
from tasks.giving.archive import Selection, open_archive
from tasks.giving.audit import enter_given_out
from tasks.giving.contact_sheet import SheetFormat, contact_sheet
from tasks.runtime import current_runtime
from ui.handlers.downloads import SHEET_FONTS


def export_all(
    beginning: str, *, zip_file: str | None, sheet_file: str | None, favourite_only: bool, with_names: bool
) -> None:
    """Write the ZIP and the contact sheet that are asked for; older files of these names go. UsageError."""
    require_current()
    runtime = current_runtime()
    with runtime.record.reading() as session:
        character = characters.by_beginning(session, beginning)
    selection = Selection([character.id], favourite_only, with_names)
    if zip_file is not None:
        _write(zip_file, open_archive(runtime, selection).pieces)
        enter_given_out(runtime.record, [character.id], "archive", via=COMMAND_LINE)
        print(f"The pictures of {character.called}: {zip_file}")
    if sheet_file is not None:
        ending = Path(sheet_file).suffix.lower().removeprefix(".")
        if ending not in {each.value for each in SheetFormat}:
            raise UsageError("A contact sheet is a PDF or a PNG: name the file so.", code="no_form")
        sheet = contact_sheet(runtime, selection, SheetFormat(ending), SHEET_FONTS)
        _write(sheet_file, [sheet.data])
        enter_given_out(runtime.record, [character.id], "sheet", via=COMMAND_LINE)
        print(f"The contact sheet of {character.called}: {sheet_file}")


def _write(file: str, pieces: Iterable[bytes]) -> None:
    """Whole or not at all: what was begun is taken away again."""
    unfinished = Path(f"{file}.unfinished")
    try:
        with unfinished.open("wb") as out:
            for piece in pieces:
                out.write(piece)
        unfinished.replace(file)
    except OSError as error:
        reason = error.strerror or "it is not writable"
        raise UsageError(f"{file} can't be written: {reason}.", code="bad_file") from None
    finally:
        unfinished.unlink(missing_ok=True)
