"""The words of a certificate as it is printed, by language. Sealed is the English of the JSON document."""

from collections.abc import Callable
from dataclasses import dataclass

from tasks.erasure.certificate_german import in_german


@dataclass(frozen=True)
class CertificateWords:
    """Headings and labels, and the sentences of ours that a certificate may hold, in another language."""

    title: str
    intro: str
    certificate: str
    character: str
    installation: str
    asked: str
    reason: str
    by: str
    operator: str
    done: str
    software: str
    deleted: str
    rows: str
    kept: str
    nothing: str
    calls: str  # with count and cost
    elsewhere: str
    nobody: str
    database: str
    orchestration: str
    backups: str
    digest: str
    how: str
    kind: str
    size: str
    page: str  # with number and total
    said: Callable[[str], str] = str  # a sentence that is sealed, in this language


ENGLISH = CertificateWords(
    title="Certificate of erasure",
    intro="What was kept of one person here was erased. This page says what went, when, by whom, and what "
    "can be said of copies elsewhere. It holds no name.",
    certificate="Certificate",
    character="Character",
    installation="Installation",
    asked="Asked for",
    reason="Reason",
    by="By",
    operator="the operator of this installation",
    done="Done",
    software="Software",
    deleted="Deleted",
    rows="Rows of the database",
    kept="Kept",
    nothing="Nothing.",
    calls="{count} calls to providers that cost {cost} USD.",
    elsewhere="Copies elsewhere",
    nobody="No provider was given anything.",
    database="Database",
    orchestration="Orchestration",
    backups="Backups",
    digest="SHA-256 of this certificate",
    how="It is the digest of the certificate as JSON, without this line: whoever has that file can "
    "check both.",
    kind="Object",
    size="Bytes",
    page="Page {number} of {total}",
)

GERMAN = CertificateWords(
    title="Löschbescheinigung",
    intro="Was hier von einer Person gespeichert war, wurde gelöscht. Diese Seite sagt, was gelöscht wurde, "
    "wann, auf wessen Wunsch, und was sich über Kopien an anderen Orten sagen lässt. Sie enthält keinen "
    "Namen. Versiegelt ist der englische Wortlaut im JSON-Dokument; dies ist seine Übersetzung.",
    certificate="Bescheinigung",
    character="Figur",
    installation="Installation",
    asked="Verlangt am",
    reason="Grund",
    by="Von",
    operator="der Betreiberin oder dem Betreiber dieser Installation",
    done="Erledigt am",
    software="Software",
    deleted="Gelöscht",
    rows="Zeilen der Datenbank",
    kept="Behalten",
    nothing="Nichts.",
    calls="{count} Aufrufe bei Anbietern, die {cost} USD gekostet haben.",
    elsewhere="Kopien an anderen Orten",
    nobody="Kein Anbieter hat etwas bekommen.",
    database="Datenbank",
    orchestration="Ablaufsteuerung",
    backups="Sicherungen",
    digest="SHA-256 dieser Bescheinigung",
    how="Es ist die Prüfsumme der Bescheinigung als JSON, ohne diese Zeile: wer die Datei hat, kann beide "
    "prüfen.",
    kind="Objekt",
    size="Bytes",
    page="Seite {number} von {total}",
    said=in_german,
)

LANGUAGES = {"en": ENGLISH, "de": GERMAN}
