"""Whose certificates a bucket's server is believed by: the public authorities', or an operator's own."""

import os
import ssl

from tasks.errors import StoreError
from tasks.providers.store.settings import R2Account
from tasks.settings import provider_settings

_BY_CUSTOM = ("AWS_CA_BUNDLE", "SSL_CERT_FILE")  # what S3 tools, and everything else, go by


def trusted_certificates() -> str | bool:
    """The PEM file to trust: R2_CA_FILE, else what the environment names; True is the public authorities."""
    named = (provider_settings().of(R2Account).ca_file, *(os.environ.get(name, "") for name in _BY_CUSTOM))
    return next((file for file in named if file), True)


def trusting_context() -> ssl.SSLContext | bool:
    """The same, as httpx takes it. Raises StoreError when the file can't be read as certificates."""
    trusted = trusted_certificates()
    if isinstance(trusted, bool):
        return trusted
    try:
        return ssl.create_default_context(cafile=trusted)
    except OSError:  # ssl.SSLError is one
        raise StoreError(
            "The file that R2_CA_FILE, AWS_CA_BUNDLE or SSL_CERT_FILE names holds no certificates.",
            code="store_denied",
        ) from None
