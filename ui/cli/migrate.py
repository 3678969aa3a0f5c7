"""`storykin migrate`: the one command that changes a shared database's tables."""

from db.migrate import head, upgrade
from ui.cli.output import print_note

DONE = 0


def migrate() -> int:
    """Bring the tables up to date, and say whether there was need."""
    changed = upgrade(tell=print_note)
    print(f"The database's tables were brought to {head()}." if changed else "The tables are up to date.")
    return DONE
