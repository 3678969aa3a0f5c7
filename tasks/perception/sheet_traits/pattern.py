"""Plain, stripes, checks or print: a pattern is what repeats itself; unsure is unknown.

The autocorrelation of the clothes' fine contrast has a peak at every period: along one direction for stripes,
along two for checks. Folds, seams, buttons and lanyards are contrasts, too, and do not repeat. A print is
several pieces of another color that the cloth's own surrounds: a badge is one, buttons are small.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import Plane
from tasks.perception.analysis import Reading
from tasks.perception.character_sheet import FaceClass
from tasks.perception.pixel_classes import close_mask, connected_components, fill_holes
from tasks.perception.sheet_traits.head_frame import UNKNOWN, HeadFrame, eroded

_SIDE = 128  # map pixels (80 head units): of the piece that is looked at
_FILLED = 0.55  # of it must be cloth
_PERSON = 0.5
_COARSE, _FINE = 9.0, 0.8  # sigmas of the band: folds are wider, noise is narrower
_NEAR, _FAR = 4, 36  # map pixels: periods that are looked for
_CONTRAST = 8.0  # L*: woven and printed patterns have more, knitting has less
_REPEATS, _AGAIN = 0.5, 0.36  # autocorrelation at the first and at the second peak
_PLAIN, _PLAIN_SHARE = 12.0, 0.03  # L*, and the share of pixels that may differ so much from around them
_FEWEST = 900
_PRINTED, _PIECES, _LARGEST = 0.06, 6, 0.45  # of the cloth, how many, and of them the largest
_SMALLEST_PIECE = 5  # pixels of half a map
_OWN, _OTHER = 18.0, 28.0  # distance in Lab to the cloth's own color: of its folds, of another color
_SKIN = 9.0  # the same to the skin's
_FOLDS = 0.6  # of a difference in lightness: folds differ in that


@dataclass(frozen=True)
class _Piece:
    detail: Plane  # fine contrast, L*; 0 outside the cloth
    weight: Plane
    share: float


def _piece(frame: HeadFrame) -> _Piece | None:
    """The square that holds the most cloth."""
    cloth = frame.is_class(FaceClass.CLOTH) & (frame.sheet.person > _PERSON) & (frame.y > 2)
    inner = eroded(cloth, 3)
    if inner.sum() < _FEWEST:
        return None
    filled = cv2.boxFilter(
        inner.astype(np.float32), -1, (_SIDE, _SIDE), normalize=True, borderType=cv2.BORDER_CONSTANT
    )
    row, column = divmod(int(filled.argmax()), filled.shape[1])
    top, left = max(0, row - _SIDE // 2), max(0, column - _SIDE // 2)
    window = np.s_[top : top + _SIDE, left : left + _SIDE]
    weight = np.asarray(inner[window], np.float32)
    lightness = np.asarray(frame.sheet.lab[..., 0][window], np.float32)
    detail = (_within(lightness, weight, _FINE) - _within(lightness, weight, _COARSE)) * weight
    return _Piece(np.asarray(detail, np.float32), weight, float(filled.max()))


def _within(plane: Plane, weight: Plane, sigma: float) -> Plane:
    blurred = cv2.GaussianBlur(plane * weight, (0, 0), sigma)
    return np.asarray(blurred / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3), np.float32)


def _autocorrelation(piece: _Piece) -> NDArray[np.float64]:
    """(2 _FAR + 1) squared, the middle is lag 0: of the cloth alone, 1 where it repeats itself wholly."""
    size = (2 * _SIDE, 2 * _SIDE)
    values, weight, squares = (
        np.fft.rfft2(plane, size) for plane in (piece.detail, piece.weight, piece.detail**2)
    )
    products = np.fft.irfft2(values * np.conj(values))
    overlap = np.fft.irfft2(weight * np.conj(weight))
    energies = np.fft.irfft2(squares * np.conj(weight)) * np.fft.irfft2(weight * np.conj(squares))
    correlation = products / np.sqrt(np.maximum(energies, 1e-3))
    correlation[overlap < 0.25 * piece.weight.sum()] = 0
    middle = _SIDE
    return np.asarray(
        np.fft.fftshift(correlation)[middle - _FAR : middle + _FAR + 1, middle - _FAR : middle + _FAR + 1]
    )


def _peaks(correlation: NDArray[np.float64]) -> list[tuple[float, NDArray[np.float64]]]:
    """(height, lag as x, y) of the peaks beyond lag 0, highest first; of two opposite ones the lower."""
    top = cv2.dilate(correlation, np.ones((5, 5), np.uint8)) == correlation
    rows, columns = np.mgrid[-_FAR : _FAR + 1, -_FAR : _FAR + 1]
    distance = np.hypot(rows, columns)
    half = (rows > 0) | ((rows == 0) & (columns > 0))
    found = top & (distance > _NEAR) & (distance < _FAR) & half
    lags = np.stack([columns[found], rows[found]], -1).astype(np.float64)
    order = np.argsort(-correlation[found], kind="stable")
    return [(float(correlation[found][index]), lags[index]) for index in order]


def read_pattern(frame: HeadFrame) -> Reading:
    """Plain, stripes, checks or print."""
    piece = _piece(frame)
    if piece is None:
        return UNKNOWN
    if _is_printed(frame):
        return Reading("print", 0.6)
    cloth = piece.weight > 0.5
    contrast = float(piece.detail[cloth].std())
    if piece.share >= _FILLED and contrast >= _CONTRAST:
        return _repeated(_peaks(_autocorrelation(piece)))
    odd = float((np.abs(piece.detail[cloth]) > _PLAIN).mean())
    return Reading("plain", 0.6) if contrast < _CONTRAST and odd < _PLAIN_SHARE else UNKNOWN


def _is_printed(frame: HeadFrame) -> bool:
    """Whether several pieces of other colors lie within one color of cloth; bare skin is no print."""
    cloth = eroded(frame.is_class(FaceClass.CLOTH) & (frame.sheet.person > _PERSON) & (frame.y > 2), 3)
    cloth = np.ascontiguousarray(cloth[::2, ::2])  # half the size sees as much
    size = (cloth.shape[1], cloth.shape[0])
    lab = np.asarray(cv2.resize(frame.sheet.lab, size, interpolation=cv2.INTER_AREA), np.float32)
    weights = np.array([_FOLDS, 1, 1], np.float32)
    own = np.median(lab[cloth], axis=0)
    skin = np.asarray(frame.sheet.colors.skin, np.float32)
    from_own = np.linalg.norm((lab - own) * weights, axis=-1)
    ground = close_mask(np.asarray((from_own < _OWN) & cloth, np.bool_), 3)
    pieces = fill_holes(ground, float(ground.size)) & ~ground & (from_own > _OTHER)
    pieces &= np.linalg.norm((lab - skin)[..., 1:], axis=-1) + 0.2 * np.abs(lab[..., 0] - skin[0]) > _SKIN
    _, _, areas = connected_components(pieces)
    sizes = areas[1:][areas[1:] > _SMALLEST_PIECE]
    if len(sizes) < _PIECES or sizes.max() > _LARGEST * sizes.sum():
        return False
    return bool(sizes.sum() > _PRINTED * cloth.sum())


def _repeated(peaks: list[tuple[float, NDArray[np.float64]]]) -> Reading:
    if len(peaks) < 2 or peaks[0][0] < _REPEATS:
        return UNKNOWN
    (_, first), others = peaks[0], [peak for peak in peaks[1:] if peak[0] >= _AGAIN]
    for _, lag in others:
        cross = abs(first[0] * lag[1] - first[1] * lag[0]) / (np.linalg.norm(first) * np.linalg.norm(lag))
        if cross > 0.5:  # more than 30 degrees apart
            return Reading("checks", 0.7)
    return Reading("stripes", 0.6) if others else UNKNOWN
