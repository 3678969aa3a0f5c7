"""Many characters taken in at once: a row each, made once however often its key comes, each with a result."""

import csv
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from db.digests import digest_of
from db.errors import UserFacingError
from db.models import CharacterStatus
from db.repositories import characters
from flows.request_run import Submit, submit_run
from flows.start_character import CharacterRequest, find_started, start_character
from tasks.errors import UsageError
from tasks.intake.normalize import normalize_photo
from tasks.ledger.budget import check_affordable, left_today
from tasks.picture_options import picture_options
from tasks.pricing import estimate_new
from tasks.runtime import Runtime
from tasks.styles.packs import chosen_styles

PHOTOS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif"})
LARGEST_PHOTO = 40 * 1024 * 1024  # bytes
YES = frozenset({"yes", "y", "true", "1"})
MOST_FACE_DIGITS = 4


@dataclass(frozen=True)
class Row:
    """One character to be made. `key` is the sender's own name for it, such as an order number; a photo's
    file name is none, as cameras give the same ones again (`key_is_file`).
    """

    key: str
    photo: Path  # in `folder`, or in one below it
    folder: Path
    name: str
    styles: tuple[str, ...]
    gender: str = "unspecified"
    framing: str = ""
    resolution: str = ""
    face: int | None = None
    consent: bool = False
    key_is_file: bool = False

    def request(self) -> tuple[CharacterRequest, bytes]:
        """What is asked for, and the photo's file. UsageError for what makes no sense, or can't be read."""
        request = CharacterRequest(
            self.name,
            self.gender,
            tuple(chosen_styles(list(self.styles))),
            consent=self.consent,
            actor="command line",
            face=self.face,
            options=picture_options(self.framing, self.resolution),
        ).checked()
        data = _read(self.photo, self.folder)
        photo = hashlib.sha256(data).hexdigest()
        upload = digest_of([self.key, photo] if self.key_is_file else [self.key])
        return replace(request, upload_key=f"import/{upload}", photo_sha256=photo), data


@dataclass(frozen=True)
class RowResult:
    """What became of a row: `state` is started, again (made before) or refused, with why."""

    key: str
    state: str
    character_id: str | None = None
    status: str | None = None  # the character's
    run_token: str | None = None
    code: str | None = None
    sentence: str | None = None
    notices: tuple[str, ...] = ()


def rows_of(source: Path, *, styles: Sequence[str], consent: bool) -> list[Row]:
    """The rows of a folder of photos, named by their files, or of a CSV with at least key and photo.

    `styles` and `consent` are those of rows that say nothing. UsageError where it can't be read, or a key
    comes twice.
    """
    try:
        if source.is_dir():
            files = sorted(each for each in source.iterdir() if each.suffix.lower() in PHOTOS)
            rows = [_row_of_photo(each, styles, consent) for each in files]
        else:
            with source.open(encoding="utf-8-sig", newline="") as text:
                rows = [_row(line, source.parent, styles, consent) for line in csv.DictReader(text)]
    except (OSError, UnicodeDecodeError, csv.Error):
        raise UsageError("It can't be read: name a folder of photos, or a CSV in UTF-8.") from None
    keys = [row.key for row in rows]
    if not rows:
        raise UsageError("There is no photo and no row in it.")
    if len(set(keys)) < len(keys):
        raise UsageError("A key comes twice: each row needs one of its own.", code="key_twice")
    return rows


def _row_of_photo(photo: Path, styles: Sequence[str], consent: bool) -> Row:
    return Row(photo.name, photo, photo.parent, photo.stem, tuple(styles), consent=consent, key_is_file=True)


def _row(line: dict[str, str | None], folder: Path, styles: Sequence[str], consent: bool) -> Row:
    told = {name.strip().lower(): (value or "").strip() for name, value in line.items() if name}
    if not told.get("key") or not told.get("photo"):
        raise UsageError("Every row needs a key and a photo: the first line names the columns.")
    face = told.get("face", "")
    if face and not (face.isascii() and face.isdigit() and len(face) <= MOST_FACE_DIGITS):
        raise UsageError("The column face holds numbers, counted from the left, from 1.")
    return Row(
        told["key"],
        folder / told["photo"],
        folder,
        told.get("name") or Path(told["photo"]).stem,
        tuple(told["styles"].replace("|", " ").split()) if told.get("styles") else tuple(styles),
        gender=told.get("gender") or "unspecified",
        framing=told.get("framing", ""),
        resolution=told.get("resolution", ""),
        face=int(face) if face else None,
        consent=told["consent"].lower() in YES if told.get("consent") else consent,
    )


def price_of(runtime: Runtime, rows: Sequence[Row]) -> int:
    """Micro-dollars for those rows that have made nothing yet, at the most; a refused row costs nothing."""
    total = 0
    for row in rows:
        try:
            request, _ = row.request()
            if find_started(runtime, request) is None:
                total += estimate_new(runtime, request.styles, request.options)
        except UserFacingError:
            continue
    return total


def take_in(runtime: Runtime, rows: Sequence[Row], results: Path, submit: Submit) -> Iterator[RowResult]:
    """Make each row's character and ask for its run, in order; a JSON file of each result in `results`.

    Again, after whatever has happened, it goes on: what was made before is told as it stands now. What the
    budget has no room for is refused, and is taken in the next time. OSError where results can't be kept.
    """
    results.mkdir(parents=True, exist_ok=True)
    asked = _Asked(left_today(runtime))
    for row in rows:
        result = _take_in_one(runtime, row, submit, asked)
        file = results / f"{digest_of([row.key])[:16]}.json"
        unfinished = file.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(asdict(result), ensure_ascii=False, indent=2), encoding="utf-8")
        unfinished.replace(file)
        yield result


@dataclass
class _Asked:
    """What this import has asked for in all, of which today's budget sees only what has been drawn of it."""

    left_before: int | None  # what today's budget had room for, in micro-dollars
    microusd: int = 0

    def not_spent(self, left: int | None) -> int:
        """Micro-dollars that are still to be spent, where the budget now has room for `left`."""
        if self.left_before is None or left is None:
            return 0
        return max(0, self.microusd - max(0, self.left_before - left))


def _take_in_one(runtime: Runtime, row: Row, submit: Submit, asked: _Asked) -> RowResult:
    try:
        request, data = row.request()
        started = find_started(runtime, request)
        if started is None:
            price = estimate_new(runtime, request.styles, request.options)
            check_affordable(runtime, price, asked.not_spent(left_today(runtime)))
            started = start_character(runtime, request, normalize_photo(data, face=row.face))
        if not started.again:
            submit_run(runtime, started.run_token, submit)
        with runtime.record.reading() as session:
            status = characters.get(session, started.character_id).status
        if not started.again or status is CharacterStatus.QUEUED:  # asked for by an import that was stopped
            asked.microusd += estimate_new(runtime, request.styles, request.options)
    except UserFacingError as error:
        return RowResult(row.key, "refused", code=error.code, sentence=error.sentence)
    return RowResult(
        row.key,
        "again" if started.again else "started",
        started.character_id,
        status.value,
        started.run_token,
        notices=started.notices,
    )


def _read(photo: Path, folder: Path) -> bytes:
    """The file, where it is in the folder that is handed in: not outside by `..` or a link, and no pipe."""
    try:
        real = photo.resolve()
        if not real.is_relative_to(folder.resolve()):
            raise UsageError(
                "This photo is not in the folder that is taken in. Put it there, or into a folder below it.",
                code="photo_outside",
            )
        if real.is_file():
            with real.open("rb") as file:
                return file.read(LARGEST_PHOTO + 1)
    except (OSError, ValueError, RuntimeError):  # a name that can be none; links that lead in a circle
        pass
    raise UsageError("There is no such photo file, or it can't be read.", code="no_such_file")
