"""The page of one character, part by part."""

import json
from dataclasses import dataclass
from datetime import datetime

from db.lifecycle import ACTIVE
from db.models import CharacterStatus
from tasks.design.shapes import Framing
from ui.i18n import _, ngettext
from ui.views.estimate import Estimate
from ui.views.page import Heading, heading_html
from ui.views.pictures import Picture
from ui.views.runs import RunView
from ui.views.templates import render
from ui.views.words import GENDER_WORDS, ago_words


@dataclass(frozen=True)
class CostLine:
    """One call or picture on the bill; `reserved_microusd` is counted until its price is known."""

    label: str
    spent_microusd: int
    reserved_microusd: int
    note: str = ""


@dataclass(frozen=True)
class CharacterCosts:
    """A character's bill: its lines and their sums."""

    lines: tuple[CostLine, ...]
    spent_microusd: int
    reserved_microusd: int


@dataclass(frozen=True)
class Lineage:
    """Everything needed to explain one picture, or to make it again."""

    image_id: str
    title: str
    style: str
    prompt: str
    provider: str
    drawn: str  # "drawn in-house", or "" where nothing is to be said of it
    model: str
    seed: str
    work_key: str
    sha256: str
    content_type: str
    width: int
    height: int
    size_bytes: int
    seconds: float | None
    cost_microusd: int | None
    reserved_microusd: int  # beyond that, while the price is not known
    likeness: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TraitRow:
    """One line of the table; `value` is None for what could not be told."""

    label: str
    value: str | None
    confidence: float
    sureness: str
    hex: str | None


@dataclass(frozen=True)
class Swatch:
    """One swatch of the palette; `hex` is "#rrggbb"."""

    part: str
    name: str
    hex: str


@dataclass(frozen=True)
class ProfileTable:
    """A version of the profile as its page shows it."""

    version: int
    source: str
    model: str
    rows: tuple[TraitRow, ...]
    palette: tuple[Swatch, ...]
    do_not_change: tuple[str, ...]
    notes: tuple[str, ...]
    monochrome: bool


@dataclass(frozen=True)
class Moment:
    """One line of the timeline. `tone` is "good", "bad", "person" or ""."""

    at: datetime
    message: str
    tone: str
    detail: str
    who: str = ""  # the person who did it, where one did


@dataclass(frozen=True)
class RunMoments:
    """A run, or what happened between two runs, in the order in which it happened."""

    title: str
    asked: str  # by whom or where it was asked for; "" where nobody did
    began: datetime
    ended: datetime
    cost_microusd: int | None  # None where nothing had a price
    moments: tuple[Moment, ...]
    is_run: bool = True

    @property
    def took(self) -> float | None:
        """Seconds from its first moment to its last; None between runs, and where news came a day later."""
        seconds = (self.ended - self.began).total_seconds()
        return seconds if self.is_run and 1 <= seconds < 86_400 else None


@dataclass(frozen=True)
class Beside:
    """A picture that was drawn again: the one before it and the new one, with the profile's versions."""

    old: Picture
    new: Picture
    old_version: int | None
    new_version: int | None
    corrected: bool  # they were drawn from different words


@dataclass(frozen=True)
class Comparable:
    """A picture that can be laid over another; its name says which model drew it."""

    image_id: str  # or "photo"
    name: str
    url: str
    width: int
    height: int


@dataclass(frozen=True)
class ModelPair:
    """Two pictures of one style by different models, or by different versions of the style."""

    old: str  # ids
    new: str
    old_name: str
    new_name: str


@dataclass(frozen=True)
class Missing:
    """A style in which the character has no picture."""

    style: str
    label: str
    microusd: int = 0  # about what drawing it will cost


@dataclass(frozen=True)
class OrderedStyle:
    """What was ordered in one style, and how much of it is drawn."""

    style: str
    label: str
    ordered: int
    drawn: int


@dataclass(frozen=True)
class CharacterPage:
    """Everything the page of a character shows; URLs in it are signed and expire."""

    character_id: str
    name: str
    called: str  # outside of this page: in the browser's tab, in a toast
    gender: str
    status: CharacterStatus
    sentence: str
    settled: bool  # the lost request that it waited for is not lost any more; the sentence says so
    created_at: datetime
    photo_url: str | None
    pictures: tuple[Picture, ...]
    shown: Picture | None
    missing: tuple[Missing, ...]
    ordered: tuple[OrderedStyle, ...]
    profile: ProfileTable | None
    lineage: Lineage | None
    timeline: tuple[RunMoments, ...]
    run: RunView | None
    costs: CharacterCosts
    one_more: Estimate  # another picture in the style that is shown
    beside: Beside | None = None  # what the newest run has drawn again, and what was there
    comparables: tuple[Comparable, ...] = ()
    model_pairs: tuple[ModelPair, ...] = ()
    left_seconds: float | None = None  # until the run is done, judged by what runs took lately
    withdrawn: bool = False  # the consent: nothing more is drawn or sent
    for_print: Estimate | None = None  # the same, large enough for a page, where the model can

    asked_change: bool = False  # it needs attention because the customer has asked for a change

    @property
    def under_way(self) -> bool:
        """Whether a run of this character is queued or running."""
        return self.status in ACTIVE

    @property
    def lacks_full_body(self) -> bool:
        """Whether the style of the picture that is shown has no picture of the whole figure yet."""
        if self.shown is None:
            return False
        framings = {each.framing for each in self.pictures if each.style == self.shown.style}
        return Framing.FULL_BODY not in framings


def detail_heading_html(page: CharacterPage) -> str:
    """Name, status, and one line about it."""
    parts = [
        _(GENDER_WORDS[page.gender]),
        _("created %(ago)s", ago=ago_words(page.created_at)),
        ngettext("%(num)s picture", "%(num)s pictures", len(page.pictures)),
    ]
    line = " · ".join(part for part in parts if part)
    said = line[0].upper() + line[1:]
    return heading_html(Heading(page.name, said, back=True, status=page.status, tab=page.called))


def banner_html(page: CharacterPage) -> str:
    """Why this character needs someone, or how its run is going; nothing when all is well."""
    return render("banner.html", page=page)


def not_found_html() -> str:
    """In place of a character that does not exist."""
    return render("not_found.html")


def stage_html(page: CharacterPage) -> str:
    """The large picture and the strip of variants."""
    return render("stage.html", page=page)


def panel_html(page: CharacterPage, part: str) -> str:
    """Where a panel of its own comes (`part`: "profile", "details"). The same at every tick, so that nothing
    that is being typed in it is lost.
    """
    return render("panel.html", character_id=page.character_id, part=part)


def part_html(page: CharacterPage, part: str) -> str:
    """Where a part comes that `ui/static/part.js` fills (`part`: "customer", "consent")."""
    return render("part.html", address=f"/character/{page.character_id}/{part}", topic=page.character_id)


def support_html(page: CharacterPage) -> str:
    """Below the timeline: links for somebody who helps, closed until they are wanted."""
    return render("support_part.html", address=f"/character/{page.character_id}/support")


def compare_html(page: CharacterPage) -> str:
    """The photo under the picture, with a slider between them."""
    told = [
        {"id": each.image_id, "name": each.name, "url": each.url, "width": each.width, "height": each.height}
        for each in page.comparables
    ]
    return render("compare.html", page=page, pictures=json.dumps(told))


def lineage_html(page: CharacterPage) -> str:
    """Where the large picture came from, and what each picture has cost."""
    return render("lineage.html", lineage=page.lineage, run=page.run, costs=page.costs)


def timeline_html(page: CharacterPage) -> str:
    """What happened, by run, the newest run first."""
    return render("timeline.html", groups=page.timeline)
