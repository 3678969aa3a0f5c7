"""Where a beard grows: around the mouth and along the jaw, where the face is not of its own skin."""

import numpy as np

from tasks.arrays import BoolMask
from tasks.face_mesh import LIPS
from tasks.perception.clusters import FLOOR, Mixture
from tasks.perception.face_crop import BEARD_TOP, FaceCrop
from tasks.perception.geometry import fill_polygon, scale_outline
from tasks.perception.pixel_classes import close_mask, connected_components, fill_holes, open_mask
from tasks.perception.skin_color import BodyColors, SkinColor


def _field(crop: FaceCrop) -> BoolMask:
    """Where a beard can be: from under the nose to half a face below the chin, without the lips."""
    wide = 0.42 + np.clip(crop.height, 0, 0.2) * 0.3
    field = (crop.height < BEARD_TOP) & (crop.height > -0.5) & (np.abs(crop.sideways) < wide)
    return field & (crop.person > 0.5) & ~fill_polygon(crop.shape, scale_outline(crop.mesh[LIPS], 1.1))


def beard_mask(crop: FaceCrop, skin: SkinColor, body: BodyColors) -> BoolMask:
    """The beard of a person known to have one."""
    field = _field(crop)
    cheeks = crop.inner & (crop.height > 0.40) & (crop.height < 0.75)
    bare = np.median(crop.lab[cheeks], axis=0) if cheeks.sum() > 30 else skin.middle
    dark = crop.lab[..., 0] < 0.78 * bare[0]
    sample = field & crop.oval & dark
    if sample.sum() < 0.01 * crop.unit**2:
        return np.zeros(crop.shape, np.bool_)
    by_beard = Mixture(crop.lab[sample], 3).log_likelihood(crop.lab)
    # Off the face a dark shirt may be of the beard's color: the beard must be the likelier one.
    likely = (by_beard > FLOOR / 4) & (crop.oval | (by_beard > body.clothes + 1))
    beard = field & dark & likely
    beard = close_mask(open_mask(beard, 3), 2 * int(crop.unit * 0.03) + 1) & field
    count, pieces, _ = connected_components(beard)
    rooted = np.bincount(pieces[sample], minlength=count) > 0.004 * crop.unit**2
    rooted[0] = False
    return fill_holes(rooted[pieces], 0.02 * crop.unit**2) & field
