"""The studio's colors: readable in light and in dark, and written down in one file."""

import re

import pytest

from ui.views.page import STATIC

TOKENS = (STATIC / "tokens.css").read_text()
COLOR = re.compile(r"#[0-9a-fA-F]{3,8}\b")
PAIR = re.compile(
    r"--sk-([a-z0-9-]+): light-dark\((#[0-9a-f]{6})[0-9a-f]{0,2}, (#[0-9a-f]{6})[0-9a-f]{0,2}\)"
)
COLORS = {name: {"light": light, "dark": dark} for name, light, dark in PAIR.findall(TOKENS)}

GROUNDS = ("surface", "raised", "sunken", "field", "hover", "well")
WORDS = [
    *((word, ground) for word in ("text", "text-soft", "muted", "accent-strong") for ground in GROUNDS),
    *((word, ground) for word in ("good", "warn", "bad", "info") for ground in GROUNDS),
    *((word, f"{word}-soft") for word in ("good", "warn", "bad", "info")),
    *(("text", f"{kind}-soft") for kind in ("good", "warn", "bad", "info", "accent")),
    ("accent", "surface"), ("accent", "raised"), ("accent", "field"), ("accent", "accent-tint"),
    ("on-accent", "accent"), ("on-accent", "accent-strong"), ("accent-soft-text", "accent-soft"),
    ("accent-soft-text", "accent-tint"), ("on-fill", "good-fill"), ("on-fill", "bad-fill"),
    ("on-fill", "info-fill"), ("text", "glass"), ("surface", "text"), ("text", "accent-tint"),
]  # fmt: skip
PARTS = [
    *((part, "raised") for part in ("edge", "focus", "good-fill", "bad-fill", "info-fill", "accent")),
    *((f"series-{number}", "raised") for number in range(4)),
    ("edge", "field"), ("focus", "surface"),
]  # fmt: skip


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_yardstick_is_that_of_wcag() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_read_on_every_ground_they_stand_on(theme: str) -> None:
    poor = {
        (word, ground): round(_contrast(COLORS[word][theme], COLORS[ground][theme]), 2)
        for word, ground in WORDS
        if _contrast(COLORS[word][theme], COLORS[ground][theme]) < 4.5
    }
    assert poor == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edges_marks_and_charts_stand_out(theme: str) -> None:
    poor = {
        (part, ground): round(_contrast(COLORS[part][theme], COLORS[ground][theme]), 2)
        for part, ground in PARTS
        if _contrast(COLORS[part][theme], COLORS[ground][theme]) < 3
    }
    assert poor == {}


def test_no_other_style_sheet_writes_down_a_color() -> None:
    literal = {
        sheet.name: found
        for sheet in STATIC.glob("*.css")
        if sheet.name != "tokens.css" and (found := COLOR.findall(_without_addresses(sheet.read_text())))
    }
    assert literal == {}


def test_every_token_that_is_used_exists() -> None:
    known = set(re.findall(r"(--sk-[a-z0-9-]+):", TOKENS))
    # A measure of one element is set where that is rendered.
    places = [*STATIC.glob("*.js"), *(STATIC.parent / "views").rglob("*")]
    set_elsewhere = "".join(each.read_text() for each in places if each.suffix in (".js", ".html", ".py"))
    unknown = {
        (sheet.name, used)
        for sheet in STATIC.glob("*.css")
        for used in re.findall(r"var\((--sk-[a-z0-9-]+)\)", sheet.read_text())
        if used not in known and f"{used}:" not in sheet.read_text() + set_elsewhere
    }
    assert unknown == set()


def _without_addresses(css: str) -> str:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"url\([^)]*\)|unicode-range:[^;]*;", "", css)
    return re.sub(r"[^{};]*\{", "{", css)  # selectors: an id may look like a color
