"""`make messages`: what the studio says, gathered from its code, into the catalogues of `ui/locale`.

New messages come in empty, changed ones as fuzzy; both have to be seen by a person who speaks the language,
and `tests/ui/test_i18n.py` waits for that. A catalogue is compiled when it is first needed (`ui/i18n.py`).
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from db.event_kinds import EventKind, RunStep
from tasks.marks.key_check import OTHER_KEYS
from tasks.perception.weights.installed import WEAKER
from tasks.storage.generations import BEHIND
from tasks.styles.packs import style_packs
from ui.diagnosis.every_check import BY_SETTINGS, OF_ITSELF
from ui.error_sentences import GAP, said_sentences
from ui.i18n import LOCALES, SOURCE, catalogue, languages

ROOT = Path(__file__).parent
METHODS = [
    ("rehearsal/**", "ignore"),
    ("**/templates/rehearsal.html", "ignore"),
    ("**.py", "python"),
    ("**/templates/**.html", "ui.template_words:extract"),
    ("static/**.js", "javascript"),
]
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2), "_forms": (1, 2)}
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}


def gathered() -> Catalog:
    """Every message of the code, without translations."""
    found = Catalog(project="Storykin", fuzzy=False)
    for file, _line, message, comments, context in extract_from_dir(
        ROOT, METHODS, OPTIONS, KEYWORDS, comment_tags=("L10n:",)
    ):
        found.add(
            message, None, [(f"ui/{Path(file).as_posix()}", 1)], auto_comments=comments, context=context
        )
    for said in said_sentences():
        if GAP not in said.message:
            found.add(said.message, None, [(said.file, 1)])
    for name in (*OF_ITSELF, *BY_SETTINGS):
        found.add(name, None, [("ui/diagnosis/every_check.py", 1)])
    for sentence in (WEAKER, OTHER_KEYS, BEHIND):
        found.add(sentence, None, [("ui/diagnosis/every_check.py", 1)])
    for kind in EventKind:
        if kind.sentence:
            found.add(kind.sentence, None, [("db/event_kinds.py", 1)])
    for step in RunStep:
        for label in filter(None, (step.label, step.style_label)):
            found.add(label, None, [("db/event_kinds.py", 1)])
    for pack in style_packs().values():
        found.add(pack.label, None, [("tasks/styles", 1)])
    return found


def main() -> int:
    """Bring every catalogue up to date; prints how many messages wait for a translator."""
    template = gathered()
    for language in languages():
        if language == SOURCE:
            continue
        known = catalogue(language)
        known.update(template, no_fuzzy_matching=False, update_header_comment=False)
        known.obsolete.clear()
        waiting = sum(
            1 for entry in known if entry.id and (entry.fuzzy or not entry.string or not all(entry.string))
        )
        with (LOCALES / language / "LC_MESSAGES" / "storykin.po").open("wb") as file:
            write_po(file, known, width=110, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
        sys.stdout.write(f"{language}: {len(known)} messages, {waiting} wait for a translation.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
