"""What went over the wire in a live check, kept without keys, photos, or links that open anything."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from db.ids import utc_now
from db.log import Log

log = Log("recording")

_REQUEST_HEADERS = re.compile(
    r"^(?:content-(?:type|length)|cancel-after|prefer|if-none-match|origin|access-control-.*)$"
)
_RESPONSE_HEADERS = re.compile(
    r"^(?:content-(?:type|length)|date|server|etag|retry-after|preference-applied|x-request-id"
    r"|(?:x-)?ratelimit-.*|openai-(?:version|processing-ms)|access-control-.*)$"
)
_KEYS = re.compile(r"\b(?:sk-|r8_|whsec_)[A-Za-z0-9_+/=.*-]{4,}")
_DATA_URL = re.compile(r"data:([a-z]+/[a-z0-9.+-]+)?[^,\"'\s]{0,80},[A-Za-z0-9+/=_%-]*")
_ADDRESS = re.compile(r"https?://[^\s\"'<>\\]+")
_OF_ONE_PERSON = frozenset({"safety_identifier", "user", "prompt_cache_key"})
_LONGEST_TEXT = 20_000  # characters; a picture in base64 is longer, whatever it calls itself
LEFT_OUT = "(left out)"


@dataclass
class Recorder:
    """Remembers every answer it is shown, redacted at once. A failure to do so never reaches the caller.

    `apis` are the hosts whose own paths may be kept; `secrets` are left out wherever they stand.
    """

    apis: frozenset[str] = frozenset()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    exchanges: list[dict[str, Any]] = field(default_factory=list)
    _ours: set[str] = field(default_factory=set)  # ids that were given to us here

    def saw(self, response: Any) -> None:
        """Take an answer of httpx or httpx2 down, with its request."""
        response.read()  # what breaks here breaks for the caller, too, and means the same to it
        try:
            self.exchanges.append(self._exchange(response))
        except Exception as error:  # a record of a paid answer must not lose the answer
            log.error("not recorded", error=error)

    def save(self, folder: Path) -> list[Path]:
        """Write one JSON file for each exchange, readable by this user only. OSError when it can't."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stamp = utc_now().strftime("%H%M%S-%f")
        written = []
        for number, exchange in enumerate(self.exchanges, 1):
            file = folder / f"{stamp}-{number:02}.json"
            file.touch(mode=0o600)
            file.write_text(json.dumps(exchange, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            written.append(file)
        return written

    def _exchange(self, response: Any) -> dict[str, Any]:
        request = response.request
        answered = _json(response.content)
        if request.method == "POST" and isinstance(answered, dict) and isinstance(answered.get("id"), str):
            self._ours.add(answered["id"])
        return {
            "recorded_at": utc_now().isoformat(timespec="seconds"),
            "request": {
                "method": request.method,
                "url": self._address(str(request.url)),
                "headers": self._headers(request.headers, _REQUEST_HEADERS),
                "body": self._body(request.read(), request.headers),  # a form is a stream
            },
            "response": {
                "status": response.status_code,
                "seconds": _seconds(response),
                "headers": self._headers(response.headers, _RESPONSE_HEADERS),
                "body": self._body(response.content, response.headers),
            },
        }

    def _headers(self, headers: Mapping[str, str], kept: re.Pattern[str]) -> dict[str, str]:
        lower = {name.lower(): value for name, value in headers.items()}
        return {name: self._text(value) for name, value in lower.items() if kept.match(name)}

    def _body(self, content: bytes, headers: Mapping[str, str]) -> Any:
        if not content:
            return None
        document = _json(content)
        if document is None:
            return f"({len(content)} bytes of {headers.get('content-type', 'no type')})"
        return self._plain(self._without_others(document))

    def _without_others(self, document: Any) -> Any:
        """A list of the account's requests, with ours alone: the others hold other people's photos."""
        if not isinstance(document, dict) or not isinstance(document.get("results"), list):
            return document
        everything = document["results"]
        ours = [each for each in everything if isinstance(each, dict) and each.get("id") in self._ours]
        return document | {"results": ours, "results_left_out": len(everything) - len(ours)}

    def _plain(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                self._text(str(name)): LEFT_OUT if name in _OF_ONE_PERSON and each else self._plain(each)
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self._plain(each) for each in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        text = _DATA_URL.sub(
            lambda found: f"data:{found[1] or ''},({len(found[0])} characters left out)", text
        )
        text = _ADDRESS.sub(lambda found: self._address(found[0]), text)
        text = _KEYS.sub(LEFT_OUT, text)
        for secret in self.secrets:  # last: a short one is in "https", and an address must be known as one
            text = text.replace(secret, LEFT_OUT) if secret else text
        return text if len(text) <= _LONGEST_TEXT else f"({len(text)} characters left out)"

    def _address(self, url: str) -> str:
        """An address of the API itself without its query; of anything else, only where it leads."""
        parts = urlsplit(url)
        place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        for secret in self.secrets:
            place = place.replace(secret, LEFT_OUT) if secret else place
        if parts.netloc in self.apis and parts.path.startswith("/v1/"):
            return f"{place}{parts.path}{'?' + LEFT_OUT if parts.query else ''}"
        return f"{place}/{LEFT_OUT}{Path(parts.path).suffix[:5]}"


def hosts_of(urls: Iterable[str]) -> frozenset[str]:
    """The hosts, with their ports, that these addresses lead to."""
    return frozenset(urlsplit(url).netloc for url in urls if url)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _seconds(response: Any) -> float | None:
    """How long the answer took; not known yet while its stream is open."""
    try:
        return round(float(response.elapsed.total_seconds()), 3)
    except RuntimeError:
        return None
