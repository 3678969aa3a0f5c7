"""What is said of a variant's likeness, in words that a parent understands: all of them are here."""

from collections.abc import Mapping
from typing import Any

# By the codes of `tasks/perception/likeness`.
SENTENCES = {
    "blank": "The picture is blank.",
    "no_face_drawn": "No face was found in the picture.",
    "not_alike": "The face may not be recognisable as the same person.",
    "skin_shifted": "The skin tone has moved away from the photo's.",
    "skin_lighter": "The skin is lighter than in the photo.",
    "skin_darker": "The skin is darker than in the photo.",
    "glasses_lost": "The glasses are missing.",
    "headwear_lost": "What is worn on the head is missing.",
    "undressed": "The picture shows more bare skin than the photo: held back until someone looks at it.",
    "not_drawn": "The picture is nearly the photo itself.",
    "not_measured": "The likeness could not be measured.",
}
WITHHELD = "undressed"  # a variant with this warning is kept, and shown to nobody who did not ask for it
NOT_COMPARED = "It has not been compared with the photo yet: held back until that is done."

# Scores of metric versions that are no longer measured, as older rows have them: name, words, unit.
_OLDER = (("skin_difference", "Skin tone moved by", " Lab"),)


def sentences(likeness: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The warnings of a measured likeness, as stored, as sentences."""
    codes = (likeness or {}).get("warnings", ())
    return tuple(SENTENCES.get(code, "This picture needs a look.") for code in codes)


def scores(likeness: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """What was measured, as stored in any version, as pairs of words: what, and how it came out."""
    known = {name: value for name, value in (likeness or {}).items() if value is not None}
    told = [("Same face", _face(known)), ("Looks and clothes", _attributes(known)), ("Skin", _skin(known))]
    told += [(words, f"{known[name]:g}{unit}") for name, words, unit in _OLDER if name in known]
    if "sameness" in known:
        told.append(("Detail kept from the photo", f"{known['sameness']:g}"))
    return tuple((what, how) for what, how in told if how)


def in_short(likeness: Mapping[str, Any] | None) -> str:
    """The first score and every warning, for a line of a table."""
    found = likeness or {}
    score = found.get("identity")
    return " ".join([*([f"{score:.2f}"] if score is not None else []), *sentences(found)])


def _face(known: Mapping[str, Any]) -> str:
    if "identity" not in known:
        return "not measured" if "identity_mark" in known else ""
    place = ""
    if "identity_rank" in known:
        rank, line = known["identity_rank"], known["identity_of"]
        place = (
            f"yes, the nearest of {line} drawings; "
            if rank == 1
            else f"nearest but {rank - 1} of {line} drawings; "
        )
    mark = f" (needs {known['identity_mark']:g})" if "identity_mark" in known else ""
    return f"{place}{known['identity']:g}{mark}"


def _attributes(known: Mapping[str, Any]) -> str:
    if "attributes_known" not in known:
        return ""
    agreeing, of = known["attributes_agreeing"], known["attributes_known"]
    different = ", ".join(known.get("attributes_different", ()))
    return f"{agreeing} of {of} as in the photo" + (f"; different: {different}" if different else "")


def _skin(known: Mapping[str, Any]) -> str:
    if "skin_lightness" not in known:
        return ""
    lightness, step, drawn = known["skin_lightness"], known["monk_photo"], known["monk_variant"]
    if abs(lightness) < 3:
        told = "as light as in the photo"
    else:
        told = f"{abs(lightness):g} {'lighter' if lightness > 0 else 'darker'} than in the photo (of 100)"
    steps = f"Monk step {step}" if step == drawn else f"Monk step {step} became {drawn}"
    return f"{told}; {steps}; color moved by {known['skin_delta_e']:g} ΔE"


def verdicts(likeness: Mapping[str, Any] | None) -> tuple[tuple[bool, str], ...]:
    """What was measured, as short words with whether it is well: "the same face", "lighter skin than the
    photo". Nothing is said of what was not measured.
    """
    known = {name: value for name, value in (likeness or {}).items() if value is not None}
    warned = frozenset(known.get("warnings", ()))
    told = [
        (not bad, word)
        for bad, word in (
            ("not_alike" in warned, _face_in_short(known, warned)),
            (bool(warned & {"skin_lighter", "skin_darker", "skin_shifted"}), _skin_in_short(known, warned)),
            (True, _looks_in_short(known)),
        )
        if word
    ]
    rest = [code for code in known.get("warnings", ()) if code not in _IN_SHORT_ELSEWHERE]
    return (*told, *((False, _SHORT.get(code, "needs a look")) for code in rest))


_IN_SHORT_ELSEWHERE = {"not_alike", "skin_lighter", "skin_darker", "skin_shifted"}
_SHORT = {
    "blank": "blank",
    "no_face_drawn": "no face in it",
    "glasses_lost": "the glasses are missing",
    "headwear_lost": "the headwear is missing",
    "undressed": "more bare skin than the photo",
    "not_drawn": "nearly the photo itself",
    "not_measured": "likeness not measured",
}


def _face_in_short(known: Mapping[str, Any], warned: frozenset[str]) -> str:
    if "not_alike" in warned:
        return "may not be the same face"
    return "the same face" if "identity" in known else ""


def _skin_in_short(known: Mapping[str, Any], warned: frozenset[str]) -> str:
    if "skin_lighter" in warned:
        return "lighter skin than the photo"
    if "skin_darker" in warned:
        return "darker skin than the photo"
    if "skin_shifted" in warned:
        return "another skin tone than the photo"
    return "the same skin tone" if "skin_lightness" in known else ""


def _looks_in_short(known: Mapping[str, Any]) -> str:
    different = known.get("attributes_different", ())
    return f"different: {', '.join(different)}" if different else ""
