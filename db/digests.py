"""One way to take the digest of a document, so that the same content always has the same one."""

import hashlib
import json


def digest_of(content: object) -> str:
    """SHA-256 (hex) of `content` as canonical JSON: sorted keys, no spaces, UTF-8.

    ValueError for what JSON can't say (NaN, infinity), TypeError for what is no document.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
