"""What can be wrong with a picture as a whole, judged by its gray values."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from tasks.arrays import RgbBytes

LOOKED_AT = 512  # pixels of the longest side


@dataclass(frozen=True)
class Grays:
    """The gray values (0..255) of a picture, or of a part of it."""

    darkest: float  # 2nd percentile
    dark: float  # 10th
    lightest: float  # 98th
    burnt_out: float  # the share of pixels that are as good as white

    @property
    def contrast(self) -> float:
        """The distance from the darkest to the lightest, in gray values."""
        return self.lightest - self.darkest


def grays_of(pixels: RgbBytes) -> Grays:
    """The gray values (Rec. 601) of RGB pixels, (H, W, 3)."""
    gray = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    darkest, dark, lightest = (float(value) for value in np.percentile(gray, (2, 10, 98)))
    return Grays(darkest, dark, lightest, float((gray > 250).mean()))


def is_blank(pixels: RgbBytes) -> bool:
    """Whether the picture is one plain color, give or take the noise of a JPEG."""
    low, high = np.percentile(pixels, (0.5, 99.5), axis=(0, 1))
    return bool((high - low < 4).all())


def why_no_face(pixels: RgbBytes) -> str:
    """The code, one of `tasks.photo.codes`, that explains best why no face was found in RGB pixels.

    The limits were set on photos that we darkened, burnt, fogged and blurred by steps.
    """
    grays = grays_of(pixels)
    if grays.lightest < 40:
        return "too_dark"
    if grays.dark > 240:
        return "too_bright"
    if grays.contrast < 24:
        return "low_contrast"
    # Sharp photos of anything have 0.017 and more; a blur of 1/125 of the width brings any below 0.0085.
    return "too_blurry" if _fine_detail(pixels) < 0.0085 else "no_face"


def _fine_detail(pixels: RgbBytes) -> float:
    """The share of the contrast that lies between neighbouring pixels."""
    image = Image.fromarray(pixels).convert("L")
    image.thumbnail((LOOKED_AT, LOOKED_AT))
    gray = np.asarray(image, np.float32)
    detail = gray - np.asarray(image.filter(ImageFilter.BoxBlur(1)), np.float32)
    return float(detail.std() / (gray.std() + 1))
