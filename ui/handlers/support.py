"""Support links on a character's page: what the part shows, and links made and withdrawn there."""

from collections.abc import Mapping
from typing import Any

from db.models import CharacterStatus
from db.repositories import characters
from tasks.accounts.person import STUDIO
from tasks.errors import UsageError
from tasks.support.links import (
    MOST_HOURS,
    USUAL_HOURS,
    MadeSupportLink,
    make_support_link,
    support_links_of,
    withdraw_support_links,
)
from ui.acting import acting_id, may
from ui.addresses import at
from ui.permissions import Permission
from ui.routes.whole_number import whole_number
from ui.services import StudioServices
from ui.views.support import NewSupportLink, SupportPanel

SHOWN = 5  # links, the newest


def support_panel(
    services: StudioServices, character_id: str, made: MadeSupportLink | None = None
) -> SupportPanel:
    """The part as it stands. NotFound."""
    links = support_links_of(services.record, character_id=character_id)
    with services.record.reading() as session:
        erased = characters.get(session, character_id).status is CharacterStatus.ERASED
    good = [each for each in links if each.state == "good"]
    address = services.public_origin.rstrip("/") + at(made.path) if made else ""
    return SupportPanel(
        character_id=character_id,
        links=tuple(good + [each for each in links if each.state != "good"][: max(0, SHOWN - len(good))]),
        good=tuple(good),
        hours=USUAL_HOURS,
        most_hours=MOST_HOURS,
        may_change=may(Permission.CHANGE),
        is_erased=erased,
        made=NewSupportLink(address, made.until) if made else None,
    )


def change_support(services: StudioServices, character_id: str, said: Mapping[str, Any]) -> SupportPanel:
    """Do what a form of the part says. NotFound, Erased; UsageError."""
    record, by = services.record, acting_id()
    match said.get("act"):
        case "make":
            hours = whole_number(str(said.get("hours", "")).strip())
            if hours is None:
                raise UsageError("Give whole numbers.", code="usage")
            made = make_support_link(record, character_id=character_id, hours=hours, by=by, via=STUDIO)
            return support_panel(services, character_id, made)
        case "withdraw":
            link = str(said.get("link", ""))
            withdraw_support_links(record, character_id=character_id, link_id=link, by=by, via=STUDIO)
            return support_panel(services, character_id)
        case _:
            raise UsageError("There is no such thing to do.", code="unknown_action")
