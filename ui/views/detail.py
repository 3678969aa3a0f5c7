"""The page of one character, part by part."""

from ui.handlers.detail import CharacterPage
from ui.views.page import Heading, heading_html
from ui.views.templates import render
from ui.views.words import GENDER_WORDS, ago_words, count_words


def detail_heading_html(page: CharacterPage) -> str:
    """Name, status, and one line about it."""
    parts = [
        GENDER_WORDS[page.gender],
        f"created {ago_words(page.created_at)}",
        count_words(len(page.pictures), "picture", "pictures"),
    ]
    line = " · ".join(part for part in parts if part)
    return heading_html(Heading(page.name, line[0].upper() + line[1:], back=True, status=page.status))


def banner_html(page: CharacterPage) -> str:
    """Why this character needs someone, or how its run is going; nothing when all is well."""
    return render("banner.html", page=page)


def not_found_html() -> str:
    """In place of a character that does not exist."""
    return render("not_found.html")


def stage_html(page: CharacterPage) -> str:
    """The large picture and the strip of variants."""
    return render("stage.html", page=page)


def profile_html(page: CharacterPage) -> str:
    """The profile as a table."""
    return render("profile.html", profile=page.profile, under_way=page.under_way)


def compare_html(page: CharacterPage) -> str:
    """The photo under the picture, with a slider between them."""
    return render("compare.html", page=page)


def lineage_html(page: CharacterPage) -> str:
    """Where the large picture came from, and what each picture has cost."""
    return render("lineage.html", lineage=page.lineage, run=page.run, costs=page.costs)


def timeline_html(page: CharacterPage) -> str:
    """What happened, newest first."""
    return render("timeline.html", moments=page.timeline)
