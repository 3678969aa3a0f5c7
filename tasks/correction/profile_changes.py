"""What a person changes in a profile, checked and laid over the version it was made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from db import names
from db.told import told
from tasks.correction.choices import COLORED, color_of_word
from tasks.errors import UsageError
from tasks.noun_phrases import followed
from tasks.profile import CHOOSE_SKIN, AgeBand, Profile

CERTAIN = 1.0  # how sure a person is
LONGEST_WORDS = 60  # characters, as people count them, of a value or the name of a colour
LONGEST_PHRASE = 80  # and of what must not change, as prompts have it
MOST_PHRASES = 16


@dataclass(frozen=True)
class ProfileChanges:
    """Only what is named is changed: an attribute's `value` and `hex` (None: unknown), lists as a whole.

    A swatch of `palette` is `{part, name, hex}`.
    """

    attributes: Mapping[str, Mapping[str, Any]]
    do_not_change: Sequence[str] | None = None
    palette: Sequence[Mapping[str, Any]] | None = None


def changed_profile(before: Profile, changes: ProfileChanges) -> Profile:
    """The profile with the changes in it. What a person says is certain; what it does not touch stays, but
    for phrases of what must not change that were put together of the words before.

    Raises UsageError (`bad_profile`) that names what can't be read.
    """
    content = before.model_dump(mode="json")
    for name, said in changes.attributes.items():
        content["attributes"][name] = _trait(name, said, content["attributes"])
    if changes.do_not_change is not None:
        content["do_not_change"] = _phrases(changes.do_not_change)
    if changes.palette is not None:
        content["palette"] = [_swatch(each, content["palette"]) for each in changes.palette]
    else:
        content["palette"] = _following(content["palette"], content["attributes"], changes.attributes)
    if content["attributes"]["skin"]["value"] is not None:
        content["notes"] = [note for note in content["notes"] if note != CHOOSE_SKIN]  # it is answered
    try:
        after = Profile.model_validate(content)
    except ValidationError as error:
        where = " ".join(str(part) for part in error.errors()[0]["loc"]).replace("_", " ")
        raise UsageError(
            told("This can't be read: %(where)s. Colors are written #rrggbb.", where=where),
            code="bad_profile",
        ) from None
    if changes.do_not_change is not None:
        return after
    kept = followed(before.do_not_change, before.attributes, after.attributes)
    return after.model_copy(update={"do_not_change": kept})


def _trait(name: str, said: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    if name not in known:
        raise UsageError("A profile has no such feature.", code="bad_profile")
    before = known[name]
    value = words(said["value"]) or None if "value" in said else before["value"]
    color = said["hex"] if "hex" in said else before["hex"]
    hex_code = str(color).lower() if color and value is not None else None
    if name in COLORED and value != before["value"] and hex_code == before["hex"]:
        # Another word, and no other color said: the color that was there belonged to the word before.
        hex_code = color_of_word(name, value) if value else None
    if name == "age_band" and value is not None and value not in set(AgeBand):
        raise UsageError(
            told("The apparent age is one of: %(ages)s.", ages=", ".join(AgeBand)), code="bad_profile"
        )
    if (value, hex_code) == (before["value"], before["hex"]):
        return dict(before)
    return {"value": value, "confidence": CERTAIN if value is not None else 0.0, "hex": hex_code}


def words(said: Any, longest: int = LONGEST_WORDS) -> str:
    """What a person wrote, on one line and composed; "" for nothing. UsageError where it is too long."""
    if said is None:
        return ""
    if not isinstance(said, str):
        raise UsageError("This can't be read: words are expected.", code="bad_profile")
    clean = names.displayable(said)
    if names.grapheme_count(clean) > longest:
        raise UsageError(
            told("Use at most %(longest_words)s characters for each.", longest_words=longest),
            code="bad_profile",
        )
    return "" if names.is_blank(clean) else clean


def _phrases(said: Sequence[str]) -> list[str]:
    phrases = list(dict.fromkeys(filter(None, (words(each, LONGEST_PHRASE) for each in said))))
    if len(phrases) > MOST_PHRASES:
        raise UsageError(
            told("At most %(most_phrases)s things can be kept from changing.", most_phrases=MOST_PHRASES),
            code="bad_profile",
        )
    return phrases


def _swatch(said: Mapping[str, Any], before: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A swatch as said; its share of the part stays, which nobody enters."""
    part, name = said.get("part"), words(said.get("name"))
    share = next((each["share"] for each in before if each["part"] == part and each["name"] == name), 1.0)
    return {"part": part, "name": name, "hex": str(said.get("hex", "")).lower(), "share": share}


_PARTS = {"skin": "skin", "hair_colour": "hair", "eyes": "eyes", "clothes": "clothes"}


def _following(
    palette: list[dict[str, Any]], attributes: Mapping[str, Any], touched: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The palette with the colour of each corrected attribute: the two must not say different things."""
    followed = list(palette)
    for name in _PARTS.keys() & touched.keys():
        trait, part = attributes[name], _PARTS[name]
        place = next((at for at, each in enumerate(followed) if each["part"] == part), None)
        if trait["hex"] is None:
            continue
        swatch = {"part": part, "name": trait["value"], "hex": trait["hex"], "share": 1.0}
        if place is None:
            followed.append(swatch)
        elif followed[place]["hex"] != trait["hex"]:
            followed[place] = swatch | {"share": followed[place]["share"]}
    return followed
