"""Why a provider could not be reached, in words that say where to look."""

import socket
import ssl
from collections.abc import Iterator

import httpx
import httpx2

from tasks.proxies import proxy_for

_BY_PROXY = (httpx.ProxyError, httpx2.ProxyError)
_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((socket.gaierror,), "its name has no address here"),
    ((ssl.SSLCertVerificationError,), "its certificate is not trusted here"),
    ((ssl.SSLError,), "it does not speak https"),
    ((ConnectionRefusedError,), "nothing listens at its address"),
    ((httpx.UnsupportedProtocol, httpx2.UnsupportedProtocol), "its address is not http or https"),
    (_BY_PROXY, "the proxy does not let us through"),
    ((TimeoutError, httpx.ConnectTimeout, httpx2.ConnectTimeout), "it does not answer"),
)


# The same, where the way leads through a proxy: what failed is the proxy, not the provider.
_PROXY_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((socket.gaierror,), "has a name without an address here"),
    ((ConnectionRefusedError,), "is not there: nothing listens at its address"),
    (_BY_PROXY, "does not let us through"),
    ((TimeoutError, httpx.ConnectTimeout, httpx2.ConnectTimeout), "does not answer"),
)


def unreachable(provider: str, error: BaseException | None) -> str:
    """A sentence: `provider` could not be reached, and the reason as far as `error` tells it."""
    chain = list(_causes(error))
    variable = next(filter(None, map(_proxy_variable, chain)), None)
    if variable is not None:
        failed = _first(_PROXY_REASONS, chain) or "does not get us there"
        return (
            f"{provider} could not be reached: the proxy that {variable} names {failed}. Check the proxy, or "
            "name the host in NO_PROXY."
        )
    reason = _first(_REASONS, chain)
    return f"{provider} could not be reached: {reason}." if reason else f"{provider} could not be reached."


def _first(
    reasons: tuple[tuple[tuple[type[BaseException], ...], str], ...], chain: list[BaseException]
) -> str | None:
    found = (words for kinds, words in reasons if any(isinstance(each, kinds) for each in chain))
    return next(found, None)


def _proxy_variable(error: BaseException) -> str | None:
    """The variable that sends the failed request through a proxy, if one does."""
    if not isinstance(error, httpx.RequestError | httpx2.RequestError):
        return None
    try:
        through = proxy_for(str(error.request.url))
    except RuntimeError:  # it came to no request
        return None
    return through[0] if through else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
