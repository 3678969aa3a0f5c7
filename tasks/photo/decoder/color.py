"""Colors that a file says in numbers, not by a profile, into sRGB: primaries, transfer functions, HDR.

Code points are those of ITU-T H.273. HDR (PQ and HLG, ITU-R BT.2100) is shown with its reference white of 203
cd/m2 (BT.2408) as white; what is brighter is rolled off as BT.2390 does it, and what is not stays as it is.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tasks.photo.decoder.packed import SURELY_SRGB, Packed, Rejected

Floats = NDArray[np.float32]
_Point = NDArray[np.float64]

REFERENCE_WHITE = 203.0  # cd/m2
HLG_PEAK, HLG_GAMMA = 1000.0, 1.2
ROWS_AT_ONCE = 128
_D65 = (0.3127, 0.3290)
_C = (0.310, 0.316)
SRGB = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *_D65)
ADOBE_RGB = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, *_D65)
PRIMARIES: dict[int, tuple[float, ...]] = {
    1: SRGB,
    2: SRGB,  # not said
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, *_C),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *_D65),
    6: (0.63, 0.34, 0.31, 0.595, 0.155, 0.07, *_D65),
    7: (0.63, 0.34, 0.31, 0.595, 0.155, 0.07, *_D65),
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, *_C),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),
    22: (0.63, 0.34, 0.295, 0.605, 0.155, 0.077, *_D65),
}
PQ, HLG = 16, 18
# Cameras' curves of old, which everyone shows as if they were sRGB's; and what is not said.
_LIKE_SRGB = {1, 2, 6, 7, 11, 12, 13, 14, 15}


def converter(packed: Packed) -> Callable[[NDArray[np.uint8]], NDArray[np.uint8]] | None:
    """What turns the file's RGB into sRGB; None where it is sRGB. Rejected for colors we don't know."""
    if packed.cicp is not None:
        primaries, transfer = packed.cicp
        if primaries not in PRIMARIES or (transfer not in _LIKE_SRGB and transfer not in _TRANSFERS):
            if primaries in (0, 2, 3) or transfer in (0, 3):  # reserved: nothing is said
                return None
            raise Rejected("unsupported_colour")
        return _converter(PRIMARIES[primaries], transfer)
    gamma, corners = packed.gamma, packed.chromaticities
    usable = gamma is not None and 0.1 <= gamma <= 3
    near = gamma is not None and abs(gamma - 1 / 2.2) <= SURELY_SRGB
    exponent = 1 / gamma if gamma is not None and usable and not near else None
    return _converter(corners if corners and _is_possible(corners) else SRGB, 13, exponent)


def adobe_rgb() -> Callable[[NDArray[np.uint8]], NDArray[np.uint8]]:
    """What turns Adobe RGB (1998) into sRGB."""
    convert = _converter(ADOBE_RGB, 13, 563 / 256)
    assert convert is not None
    return convert


def cicp_of_profile(profile: bytes) -> tuple[int, int] | None:
    """The code points in an ICC profile's `cicp` tag, where they say HDR: its curves alone can't."""
    for number in range(min(int.from_bytes(profile[128:132], "big"), 100)):
        entry = profile[132 + 12 * number : 144 + 12 * number]
        if entry[:4] == b"cicp":
            at = int.from_bytes(entry[4:8], "big")
            if profile[at : at + 4] == b"cicp" and len(profile) >= at + 12 and profile[at + 9] in (PQ, HLG):
                return profile[at + 8], profile[at + 9]
    return None


def _is_possible(corners: tuple[float, ...]) -> bool:
    """Whether these chromaticities span a triangle with its white inside, about as displays do."""
    red, green, blue, white = (np.array(corners[at : at + 2]) for at in (0, 2, 4, 6))
    if min(corners) < 0 or max(corners) > 1 or white[1] < 0.1:
        return False

    def side(one: _Point, other: _Point, point: _Point) -> float:
        a, b = other - one, point - one
        return float(a[0] * b[1] - a[1] * b[0])

    sides = [side(red, green, white), side(green, blue, white), side(blue, red, white)]
    return abs(side(red, green, blue)) > 0.02 and (min(sides) > 0 or max(sides) < 0)


def _converter(
    primaries: tuple[float, ...], transfer: int, exponent: float | None = None
) -> Callable[[NDArray[np.uint8]], NDArray[np.uint8]] | None:
    same_primaries = max(abs(a - b) for a, b in zip(primaries, SRGB, strict=True)) <= SURELY_SRGB
    if same_primaries and transfer in _LIKE_SRGB and exponent is None:
        return None
    matrix = None if same_primaries else _to_srgb(primaries)
    if exponent is not None:
        curve = _light_by(lambda value: value**exponent)
    elif transfer in _LIKE_SRGB:
        curve = _light_by(_srgb_light)
    else:
        curve = _light_by(_TRANSFERS[transfer])
    luma = _luminance(primaries) if transfer == HLG else None
    return lambda pixels: _converted(pixels, curve, matrix, luma, hdr=transfer in (PQ, HLG))


def _light_by(transfer: Callable[[Floats], Floats]) -> Floats:
    """The light of each of 256 levels, where 1 is white."""
    levels = np.arange(256, dtype=np.float32) / np.float32(255)
    return np.asarray(transfer(levels), np.float32)


def _converted(
    pixels: NDArray[np.uint8], curve: Floats, matrix: Floats | None, luma: Floats | None, *, hdr: bool
) -> NDArray[np.uint8]:
    out = np.empty_like(pixels)
    starts = range(0, pixels.shape[0], ROWS_AT_ONCE)
    strips = [slice(at, at + ROWS_AT_ONCE) for at in starts]
    peak = _peak(pixels, strips, curve, luma) if hdr else 1.0
    for strip in strips:
        light = _light(pixels[strip], curve, luma)
        if matrix is not None:
            light = light @ matrix.T
        if peak > 1.05:
            light = _rolled_off(light, peak)
        out[strip] = np.rint(_srgb_level(np.clip(light, 0, 1)) * 255).astype(np.uint8)
    return out


def _light(pixels: NDArray[np.uint8], curve: Floats, luma: Floats | None) -> Floats:
    light = curve[pixels]
    if luma is None:
        return light
    scene = np.maximum(light @ luma, 1e-6)  # the display's light depends on the luminance of the scene
    return np.asarray(
        light * (scene ** (HLG_GAMMA - 1) * (HLG_PEAK / REFERENCE_WHITE))[..., None], np.float32
    )


def _peak(pixels: NDArray[np.uint8], strips: list[slice], curve: Floats, luma: Floats | None) -> float:
    """The brightest light but for a thousandth of the picture."""
    brightest = [_light(pixels[strip], curve, luma).max(axis=2).ravel() for strip in strips]
    return float(np.percentile(np.concatenate(brightest), 99.9))


def _rolled_off(light: Floats, peak: float) -> Floats:
    """BT.2390's curve from `peak` down to 1, on the brightest of the three, so that no hue changes."""
    brightest = np.maximum(light.max(axis=2), 1e-6)
    top = float(_pq_level(np.array(peak, np.float32)))
    level = np.minimum(_pq_level(brightest) / top, 1.0)
    most = float(_pq_level(np.array(1.0, np.float32))) / top
    knee = max(0.0, 1.5 * most - 0.5)
    t = np.clip((level - knee) / max(1 - knee, 1e-6), 0, 1)
    rolled = (
        (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (-2 * t**3 + 3 * t**2) * most
    )
    shown = _pq_light(np.where(level < knee, level, rolled) * top)
    return np.asarray(light * (shown / brightest)[..., None], np.float32)


def _srgb_light(value: Floats) -> Floats:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _srgb_level(light: Floats) -> Floats:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32


def _pq_light(level: Floats) -> Floats:
    root = np.maximum(level, 0) ** (1 / _M2)
    return np.asarray(
        (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1) * (10_000 / REFERENCE_WHITE), np.float32
    )


def _pq_level(light: Floats) -> Floats:
    power = (np.maximum(light, 0) * (REFERENCE_WHITE / 10_000)) ** _M1
    return np.asarray(((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2, np.float32)


def _hlg_scene(level: Floats) -> Floats:
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(level <= 0.5, level**2 / 3, (np.exp((level - c) / a) + b) / 12)


_TRANSFERS: dict[int, Callable[[Floats], Floats]] = {
    4: lambda value: value**2.2,
    5: lambda value: value**2.8,
    8: lambda value: value,
    PQ: _pq_light,
    17: lambda value: value**2.6 * np.float32(52.37 / 48),
    HLG: _hlg_scene,
}


def _to_srgb(primaries: tuple[float, ...]) -> Floats:
    """Light in these primaries to light in sRGB's, white to white (Bradford)."""
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    source, target = (bradford @ _xyz(white[6:8]) for white in (primaries, SRGB))
    adapted = np.linalg.inv(bradford) @ np.diag(target / source) @ bradford
    return np.asarray(np.linalg.inv(_rgb_to_xyz(SRGB)) @ adapted @ _rgb_to_xyz(primaries), np.float32)


def _luminance(primaries: tuple[float, ...]) -> Floats:
    return np.asarray(_rgb_to_xyz(primaries)[1], np.float32)


def _rgb_to_xyz(primaries: tuple[float, ...]) -> NDArray[np.float64]:
    corners = np.stack([_xyz(primaries[at : at + 2]) for at in (0, 2, 4)], axis=1)
    return np.asarray(corners * np.linalg.solve(corners, _xyz(primaries[6:8])), np.float64)


def _xyz(point: tuple[float, ...]) -> NDArray[np.float64]:
    x, y = point
    return np.array([x / max(y, 1e-6), 1.0, (1 - x - y) / max(y, 1e-6)])
