"""The proxies that this machine's environment names, put so that every HTTP library here reads them alike.

httpx fails on NO_PROXY entries that curl takes, some libraries read only the lower-case names and others only
the upper-case ones, and none of them knows that nothing on this machine is behind a proxy.
"""

import os
import re
from collections.abc import Mapping, MutableMapping
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

SCHEMES = ("http", "https", "all")
HERE = ("127.0.0.1", "localhost", "::1")
HOW = "write http://host:port or socks5://host:port, or leave it empty"

_PROXY_KINDS = frozenset({"http", "https", "socks5", "socks5h"})
_NAME = re.compile(r"\.?[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?(?::\d{1,5})?")
_IPV4_NETWORK = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


def tidy_proxy_environment(environ: MutableMapping[str, str] = os.environ) -> None:
    """Rewrite the proxy variables of this process, and so of its children, in the form that all understand.

    What is no proxy address stays as it is: `proxy_problems` tells of it.
    """
    for scheme in SCHEMES:
        value = _written(environ, f"{scheme}_proxy")
        if value and (place := _proxy(value)) is not None:
            environ[f"{scheme}_proxy"] = environ[f"{scheme.upper()}_PROXY"] = place.geturl()
    if any(_written(environ, f"{scheme}_proxy") for scheme in SCHEMES):
        direct = ",".join(_direct(_written(environ, "no_proxy")))
        environ["no_proxy"] = environ["NO_PROXY"] = direct


def proxy_problems(environ: Mapping[str, str] = os.environ) -> list[str]:
    """One line for each variable that names no usable proxy; never its value, which may hold a password."""
    return [
        f"{scheme.upper()}_PROXY: this is no proxy address; {HOW}"
        for scheme in SCHEMES
        if (value := _written(environ, f"{scheme}_proxy")) and _proxy(value) is None
    ]


def proxy_for(url: str) -> tuple[str, str] | None:
    """The variable and the proxy that requests to `url` go through, or None when they go directly."""
    place = urlsplit(url)
    host = place.hostname or ""
    if place.scheme not in ("http", "https") or host in HERE or host.startswith("127."):
        return None
    if proxy_bypass(host if ":" in host else place.netloc.rpartition("@")[2]):
        return None
    named = getproxies_environment()
    for scheme in (place.scheme, "all"):
        if proxy := named.get(scheme):
            return f"{scheme.upper()}_PROXY", proxy
    return None


def without_password(proxy: str) -> str:
    """The proxy's address as it may be shown."""
    place = urlsplit(proxy)
    return f"{place.scheme}://{place.netloc.rpartition('@')[2]}"


def _written(environ: Mapping[str, str], name: str) -> str:
    """The value of `name`; the lower-case spelling wins, as curl has it."""
    return (environ.get(name) or environ.get(name.upper()) or "").strip()


def _proxy(value: str) -> SplitResult | None:
    """The address; a bare host and port is an HTTP proxy, "socks" is version 5. None if it is none."""
    if "://" not in value:
        value = f"http://{value}"
    try:
        place = urlsplit(value)
        place = place._replace(scheme="socks5") if place.scheme == "socks" else place
        fits = place.scheme in _PROXY_KINDS and bool(place.hostname) and (place.port or 1) > 0
    except ValueError:
        return None
    return place if fits else None


def _direct(written: str) -> list[str]:
    """What is reached directly: the entries that can be understood, and this machine."""
    entries = [_entry(word) for word in re.split(r"[\s,;]+", written)]
    if "*" in entries:
        return ["*"]
    return list(dict.fromkeys([*filter(None, entries), *HERE]))


def _entry(word: str) -> str | None:
    """One entry of NO_PROXY as all libraries take it: no scheme, no brackets, no leading star; else None."""
    if word == "*":
        return word
    word = word.partition("://")[2] or word
    bare = word.partition("]")[0].lstrip("[") if word.startswith("[") else word.rstrip("/")
    bare = bare.removeprefix("*")
    if any(shape.fullmatch(bare) for shape in (_IPV4_NETWORK, _NAME, _IPV6)):
        return bare
    return None
