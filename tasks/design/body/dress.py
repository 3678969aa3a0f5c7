"""Which outfit suits a sheet: from the measured clothes and headwear, never from a guessed sex."""

from dataclasses import replace

import numpy as np

from tasks.design.body.layers import toned
from tasks.design.body.outfits import WHITE, Outfit, Palette
from tasks.design.head.context import SURE
from tasks.perception.analysis import Lab, Reading
from tasks.perception.character_sheet import CharacterSheet, SheetTraits
from tasks.perception.sheet_traits.fronts import Front, front_of

_STREAM = 71  # of the seed's random numbers
_KNOWN_SHARE = 0.08  # of the clothes: a smaller color is a button or a shadow
_APART = 22.0  # Lab distance from which two colors are two
_CLOTH_FROM_SKIN = 20.0  # Lab distance below which a garment would look like nothing
_SKIN_TINT, _COLORLESS = 12.0, 10.0  # distance in a and b from the skin; chroma below which cloth is gray
_DARK = 50.0  # L* below which cloth may be a jacket
_LEAK = 12.0  # Lab distance from the skin below which a second color is a hand, not cloth
_LONG_BY_NATURE = ("jacket", "hoodie", "jumper", "shirt")
_PRINTED = ("t-shirt", "jumper", "top")
_PRINTS = ("star", "heart", "sun")
_COVERED = ("veil",)  # headwear that goes with covered arms and legs
_YOUNG = ("baby", "toddler", "child")

# Clothes nobody saw, by seed; and what is worn with what was seen. Lab.
_UNSEEN: tuple[Lab, ...] = ((58, 36, 26), (56, -22, 12), (72, 6, 46), (52, -6, -30), (64, 28, 8))
_TROUSERS: tuple[Lab, ...] = ((42, -1, -21), (34, 2, -11), (58, 4, 20), (42, 6, 13), (46, 0, -4))
_SHOES: tuple[Lab, ...] = ((55, 42, 30), (50, -6, -30), (66, 8, 46), (52, -20, 8), (46, 8, 12))
_LEATHER: Lab = (30, 8, 12)
_BOOKS: tuple[Lab, ...] = ((48, 46, 28), (42, -4, -32), (44, -24, 10))


def dress(sheet: CharacterSheet, skin: Lab, seed: int) -> tuple[Outfit, Palette]:
    """The outfit and its colors, the same for the same sheet and seed."""
    rng = np.random.default_rng([seed, _STREAM])
    return palette_for(outfit_for(_with_layers(sheet), rng), sheet, skin, rng)


def _with_layers(sheet: CharacterSheet) -> SheetTraits:
    """The sheet's words; an unknown garment is a jacket where a light shirt shows in dark cloth."""
    traits = sheet.traits
    if _sure(traits.garment) is not None or not sheet.colors.clothes:
        return traits
    outer, _ = sheet.colors.clothes[0]
    front = front_of(sheet, outer)
    if outer[0] > _DARK or front.shirt is None:
        return traits
    neckline = "collar" if front.tie is not None else "crew"
    return replace(traits, garment=Reading("jacket", 1.0), neckline=Reading(neckline, 1.0))


def outfit_for(traits: SheetTraits, rng: np.random.Generator) -> Outfit:
    """Words to garments. Unknown is a crew neck T-shirt, in checks a shirt; nothing is shorter than seen."""
    garment = _sure(traits.garment) or ("shirt" if _sure(traits.pattern) == "checks" else "t-shirt")
    band = traits.age_band.value or "child"
    covered = _sure(traits.headwear) in _COVERED
    sleeves = _sure(traits.sleeves)
    long_sleeves = covered or sleeves == "long" or (sleeves is None and garment in _LONG_BY_NATURE)
    if garment == "jacket":
        long_sleeves = True
    if garment == "t-shirt" and long_sleeves:
        garment = "jumper"
    neckline = _sure(traits.neckline) or {"shirt": "collar", "jacket": "crew"}.get(garment, "crew")
    if neckline == "strapless":
        neckline = "scoop"
    if covered:
        neckline = "turtleneck"
    if garment == "shirt" and neckline not in ("collar", "open"):
        neckline = "collar"
    shorts = band in _YOUNG and not long_sleeves and bool(rng.random() < 0.45)
    bottom = "shorts" if shorts else "trousers"
    if covered and garment != "dress" and rng.random() < 0.5:
        bottom = "skirt"
    bare_legs = shorts or (garment == "dress" and not covered and band in _YOUNG)
    return Outfit(
        garment=garment,
        neckline=neckline,
        long_sleeves=long_sleeves,
        bottom=bottom,
        long_hem=covered or (garment == "dress" and band not in _YOUNG),
        pattern=_pattern(_sure(traits.pattern), garment, rng),
        shoes=_shoes(band, garment, covered),
        socks=bare_legs,
        covered=covered,
    )


def _pattern(seen: str | None, garment: str, rng: np.random.Generator) -> str:
    """A print is a picture on the chest where garments have one, else dots."""
    if seen == "print":
        return _PRINTS[int(rng.integers(len(_PRINTS)))] if garment in _PRINTED else "dots"
    return seen if seen in ("stripes", "checks") else "plain"


def _shoes(band: str, garment: str, covered: bool) -> str:
    if band == "baby":
        return "booties"
    return "leather" if garment in ("jacket", "dress") or band == "older adult" or covered else "sneakers"


def palette_for(
    outfit: Outfit, sheet: CharacterSheet, skin: Lab, rng: np.random.Generator
) -> tuple[Outfit, Palette]:
    """Cloth as measured where it was; what was not seen suits it, by seed."""
    seen = [printable(lab) for lab, share in sheet.colors.clothes if share >= _KNOWN_SHARE]
    seen = [*seen[:1], *(lab for lab in seen[1:] if _distance(lab, skin) > _LEAK)]
    main = unlike_skin(seen[0] if seen else _pick(_UNSEEN, rng), skin)
    others = [lab for lab in seen[1:] if _distance(lab, main) > _APART]
    trim = others[0] if others else _lighter(main)
    trousers = sorted(_TROUSERS, key=lambda lab: -_distance(lab, main))
    bottom = unlike_skin(trousers[int(rng.integers(3))], skin)
    shoes = _LEATHER if outfit.shoes == "leather" else _pick(_SHOES, rng)
    light = [lab for lab in others if lab[0] > 66]
    front = front_of(sheet, main) if outfit.garment == "jacket" else Front()
    inner = front.shirt or (light[0] if light else WHITE)
    if _looks_bare(inner, skin):
        inner = WHITE
    if front.tie is not None:
        outfit = replace(outfit, tie=True, neckline="collar")
        bottom = main  # a suit
    palette = Palette(
        skin=skin,
        main=main,
        trim=trim,
        bottom=bottom,
        inner=printable(inner),
        tie=printable(front.tie or main),
        shoes=shoes,
        socks=WHITE,
        veil=printable(sheet.colors.headwear) if sheet.colors.headwear else main,
        book=_pick(_BOOKS, rng),
    )
    return outfit, palette


def _sure(reading: Reading) -> str | None:
    return reading.value if reading.confidence >= SURE else None


def printable(lab: Lab) -> Lab:
    """Into what ink can print: no black cloth without folds, no white without a shade."""
    chroma = float(np.hypot(lab[1], lab[2]))
    k = min(1.0, 62.0 / max(chroma, 1e-6))
    return float(np.clip(lab[0], 20, 93)), lab[1] * k, lab[2] * k


def unlike_skin(lab: Lab, skin: Lab) -> Lab:
    """Cloth of nearly the color of this skin, so much lighter or darker that it is seen to be cloth."""
    if _distance(lab, skin) >= _CLOTH_FROM_SKIN:
        return lab
    across = float(np.hypot(lab[1] - skin[1], lab[2] - skin[2]))
    step = float(np.sqrt(_CLOTH_FROM_SKIN**2 - across**2))
    darker, lighter = skin[0] - step, skin[0] + step
    up = (lab[0] > skin[0] and lighter <= 93) or darker < 20
    return lighter if up else darker, lab[1], lab[2]


def _looks_bare(lab: Lab, skin: Lab) -> bool:
    """Whether what shows under a jacket has the hue of this skin, in whatever light: then it may be skin."""
    across = float(np.hypot(lab[1] - skin[1], lab[2] - skin[2]))
    return across < _SKIN_TINT and float(np.hypot(lab[1], lab[2])) > _COLORLESS


def _lighter(lab: Lab) -> Lab:
    if lab[0] > 78:
        return toned(lab, -24)
    return min(95.0, lab[0] + (96 - lab[0]) * 0.62), lab[1] * 0.6, lab[2] * 0.6


def _distance(a: Lab, b: Lab) -> float:
    return float(np.linalg.norm(np.subtract(a, b)))


def _pick(colors: tuple[Lab, ...], rng: np.random.Generator) -> Lab:
    return colors[int(rng.integers(len(colors)))]
