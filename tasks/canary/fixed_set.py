"""The canary's fixed set: which photos, in which styles, and what drawing them may cost."""

from dataclasses import dataclass
from pathlib import Path

from db.digests import digest_of
from db.told import told
from tasks.canary.settings import canary_settings
from tasks.errors import PhotoRefused, UsageError
from tasks.pricing import UNKNOWN_PROFILE
from tasks.profile import Profile
from tasks.providers.protocols import ImageRequest, Photo
from tasks.runtime import Runtime
from tasks.seeds import seed_of
from tasks.styles.packs import chosen_styles, style_pack, usual_styles
from tasks.styles.prompt import build_character_prompt

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff"})
MOST_PHOTOS = 100
HISTORY = 12  # canaries that a new one is compared with: a quarter of a year


@dataclass(frozen=True)
class FixedSet:
    """The photos as they are drawn from, and the styles."""

    photos: tuple[Photo, ...]
    styles: tuple[str, ...]

    @property
    def digest(self) -> str:
        """What tells this set from another: canaries of one set can be compared."""
        return digest_of(
            {"photos": sorted(each.sha256 for each in self.photos), "styles": sorted(self.styles)}
        )


def fixed_set(runtime: Runtime) -> FixedSet:
    """The set that the settings name. UsageError where there is none, or a photo can't be drawn from."""
    folder = canary_settings().photos
    if folder is None:
        raise UsageError(
            "No canary's photos are named: set STORYKIN_CANARY_PHOTOS to a folder of them.", code="no_canary"
        )
    try:
        files = sorted(each for each in folder.iterdir() if each.suffix.lower() in PICTURES)
    except OSError as error:
        reason = error.strerror or "it can't be read"
        raise UsageError(
            told("The folder of STORYKIN_CANARY_PHOTOS can't be read: %(reason)s.", reason=reason),
            code="no_canary",
        ) from None
    if not files:
        raise UsageError("There is no photo in the folder of STORYKIN_CANARY_PHOTOS.", code="no_canary")
    if len(files) > MOST_PHOTOS:
        raise UsageError(
            told("A canary has %(most)s photos at the most.", most=MOST_PHOTOS), code="no_canary"
        )
    named = [each.strip() for each in canary_settings().styles.split(",") if each.strip()]
    styles = chosen_styles(named) if named else usual_styles(runtime.image.name)
    read = (_photo(file, number) for number, file in enumerate(files, 1))
    photos = {each.sha256: each for each in read}
    return FixedSet(tuple(photos.values()), tuple(styles))


def _photo(file: Path, number: int) -> Photo:
    from tasks.intake.normalize import normalize_photo  # noqa: PLC0415 - cv2 is slow to import

    try:
        return normalize_photo(file.read_bytes()).photo
    except (OSError, PhotoRefused) as error:
        why = error.sentence if isinstance(error, PhotoRefused) else "It can't be read."
        raise UsageError(  # by its number: a file's name may be a person's
            told("Photo %(number)s of the canary, by name, can't be used. %(why)s", number=number, why=why),
            code="no_canary",
        ) from None


def digest_of_request(request: ImageRequest) -> str:
    """What is asked for of a photo, in words and parameters: of equal digests the same picture is wanted."""
    return digest_of({"prompt": request.prompt, "parameters": dict(request.parameters)})


def work_key(canary_id: str, photo: Photo, provider: str, of: str) -> str:
    """The work key: a canary buys a picture once, and the next one buys it anew."""
    return digest_of(
        {"kind": "canary", "canary": canary_id, "photo": photo.sha256, "provider": provider, "of": of}
    )


def request_for(photo: Photo, profile: Profile, style: str) -> ImageRequest:
    """The picture that every canary asks for: the same words, parameters and seed each time."""
    pack = style_pack(style)
    return ImageRequest(
        call_id="",  # known once the call is claimed
        photo=photo,
        profile=profile,
        style=style,
        prompt=build_character_prompt(profile, pack).text,
        parameters=pack.parameters | {"seed": seed_of(photo.sha256, style, "canary")},
    )


def most_microusd(runtime: Runtime, chosen: FixedSet) -> int:
    """What one canary may cost, in micro-dollars."""
    return sum(
        runtime.vision.estimate_microusd(photo)
        + sum(
            runtime.image.estimate_microusd(request_for(photo, UNKNOWN_PROFILE, style))
            for style in chosen.styles
        )
        for photo in chosen.photos
    )
