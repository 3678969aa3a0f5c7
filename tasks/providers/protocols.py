"""The three protocols that every provider speaks. Nothing vendor-specific leaves an implementation."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from tasks.profile import Profile


def nothing_to_check() -> None:
    """Where nobody else could take the work over."""


def no_time_yet() -> timedelta:
    """The age of what nobody knows the age of."""
    return timedelta(0)


@dataclass(frozen=True)
class StoredObject:
    """What the store knows of one object."""

    key: str
    size: int  # bytes
    sha256: str  # hex
    content_type: str


@dataclass(frozen=True)
class SignedUpload:
    """A one-purpose permission to PUT: exactly this type and this length, until it expires."""

    url: str
    method: str
    headers: Mapping[str, str]  # what the client must send, to the letter
    key: str
    expires_at: datetime


@runtime_checkable
class Store(Protocol):
    """Where bytes are kept. Keys are made by us: `[a-z0-9/._-]`, no `..`, at most 512 bytes.

    Every method raises `tasks.errors.StoreError` (code `store_unreachable`, `store_conflict`,
    `object_missing`, `bad_key`, `store_read_only`, `store_full`).
    """

    name: str

    def put(self, key: str, data: bytes, content_type: str) -> StoredObject:
        """Keep `data` under `key`. The same bytes again are harmless; other bytes are `store_conflict`."""
        ...

    def get(self, key: str) -> bytes:
        """The bytes under `key`."""
        ...

    def head(self, key: str) -> StoredObject | None:
        """What is known of `key`, or None."""
        ...

    def delete(self, key: str) -> None:
        """Forget `key`; harmless when it isn't there."""
        ...

    def iterate(self, prefix: str) -> Iterator[StoredObject]:
        """Every object whose key begins with `prefix`, in key order. Digests may be empty strings."""
        ...

    def modified_at(self, key: str) -> datetime | None:
        """When `key` was last written, or None."""
        ...

    def now(self) -> datetime:
        """The time by the clock that `modified_at` goes by: ages are told by one clock, whichever it is."""
        ...

    def presign_get(self, key: str, expires: timedelta) -> str:
        """A URL that gives the bytes to whoever holds it, until it expires."""
        ...

    def presign_put(self, key: str, content_type: str, length: int, expires: timedelta) -> SignedUpload:
        """A URL that takes exactly `length` bytes of `content_type` for `key`, until it expires."""
        ...


@dataclass(frozen=True)
class Photo:
    """A normalised photo: upright, stripped RGB JPEG, longest side at most 2048 pixels."""

    data: bytes = field(repr=False)
    sha256: str
    width: int
    height: int
    storage_key: str = ""


@dataclass(frozen=True)
class VisionAnswer:
    """What a vision provider said, and what that cost."""

    profile: Profile
    model: str  # as resolved by the provider
    cost_microusd: int = 0
    usage: Mapping[str, int] = field(default_factory=dict)
    provider_id: str = ""


@dataclass(frozen=True)
class ImageOutput:
    """A finished picture: its bytes, or the temporary URL to copy them from."""

    cost_microusd: int
    seconds: float
    data: bytes | None = field(default=None, repr=False)
    content_type: str = "image/png"
    url: str | None = None
    age: Callable[[], timedelta] = no_time_yet  # how old what is at `url` is at the least
    details: Mapping[str, Any] = field(default_factory=dict)


class OutputKeeper(Protocol):
    """Where a picture is kept that comes with the answer itself, and of which the provider keeps no copy."""

    def keep(self, provider_id: str, output: ImageOutput) -> None:
        """Keep it, and what it cost, before anything else is done. Raises StoreError, CallFailed."""
        ...

    def kept(self) -> ImageOutput | None:
        """What was kept of this piece of work, now or before a crash. Raises StoreError."""
        ...


@dataclass(frozen=True)
class ImageRequest:
    """What an image provider is asked for. `last_check` is made when all is prepared, right before the
    request leaves, and raises when it must not.
    """

    call_id: str
    photo: Photo
    profile: Profile
    style: str
    prompt: str
    # Of the style pack, plus `seed`, `framing` (`tasks.design.shapes`) and, for print, `resolution`: "print".
    parameters: Mapping[str, Any]
    # Further pictures, JPEGs too, in the order in which the prompt speaks of them: image 2 is the first.
    references: tuple[Photo, ...] = ()
    seen: Profile | None = None  # as a machine saw the photo, where a person has corrected that; else None
    last_check: Callable[[], None] = nothing_to_check
    age: Callable[[], timedelta] = no_time_yet  # since the provider took it on, for `collect`
    keeper: OutputKeeper | None = None


@runtime_checkable
class SeveralPictures(Protocol):
    """An image provider whose model takes several pictures: how many, the photo among them."""

    most_photos: int


def takes_several(provider: object) -> bool:
    """Whether a reference can go along with the photo; who does not tell takes the photo alone."""
    return isinstance(provider, SeveralPictures) and provider.most_photos > 1


@runtime_checkable
class Successor(Protocol):
    """A provider that names the models it had before: what those have seen and drawn stands."""

    earlier_models: tuple[str, ...]


def models_of(provider: "VisionProvider | ImageProvider") -> tuple[str, ...]:
    """The provider's model, and those before it whose work stands."""
    earlier = provider.earlier_models if isinstance(provider, Successor) else ()
    return tuple(dict.fromkeys((provider.model, *earlier)))


@runtime_checkable
class DrawsForPrint(Protocol):
    """An image provider that says whether its model draws larger pictures too."""

    draws_for_print: bool


def can_print(provider: object) -> bool:
    """Whether a picture for print is larger than a draft; who does not tell draws drafts alone."""
    return isinstance(provider, DrawsForPrint) and provider.draws_for_print


class VisionProvider(Protocol):
    """Photo in, profile out. Raises `ProviderError` subclasses, or `PhotoRefused`."""

    name: str
    model: str
    charges: bool  # whether a call may cost money, so that a lost answer is "possibly paid"
    answer_seconds: float  # a request has been answered or cut off by then

    def estimate_microusd(self, photo: Photo) -> int:
        """What `describe` will cost, in micro-dollars."""
        ...

    def describe(
        self, photo: Photo, call_id: str = "", last_check: Callable[[], None] = nothing_to_check
    ) -> VisionAnswer:
        """Look at the photo. `call_id` goes along, so that the provider's people can find the request;
        `last_check` is made right before a request that may cost leaves, and raises when it must not.
        """
        ...


class ImageProvider(Protocol):
    """Prompt and photo in, picture out, in two halves: after the first it is paid, whatever happens."""

    name: str
    model: str
    charges: bool
    answer_seconds: float  # a `submit` has been answered or cut off by then

    def estimate_microusd(self, request: ImageRequest) -> int:
        """What the picture will cost, in micro-dollars."""
        ...

    def submit(self, request: ImageRequest) -> str:
        """Ask for the picture once and return the provider's id for it.

        Raises NotSent (uncharged, may be retried), Refused, CallFailed, or OutcomeUnknown.
        """
        ...

    def collect(self, provider_id: str, request: ImageRequest) -> ImageOutput:
        """Wait for the picture `provider_id`. Safe to call again after a crash."""
        ...
