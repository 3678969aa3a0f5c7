"""Which provider stands behind each protocol in this installation."""

import os
import secrets
from functools import lru_cache
from pathlib import Path

from db.settings import record_settings
from tasks.errors import StoreError
from tasks.providers.protocols import ImageProvider, Store, VisionProvider
from tasks.settings import provider_settings


@lru_cache
def store() -> Store:
    """The store: files on disk, or an R2 bucket."""
    settings = provider_settings()
    if settings.store == "r2":
        from tasks.providers.store_r2 import R2Store  # noqa: PLC0415 - boto3 is slow to import

        return R2Store(
            endpoint_url=settings.r2_endpoint_url,
            bucket=settings.r2_bucket,
            access_key_id=settings.r2_access_key_id.get_secret_value(),
            secret_access_key=settings.r2_secret_access_key.get_secret_value(),
        )
    from tasks.providers.store_disk import DiskStore  # noqa: PLC0415

    home = record_settings().home.resolve()
    return DiskStore(home / "store", base_url=settings.public_origin, secret=signing_secret(home))


@lru_cache
def vision_provider() -> VisionProvider:
    """Who looks at the photo."""
    from tasks.providers.local.vision import LocalVision  # noqa: PLC0415 - cv2 is slow to import

    return LocalVision()


@lru_cache
def image_provider() -> ImageProvider:
    """Who draws."""
    from tasks.providers.local.illustrator import LocalIllustrator  # noqa: PLC0415

    return LocalIllustrator()


def signing_secret(home: Path) -> bytes:
    """The key that signs links: STORYKIN_SECRET_KEY, or 32 random bytes kept in `home` (mode 0600)."""
    given = provider_settings().secret_key.get_secret_value()
    if given:
        return given.encode()
    path = home / "secret.key"
    try:
        home.mkdir(parents=True, exist_ok=True)
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
