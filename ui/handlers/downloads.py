"""What can be downloaded: pictures in their forms, archives and contact sheets. Ids are looked up first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.audit.acts import AuditAct
from db.audit.append import append
from db.engine import Session
from db.models import Review
from db.repositories import characters, images
from db.told import told
from tasks.consent.rules import ConsentWithdrawn, standing
from tasks.errors import UsageError
from tasks.giving.archive import Archive, Selection, open_archive
from tasks.giving.audit import enter_given_out
from tasks.giving.contact_sheet import SheetFormat, contact_sheet
from tasks.giving.file_names import character_name
from tasks.giving.lineage import gather, lineage_document, name_of_file
from tasks.giving.outgoing import Form, OutgoingFile, outgoing_bytes, outgoing_file, outgoing_picture
from ui.acting import acting_id
from ui.handlers.shown_for_review import check_shown
from ui.services import StudioServices
from ui.views.page import STATIC

SHARED_LINK = "shared link"  # the door, in the audit log, of whoever has such a link
MOST_SELECTED = 5000  # ids in one request: two hundred pages of the list
SHEET_FONTS = tuple(STATIC / "fonts" / name for name in ("figtree-latin.woff2", "figtree-latin-ext.woff2"))


@dataclass(frozen=True)
class Download:
    """A file and what it is called on whoever's disk."""

    name: str
    file: OutgoingFile


def picture_download(services: StudioServices, image_id: str, form: str, *, with_names: bool) -> Download:
    """A picture in one of its forms. NotFound; UsageError (`no_form`, `held_back`, `no_design`)."""
    return _picture(services, image_id, _form(form), with_names=with_names, by=acting_id(), via="operator")


def full_view(services: StudioServices, image_id: str) -> OutgoingFile:
    """The picture as it is looked at closely, by a checked link: with its marks, for it can be saved.

    No time stamp is waited for. NotFound, also where who asks may not see the character any more;
    UsageError (`held_back`).
    """
    with services.record.reading() as session:
        owner = images.get(session, image_id).character_id
    check_shown(services.runtime, owner)
    return outgoing_picture(services.runtime, image_id, one_of_many=True)


def shared_download(services: StudioServices, image_id: str) -> Download:
    """The picture for whoever has a link that was checked; that it was opened is entered in the audit log.

    NotFound; UsageError (`held_back`; `consent_withdrawn`, in words for somebody outside the house).
    """
    with services.record.reading() as session:
        _check_consent(session, images.get(session, image_id).character_id)
    made = _picture(services, image_id, Form.ORIGINAL, with_names=False, by=None, via=SHARED_LINK)
    with services.record.writing() as session:  # again: making it took a while
        owner = images.get(session, image_id).character_id
        _check_consent(session, owner)
        used = {"purpose": "shared", "image_id": image_id}
        append(session, AuditAct.LINK_USED, by=None, via=SHARED_LINK, what=owner, data=used)
    return made


def _check_consent(session: Session, character_id: str) -> None:
    try:
        standing(session, character_id)
    except ConsentWithdrawn:
        raise UsageError(
            "The consent to use the photo was withdrawn, so nothing is shown any more.",
            code="consent_withdrawn",
        ) from None


def _picture(
    services: StudioServices, image_id: str, wanted: Form, *, with_names: bool, by: str | None, via: str
) -> Download:
    with services.record.reading() as session:
        image = images.get(session, image_id)
        known = gather(session, image.character_id)
    variant = next(each for each in known.variants if each.image.id == image_id)
    file = outgoing_bytes(services.runtime, variant, wanted)
    told = {"image_id": image_id, "form": wanted.value}
    enter_given_out(services.record, [image.character_id], "picture", by=by, via=via, **told)
    name = name_of_file(known.character, variant, file.extension, with_names=with_names)
    if wanted is not Form.ORIGINAL:
        stem, _, extension = name.rpartition(".")
        name = f"{stem} ({wanted.value}).{extension}"
    return Download(name, file)


def lineage_download(services: StudioServices, character_id: str, *, with_names: bool) -> Download:
    """A character's lineage as JSON. NotFound."""
    with services.record.reading() as session:
        known = gather(session, character_id)
    data = lineage_document(known, known.variants, {}, with_names=with_names)
    enter_given_out(services.record, [character_id], "lineage", by=acting_id())
    name = character_name(known.character.name if with_names else None, character_id)
    return Download(f"{name} - lineage.json", outgoing_file(data, "application/json"))


def sheet_download(services: StudioServices, selection: Selection, form: str) -> Download:
    """A contact sheet. NotFound; UsageError (`no_form`, `nothing_to_export`, `sheet_too_long`)."""
    if form not in {each.value for each in SheetFormat}:
        raise UsageError("A contact sheet is a PDF or a PNG.", code="no_form")
    file = contact_sheet(services.runtime, selection, SheetFormat(form), SHEET_FONTS)
    enter_given_out(services.record, selection.character_ids, "sheet", by=acting_id())
    if len(selection.character_ids) == 1:
        with services.record.reading() as session:
            character = characters.get(session, selection.character_ids[0])
        who = character_name(character.name if selection.with_names else None, character.id)
        return Download(f"{who} - contact sheet.{file.extension}", file)
    return Download(f"Storykin contact sheet.{file.extension}", file)


def selected_archive(services: StudioServices, selection: Selection) -> Archive:
    """The ZIP of a selection. NotFound; UsageError (`nothing_to_export`)."""
    archive = open_archive(services.runtime, selection)
    enter_given_out(services.record, selection.character_ids, "archive", by=acting_id())
    return archive


def check_archive(services: StudioServices, selection: Selection) -> None:
    """Whether there is something to put into that ZIP: nothing is given out. NotFound; UsageError."""
    open_archive(services.runtime, selection)


def selection_of(fields: Mapping[str, str], ids: Sequence[str]) -> Selection:
    """The selection that a form or an address asks for: `only=favourites`, `names=no`. UsageError."""
    wanted = tuple(dict.fromkeys(filter(None, ids)))
    if not wanted:
        raise UsageError("Choose at least one character.", code="nothing_chosen")
    if len(wanted) > MOST_SELECTED:
        raise UsageError(
            told("Choose at most %(most_selected)s characters at once.", most_selected=MOST_SELECTED),
            code="too_many_chosen",
        )
    return Selection(wanted, fields.get("only") == "favourites", fields.get("names") != "no")


def shared_link(services: StudioServices, image_id: str) -> str:
    """An address under which this picture can be had for an hour, by whoever has it. NotFound; UsageError."""
    with services.record.reading() as session:
        image = images.get(session, image_id)
    if image.review is Review.REJECTED:
        raise UsageError("This picture is held back. Look at it, and approve it first.", code="held_back")
    with services.record.writing() as session:
        told = {"purpose": "shared", "image_id": image_id}
        append(
            session, AuditAct.LINK_MADE, by=acting_id(), via="operator", what=image.character_id, data=told
        )
    return services.public_origin.rstrip("/") + services.links.shared(image_id)


def _form(form: str) -> Form:
    if form not in {each.value for each in Form}:
        raise UsageError("There is no such form of a picture.", code="no_form")
    return Form(form)
