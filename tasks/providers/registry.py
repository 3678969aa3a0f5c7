"""What the settings choose, made once a process: the store, who looks, and who draws."""

import os
import secrets
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from db.settings import record_settings
from tasks.errors import StoreError
from tasks.providers.model_registry import Model
from tasks.providers.protocols import ImageProvider, Store, VisionProvider
from tasks.providers.spec import Kind, Setup
from tasks.providers.specs import spec_for
from tasks.settings import provider_settings


@lru_cache
def store() -> Store:
    """The store that the settings choose. Raises StoreError, UsageError."""
    return store_of_kind(provider_settings().store)


def store_of_kind(kind: str) -> Store:
    """The store called `kind` as the settings describe it, whether or not it is in use. Raises UsageError."""
    return cast(Store, spec_for(Kind.STORE, kind).build(Kind.STORE, setup()))


@lru_cache
def vision_provider() -> VisionProvider:
    """The provider of STORYKIN_VISION, one object a process. Raises UsageError."""
    return make_vision(provider_settings().vision)


@lru_cache
def image_provider() -> ImageProvider:
    """The first image provider of STORYKIN_IMAGE, one object a process. Raises UsageError."""
    return make_image(provider_settings().images[0])


def fallback_providers() -> tuple[ImageProvider, ...]:
    """The other image providers of STORYKIN_IMAGE, in the order of their turn. Raises UsageError."""
    return tuple(make_image(each) for each in provider_settings().images[1:])


def make_vision(provider: str, on_response: Callable[[Any], None] | None = None) -> VisionProvider:
    """A vision provider as the settings describe it; `on_response` is shown every answer as it comes."""
    return cast(VisionProvider, spec_for(Kind.VISION, provider).build(Kind.VISION, setup(on_response)))


def make_image(provider: str, on_response: Callable[[Any], None] | None = None) -> ImageProvider:
    """An image provider as the settings describe it; `on_response` is shown every answer as it comes."""
    return cast(ImageProvider, spec_for(Kind.IMAGE, provider).build(Kind.IMAGE, setup(on_response)))


def chosen_models() -> Iterator[Model]:
    """The models of the providers in use, as far as they name any. UsageError for one that is not known."""
    for kind, spec in provider_settings().chosen():
        if spec.models:
            yield from spec.load(spec.models)(setup(), kind)


def setup(on_response: Callable[[Any], None] | None = None) -> Setup:
    """What the providers of this process are made of. Raises BadSettings."""
    home = record_settings().home.resolve()
    return Setup(provider_settings(), home, store, lambda: signing_secret(home), on_response)


def signing_secret(home: Path) -> bytes:
    """The key that signs links: STORYKIN_SECRET_KEY, or 32 random bytes kept in `home` (mode 0600)."""
    given = provider_settings().secret_key.get_secret_value()
    if given:
        return given.encode()
    path = home / "secret.key"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_once(path, secrets.token_bytes(32))
        return path.read_bytes()
    except OSError:
        raise StoreError("The data folder can't be written to.", code="store_read_only") from None


def _write_once(path: Path, data: bytes) -> None:
    """Create `path` with `data` unless it exists; two processes at once agree on one content."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_bytes(data)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
