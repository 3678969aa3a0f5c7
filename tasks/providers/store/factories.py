"""Makes the store that the settings choose."""

from typing import TYPE_CHECKING

from tasks.providers.spec import Setup
from tasks.providers.store.disk import DiskStore
from tasks.providers.store.settings import R2Account
from tasks.providers.store.trust import trusted_certificates

if TYPE_CHECKING:
    from tasks.providers.store.r2 import R2Store


def disk(setup: Setup) -> DiskStore:
    """The folder `store` in the data folder."""
    return DiskStore(setup.home / "store", base_url=setup.settings.public_address, secret=setup.secret())


def r2(setup: Setup) -> "R2Store":
    """The bucket of the settings."""
    from tasks.providers.store.r2 import R2Store  # noqa: PLC0415 - boto3 is slow to import

    own = setup.settings.of(R2Account)
    return R2Store(
        endpoint_url=own.endpoint_url,
        bucket=own.bucket,
        access_key_id=own.access_key_id.get_secret_value(),
        secret_access_key=own.secret_access_key.get_secret_value(),
        verify=trusted_certificates(),
    )
