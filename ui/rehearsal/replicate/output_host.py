"""The delivery host of finished pictures: unguessable URLs that expire."""

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from ui.rehearsal.engine import PictureSpec

_JUNK = b"<html><body><h1>This picture is on its way</h1></body></html>"


@dataclass
class HostedPicture:
    """One finished picture, or the junk served in its place."""

    prediction_id: str
    data: bytes = field(repr=False)
    content_type: str
    until: float  # on the monotonic clock
    gone_status: int = 404
    fetched: bool = False


class OutputHost:
    """Pictures in memory, up to `kept_bytes`; fetched ones are evicted first, then the oldest."""

    def __init__(self, kept_bytes: int) -> None:
        self._kept_bytes = kept_bytes
        self._pictures: OrderedDict[str, HostedPicture] = OrderedDict()
        self.keys_shown = 0  # requests that brought an Authorization header, which has no business here

    def host(
        self,
        prediction_id: str,
        data: bytes,
        spec: PictureSpec,
        *,
        seconds: float,
        gone_status: int = 404,
        junk: bool = False,
    ) -> str:
        """Keep the picture and return its path; afterwards the path answers `gone_status`."""
        name = f"picture-{secrets.token_hex(4)}.{spec.output_format}"
        path = f"/delivery/xezq/{secrets.token_urlsafe(24)}/{name}"
        self._pictures[path] = HostedPicture(
            prediction_id,
            _JUNK if junk else data,
            "text/html" if junk else spec.content_type,
            time.monotonic() + seconds,
            gone_status,
        )
        self._evict()
        return path

    def find(self, path: str) -> HostedPicture | int:
        """The picture at `path`, or the status that says it is not there."""
        picture = self._pictures.get(path)
        if picture is None:
            return 404
        if picture.until <= time.monotonic():
            picture.data = b""
            return picture.gone_status
        return picture

    def data_at(self, path: str) -> HostedPicture | None:
        """The picture at `path` whether or not its address still lives, for data URLs."""
        return self._pictures.get(path)

    def _evict(self) -> None:
        held = sum(len(picture.data) for picture in self._pictures.values())
        newest = next(reversed(self._pictures))
        for path in sorted(self._pictures, key=lambda each: not self._pictures[each].fetched):
            if held <= self._kept_bytes or path == newest:
                return
            held -= len(self._pictures.pop(path).data)
