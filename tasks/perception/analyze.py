"""Looking at a photo: everything the local engine knows of the main person in it."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, BoolMask, Mask
from tasks.perception.analysis import Colors, PersonAnalysis, Reading, Traits
from tasks.perception.face_crop import crop_face
from tasks.perception.faces import FoundFace, find_faces
from tasks.perception.geometry import FaceAxes, face_axes, head_yaw
from tasks.perception.groups import own_matte
from tasks.perception.landmarks import Eye, find_eyes
from tasks.perception.matting import person_matte
from tasks.perception.pixel_classes import CLOTHES, HAIR, SKIN
from tasks.perception.segmentation import Regions, segment_regions
from tasks.perception.shared_results import SharedResults
from tasks.perception.traits.age import age_band, apparent_years, year_chances
from tasks.perception.traits.clothes import ClothesColors, measure_clothes
from tasks.perception.traits.eyes import EyeColor, measure_eyes
from tasks.perception.traits.eyewear import measure_eyewear
from tasks.perception.traits.facial_hair import measure_facial_hair
from tasks.perception.traits.hair import HairColor, measure_hair
from tasks.perception.traits.light import Light, light_of
from tasks.perception.traits.shape import measure_expression, measure_shape
from tasks.perception.traits.skin import SkinColor, face_skin, measure_skin, white_lightness
from tasks.perception.working_picture import WorkingPicture, around
from tasks.photo.codes import refusal
from tasks.providers.protocols import Photo

EYEWEAR = ("glasses", "sunglasses")


@dataclass(frozen=True)
class _Person:
    """The main person of a photo, found and cut out, not yet measured."""

    picture: WorkingPicture
    found: FoundFace
    axes: FaceAxes
    eyes: tuple[Eye, Eye]
    glasses: Reading
    facial_hair: Reading
    matte: Mask
    regions: Regions


@dataclass(frozen=True)
class _Measures:
    skin: SkinColor
    hair: HairColor
    eyes: EyeColor
    clothes: ClothesColors
    years: NDArray[np.float64] | None
    age: tuple[float, float] | None  # years, spread


def is_monochrome(photo: BgrBytes) -> bool:
    """True for a black-and-white photo: no pixel has more than a whiff of color."""
    small = cv2.resize(photo, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32)
    return float((small.max(-1) - small.min(-1)).mean()) < 5.0


def _cut_out(photo: BgrBytes, faces: list[FoundFace]) -> _Person:
    picture = around(photo, faces[0].mesh.points)
    here = [picture.face(found) for found in faces]
    mesh = here[0].mesh.points
    axes = face_axes(mesh)
    matte = own_matte(picture.image, person_matte(picture.image, axes), here)
    glasses = measure_eyewear(picture.image, mesh)
    facial_hair = measure_facial_hair(picture.image, mesh, axes)
    bearded = facial_hair.value == "beard"
    crop = crop_face(picture.image, matte, mesh, eyewear=glasses.value in EYEWEAR, bearded=bearded)
    regions = segment_regions(picture.image, matte, crop, bearded=bearded)
    return _Person(
        picture, here[0], axes, find_eyes(picture.image, mesh), glasses, facial_hair, matte, regions
    )


def _beard(regions: Regions) -> BoolMask | np.bool_:
    return regions.beard > 0.3 if regions.beard is not None else np.bool_(False)


def _measure(person: _Person, light: Light) -> _Measures:
    image, mesh = person.picture.image, person.found.mesh.points
    labels = person.regions.labels()
    bare = face_skin(image, mesh, person.axes, labels == SKIN, eyewear=person.glasses.value in EYEWEAR)
    skin = measure_skin(image, bare, white_lightness(image, mesh), light)
    clothes = measure_clothes(image, labels == CLOTHES, person.axes.height, light)
    years = year_chances(image, mesh)
    age = apparent_years(years)
    hair = (labels == HAIR) & ~_beard(person.regions)
    worn = [color for color, _ in clothes.colors]
    return _Measures(
        skin=skin,
        hair=measure_hair(image, hair, person.axes, light, years=age[0] if age else None, clothes=worn),
        eyes=measure_eyes(image, person.eyes, light, magnified=person.picture.scale),
        clothes=clothes,
        years=years,
        age=age,
    )


def _traits(person: _Person, measures: _Measures) -> Traits:
    mesh = person.found.mesh.points
    return Traits(
        hair_colour=measures.hair.color,
        hair_length=measures.hair.length,
        eyes=Reading() if person.glasses.value == "sunglasses" else measures.eyes.color,
        skin=measures.skin.tone,
        clothes=measures.clothes.words,
        glasses=person.glasses,
        facial_hair=person.facial_hair,
        face_shape=measure_shape(mesh, person.axes),
        age_band=age_band(measures.age),
        expression=measure_expression(mesh, person.axes),
    )


def _colorless(traits: Traits) -> Traits:
    """A black-and-white photo says nothing of colors."""
    unknown = Reading()
    return replace(traits, hair_colour=unknown, eyes=unknown, skin=unknown, clothes=unknown)


def analyze(image_bgr: BgrBytes) -> PersonAnalysis:
    """Look at the main person of an HxWx3 BGR photo.

    Raises `PhotoRefused` (`no_face`) where there is none, `ModelsMissing` without weights.
    """
    faces = find_faces(image_bgr)
    if not faces:
        raise refusal("no_face")
    person = _cut_out(image_bgr, faces)
    measures = _measure(person, light_of(image_bgr))
    traits = _traits(person, measures)
    monochrome = is_monochrome(image_bgr)
    right_eye, left_eye = person.eyes
    return PersonAnalysis(
        image=person.picture.image,
        face=person.found.face,
        face_count=len(faces),
        mesh=person.found.mesh.points,
        mesh_depth=person.found.mesh.depth,
        irises=(
            (right_eye.iris_center, right_eye.iris_radius),
            (left_eye.iris_center, left_eye.iris_radius),
        ),
        eye_contours=(right_eye.contour, left_eye.contour),
        person=person.matte,
        skin=person.regions.skin,
        hair=person.regions.hair,
        clothes=person.regions.clothes,
        beard=person.regions.beard,
        up=person.axes.up,
        right=person.axes.right,
        face_height=person.axes.height,
        face_width=person.axes.width,
        yaw=head_yaw(person.found.mesh.points),
        colors=Colors(measures.skin.lab, measures.hair.lab, measures.eyes.lab, measures.clothes.colors),
        eyewear=person.glasses.value if person.glasses.value in EYEWEAR else None,
        monochrome=monochrome,
        exposure=measures.skin.exposure,
        traits=_colorless(traits) if monochrome else traits,
        offset=person.picture.offset,
        scale=person.picture.scale,
        year_chances=measures.years,
    )


class PhotoKey:
    """A photo that is told from others by its digest alone."""

    def __init__(self, photo: Photo) -> None:
        self.photo = photo

    def __hash__(self) -> int:
        return hash(self.photo.sha256)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PhotoKey) and other.photo.sha256 == self.photo.sha256


def _analyze_bytes(key: PhotoKey) -> PersonAnalysis:
    image = cv2.imdecode(np.frombuffer(key.photo.data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise refusal("corrupt")
    return analyze(np.asarray(image, np.uint8))


# Five styles of one character are drawn side by side; an analysis weighs about 20 MB.
_analyses = SharedResults(_analyze_bytes, keep=2)


def analyze_photo(photo: Photo) -> PersonAnalysis:
    """`analyze` of a normalized photo, worked out once however many threads ask at a time.

    Raises what `analyze` raises, and `PhotoRefused` (`corrupt`) when the bytes are no picture.
    """
    return _analyses.get(PhotoKey(photo))
