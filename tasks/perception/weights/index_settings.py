"""Where packages come from on this machine: what pip and uv have been told, read without either of them.

The environment wins over files, the user's files over the machine's, as pip and uv have it themselves.
"""

import configparser
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})


@dataclass(frozen=True)
class IndexSettings:
    """Package indexes (PEP 503 or 691), folders or pages of links, and whom to trust."""

    no_index: bool = False
    index_urls: tuple[str, ...] = ()  # none, where an index may be asked: the public one
    extra_index_urls: tuple[str, ...] = ()  # asked besides
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    certificates: str | None = None  # a PEM file


def index_settings(environ: Mapping[str, str] = os.environ) -> IndexSettings:
    """The settings in force. A file that can't be read counts as absent."""
    told = dict(_from_files(environ)) | dict(_from_environment(environ))
    no_index = told.get("no-index", "").lower() in TRUE
    return IndexSettings(
        no_index=no_index,
        index_urls=() if no_index else tuple(_urls(told, "index-url")),
        extra_index_urls=() if no_index else tuple(_urls(told, "extra-index-url")),
        find_links=tuple(map(_as_url, told.get("find-links", "").split())),
        trusted_hosts=tuple(told.get("trusted-host", "").split()),
        certificates=told.get("cert") or None,
    )


def _urls(told: Mapping[str, str], name: str) -> Iterator[str]:
    for word in told.get(name, "").split():
        yield _as_url(word)


def _as_url(word: str) -> str:
    """uv's `name=url` without its name; a path as a file's URL."""
    name, equals, url = word.partition("=")
    if equals and name.isidentifier():
        word = url
    return word if "://" in word or word.startswith("file:") else Path(word).expanduser().resolve().as_uri()


# What pip calls a setting, and what uv calls it in the environment.
_OF_UV = {
    "index-url": ("UV_INDEX_URL", "UV_DEFAULT_INDEX"),
    "extra-index-url": ("UV_EXTRA_INDEX_URL", "UV_INDEX"),
    "find-links": ("UV_FIND_LINKS",),
    "no-index": ("UV_NO_INDEX", "UV_OFFLINE"),
    "trusted-host": ("UV_INSECURE_HOST",),
}


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in ("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "cert"):
        of_pip = "PIP_" + name.upper().replace("-", "_")
        for variable in (of_pip, *_OF_UV.get(name, ())):
            if value := environ.get(variable, "").strip():
                yield name, value.replace(",", " ") if name == "find-links" else value
    if environ.get("SSL_CERT_FILE"):
        yield "cert", environ["SSL_CERT_FILE"]


def _from_files(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for path in _pip_files(environ):
        parsed = configparser.RawConfigParser()
        try:
            parsed.read(path, encoding="utf-8")
        except (OSError, configparser.Error, UnicodeDecodeError):
            continue
        for section in ("global", "download"):
            if parsed.has_section(section):
                yield from ((name.replace("_", "-"), value) for name, value in parsed.items(section))
    for path in _uv_files(environ):
        try:
            yield from _of_uv_file(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
            continue


def _pip_files(environ: Mapping[str, str]) -> list[Path]:
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    found = [Path(folder) / "pip" / "pip.conf" for folder in (platformdirs.site_config_dir(), "/etc/xdg")]
    found += [Path("/etc/pip.conf"), Path.home() / ".pip" / "pip.conf"]
    found += [Path(platformdirs.user_config_dir("pip")) / "pip.conf", Path(sys.prefix) / "pip.conf"]
    return found + ([Path(named)] if named else [])


def _uv_files(environ: Mapping[str, str]) -> list[Path]:
    if environ.get("UV_NO_CONFIG", "").lower() in TRUE:
        return []
    named = environ.get("UV_CONFIG_FILE")
    return [
        Path("/etc/uv/uv.toml"),
        Path(platformdirs.user_config_dir("uv")) / "uv.toml",
        *([Path(named)] if named else []),
    ]


def _of_uv_file(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for table in (document, document.get("pip", {})):
        for name in ("index-url", "extra-index-url", "find-links", "no-index"):
            if name in table:
                value = table[name]
                yield name, " ".join(map(str, value)) if isinstance(value, list) else str(value)
    indexes = [each for each in document.get("index", []) if isinstance(each, dict) and "url" in each]
    if default := [str(each["url"]) for each in indexes if each.get("default")]:
        yield "index-url", " ".join(default)
    if others := [str(each["url"]) for each in indexes if not each.get("default")]:
        yield "extra-index-url", " ".join(others)
