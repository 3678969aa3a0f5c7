"""Putting a character right: its profile as a table to edit, its history, its name and what is said of it."""

from dataclasses import dataclass
from datetime import datetime

from tasks.correction.profile_diff import Change
from ui.views.estimate import Estimate
from ui.views.templates import render


@dataclass(frozen=True)
class EditRow:
    """One attribute. `said` is "pixels", "model" or "human"; `who` says it in words, with the version."""

    name: str
    label: str
    value: str | None
    hex: str | None
    colored: bool
    confidence: float
    sureness: str
    said: str
    who: str
    choices: tuple[str, ...]
    words_only: bool  # no other word than a choice will do


@dataclass(frozen=True)
class EditSwatch:
    """One colour of the palette."""

    part: str
    name: str
    hex: str


@dataclass(frozen=True)
class VersionLine:
    """One version in the history, with what it changed in the one before it."""

    version: int
    who: str
    at: datetime
    changes: tuple[Change, ...]
    first: bool


@dataclass(frozen=True)
class Comparison:
    """Two versions that were chosen, and what is different between them."""

    older: int
    newer: int
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Redraw:
    """A style whose newest picture was drawn from an earlier version, and what a new one will cost."""

    style: str
    label: str
    version: int
    price: Estimate


@dataclass(frozen=True)
class ProfilePanel:
    """Everything the profile's panel shows."""

    character_id: str
    version: int
    who: str
    at: datetime
    rows: tuple[EditRow, ...]
    palette: tuple[EditSwatch, ...]
    do_not_change: tuple[str, ...]
    notes: tuple[str, ...]
    monochrome: bool
    skin_choices: tuple[tuple[str, str], ...]  # asked for where nobody could tell the skin
    history: tuple[VersionLine, ...]
    comparison: Comparison | None
    redraws: tuple[Redraw, ...]
    redraw_all: Estimate | None  # of all of them, where there are several
    under_way: bool
    from_photo: bool = False  # the one that draws measures the photo, and lays the corrections over that
    saved: str = ""


@dataclass(frozen=True)
class ProfileConflict:
    """An edit of `based_on` met `newest`: what is different by now, and what would have been saved."""

    based_on: int
    newest: int
    who: str
    theirs: tuple[Change, ...]
    mine: tuple[Change, ...]


@dataclass(frozen=True)
class StyleChoice:
    """A style that may be ordered; one that is drawn can't be taken back."""

    name: str
    label: str
    ordered: bool
    drawn: bool


@dataclass(frozen=True)
class DetailsPanel:
    """The name, the gender, the styles, the notes and the tags of a character."""

    character_id: str
    name: str
    gender: str
    genders: tuple[tuple[str, str], ...]  # value, words
    styles: tuple[StyleChoice, ...]
    notes: str
    tags: tuple[str, ...]
    known_tags: tuple[str, ...]
    under_way: bool
    saved: str = ""


def profile_panel_html(panel: ProfilePanel) -> str:
    """The profile as a table to read and to edit, and its history."""
    return render("profile_panel.html", panel=panel)


def no_profile_html(under_way: bool) -> str:
    """In place of a profile that is not there yet."""
    return render("no_profile.html", under_way=under_way)


def conflict_html(conflict: ProfileConflict) -> str:
    """Both sides of an edit that came too late."""
    return render("profile_conflict.html", conflict=conflict)


def details_panel_html(panel: DetailsPanel) -> str:
    """The form for everything that is said of a character."""
    return render("details_panel.html", panel=panel)
