"""`storykin consent`: what was consented to, recorded, shown and withdrawn."""

import argparse
from pathlib import Path
from typing import Any

from db.engine import record
from db.models import ConsentRole, LinkPurpose
from db.record_state import require_current
from db.repositories import characters, consents
from tasks.consent.record import ConsentShown, consents_shown, give_consent, withdraw_consent
from tasks.consent.texts import BUILT_IN, CURRENT, SIGNED, write_text
from tasks.create_character import third_parties_of
from tasks.errors import UsageError
from tasks.proof.consent import ask_consent
from tasks.proof.links import withdraw_link
from tasks.runtime import current_runtime
from ui.cli.output import print_document
from ui.cli.proof import printed_address

DONE = 0
ACTOR = "command line"


def show(beginning: str, *, as_json: bool) -> int:
    """Print every consent of a character, the newest first."""
    require_current()
    shown = consents_shown(current_runtime(), character_id=_character(beginning))
    if as_json:
        print_document({"consents": [_document(each) for each in shown]})
        return DONE
    for each in shown:
        _print(each)
    if not shown:
        print("Nobody has consented to anything yet.")
    return DONE


def give(arguments: argparse.Namespace) -> int:
    """Record a consent that was given."""
    require_current()
    shown = give_consent(
        current_runtime(),
        character_id=_character(arguments.character),
        processors=arguments.processor,
        by=None,
        role=ConsentRole(arguments.role),
        version=arguments.text or CURRENT,
        language=arguments.language,
        keep_canon=arguments.keep_canon,
        actor=ACTOR,
    )
    _print(shown)
    return DONE


def ask(arguments: argparse.Namespace) -> int:
    """Make a link by which a consent is given, and print its address, this once; or end the last one."""
    require_current()
    runtime, character_id = current_runtime(), _character(arguments.character)
    if arguments.end:
        ended = withdraw_link(
            runtime, character_id=character_id, by=None, actor=ACTOR, purpose=LinkPurpose.CONSENT
        )
        print("The link is withdrawn." if ended else "There was no link to withdraw.")
        return DONE
    asked = arguments.processor
    made = ask_consent(
        runtime,
        character_id=character_id,
        by=None,
        processors=third_parties_of(runtime) if asked is None else asked,
        version=arguments.text or SIGNED,
        keep_canon=arguments.keep_canon,
        days=arguments.days,
        renew=arguments.renew,
        actor=ACTOR,
    )
    print(printed_address(made))
    print(f"It asks for a consent, until {made.until:%Y-%m-%d}. It is printed this once.")
    return DONE


def withdraw(beginning: str) -> int:
    """End the consent of a character."""
    require_current()
    withdraw_consent(current_runtime(), character_id=_character(beginning), by=None, actor=ACTOR)
    print(
        "The consent is withdrawn: nothing more is made. `storykin erase` erases the character now; "
        "housekeeping does so when STORYKIN_KEEP_AFTER_WITHDRAWAL_DAYS have passed."
    )
    return DONE


def list_texts() -> int:
    """Print every text that can be consented to."""
    require_current()
    with record().reading() as session:
        own = {(each.version, each.language): each.text for each in consents.texts(session)}
    for (version, language), text in (own | dict(BUILT_IN)).items():
        print(f"{version} {language}: {text}")
    return DONE


def write(version: str, file: str, language: str) -> int:
    """Put a text of the studio's own on record."""
    require_current()
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise UsageError("This file can't be read as text.", code="no_text") from None
    with record().writing() as session:
        write_text(session, version=version, language=language, text=text, by=None, via=ACTOR)
    print(f"Version {version} ({language}) is on record.")
    return DONE


def _character(beginning: str) -> str:
    with record().reading() as session:
        return characters.by_beginning(session, beginning).id


def _print(each: ConsentShown) -> None:
    given = each.given_at.strftime("%Y-%m-%d %H:%M UTC") if each.given_at else "at an unknown time"
    how = f" ({each.means.value.replace('_', ' ')})" if each.means else ""
    by = f", signed “{each.signature}”" if each.signature else ""
    print(f"Given {given} by the {each.role.value}{how}{by}, text {each.version} ({each.language}):")
    print(f"  {each.words}")
    names = ", ".join(each.processors) or "nobody outside the house"
    canon = "; approved pictures may be kept once the photo is gone" if each.keep_canon else ""
    print(f"  For {', '.join(each.purposes)}; names {names}{canon}.")
    if each.withdrawn_at:
        print(f"  Withdrawn {each.withdrawn_at:%Y-%m-%d %H:%M UTC}.")


def _document(each: ConsentShown) -> dict[str, Any]:
    return {
        "version": each.version,
        "language": each.language,
        "words": each.words,
        "role": each.role.value,
        "means": each.means.value if each.means else None,
        "processors": list(each.processors),
        "purposes": list(each.purposes),
        "keep_canon": each.keep_canon,
        "signature": each.signature,
        "given_at": each.given_at.isoformat() if each.given_at else None,
        "recorded_by": each.recorded_by,
        "withdrawn_at": each.withdrawn_at.isoformat() if each.withdrawn_at else None,
    }
