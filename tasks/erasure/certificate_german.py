"""What a certificate of erasure says, in German: its sentences are sealed in English, and shown so on paper.

A sentence that is not known here stays as it is sealed: an older certificate, or a provider's from elsewhere.
"""

import re
from collections.abc import Mapping

_SENTENCES: Mapping[str, str] = {
    "It works for this house alone: what it was given stayed here and is deleted with the rest.": "Er "
    "arbeitet nur für dieses Haus: Was er bekam, blieb hier und ist mit allem anderen gelöscht.",
    "What it keeps, and for how long, is for its own terms to say.": "Was er behält, und wie lange, sagen "
    "seine eigenen Bedingungen.",
    "Replicate deletes what it was sent and what it drew an hour later, by its own clock; it offers no "
    "deletion on request.": "Replicate löscht, was es bekommen und was es gezeichnet hat, nach einer Stunde, "
    "nach seiner eigenen Uhr; eine Löschung auf Verlangen bietet es nicht an.",
    "OpenAI keeps what it is sent in logs against abuse for up to 30 days, and a photo in which its scan for "
    "child abuse finds something until people have looked at it; it deletes neither on request.": "OpenAI "
    "behält, was es bekommt, bis zu 30 Tage in Protokollen gegen Missbrauch, und ein Foto, in dem seine "
    "Suche nach Kindesmissbrauch etwas findet, bis Menschen es angesehen haben; auf Verlangen löscht es "
    "keines von beiden.",
    "The rows were overwritten, the database file was rewritten without them, and its write-ahead log was "
    "emptied.": "Die Zeilen wurden überschrieben, die Datei der Datenbank ohne sie neu geschrieben, und ihr "
    "Write-ahead-Log geleert.",
    "The rows are deleted. The server gives their space up with its next VACUUM, and its archived logs keep "
    "them for as long as its administrator has set; VACUUM FULL rewrites the tables at once.": "Die Zeilen "
    "sind gelöscht. Der Server gibt ihren Platz mit dem nächsten VACUUM frei, und seine archivierten Logs "
    "behalten sie so lange, wie dort eingestellt ist; VACUUM FULL schreibt die Tabellen sofort neu.",
    "Prefect was told to delete the runs of this character, with logs and artifacts.": "Prefect hat den "
    "Auftrag, die Läufe dieser Figur zu löschen, mit Protokollen und Artefakten.",
    "What calls have cost is kept for the books, and that a consent was given and ended; neither says of "
    "whom.": "Für die Bücher bleibt, was Aufrufe gekostet haben, und dass eine Einwilligung gegeben wurde "
    "und endete; keines von beiden sagt, von wem.",
    "asked": "verlangt",
    "withdrawn": "Einwilligung widerrufen",
    "retention": "Frist abgelaufen",
    "restored": "schon früher gelöscht, von einer älteren Datenbank zurückgebracht",
    "photo": "Foto",
    "variant": "Bild",
    "thumbnail": "Vorschau",
}
_AGAIN = "Eine Sicherung, die zurückgespielt wird, löscht die Person erneut, bevor etwas gezeichnet wird."
_BACKUPS = (
    (
        re.compile(r"Storykin makes no daily backups here\..*", re.DOTALL),
        "Storykin macht hier keine täglichen Sicherungen. Für Kopien, die von Hand gemacht wurden, sind die "
        f"verantwortlich, die sie gemacht haben. {_AGAIN}",
    ),
    (
        re.compile(r"Daily backups made before now hold the person until they are let go: (\d+) are kept.*"),
        r"Tägliche Sicherungen von vorher enthalten die Person, bis sie verworfen werden: \1 werden "
        rf"behalten, also \1 Tage lang. {_AGAIN}",
    ),
)


def in_german(sentence: str) -> str:
    """A sentence or word of a certificate in German; as it is where it is not known."""
    for form, german in _BACKUPS:
        if form.fullmatch(sentence):
            return form.sub(german, sentence)
    return _SENTENCES.get(sentence, sentence)
