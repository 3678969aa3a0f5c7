"""What would be done to many characters, and what was done, as sentences."""

from collections.abc import Mapping
from dataclasses import dataclass

from tasks.amounts import cent_dollars
from tasks.providers.specs import label_of
from ui.i18n import N_, _, ngettext
from ui.views.pictures import style_label

# What the floor below says of whom it leaves out, for the catalogue.
SAID_BELOW = (
    N_("A run is under way."),
    N_("Erased meanwhile."),
    N_("Drawn in this style already."),
    N_("There is no favourite yet."),
    N_("The favourite is approved already."),
    N_("Has this tag already."),
    N_("Does not have this tag."),
    N_("No run is under way."),
    N_("The run is part of a batch: cancel the batch."),
    N_("A legal hold keeps it."),
    N_("Made by someone else: an administrator can erase it."),
)


@dataclass(frozen=True)
class BulkTold:
    """What an act means, by its numbers: `count` characters, what is drawn or written, what would be gone."""

    action: str
    count: int
    style: str = ""
    tag: str = ""
    microusd: int = 0
    photos: int = 0
    pictures: int = 0
    processors: tuple[str, ...] = ()
    problem: str | None = None
    unfinished: int = 0


def _forms(one: str, many: str) -> tuple[str, str]:
    """Marks both forms for the catalogue, as `N_` does one."""
    return one, many


_PLANS = {
    "approve": _forms(
        "Approve the favourite of %(num)s character.", "Approve the favourites of %(num)s characters."
    ),
    "tag": _forms("Tag %(num)s character “%(tag)s”.", "Tag %(num)s characters “%(tag)s”."),
    "untag": _forms(
        "Take the tag “%(tag)s” off %(num)s character.", "Take the tag “%(tag)s” off %(num)s characters."
    ),
    "cancel": _forms("Cancel the run of %(num)s character.", "Cancel the runs of %(num)s characters."),
    "erase": _forms("Erase %(num)s character for good.", "Erase %(num)s characters for good."),
}
_DONE = {
    "approve": _forms(
        "The favourite of %(num)s character is approved.",
        "The favourites of %(num)s characters are approved.",
    ),
    "tag": _forms("%(num)s character is tagged.", "%(num)s characters are tagged."),
    "untag": _forms("The tag is off %(num)s character.", "The tag is off %(num)s characters."),
    "cancel": _forms(
        "%(num)s run is cancelled. It sends and draws nothing more.",
        "%(num)s runs are cancelled. They send and draw nothing more.",
    ),
    "erase": _forms("%(num)s character is erased.", "%(num)s characters are erased."),
    "draw": _forms(
        "%(style)s is asked for, for %(num)s character. The list shows how it goes.",
        "%(style)s is asked for, for %(num)s characters. The list shows how it goes.",
    ),
}


def plan_sentence(told: BulkTold) -> str:
    """What would be done, to how many, at what price."""
    if not told.count:
        return _("There is nothing to do for these.")
    if told.action != "draw":
        return _counted(_PLANS[told.action], told)
    price = _("about %(price)s", price=cent_dollars(told.microusd)) if told.microusd else _("free of charge")
    return ngettext(
        "Draw %(style)s for %(num)s character: %(price)s.",
        "Draw %(style)s for %(num)s characters: %(price)s.",
        told.count,
        style=style_label(told.style),
        price=price,
    )


def meaning(told: BulkTold) -> list[str]:
    """What a person should know before they say yes."""
    if told.action == "cancel":
        return [_("What is drawn stays, and a picture that is paid for is still fetched.")]
    if told.action != "erase":
        return []
    photos = ngettext("%(num)s photo", "%(num)s photos", told.photos)
    pictures = ngettext("%(num)s picture", "%(num)s pictures", told.pictures)
    lines = [
        _(
            "%(photos)s and %(pictures)s go, and every profile, prompt, name and note with them. "
            "Nobody can bring them back.",
            photos=photos,
            pictures=pictures,
        ),
        _("Approved pictures go too. What was paid stays on the bill."),
    ]
    if told.processors:
        sent = ", ".join(map(label_of, told.processors))
        lines.append(_("Copies were sent to %(whom)s. Ask there for their erasure.", whom=sent))
    return lines


def done_sentence(told: BulkTold) -> str:
    """What was done, to how many."""
    return _counted(_DONE[told.action], told)


def _counted(forms: tuple[str, str], told: BulkTold) -> str:
    style = style_label(told.style) if told.style else ""
    return ngettext(*forms, told.count, tag=told.tag, style=style)


def afterwards(told: BulkTold) -> list[str]:
    """What went on less well, or goes on."""
    lines = [_(told.problem)] if told.problem else []
    if told.unfinished:
        lines.append(
            ngettext(
                "The photo and pictures of %(num)s of them are deleted by housekeeping within minutes.",
                "The photos and pictures of %(num)s of them are deleted by housekeeping within minutes.",
                told.unfinished,
            )
        )
    return lines


def left_out_sentences(left_out: Mapping[str, int]) -> list[str]:
    """Why others are left as they are: "3 are left out: A run is under way.", the most first."""
    ordered = sorted(left_out.items(), key=lambda each: -each[1])
    return [
        ngettext(
            "%(num)s is left out: %(reason)s", "%(num)s are left out: %(reason)s", count, reason=_(reason)
        )
        for reason, count in ordered
    ]
