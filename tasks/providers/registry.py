"""Which provider stands behind each protocol in this installation."""

import hmac
import os
import secrets
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from db.settings import record_settings
from tasks.errors import StoreError
from tasks.providers.protocols import ImageProvider, Store, VisionProvider
from tasks.settings import provider_settings

if TYPE_CHECKING:
    from tasks.providers.replicate.image import ReplicateImage
    from tasks.providers.replicate.wire import ReplicateWire


@lru_cache
def store() -> Store:
    """The store: files on disk, or an R2 bucket."""
    return store_of_kind(provider_settings().store)


def store_of_kind(kind: str) -> Store:
    """The disk or the bucket of the settings, whichever of them is in use."""
    settings = provider_settings()
    if kind == "r2":
        from tasks.providers.store.r2 import R2Store  # noqa: PLC0415 - boto3 is slow to import
        from tasks.providers.store.trust import trusted_certificates  # noqa: PLC0415

        return R2Store(
            endpoint_url=settings.r2_endpoint_url,
            bucket=settings.r2_bucket,
            access_key_id=settings.r2_access_key_id.get_secret_value(),
            secret_access_key=settings.r2_secret_access_key.get_secret_value(),
            verify=trusted_certificates(),
        )
    from tasks.providers.store.disk import DiskStore  # noqa: PLC0415

    home = record_settings().home.resolve()
    return DiskStore(home / "store", base_url=settings.public_origin, secret=signing_secret(home))


@lru_cache
def vision_provider() -> VisionProvider:
    """Who looks at the photo: the local engine, or OpenAI with the local engine's pixels beside it."""
    if provider_settings().vision == "openai":
        return openai_vision()
    from tasks.providers.local.vision import LocalVision  # noqa: PLC0415 - cv2 is slow to import

    return LocalVision()


@lru_cache
def image_provider() -> ImageProvider:
    """Who draws: the local engine, or a model on Replicate."""
    if provider_settings().image == "replicate":
        return replicate_image(replicate_wire())
    from tasks.providers.local.illustrator import LocalIllustrator  # noqa: PLC0415

    return LocalIllustrator()


def openai_vision(on_response: Callable[[Any], None] | None = None) -> VisionProvider:
    """OpenAI as the settings say; `on_response` is shown every answer as it comes."""
    from tasks.providers.openai.color_check import check_colors  # noqa: PLC0415
    from tasks.providers.openai.vision import OpenAISettings, OpenAIVision  # noqa: PLC0415 - slow to import

    settings = provider_settings()
    secret = signing_secret(record_settings().home.resolve())
    return OpenAIVision(
        OpenAISettings(
            api_key=settings.openai_api_key.get_secret_value(),
            model=settings.openai_model,
            base_url=settings.openai_base_url,
            moderation=settings.moderation,
            safety_identifier=hmac.digest(secret, b"openai safety identifier", "sha256").hex(),
        ),
        color_check=check_colors,
        on_response=on_response,
    )


def replicate_wire(on_response: Callable[[Any], None] | None = None) -> "ReplicateWire":
    """Replicate's API as the settings say; `on_response` is shown every answer as it comes."""
    from tasks.providers.replicate.wire import ReplicateWire  # noqa: PLC0415 - slow to import

    settings = provider_settings()
    token = settings.replicate_api_token.get_secret_value()
    return ReplicateWire(token, settings.replicate_base_url, on_response=on_response)


def replicate_image(wire: "ReplicateWire") -> "ReplicateImage":
    """The model on Replicate that the settings name, asked over `wire`."""
    from tasks.providers.replicate.image import Patience, ReplicateImage  # noqa: PLC0415

    settings = provider_settings()
    hooked = settings.replicate_webhook_secret.get_secret_value() != ""
    return ReplicateImage(
        wire,
        slug=settings.image_model,
        store=store(),
        hook_base=settings.public_origin if hooked else "",
        patience=Patience(deadline=settings.picture_seconds),
    )


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
