"""Why a provider could not be reached, in words that say where to look."""

import socket
import ssl
from collections.abc import Iterator

import httpx
import httpx2

_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((socket.gaierror,), "its name has no address here"),
    ((ssl.SSLCertVerificationError,), "its certificate is not trusted here"),
    ((ssl.SSLError,), "it does not speak https"),
    ((ConnectionRefusedError,), "nothing listens at its address"),
    ((httpx.UnsupportedProtocol, httpx2.UnsupportedProtocol), "its address is not http or https"),
    ((httpx.ProxyError, httpx2.ProxyError), "the proxy does not let us through"),
    ((TimeoutError, httpx.ConnectTimeout, httpx2.ConnectTimeout), "it does not answer"),
)


def unreachable(provider: str, error: BaseException | None) -> str:
    """A sentence: `provider` could not be reached, and the reason as far as `error` tells it."""
    chain = list(_causes(error))
    for kinds, reason in _REASONS:
        if any(isinstance(each, kinds) for each in chain):
            return f"{provider} could not be reached: {reason}."
    return f"{provider} could not be reached."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
