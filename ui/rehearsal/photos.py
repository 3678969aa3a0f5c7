"""The photo of a request: from a data URL, or from an address on this machine."""

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


class PhotoOutOfReach(Exception):
    """The photo can't be had from where the request says."""


@dataclass
class GivenPhoto:
    """The bytes of a photo, for as long as it is drawn from."""

    data: bytes = field(repr=False)

    @cached_property
    def sha256(self) -> str:
        """The digest of its pixels, so that the same photo has it whatever note its file carries."""
        try:
            with Image.open(io.BytesIO(self.data)) as picture:
                return hashlib.sha256(picture.convert("RGB").tobytes()).hexdigest()
        except (UnidentifiedImageError, OSError):
            return hashlib.sha256(self.data).hexdigest()


def local_client(trusted: Path | None) -> httpx.AsyncClient:
    """A client for this machine: no proxies, no redirects, a deadline on everything."""
    trust = ssl.create_default_context()
    if trusted is not None:
        trust.load_verify_locations(trusted)
    return httpx.AsyncClient(verify=trust, trust_env=False, follow_redirects=False, timeout=15.0)


async def photo_at(url: str, client: httpx.AsyncClient) -> GivenPhoto:
    """The photo at `url`. Raises PhotoOutOfReach."""
    if url.startswith("data:"):
        return _from_data(url)
    if not is_loopback(url):
        raise PhotoOutOfReach("a rehearsal fetches nothing from beyond this machine")
    try:
        answer = await client.get(url)
        answer.raise_for_status()
    except httpx.HTTPStatusError as error:
        raise PhotoOutOfReach(f"the photo's address answered {error.response.status_code}") from None
    except httpx.HTTPError as error:
        raise PhotoOutOfReach(f"the photo's address can't be reached ({type(error).__name__})") from None
    if len(answer.content) > _LARGEST:
        raise PhotoOutOfReach("the photo is too large")
    return GivenPhoto(answer.content)


def _from_data(url: str) -> GivenPhoto:
    head, _, body = url.partition(",")
    if not head.endswith(";base64"):
        raise PhotoOutOfReach("the data URL is not base64")
    try:
        return GivenPhoto(base64.b64decode(body, validate=True))
    except binascii.Error:
        raise PhotoOutOfReach("the data URL is not base64") from None
