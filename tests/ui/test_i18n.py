"""The studio in the language of whoever reads it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.checkers import checkers
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from db.told import Told, told
from tasks.consent.texts import BUILT_IN, CURRENT, kept_by, words
from tasks.providers.specs import all_specs
from tests.support.studio import stand_in_studio
from ui import views
from ui.app import create_app
from ui.diagnosis.check_result import examine, ok, warning
from ui.diagnosis.every_check import BY_SETTINGS, OF_ITSELF
from ui.i18n import SOURCE, _, catalogue, chosen_language, languages, ngettext, speaking, text_direction
from ui.settings import StudioSettings
from ui.template_words import marked
from ui.views.overview import HealthPage, health_html
from ui.views.page import topbar_html

VIEWS = Path(views.__file__).parent / "templates"
ORIGIN = "http://127.0.0.1:7860"
TEMPLATES = sorted(set(VIEWS.glob("*.html")) - {VIEWS / "rehearsal.html"})
PROPER = re.compile(r"&[a-z]+;|\b(Storykin|UTC|Prefect|SHA-256)\b")
OTHERS = [code for code in languages() if code != SOURCE]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("home")
    app = create_app(StudioSettings(), stand_in_studio(home).services)
    with TestClient(app, base_url=ORIGIN, follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize(
    ("headers", "preset", "expected"),
    [
        ({}, "", "en"),
        ({"accept-language": "de-AT,de;q=0.9,en;q=0.8"}, "", "de"),
        ({"accept-language": "fr;q=0.9, en;q=0.2, de;q=0.5"}, "", "de"),
        ({"accept-language": "de;q=0, en"}, "", "en"),
        ({"accept-language": "xx-nonsense, ../../etc;q=x, ,"}, "", "en"),
        ({"accept-language": "en"}, "de", "de"),
        ({"accept-language": "en", "cookie": "storykin_language=de"}, "", "de"),
        ({"accept-language": "de", "cookie": "storykin_language=en"}, "de", "en"),
        ({"cookie": "storykin_language=../../etc"}, "", "en"),
    ],
)
def test_the_cookie_then_the_setting_then_the_browser_decide(
    headers: dict[str, str], preset: str, expected: str
) -> None:
    assert chosen_language(Headers(headers), preset) == expected


def test_pages_are_served_in_the_language_of_the_request(client: TestClient) -> None:
    german = client.get("/studio/", headers={"accept-language": "de"}).text
    assert '<html lang="de" dir="ltr"' in german and "Zum Seiteninhalt" in german
    english = client.get("/studio/").text
    assert '<html lang="en" dir="ltr"' in english and "Skip to the page" in english


@pytest.mark.parametrize(
    ("language", "begins"), [("de", "Ich habe die Erlaubni"), ("en", "I have the permission")]
)
def test_the_consent_is_asked_for_in_the_language_of_the_page(
    client: TestClient, language: str, begins: str
) -> None:
    page = client.get("/studio/new", headers={"accept-language": language}).text
    asked = re.search(r'data-language=\\"(\w+)\\".{1,400}sk-one\\" lang=\\"(\w+)\\"\\u003e(.{21})', page)
    assert asked is not None and asked.groups() == (language, language, begins)


@pytest.mark.parametrize("provider", [each.id for each in all_specs().values() if each.keeps])
def test_a_german_consent_is_german_to_the_end(provider: str) -> None:
    """What a provider keeps is part of what is agreed to. The catalogue was translated by itself."""
    with speaking("de"):
        assert kept_by(provider, "de") == _(kept_by(provider)) != kept_by(provider)
    text = words(BUILT_IN[CURRENT, "de"], [provider], "de")
    assert kept_by(provider, "de") in text and kept_by(provider) not in text


def test_a_page_brings_its_colors_before_anything_is_painted(client: TestClient) -> None:
    head = client.get("/studio/").text.partition("</head>")[0]
    assert head.index("/static/theme.js") < head.index("/static/tokens.css") < head.index("<script type")


def test_choosing_a_language_leads_back_and_stays(client: TestClient) -> None:
    answer = client.get("/language?to=de", headers={"referer": f"{ORIGIN}/studio/character?id=7"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/studio/character?id=7"
    assert "storykin_language=de" in answer.headers["set-cookie"]
    client.cookies.clear()


@pytest.mark.parametrize(
    "referer", ["https://evil.example/studio/", f"{ORIGIN}/media/x", "nonsense", "http://[", ""]
)
def test_a_language_link_leads_nowhere_else(client: TestClient, referer: str) -> None:
    answer = client.get("/language?to=xx", headers={"referer": referer})
    assert answer.headers["location"] == "/studio/"
    assert "set-cookie" not in answer.headers


def test_templates_and_code_speak_the_language_that_is_set() -> None:
    with speaking("de"):
        assert "Zum Seiteninhalt" in topbar_html("")
        assert _("Costs") == "Kosten"
    assert _("Costs") == "Costs"
    assert _("%(count)s of %(all)s", count=1, all=2) == "1 of 2"
    assert ngettext("%(num)s picture", "%(num)s pictures", 3) == "3 pictures"


def test_what_the_doctor_says_is_said_in_the_language_of_the_page() -> None:
    results = (
        warning(
            "data folder",
            told(
                "Only %(megabytes)s MB are free where the data folder is: make room before it fills up.",
                megabytes=12,
            ),
        ),
        ok(
            "signed links",
            told(
                "Signed links give and take exactly what they say; a wrong type or length is "
                "refused (%(how)s).",
                how=told("tried over HTTP"),
            ),
        ),
    )
    page = HealthPage(results, (), (), (), 0, looking=False)
    with speaking("de"):
        html = health_html(page)
    for said in ("Datenordner", "Nur 12 MB sind frei", "Unterschriebene Links", "(über HTTP ausprobiert)"):
        assert said in html
    assert "Only 12 MB" in health_html(page)


@pytest.mark.parametrize("name", [*OF_ITSELF, *BY_SETTINGS])
def test_no_look_of_the_doctor_ends_in_english(name: str, tmp_path: Path) -> None:
    """What is found with an empty data folder; each message and name has its German."""
    results = examine({name: {**OF_ITSELF, **BY_SETTINGS}[name]})
    known = {entry.id for entry in catalogue("de") if entry.string}
    for each in results:
        sentence = each.sentence
        assert each.name in known
        assert (sentence.message if isinstance(sentence, Told) else sentence) in known


@pytest.mark.parametrize("expression", ["neutral", "smile", "big smile", "open mouth"])
def test_each_expression_that_is_measured_has_its_german(expression: str) -> None:
    with speaking("de"):
        assert _(expression) in {"neutral", "Lächeln", "breites Lächeln", "offener Mund"}


def test_right_to_left_is_known() -> None:
    assert text_direction("de") == "ltr"
    assert text_direction("ar") == "rtl"


def test_scripts_are_given_their_words(client: TestClient) -> None:
    assert client.get("/static/words/de.js").headers["content-type"].startswith("text/javascript")
    assert client.get("/static/words/xx.js").status_code == 404


@pytest.mark.parametrize("language", OTHERS)
def test_placeholders_and_plurals_of_a_catalogue_agree_with_the_english(language: str) -> None:
    known = catalogue(language)
    wrong = [(entry.id, str(problem)) for entry in known for problem in entry.check(known)]
    assert checkers and wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_no_gaps_and_no_guesses(language: str) -> None:
    entries = [entry for entry in catalogue(language) if entry.id]
    said = [entry.string if isinstance(entry.string, tuple) else (entry.string,) for entry in entries]
    gaps = [entry.id for entry, words in zip(entries, said, strict=True) if entry.fuzzy or not all(words)]
    assert len(entries) > 200
    assert gaps == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_no_words_of_a_template_stay_english_beside_a_value(template: Path) -> None:
    """`<p>Seed {{ seed }}</p>` is nothing that a catalogue could hold: it would stay as it is everywhere."""
    shown = re.sub(
        r"<(style|script|svg|pre|code)\b.*?</\1>|\{#.*?#\}", " ", marked(template.read_text()), flags=re.S
    )
    shown = re.sub(r"<[^<>]*>", "\n", re.sub(r"\{[{%].*?[}%]\}", " ", shown, flags=re.S))
    left = [line.strip() for line in shown.splitlines() if re.search(r"[A-Za-z]{2}", PROPER.sub("", line))]
    assert left == []


def test_words_of_a_template_are_translated_where_they_stand() -> None:
    assert marked("<p>\n  Nothing  yet.\n</p>") == '<p>\n  {{ _("Nothing yet.") }}\n</p>'
    assert marked("{% if a %}Yes, 5 % more{% endif %}") == '{% if a %}{{ _("Yes, 5 %% more") }}{% endif %}'
    assert marked('<i title="A word">x</i>') == '<i title="{{ _("A word") }}">x</i>'


@pytest.mark.parametrize(
    "left_alone",
    [
        "<p>{{ name }} is here</p>",
        '<p class="a{% if b %} selected{% endif %}"></p>',
        "<style>body { margin: 0 }</style>",
        '<p>{{ _("Done already") }}</p>',
        "<b>UTC</b>",
        "{# only for us #}",
    ],
)
def test_values_styles_and_what_is_marked_already_stay_as_they_are(left_alone: str) -> None:
    assert marked(left_alone) == left_alone
