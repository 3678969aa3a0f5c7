"""`storykin list`: the characters, newest first."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from db.engine import record
from db.models import CharacterStatus
from db.record_state import require_current
from db.repositories import characters
from db.repositories.characters import CharacterCard
from tasks.errors import UsageError
from ui.cli.output import print_document

DONE = 0
MOST = 1000
WIDEST = 240  # signs of a line, by far


def list_characters(query: str, status: str | None, limit: int, *, as_json: bool) -> int:
    """Print the newest characters in which `query` is found: in name, tags or notes, or by id."""
    if not 1 <= limit <= MOST:
        raise UsageError(f"Give --limit a number from 1 to {MOST}.", code="bad_limit")
    require_current()
    with record().reading() as session:
        page = characters.page(session, query=query, status=_status(status), limit=limit)
    if as_json:
        print_document({"total": page.total, "characters": [_document(card) for card in page.items]})
    else:
        _print(page, filtered=bool(query or status))
    return DONE


def _status(word: str | None) -> CharacterStatus | None:
    try:
        return CharacterStatus(word.replace(" ", "_")) if word else None
    except ValueError:
        raise UsageError(f"Choose one of: {', '.join(CharacterStatus)}.", code="unknown_status") from None


def _document(card: CharacterCard) -> dict[str, object]:
    return {
        "id": card.id,
        "name": card.name,
        "gender": card.gender.value,
        "status": card.status.value,
        "reason": card.status_reason,
        "sentence": card.status_sentence,
        "created_at": card.created_at.isoformat(timespec="seconds"),
        "styles": card.styles,
        "variants": card.variant_count,
    }


def _print(page: characters.Page, *, filtered: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if not page.items:
        console.print("No character matches." if filtered else "No characters yet.")
        return
    # A line a character, for eyes and for grep: a narrow terminal wraps it, and no column is left out.
    console.width = max(console.width, WIDEST)
    table = Table(box=None, pad_edge=False)
    table.add_column("id", no_wrap=True, min_width=36)  # to be copied whole
    for heading in ("name", "status", "made", "styles"):
        table.add_column(heading)
    for card in page.items:
        made = card.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(card.id, Text(card.name), card.status.replace("_", " "), made, ", ".join(card.styles))
    console.print(table)
    if page.total > len(page.items):
        console.print(f"{len(page.items)} of {page.total}; --limit shows more.")
