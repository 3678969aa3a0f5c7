"""A consent asked for and given by a link: who is in the photo, or their parent, reads, ticks and signs."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from db.engine import Session
from db.event_kinds import EventKind
from db.models import Character, ConsentMeans, ConsentRole, CustomerLink, LinkAnswer, LinkEnd, LinkPurpose
from db.names import displayable, is_blank
from db.repositories import consents, customer_links, events
from db.told import told
from tasks.consent.record import CUSTOMER, customer_withdrew, give_in, note_withdrawn, withdraw_in
from tasks.consent.rules import WithdrawnByCustomer, is_third_party
from tasks.consent.texts import BUILT_IN, SIGNED
from tasks.errors import UsageError
from tasks.proof.answer import Answered, asked, check_open
from tasks.proof.errors import LinkUsed
from tasks.proof.links import MadeLink, held, put_on_record
from tasks.proof.look import LinkState, Proof
from tasks.providers.specs import all_specs
from tasks.runtime import Runtime

LONGEST_SIGNATURE = 120  # characters
CONSENT = LinkPurpose.CONSENT


@dataclass(frozen=True)
class Asked:
    """What a link asks for: the text in each of its languages, and what may be ticked."""

    version: str
    texts: dict[str, str]  # by language
    processors: tuple[str, ...]  # outside the house; each may be agreed to by itself
    keep_canon: bool  # whether it asks to keep approved pictures once the photo is gone

    def language(self, *wanted: str) -> str:
        """The first of `wanted` that there is a text in; else English, else any."""
        return next((each for each in (*wanted, "en") if each in self.texts), next(iter(self.texts)))


def ask_consent(
    runtime: Runtime,
    *,
    character_id: str,
    by: str | None,
    processors: Sequence[str],
    version: str = SIGNED,
    keep_canon: bool = False,
    days: int | None = None,
    renew: bool = False,
    actor: str = "operator",
    overrules_customer: bool = True,
) -> MadeLink:
    """A link that asks for a consent. `renew` puts it in place of the last, which is good for nothing then.

    Raises NotFound; Erased; WithdrawnByCustomer where the customer has withdrawn the last one, unless it
    `overrules_customer`; UsageError (`link_open` while one waits for an answer, `no_link` with nothing
    to renew, `no_such_provider`, `unknown_text`, `usage`).
    """
    for each in processors:
        if each not in all_specs() or not is_third_party(each):
            raise UsageError(
                told("%(name)s is no provider outside the house.", name=each), code="no_such_provider"
            )
    with runtime.record.writing() as session:
        last = held(session, character_id, CONSENT)
        if not overrules_customer and customer_withdrew(session, character_id):
            raise WithdrawnByCustomer
        is_open = last is not None and last.answer is None and last.ended is None
        if renew and last is None:
            raise UsageError("There is no link to renew. Make one.", code="no_link")
        if is_open and not renew:
            raise UsageError(
                "A link for this character waits for its answer. Renew or withdraw it.", code="link_open"
            )
        if last is not None and last.ended is None:
            customer_links.end(session, last, LinkEnd.RENEWED)
        texts_of(session, version)
        return put_on_record(
            session,
            character_id,
            CONSENT,
            EventKind.LINK_RENEWED if renew else EventKind.LINK_MADE,
            asks={
                "version": version,
                "processors": sorted(set(processors)),
                "keep_canon": keep_canon,
            },
            days=days,
            by=by,
            actor=actor,
        )


def texts_of(session: Session, version: str) -> dict[str, str]:
    """The text of this version by language. UsageError for a version that there is none of."""
    found = {language: text for (each, language), text in BUILT_IN.items() if each == version}
    found |= {each.language: each.text for each in consents.texts(session) if each.version == version}
    if not found:
        raise UsageError("There is no consent text of this version and language.", code="unknown_text")
    return found


def what_is_asked(runtime: Runtime, proof: Proof) -> Asked:
    """What the link asks for, in words."""
    with runtime.record.reading() as session:
        texts = texts_of(session, proof.asks["version"])
    return Asked(
        proof.asks["version"], texts, tuple(proof.asks["processors"]), bool(proof.asks["keep_canon"])
    )


def consent_by_link(
    runtime: Runtime,
    *,
    token: str,
    seen: str,
    language: str,
    agreed: bool,
    role: str,
    signature: str,
    processors: Collection[str] = (),
    keep_canon: bool = False,
) -> Answered:
    """Whoever has the link consents, to what was asked and ticked: it is the consent that counts from now on.

    The signature stays with the link, which an erasure takes away; the consent holds no name.
    Raises LinkUnknown; LinkOver; LinkUsed; PicturesChanged where the photo is another one by now; UsageError.
    """
    name = signed(signature)

    def write(session: Session, character: Character, link: CustomerLink) -> None:
        if role not in {each.value for each in ConsentRole}:
            raise UsageError("Say who you are.", code="usage")
        if not agreed:
            raise UsageError("Tick that you agree, or say that you do not.", code="no_consent")
        asks = link.asks
        customer_links.write_answer(session, link, LinkAnswer.CONSENTED, note=name)
        give_in(
            session,
            character,
            processors=[each for each in asks["processors"] if each in processors],
            by=None,
            role=ConsentRole(role),
            means=ConsentMeans.SIGNED_LINK,
            version=asks["version"],
            language=language,
            keep_canon=bool(asks["keep_canon"]) and keep_canon,
            actor=CUSTOMER,
            link_id=link.id,
            given_at=link.answered_at,
        )

    return _answer(runtime, token, seen, LinkAnswer.CONSENTED, write)[0]


def refuse_by_link(runtime: Runtime, *, token: str, seen: str) -> Answered:
    """Whoever has the link does not consent. What others have said for them counts no more either: nothing
    more is made. Raises what `consent_by_link` does.
    """

    def write(session: Session, character: Character, link: CustomerLink) -> None:
        customer_links.write_answer(session, link, LinkAnswer.REFUSED)
        kind = EventKind.CONSENT_REFUSED
        said = {"link": link.id}
        events.add(
            session,
            kind=kind,
            actor=CUSTOMER,
            message=kind.sentence,
            character_id=link.character_id,
            data=said,
        )
        withdraw_in(session, character, by=None, actor=CUSTOMER)

    answered, character_id = _answer(runtime, token, seen, LinkAnswer.REFUSED, write)
    note_withdrawn(runtime, character_id)
    return answered


def signed(signature: str) -> str:
    """The name that stands for a signature, on one line. UsageError where it is missing or too long."""
    line = " ".join(displayable(signature).split())
    if is_blank(line):
        raise UsageError("Write your name: it is your signature.", code="no_signature")
    if len(line) > LONGEST_SIGNATURE:
        raise UsageError(
            told("Say it in at most %(longest_note)s characters.", longest_note=LONGEST_SIGNATURE),
            code="no_signature",
        )
    return line


def _answer(
    runtime: Runtime,
    token: str,
    seen: str,
    answer: LinkAnswer,
    write: Callable[[Session, Character, CustomerLink], None],
) -> tuple[Answered, str]:
    """What is on record as the answer, and whom it is about."""
    with runtime.record.writing() as session:
        character, link, proof = asked(session, token, CONSENT)
        if proof.state is LinkState.ANSWERED:
            if link.answer is not answer:
                raise LinkUsed
            return Answered(answer, repeated=True), character.id
        check_open(proof, seen)
        write(session, character, link)
        return Answered(answer, repeated=False), character.id
