"""The texts that people consent to: those that came with Storykin, and those that the studio has written.

A text has a version and a language, and never changes. `{processors}` in it is filled in with who works on
the photo outside the house.
"""

from collections.abc import Mapping, Sequence

from db.audit.acts import AuditAct
from db.audit.append import append
from db.engine import Session
from db.models import ConsentText
from db.repositories import consents
from tasks.errors import UsageError
from tasks.providers.specs import find_spec, label_of

FIRST = "2026-11"  # given before consents were records: it names nobody outside the house
CURRENT = "2026-11-30"
SIGNED = "2026-11-30-link"  # what whoever gives it by a link of their own reads
PURPOSES = ("illustrations",)

BUILT_IN: Mapping[tuple[str, str], str] = {
    (FIRST, "en"): (
        "I have the permission of this person, or of their parent or guardian, to use this photo to make "
        "illustrations of them. The photo can be erased at any time."
    ),
    (CURRENT, "en"): (
        "I have the permission of this person, or of their parent or guardian, to use this photo to make "
        "illustrations of them. {processors} The photo can be erased at any time."
    ),
    (CURRENT, "de"): (
        "Ich habe die Erlaubnis dieser Person, oder ihrer Eltern oder Sorgeberechtigten, aus diesem Foto "
        "Illustrationen von ihr zu machen. {processors} Das Foto kann jederzeit gelöscht werden."
    ),
    (SIGNED, "en"): (
        "I am the person in this photo, or their parent or guardian, or have the permission of one of them. "
        "I agree that illustrations are made from the photo. {processors} I can withdraw this at any time; "
        "then nothing more is made, and the photo is erased with everything that was made from it."
    ),
    (SIGNED, "de"): (
        "Ich bin die Person auf diesem Foto, oder ihre Mutter, ihr Vater oder sorgeberechtigt, oder habe "
        "deren Erlaubnis. Ich bin einverstanden, dass aus dem Foto Illustrationen gemacht werden. "
        "{processors} Ich kann das jederzeit widerrufen; dann wird nichts mehr gemacht, und das Foto wird "
        "gelöscht, mit allem, was daraus gemacht wurde."
    ),
}
_AT_HOME = {"en": "It stays with us.", "de": "Es bleibt bei uns."}
_TICKED = {
    "en": "Outside the house it is given to nobody but those whom I tick.",
    "de": "Außer Haus bekommt es niemand außer denen, die ich ankreuze.",
}
_SENT = {"en": "For that it is sent to {names}.", "de": "Dafür wird es gesendet an {names}."}


def text_of(session: Session, version: str, language: str) -> str:
    """The text of that version: as the studio has written it, or as it came. UsageError for none such."""
    kept = consents.find_text(session, version, language)
    text = kept.text if kept else BUILT_IN.get((version, language))
    if text is None:
        raise UsageError("There is no consent text of this version and language.", code="unknown_text")
    return text


def language_of_current(wanted: str) -> str:
    """The language of the current text for whoever reads `wanted`: English where it has no other."""
    return wanted if (CURRENT, wanted) in BUILT_IN else "en"


def words(text: str, processors: Sequence[str], language: str = "en") -> str:
    """`text` as it is shown: with who is given the photo, and what they are known to keep."""
    language = language if language in _SENT else "en"
    names = ", ".join(dict.fromkeys(label_of(each) for each in processors))
    said = _SENT[language].format(names=names) if names else _AT_HOME[language]
    if processors:
        keeps = [kept_by(each, language) for each in processors]
        said = " ".join([said, *dict.fromkeys(filter(None, keeps))])
    return text.replace("{processors}", said)


def words_to_tick(text: str, processors: Sequence[str], language: str) -> str:
    """`text` before it is given, where each of `processors` is agreed to by itself."""
    if not processors:
        return words(text, (), language)
    return text.replace("{processors}", _TICKED[language if language in _TICKED else "en"])


def kept_by(provider: str, language: str = "en") -> str:
    """What is known of how long the provider keeps what it is given: a sentence in `language`, in English
    where it is not said in that; "" where nothing is known.
    """
    spec = find_spec(provider)
    return spec.keeps_in.get(language, spec.keeps) if spec else ""


def write_text(
    session: Session, *, version: str, language: str, text: str, by: str | None, via: str = "operator"
) -> ConsentText:
    """Put a text on record. UsageError for an empty one, or a version that came with Storykin; Conflict for
    one that says something else already.
    """
    if not text.strip():
        raise UsageError("Write what people consent to.", code="no_text")
    if (version, language) in BUILT_IN:
        raise UsageError("This version came with Storykin. Give yours another one.", code="unknown_text")
    kept = consents.add_text(session, version=version, language=language, text=text.strip(), by=by)
    told = {"version": version, "language": language}
    append(session, AuditAct.CONSENT_TEXT_WRITTEN, by=by, via=via, what=kept.id, data=told)
    return kept
