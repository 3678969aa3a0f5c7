"""Input photos: from a data URL, or fetched from this machine."""

import base64
import binascii
import hashlib
import io
import ssl
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import httpx
from PIL import Image, UnidentifiedImageError

from ui.rehearsal.loopback import is_loopback

_LARGEST = 20 * 1024 * 1024


class PhotoUnreachable(Exception):
    """The photo can't be read from the URL in the request; the message says why."""


@dataclass
class InputPhoto:
    """The bytes of a request's photo."""

    data: bytes = field(repr=False)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of its RGB pixels, whatever metadata the file has; of the bytes if undecodable."""
        try:
            with Image.open(io.BytesIO(self.data)) as picture:
                return hashlib.sha256(picture.convert("RGB").tobytes()).hexdigest()
        except (UnidentifiedImageError, OSError):
            return hashlib.sha256(self.data).hexdigest()


def local_client(trusted: Path | None) -> httpx.AsyncClient:
    """An HTTP client without proxies or redirects, 15 s timeouts; `trusted` is a PEM file to trust too."""
    trust = ssl.create_default_context()
    if trusted is not None:
        trust.load_verify_locations(trusted)
    return httpx.AsyncClient(verify=trust, trust_env=False, follow_redirects=False, timeout=15.0)


async def photo_at(url: str, client: httpx.AsyncClient) -> InputPhoto:
    """The photo at `url`: a data URL or an address on this machine. Raises PhotoUnreachable."""
    if url.startswith("data:"):
        return _from_data(url)
    if not is_loopback(url):
        raise PhotoUnreachable("a rehearsal fetches nothing from beyond this machine")
    try:
        answer = await client.get(url)
        answer.raise_for_status()
    except httpx.HTTPStatusError as error:
        raise PhotoUnreachable(f"the photo's address answered {error.response.status_code}") from None
    except httpx.HTTPError as error:
        raise PhotoUnreachable(f"the photo's address can't be reached ({type(error).__name__})") from None
    if len(answer.content) > _LARGEST:
        raise PhotoUnreachable("the photo is too large")
    return InputPhoto(answer.content)


def _from_data(url: str) -> InputPhoto:
    head, _, body = url.partition(",")
    if not head.endswith(";base64"):
        raise PhotoUnreachable("the data URL is not base64")
    try:
        return InputPhoto(base64.b64decode(body, validate=True))
    except binascii.Error:
        raise PhotoUnreachable("the data URL is not base64") from None
