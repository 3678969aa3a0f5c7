"""What the content credentials in a file say, by the library's own reader; nothing is fetched."""

import io
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tasks.marks.library import c2pa_library


class ManifestState(StrEnum):
    """Whether a file carries content credentials, and whether they are right."""

    NONE = "none"
    TRUSTED = "trusted"  # right, and signed by one of those that are trusted
    VALID = "valid"  # right, and signed by somebody who is not known
    INVALID = "invalid"  # the file, or what it says of itself, was changed
    REMOTE = "remote"  # it names a place elsewhere, which is not asked
    UNREADABLE = "unreadable"  # no picture that can be read


_STATES = {"Trusted": ManifestState.TRUSTED, "Valid": ManifestState.VALID}


@dataclass(frozen=True)
class FileManifest:
    """What the reader found. `failures` are C2PA's own status codes."""

    state: ManifestState
    signer: str = ""
    generator: str = ""
    failures: tuple[str, ...] = ()
    document: dict[str, Any] | None = None
    stamped_at: str = ""  # by a time-stamp authority, ISO 8601
    stamp_is_right: bool = False  # it is of this signature
    stamp_is_trusted: bool = False  # and it is an authority's that is trusted

    @property
    def active(self) -> dict[str, Any]:
        """The newest manifest of the file."""
        if self.document is None:
            return {}
        found: dict[str, Any] = self.document["manifests"][self.document["active_manifest"]]
        return found

    def assertion(self, label: str) -> dict[str, Any] | None:
        """The content of an assertion of the newest manifest, whatever its version."""
        for each in self.active.get("assertions", ()):
            if str(each["label"]).split(".v")[0] == label:
                content: dict[str, Any] = each["data"]
                return content
        return None


def read_manifest(data: bytes, content_type: str, trusted_pem: str = "") -> FileManifest:
    """Read and check. `trusted_pem` holds the roots whose signatures are TRUSTED. MarksUnusable."""
    c2pa = c2pa_library()
    settings: dict[str, Any] = {"verify": {"remote_manifest_fetch": False}}
    if trusted_pem:
        settings["trust"] = {"trust_anchors": trusted_pem}
    try:
        context = c2pa.Context(c2pa.Settings.from_dict(settings))
        reader = c2pa.Reader.try_create(content_type, io.BytesIO(data), context=context)
        if reader is None:
            return FileManifest(ManifestState.NONE)
        with reader:
            document: dict[str, Any] = json.loads(reader.json())
            state = _STATES.get(str(reader.get_validation_state()), ManifestState.INVALID)
    except c2pa.C2paError as error:
        remote = "remote" in f"{type(error).__name__} {error}".lower()
        return FileManifest(ManifestState.REMOTE if remote else ManifestState.UNREADABLE)
    found = FileManifest(state, document=document)
    signature = found.active.get("signature_info", {})
    generators = found.active.get("claim_generator_info") or [{}]
    results = document.get("validation_results", {}).get("activeManifest", {})
    passed = {str(each["code"]) for each in results.get("success", ())}
    return FileManifest(
        state,
        signer=str(signature.get("common_name") or signature.get("issuer") or ""),
        generator=str(generators[0].get("name", "")),
        failures=tuple(dict.fromkeys(str(each["code"]) for each in results.get("failure", ()))),
        document=document,
        stamped_at=str(signature.get("time") or ""),
        stamp_is_right="timeStamp.validated" in passed,
        stamp_is_trusted={"timeStamp.validated", "timeStamp.trusted"} <= passed,
    )


def holds_ingredient_pictures(found: FileManifest) -> bool:
    """Whether any manifest in the file holds a small copy of something that it was made from."""
    manifests = (found.document or {}).get("manifests", {}).values()
    return any("thumbnail" in ingredient for each in manifests for ingredient in each.get("ingredients", ()))
