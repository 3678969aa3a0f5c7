"""Photo and consent of a character; and for the whole studio: texts, periods, erasures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.models import ConsentMeans, ConsentRole, ErasureReason, ErasureStep
from tasks.consent.record import ConsentShown
from tasks.consent.texts import SIGNED
from tasks.erasure.ask import ErasurePreview
from tasks.erasure.retention import Retention
from tasks.proof.links import LinkShown
from ui.i18n import N_, ngettext
from ui.views.customer import NewLink, link_tone, link_words
from ui.views.templates import render

ROLE_WORDS = {
    ConsentRole.PERSON: N_("the person in the photo"),
    ConsentRole.PARENT: N_("a parent or guardian"),
    ConsentRole.CUSTOMER: N_("the studio's customer, who has the permission"),
}
MEANS_WORDS = {
    ConsentMeans.OPERATOR_TICK: N_("recorded by an operator"),
    ConsentMeans.SIGNED_LINK: N_("by a link of their own"),
    ConsentMeans.IMPORT: N_("brought in from elsewhere"),
    None: N_("from before there were records"),
}
SUBJECT_WORDS = {
    "everything": N_("Everything of this character"),
    "photo": N_("The photo, once a picture is approved"),
    "rejected": N_("A rejected picture"),
    "withdrawn": N_("Everything, since the consent was withdrawn"),
}
REASON_WORDS = {
    ErasureReason.ASKED: N_("asked for"),
    ErasureReason.WITHDRAWN: N_("consent withdrawn"),
    ErasureReason.RETENTION: N_("its time was over"),
    ErasureReason.RESTORED: N_("erased before, brought back by an older database"),
}


@dataclass(frozen=True)
class Recipient:
    """Somebody who works on photos here, and what they are given. `named` is None in the house."""

    label: str
    what: str
    named: bool | None  # whether the consent names them
    keeps: str  # what is known of how long they keep it


@dataclass(frozen=True)
class Processor:
    """A provider outside the house that a consent may name."""

    provider: str
    label: str
    keeps: str
    in_use: bool


@dataclass(frozen=True)
class TextChoice:
    """A consent text: a version in one language."""

    version: str
    language: str
    text: str
    built_in: bool
    current: bool


@dataclass(frozen=True)
class HoldLine:
    """A legal hold that stands."""

    reason: str
    since: datetime
    by: str


@dataclass(frozen=True)
class ErasureLine:
    """An erasure as the list shows it."""

    erasure_id: str
    character_id: str
    reason: ErasureReason
    asked_at: datetime
    by: str
    step: ErasureStep
    waits_for: str
    has_certificate: bool
    is_whole: bool


@dataclass(frozen=True)
class ConsentPanel:
    """Everything that the part shows. `names` are those of users, by id."""

    character_id: str
    consents: tuple[ConsentShown, ...]
    names: dict[str, str]
    recipients: tuple[Recipient, ...]
    processors: tuple[Processor, ...]
    texts: tuple[TextChoice, ...]
    retention: Retention | None  # None once erased
    withdrawn_days: int
    holds: tuple[HoldLine, ...]
    preview: ErasurePreview | None
    erasure: ErasureLine | None
    links: tuple[LinkShown, ...]  # that ask for a consent, the newest first
    link_days: int
    customer_said_no: bool = False  # nothing stands, by a link of theirs: an administrator may go on alone
    made: NewLink | None = None

    @property
    def waits(self) -> bool:
        """Whether a link is out that nobody has answered."""
        return bool(self.links) and self.links[0].answer is None and not self.links[0].is_ended

    @property
    def stands(self) -> bool:
        """Whether a consent stands."""
        return any(each.withdrawn_at is None for each in self.consents)


@dataclass(frozen=True)
class Setting:
    """A retention setting in words."""

    name: str
    value: int | None
    unit: str
    words: str


@dataclass(frozen=True)
class AskedConsent:
    """A consent that is asked for by a link, and not given yet."""

    character_id: str
    called: str
    words: str
    made_at: datetime
    opened_at: datetime | None


@dataclass(frozen=True)
class PrivacyPage:
    """Everything that the page of the whole studio shows."""

    texts: tuple[TextChoice, ...]
    settings: tuple[Setting, ...]
    erasures: tuple[ErasureLine, ...]
    languages: dict[str, str]
    may_write: bool
    asked: tuple[AskedConsent, ...] = ()  # the oldest first
    saved: str = ""


def agreed_words(preview: ErasurePreview) -> str:
    """What an erasure would take, as a form brings it back: what has changed since is asked for again."""
    return f"{preview.photos}-{preview.pictures}-{preview.canon}"


def taken_words(preview: ErasurePreview) -> str:
    """What goes, as a sentence."""
    photos = ngettext("%(num)s photo", "%(num)s photos", preview.photos)
    pictures = ngettext("%(num)s picture", "%(num)s pictures", preview.pictures + preview.canon)
    return f"{photos}, {pictures}"


def consent_panel_html(panel: ConsentPanel) -> str:
    """The part of a character's page as HTML."""
    return render(
        "consent_panel.html",
        panel=panel,
        role_words=ROLE_WORDS,
        means_words=MEANS_WORDS,
        subject_words=SUBJECT_WORDS,
        agreed_words=agreed_words,
        taken_words=taken_words,
        link_words=link_words,
        link_tone=link_tone,
        texts_by_version=list(dict.fromkeys(each.version for each in panel.texts)),
        signed=SIGNED,
        **_erasure_words(),
    )


def privacy_html(page: PrivacyPage) -> str:
    """The page of the whole studio as HTML."""
    return render("privacy.html", page=page, **_erasure_words())


def newest_first(erasures: Sequence[ErasureLine]) -> tuple[ErasureLine, ...]:
    """The erasures, the newest first."""
    return tuple(sorted(erasures, key=lambda each: each.erasure_id, reverse=True))


def _erasure_words() -> dict[str, Any]:
    return {"erasure_words": REASON_WORDS, "done": ErasureStep.DONE}
