"""Photo and consent of a character, and the studio's texts, periods and erasures: shown, and changed."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from db.engine import Session
from db.models import CharacterStatus, ConsentRole, Erasure, LinkPurpose
from db.repositories import characters, consents, customer_links, erasures, holds, users
from flows.erasure import erase_character
from tasks.consent.record import consents_shown, customer_withdrew, give_consent, withdraw_consent
from tasks.consent.rules import ConsentWithdrawn, standing
from tasks.consent.texts import BUILT_IN, CURRENT, language_of_current, write_text
from tasks.erasure.access import access_archive
from tasks.erasure.ask import preview_erasure
from tasks.erasure.certificate import is_whole
from tasks.erasure.certificate_pdf import certificate_pdf
from tasks.erasure.holds import lift_hold, place_hold
from tasks.erasure.retention import retention_of
from tasks.erasure.settings import retention_settings
from tasks.errors import UsageError
from tasks.proof.consent import ask_consent
from tasks.proof.links import MadeLink, links_of, withdraw_link
from tasks.proof.look import state_of
from tasks.proof.settings import proof_settings
from tasks.runtime import Runtime
from ui.access import NotAllowed
from ui.acting import acting_id, acting_person, may
from ui.handlers.customer import new_link, whole_number
from ui.handlers.recipients import processors, recipients
from ui.i18n import N_, _, current_language, languages, said
from ui.permissions import Permission, allows
from ui.services import StudioServices
from ui.views.customer import STATE_WORDS
from ui.views.privacy import (
    AskedConsent,
    ConsentPanel,
    ErasureLine,
    HoldLine,
    PrivacyPage,
    Setting,
    TextChoice,
    agreed_words,
    newest_first,
)

MOST_ASKED = 100
LIFTS = N_("Only an administrator may lift a legal hold.")
_SETTING_WORDS = {
    "uploads_hours": N_("an upload that no character was made of"),
    "photo_days": N_("the photo, counted from the first approved or locked picture"),
    "rejected_days": N_("a rejected picture"),
    "everything_days": N_("a character, with everything"),
    "results_days": N_("what Prefect keeps of finished steps on a worker's machine: ids only"),
    "steps_days": N_("the single steps of a run, in the timeline: when each began and ended"),
    "withdrawn_days": N_("a character, counted from the withdrawal of its consent"),
}


def consent_panel(services: StudioServices, character_id: str, made: MadeLink | None = None) -> ConsentPanel:
    """The part of a character's page as it stands. NotFound."""
    runtime = services.runtime
    given = consents_shown(runtime, character_id=character_id)
    with services.record.reading() as session:
        erased = characters.get(session, character_id).status is CharacterStatus.ERASED
        held = holds.standing(session, character_id)
        job = erasures.of_character(session, character_id) if erased else None
        people = [each.recorded_by for each in given] + [each.placed_by for each in held]
        names = _names(session, [*people, job.asked_by if job else None])
        named = _named(session, character_id)
        texts = _texts(session)
        said_no = customer_withdrew(session, character_id)
    return ConsentPanel(
        character_id=character_id,
        customer_said_no=said_no,
        consents=given,
        names=names,
        recipients=recipients(runtime, named),
        processors=processors(runtime),
        texts=texts,
        retention=None if erased else retention_of(runtime, character_id=character_id),
        withdrawn_days=retention_settings().withdrawn_days,
        holds=tuple(HoldLine(each.reason, each.created_at, _name(names, each.placed_by)) for each in held),
        preview=None if erased else preview_erasure(runtime, character_id=character_id),
        erasure=_line(job, names) if job else None,
        links=tuple(
            each
            for each in links_of(runtime, character_id=character_id)
            if each.purpose is LinkPurpose.CONSENT
        ),
        link_days=proof_settings().link_days,
        made=new_link(services, made) if made else None,
    )


def change_consent(services: StudioServices, character_id: str, said: Mapping[str, Any]) -> ConsentPanel:
    """Do what a form of the part says. Raises what the use cases do; UsageError for no form of ours;
    NotAllowed for a hold that no administrator lifts.
    """
    runtime, by = services.runtime, acting_id()
    match said.get("act"):
        case "give":
            _give(runtime, character_id, said)
        case "ask" | "ask-anew" as act:
            made = ask_consent(
                runtime,
                character_id=character_id,
                by=by,
                processors=_list(said, "processors"),
                version=_text(said, "version"),
                keep_canon=said.get("keep_canon") is True,
                days=whole_number(said.get("days")),
                renew=act == "ask-anew",
                overrules_customer=may(Permission.ADMINISTER),
            )
            return consent_panel(services, character_id, made)
        case "unask":
            withdraw_link(runtime, character_id=character_id, by=by, purpose=LinkPurpose.CONSENT)
        case "withdraw":
            withdraw_consent(runtime, character_id=character_id, by=by)
        case "hold":
            place_hold(runtime, character_id=character_id, reason=_text(said, "reason"), by=by)
        case "lift":
            if not may(Permission.ADMINISTER):
                raise NotAllowed(LIFTS)
            lift_hold(runtime, character_id=character_id, by=by)
        case _:
            raise UsageError("There is no such thing to do.", code="unknown_action")
    return consent_panel(services, character_id)


def erase(services: StudioServices, character_id: str, said: Mapping[str, Any]) -> ConsentPanel:
    """Erase the character, as the person has agreed to. NotAllowed where somebody else has made it and the
    person is no administrator; UsageError (`agreed_to_else`) where it would take other things by now.
    """
    with services.record.reading() as session:
        made_by = characters.get(session, character_id).created_by
    person = acting_person()
    is_own = person.user_id is not None and made_by == person.user_id
    if not allows(person.role, Permission.ADMINISTER) and not is_own:
        raise NotAllowed("Somebody else has made this character. Ask them, or an administrator, to erase it.")
    runtime = services.runtime
    if said.get("agreed") != agreed_words(preview_erasure(runtime, character_id=character_id)):
        raise UsageError(
            "There are other pictures now than you have agreed to erase. Look once more.",
            code="agreed_to_else",
        )
    keep = said.get("keep_canon") is True
    erase_character(runtime, character_id=character_id, by=acting_id(), keep_canon=keep)
    return consent_panel(services, character_id)


def access_zip(services: StudioServices, character_id: str) -> bytes:
    """Everything that is kept of a person. NotFound."""
    return access_archive(services.runtime, character_id=character_id, by=acting_id())


def certificate_file(services: StudioServices, erasure_id: str, form: str) -> tuple[bytes, str]:
    """The certificate as JSON, or as PDF in the reader's language; its media type. NotFound; UsageError."""
    with services.record.reading() as session:
        told = erasures.get(session, erasure_id).certificate
    if told is None:
        raise UsageError("The erasure has not come to its end yet.", code="no_certificate")
    if form == "pdf":
        return certificate_pdf(told, current_language()), "application/pdf"
    if form != "json":
        raise UsageError("A certificate is a PDF or a JSON document.", code="no_form")
    return json.dumps(told, indent=2, ensure_ascii=False).encode(), "application/json"


def privacy_page(services: StudioServices, saved: str = "") -> PrivacyPage:
    """The page of the whole studio."""
    with services.record.reading() as session:
        jobs = erasures.every(session)
        names = _names(session, [each.asked_by for each in jobs])
        texts = _texts(session)
        asked = tuple(
            AskedConsent(
                each.id, each.called, STATE_WORDS[state_of(session, link)], link.created_at, link.opened_at
            )
            for link, each in customer_links.asking_consent(session, limit=MOST_ASKED)
        )
    chosen = retention_settings()
    return PrivacyPage(
        texts=texts,
        settings=tuple(
            Setting(
                str(info.validation_alias),
                getattr(chosen, name),
                "hours" if name.endswith("_hours") else "days",
                _SETTING_WORDS[name],
            )
            for name, info in type(chosen).model_fields.items()
        ),
        erasures=newest_first([_line(each, names) for each in jobs]),
        languages=languages(),
        may_write=allows(acting_person().role, Permission.ADMINISTER),
        asked=asked,
        saved=saved,
    )


def save_text(services: StudioServices, said: Mapping[str, Any]) -> PrivacyPage:
    """Put a consent text on record. UsageError, Conflict."""
    version, language = _text(said, "version"), _text(said, "language")
    if not version or len(version) > 32:
        raise UsageError("Give the text a version of its own, such as 2027-01.", code="unknown_text")
    if language not in languages():
        raise UsageError("There is no consent text of this version and language.", code="unknown_text")
    with services.record.writing() as session:
        write_text(session, version=version, language=language, text=_text(said, "text"), by=acting_id())
    return privacy_page(services, _("Version %(version)s is on record.", version=version))


def _give(runtime: Runtime, character_id: str, said: Mapping[str, Any]) -> None:
    version, _space, language = _text(said, "text").partition(" ")
    role = _text(said, "role")
    if role not in {each.value for each in ConsentRole}:
        raise UsageError("Say who has given it.", code="usage")
    give_consent(
        runtime,
        character_id=character_id,
        processors=_list(said, "processors"),
        by=acting_id(),
        role=ConsentRole(role),
        version=version,
        language=language,
        keep_canon=said.get("keep_canon") is True,
        overrules_customer=may(Permission.ADMINISTER),
    )


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value.strip() if isinstance(value, str) else ""


def _list(said: Mapping[str, Any], name: str) -> list[str]:
    values = said.get(name) or []
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise UsageError("There is no such provider.", code="no_such_provider")
    return values


def _texts(session: Session) -> tuple[TextChoice, ...]:
    """Of the studio's own, then those that came with Storykin; the newest first."""
    own = [
        TextChoice(each.version, each.language, each.text, built_in=False, current=False)
        for each in consents.texts(session)
    ]
    current = (CURRENT, language_of_current(current_language()))
    built_in = [
        TextChoice(version, language, text, built_in=True, current=(version, language) == current)
        for (version, language), text in BUILT_IN.items()
    ]
    return (*own, *sorted(built_in, key=lambda each: (each.version, each.language == "en"), reverse=True))


def _named(session: Session, character_id: str) -> frozenset[str] | None:
    """Whom the consent that counts names outside the house; None where it was withdrawn."""
    try:
        found = standing(session, character_id)
    except ConsentWithdrawn:
        return None
    return frozenset(found.processors if found else ())


def _names(session: Session, user_ids: Iterable[str | None]) -> dict[str, str]:
    wanted = sorted({each for each in user_ids if each})
    return {each.id: each.name for each in users.by_ids(session, wanted)}


def _name(names: Mapping[str, str], user_id: str | None) -> str:
    return names.get(user_id, user_id) if user_id else ""


def _line(job: Erasure, names: Mapping[str, str]) -> ErasureLine:
    return ErasureLine(
        erasure_id=job.id,
        character_id=job.character_id,
        reason=job.reason,
        asked_at=job.created_at,
        by=_name(names, job.asked_by),
        step=job.step,
        waits_for=said(job.waits_for),
        has_certificate=job.certificate is not None,
        is_whole=job.certificate is not None and is_whole(job.certificate),
    )
