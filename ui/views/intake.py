"""The page that takes photos in: the empty form, a checked photo, a line of the queue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from db.names import LONGEST_CODE_POINTS
from tasks.intake.check import Verdict
from tasks.picture_options import AS_USUAL, FRAMING_LABELS, RESOLUTION_LABELS
from tasks.styles.pack import StylePack
from ui.i18n import N_, _
from ui.views.new import ConsentAsked, FaceThumbnail
from ui.views.runs import TITLES, RunState, RunView, before_run_html
from ui.views.styles import sample_url
from ui.views.templates import render
from ui.views.words import left_words

GENDERS = (
    ("girl", N_("Girl")),
    ("boy", N_("Boy")),
    ("woman", N_("Woman")),
    ("man", N_("Man")),
    ("unspecified", N_("Not said")),
)


@dataclass(frozen=True)
class CheckedUpload:
    """A photo as the page tells of it."""

    verdict: Verdict
    digest: str
    sentences: tuple[str, ...]
    code: str
    preview_url: str  # data: the page alone holds it; "" where there is nothing to be seen
    faces: tuple[FaceThumbnail, ...]


@dataclass(frozen=True)
class QueueLine:
    """A run that was asked for, in a line. `left_seconds` is None where it is not known."""

    run: RunView
    left_seconds: float | None = None


# What the page itself says, in the browser; `{…}` is filled in there.
_WORDS = {
    "uploading": N_("Uploading…"),
    "waits": N_("Waits to be uploaded"),
    "checking": N_("Checking the photo…"),
    "good": N_("Good photo"),
    "fair": N_("This photo will do"),
    "which": N_("Several people: choose who is meant"),
    "refused": N_("This photo can't be used"),
    "failed": N_("Not uploaded"),
    "who": N_("Who is it?"),
    "other_who": N_("Somebody else in it?"),
    "person": N_("Person {n} from the left"),
    "choose_person": N_("Choose the person to draw."),
    "photo_of": N_("Photo of {name}"),
    "photo": N_("Photo {n}"),
    "twice": N_("The same photo is in this list twice."),
    "take_out": N_("Take out"),
    "another": N_("Choose another"),
    "generate_one": N_("Generate character"),
    "generate_many": N_("Generate {n} characters"),
    "nothing_usable": N_("None of these photos can be used."),
    "line_waits": N_("Waits for its turn"),
    "line_checking": N_("Starts as soon as the photo is checked"),
    "line_sending": N_("Being put on record…"),
    "line_offline": N_("The studio does not answer. It is tried again by itself."),
    "lost_upload": N_("The upload of a photo broke off with the page. Choose that photo again."),
    "draft_kept": N_("This is what you had begun. Nothing was lost."),
    "connection": N_("The connection broke while the photo was uploaded. Try again."),
    "not_uploaded": N_("The photo could not be uploaded. Try again."),
    "not_taken": N_("The photo can't be taken just now. Try again."),
    "ready": N_("{name} is ready."),
    "started": N_("{name} is on its way."),
}
# A line says whose it is in every state: many stand below each other.
_LINE_TITLES = TITLES | {
    RunState.NOT_SENT: "{name}",
    RunState.QUEUED: "{name}",
    RunState.FAILED: N_("{name}: the run failed"),
}
_WAITS = {
    RunState.NOT_SENT: N_("Prefect is away. It starts by itself when that is back"),
    RunState.QUEUED: N_("It starts as soon as a worker is free"),
}
_PILLS = {
    RunState.NOT_SENT: N_("Not started"),
    RunState.QUEUED: N_("Waiting"),
    RunState.RUNNING: N_("Drawing"),
    RunState.READY: N_("Ready"),
    RunState.NEEDS_ATTENTION: N_("Needs attention"),
    RunState.FAILED: N_("Failed"),
}


def intake_html(
    packs: Sequence[StylePack],
    usual: Sequence[str],
    *,
    can_print: bool,
    faults: Mapping[str, str],
    consent: ConsentAsked,
) -> str:
    """The form, empty, with the templates that the page fills in for each photo.

    `faults` says what is wrong with each field that is left empty, `consent` is the
    text that is consented to.
    """
    return render(
        "intake.html",
        genders=GENDERS,
        styles=[(pack.name, pack.label, sample_url(pack), pack.name in usual) for pack in packs],
        framings=[(each.value, label, each is AS_USUAL.framing) for each, label in FRAMING_LABELS.items()],
        resolutions=[
            (each.value, label, each is AS_USUAL.resolution) for each, label in RESOLUTION_LABELS.items()
        ],
        can_print=can_print,
        consent=consent,
        words={name: _(word) for name, word in _WORDS.items()}
        | {"faults": {field: _(sentence) for field, sentence in faults.items()}},
        longest_name=LONGEST_CODE_POINTS,  # a browser would cut a family of four into pieces
        before_run=before_run_html(),
    )


def check_document(check: CheckedUpload) -> Mapping[str, Any]:
    """A checked photo as JSON."""
    return {
        "verdict": check.verdict.value,
        "digest": check.digest,
        "sentences": [_(each) for each in check.sentences],
        "code": check.code,
        "preview": check.preview_url,
        "people": people_documents(check.faces),
    }


def people_documents(faces: Sequence[FaceThumbnail]) -> list[Mapping[str, Any]]:
    """The people of a photo as JSON."""
    return [
        {"number": face.number, "choice": face.choice or str(face.number), "url": face.data_url}
        for face in faces
    ]


def queue_line_html(line: QueueLine) -> str:
    """A run in a line: its first picture, whose it is, how far it is, how long it will be."""
    run = line.run
    shown = [tile.shown_url for tile in run.tiles]
    return render(
        "intake_run.html",
        run=run,
        cover=next(filter(None, shown), ""),
        drawn=sum(bool(tile.picture or tile.drawn_url) for tile in run.tiles),
        title=_(_LINE_TITLES[run.state]).format(name=run.name),
        line=run.reason if run.state.over else _(_WAITS.get(run.state, "")),
        left=left_words(line.left_seconds),
        share=round(run.progress.share_done * 100),
        pill=_(_PILLS[run.state]),
    )
