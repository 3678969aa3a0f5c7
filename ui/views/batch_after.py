"""Old beside new after a batch, in words and numbers."""

from dataclasses import dataclass

from tasks.batch.afterwards import Beside, Choice, DecidedPairs, Verdict
from tasks.picture_options import framing_of
from ui.i18n import N_, ngettext
from ui.views.pictures import picture_title
from ui.views.templates import render

VERDICT_WORDS = {
    Verdict.OPEN: N_("Not decided"),
    Verdict.NEW: N_("The new one counts"),
    Verdict.OLD: N_("The old one was kept"),
}
VERDICT_TONES = {Verdict.OPEN: "illustrating", Verdict.NEW: "ready", Verdict.OLD: "draft"}
# What can be decided about all that are open: the choice, its button, the question, what it does.
FOR_ALL = (
    (
        Choice.NEW.value,
        N_("Take every new one"),
        N_("Take every new picture?"),
        N_("The new ones are approved, and are the favourites where the old ones were."),
    ),
    (
        Choice.OLD.value,
        N_("Keep every old one"),
        N_("Keep every old picture?"),
        N_("The new ones are rejected."),
    ),
    (
        Choice.MORE_ALIKE.value,
        N_("Take the more alike of each"),
        N_("Take the more alike of each pair?"),
        N_("The new one is approved or rejected. Where likeness was not measured nothing is decided."),
    ),
)


@dataclass(frozen=True)
class BesideShown:
    """A pair with the addresses of its two pictures."""

    pair: Beside
    old_url: str
    new_url: str

    @property
    def title(self) -> str:
        """The style, as people call it."""
        return picture_title(self.pair.new.style, framing_of(self.pair.new.framing), 1)


@dataclass(frozen=True)
class AfterPage:
    """A page of pairs; `further` is the item that the next page begins after, "" on the last; `left` how many
    of the whole batch nobody has decided about; `decided` the item that was decided just now.
    """

    batch_id: str
    total: int
    left: int
    pairs: tuple[BesideShown, ...]
    here: str
    further: str
    said: str = ""
    decided: str = ""

    @property
    def focus(self) -> str:
        """The item where the person goes on: the next open one after what was decided; "" for the top."""
        if not self.decided:
            return ""
        ids = [each.pair.item_id for each in self.pairs]
        after = ids.index(self.decided) + 1 if self.decided in ids else 0
        turned = [*self.pairs[after:], *self.pairs[:after]]
        return next((each.pair.item_id for each in turned if each.pair.verdict is Verdict.OPEN), "")


def after_html(page: AfterPage) -> str:
    """The part of the Batches page."""
    return render(
        "batch_after.html",
        page=page,
        words=VERDICT_WORDS,
        tones=VERDICT_TONES,
        change=change_words,
        for_all=FOR_ALL,
    )


def change_words(value: float | None, digits: int) -> str:
    """A difference with its sign: "+0.12", "−3.1"; "" where nothing was measured."""
    if value is None:
        return ""
    return f"{value:+.{digits}f}".replace("-", "−")


def decided_sentence(done: DecidedPairs) -> str:
    """How many pairs are decided now, and how many stay open."""
    told = ngettext("%(num)s pair is decided.", "%(num)s pairs are decided.", done.decided)
    if not done.left:
        return told
    left = ngettext(
        "%(num)s stays open: it was not measured, or somebody else decided meanwhile.",
        "%(num)s stay open: they were not measured, or somebody else decided meanwhile.",
        done.left,
    )
    return f"{told} {left}"
