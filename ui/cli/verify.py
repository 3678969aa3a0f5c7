"""`storykin verify FILE|URL`: where a file comes from, and whether it was changed."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from db.record_state import require_current
from tasks.errors import ProviderError, UsageError
from tasks.marks.identity import mark_identity
from tasks.marks.reader import ManifestState
from tasks.marks.verify import Origin, Verdict, verify
from tasks.providers.http.guarded_fetch import FetchRules, fetch
from tasks.runtime import current_runtime
from ui.cli.arguments import text_argument
from ui.cli.output import print_document

DONE, NOT_AS_IT_LEFT = 0, 1
_LARGEST = 64 * 1024 * 1024  # bytes
_SENTENCES = {
    Origin.OURS: "This file comes from this installation, and is as it left: its content credentials "
    "are right.",
    Origin.OURS_CHANGED: "A picture of this installation, and it was changed after it left: its content "
    "credentials do not fit it any more.",
    Origin.OURS_BY_WATERMARK: "Its content credentials are gone, or not ours; the number in its pixels is "
    "of a picture of this installation. Compare the two: such a number can be copied onto another picture.",
    Origin.OTHERS: "Somebody else's file: its content credentials are right, but this installation did not "
    "sign them and does not know who did.",
    Origin.OTHERS_CHANGED: "Somebody else's content credentials, and they do not fit the file: it was "
    "changed after they were signed.",
    Origin.UNKNOWN: "Nothing in this file tells where it comes from: no content credentials, and no number "
    "of this installation in its pixels.",
}
_REMOTE = (
    "It names content credentials that are kept elsewhere. They were not fetched: whoever made the file "
    "would learn that it is looked at."
)


def verify_file(place: str, *, as_json: bool) -> int:
    """Say what `place`, a file or an https address, is. 0 where it is a file of ours as it left, else 1."""
    require_current()
    runtime = current_runtime()
    verdict = verify(_bytes(text_argument(place)), mark_identity(), runtime.record)
    if as_json:
        print_document(_document(verdict))
    else:
        print("\n".join(_lines(verdict)))
    return DONE if verdict.origin is Origin.OURS else NOT_AS_IT_LEFT


def _bytes(place: str) -> bytes:
    if place.startswith(("http://", "https://")):
        host = urlsplit(place).hostname or ""
        try:
            return fetch(place, FetchRules(hosts=(host,), max_bytes=_LARGEST))
        except ProviderError:
            raise UsageError(
                "That address gives no picture: it must be https, on a public network, and answer at once. "
                "Save the picture, and give its file.",
                code="bad_file",
            ) from None
    try:
        with Path(place).open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(
            f"{place} can't be read: {error.strerror or 'it is not readable'}.", code="bad_file"
        ) from None
    if len(data) > _LARGEST:
        raise UsageError(f"{place} is larger than 64 MB: no picture of ours is.", code="bad_file")
    return data


def _lines(verdict: Verdict) -> list[str]:
    lines = [_SENTENCES[verdict.origin]]
    manifest = verdict.manifest
    if manifest.state is ManifestState.REMOTE:
        lines.append(_REMOTE)
    if manifest.signer:
        lines.append(f"Signed by: {manifest.signer}, with {manifest.generator or 'an unnamed program'}")
    if manifest.stamped_at:
        whose = "the time authority" if manifest.stamp_is_trusted else "an unknown time authority"
        lines.append(f"Signed before: {manifest.stamped_at}, by the stamp of {whose}")
    if manifest.failures:
        lines.append(f"What does not fit: {', '.join(manifest.failures)}")
    if verdict.mark:
        lines.append(f"Number: {verdict.mark}")
    if verdict.character_id:
        lines.append(f"Picture: {verdict.style} of character {verdict.character_id}")
    elif verdict.is_on_record:
        lines.append("The picture it leads to was erased.")
    elif verdict.mark:
        lines.append("The record does not know this number: it left before this record was made or restored.")
    elif verdict.reading is not None and verdict.reading.is_marked:
        lines.append("There is a number of this installation in its pixels, but it can't be read any more.")
    return lines


def _document(verdict: Verdict) -> dict[str, Any]:
    manifest, reading = verdict.manifest, verdict.reading
    return {
        "origin": verdict.origin.value,
        "sentence": _SENTENCES[verdict.origin],
        "manifest": {
            "state": manifest.state.value,
            "signer": manifest.signer or None,
            "generator": manifest.generator or None,
            "stamped_at": manifest.stamped_at or None,
            "stamp_is_trusted": manifest.stamp_is_trusted,
            "failures": list(manifest.failures),
        },
        "watermark": None
        if reading is None
        else {"marked": reading.is_marked, "z": round(reading.z, 1), "scale": round(reading.scale, 3)},
        "mark": verdict.mark,
        "on_record": verdict.is_on_record,
        "character": verdict.character_id,
        "style": verdict.style,
    }
