"""`storykin support`: links by which somebody who helps sees the timeline of one character."""

import argparse

from db.audit.append import COMMAND_LINE
from db.engine import record
from db.record_state import require_current
from db.repositories import characters
from tasks.settings import provider_settings
from tasks.support.links import make_support_link, support_links_of, withdraw_support_links
from ui.addresses import at
from ui.cli.output import print_note

DONE = 0


def support(arguments: argparse.Namespace) -> int:
    """Make a link and print it, once; or list them, or end them."""
    require_current()
    with record().reading() as session:
        character_id = characters.by_beginning(session, arguments.character).id
    if arguments.withdraw:
        ended = withdraw_support_links(record(), character_id=character_id, by=None, via=COMMAND_LINE)
        print(f"{ended} links ended." if ended else "There was no link that was good.")
    elif arguments.list:
        _print_links(character_id)
    else:
        made = make_support_link(
            record(), character_id=character_id, hours=arguments.hours, by=None, via=COMMAND_LINE
        )
        print(provider_settings().public_origin.rstrip("/") + at(made.path))
        print_note(
            f"good until {made.until:%Y-%m-%d %H:%M} UTC, for whoever has it. It is not shown again; every "
            "look is in the audit log, and --withdraw ends it."
        )
    return DONE


def _print_links(character_id: str) -> None:
    found = support_links_of(record(), character_id=character_id)
    for each in found:
        used = f"{each.last_used_at:%Y-%m-%d %H:%M}" if each.last_used_at else "never"
        print(f"{each.link_id}  {each.state:<9}  until {each.until:%Y-%m-%d %H:%M}, last used {used}")
    if not found:
        print("There is no link.")
