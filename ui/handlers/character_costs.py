"""What one character has cost: the look at the photo, each picture, and what was paid for in vain."""

from collections.abc import Mapping, Sequence

from db.models import CallKind, CallState, CharacterImage, ProviderCall
from db.repositories.calls import POSSIBLY_PAID
from db.repositories.images import Variant
from tasks.picture_options import framing_of
from ui.views.detail import CharacterCosts, CostLine
from ui.views.pictures import picture_title, style_label

PAID_BEFORE = "paid for before: the same photo, the same work"
_NOTES = {
    CallState.UNKNOWN: "possibly paid: no answer came",
    CallState.WRITTEN_OFF: "written off",
    CallState.FAILED: "failed",
    CallState.REFUSED: "refused by the provider",
    CallState.STORED: "kept; “Try again” shows it, at no further cost",
}


def character_costs(
    made: Sequence[ProviderCall],
    variants: Sequence[Variant],
    *,
    styles: Mapping[str, str],
    spent: int,
    reserved: int,
) -> CharacterCosts:
    """The bill of a character from its own calls and its pictures; `spent` and `reserved` are its sums.

    `styles` names the style of each prompt, for calls that brought no picture. A picture whose call is
    another character's, or is gone, costs this one nothing.
    """
    titles = {each.image.work_key: _title(each.image) for each in variants}
    lines = [_line(call, titles.pop(call.work_key, None), styles) for call in made]
    before = [CostLine(title, 0, 0, PAID_BEFORE) for title in titles.values()]
    return CharacterCosts((*lines, *before), spent, reserved)


def known_microusd(call: ProviderCall) -> int:
    """What the call is known to have cost, 0 while that is unknown."""
    return call.actual_microusd or 0


def _line(call: ProviderCall, title: str | None, styles: Mapping[str, str]) -> CostLine:
    style = styles.get(call.prompt_artifact_id or "")
    meant = style_label(style) if style else "A picture"
    label = title or ("Look at the photo" if call.kind is CallKind.VISION else meant)
    return CostLine(label, known_microusd(call), reserved_microusd(call), _note(call))


def _note(call: ProviderCall) -> str:
    if call.state is CallState.FAILED and call.actual_microusd:
        return "charged, and no picture came of it"
    return _NOTES.get(call.state, "")


def reserved_microusd(call: ProviderCall) -> int:
    """What is reserved for the call because its price is not known."""
    open_ended = call.state in POSSIBLY_PAID and call.actual_microusd is None
    return call.estimate_microusd if open_ended else 0


def _title(image: CharacterImage) -> str:
    return picture_title(image.style, framing_of(image.framing), image.ordinal)
