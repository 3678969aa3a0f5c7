"""Where a beard grows: around the mouth and along the jaw, where the face is not of its own skin."""

import numpy as np

from tasks.perception.clusters import FLOOR, Mixture
from tasks.perception.face_crop import BEARD_TOP, Scene
from tasks.perception.geometry import Mask, filled, grown
from tasks.perception.mesh_points import LIPS
from tasks.perception.pixel_classes import closed, opened, pieces_of, without_holes
from tasks.perception.skin_color import BodyColors, SkinColor


def _field(scene: Scene) -> Mask:
    """Where a beard can be: from under the nose to half a face below the chin, without the lips."""
    wide = 0.42 + np.clip(scene.height, 0, 0.2) * 0.3
    field = (scene.height < BEARD_TOP) & (scene.height > -0.5) & (np.abs(scene.sideways) < wide)
    return field & (scene.person > 0.5) & ~filled(scene.shape, grown(scene.mesh[LIPS], 1.1))


def beard_mask(scene: Scene, skin: SkinColor, body: BodyColors) -> Mask:
    """The beard of a person known to have one."""
    field = _field(scene)
    cheeks = scene.inner & (scene.height > 0.40) & (scene.height < 0.75)
    bare = np.median(scene.lab[cheeks], axis=0) if cheeks.sum() > 30 else skin.middle
    dark = scene.lab[..., 0] < 0.78 * bare[0]
    sample = field & scene.oval & dark
    if sample.sum() < 0.01 * scene.unit**2:
        return np.zeros(scene.shape, np.bool_)
    by_beard = Mixture(scene.lab[sample], 3).log_likelihood(scene.lab)
    # Off the face a dark shirt may be of the beard's color: the beard must be the likelier one.
    likely = (by_beard > FLOOR / 4) & (scene.oval | (by_beard > body.clothes + 1))
    beard = field & dark & likely
    beard = closed(opened(beard, 3), 2 * int(scene.unit * 0.03) + 1) & field
    count, pieces, _ = pieces_of(beard)
    rooted = np.bincount(pieces[sample], minlength=count) > 0.004 * scene.unit**2
    rooted[0] = False
    return without_holes(rooted[pieces], 0.02 * scene.unit**2) & field
