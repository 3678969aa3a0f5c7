"""Proxies as people name them in their environment, and what every HTTP library here then makes of them."""

import httpx
import httpx2
import pytest

from tasks.proxies import proxy_for, proxy_problems, tidy_proxy_environment, without_password

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in NAMES:
        for spelling in (name, name.upper()):
            monkeypatch.setenv(spelling, "")  # so that it is put back, whatever the tidying sets
            monkeypatch.delenv(spelling)
    return monkeypatch


@pytest.mark.parametrize(
    "exceptions",
    [
        "::1",
        "[::1]",
        "[fe80::1]:8080",
        "fe80::/10",
        "*.corp.example",
        "http://corp.example/",
        ",,",
        "a b;c",
        "é",
    ],
)
def test_no_exception_keeps_a_client_from_being_made(environ: pytest.MonkeyPatch, exceptions: str) -> None:
    environ.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    environ.setenv("NO_PROXY", exceptions)
    tidy_proxy_environment()
    with httpx.Client(), httpx2.Client():
        pass


@pytest.mark.parametrize(
    ("exceptions", "url", "direct"),
    [
        ("*.corp.example", "https://a.corp.example/", True),
        (".corp.example", "https://a.corp.example/", True),
        ("corp.example other.example", "https://a.corp.example/", True),
        ("http://corp.example/", "https://corp.example/", True),
        ("corp.example", "https://mycorp.example/", False),
        ("[2001:db8::1]:443", "https://[2001:db8::1]/", True),
        ("*", "https://anything.example/", True),
        ("", "https://anything.example/", False),
        ("", "http://127.0.0.1:7860/", True),
        ("", "http://127.8.9.1:7860/", True),
        ("", "http://localhost:7860/", True),
        ("", "http://[::1]:7860/", True),
    ],
)
def test_an_exception_is_read_as_its_writer_meant_it(
    environ: pytest.MonkeyPatch, exceptions: str, url: str, direct: bool
) -> None:
    environ.setenv("HTTP_PROXY", "http://proxy.example:3128")
    environ.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    environ.setenv("NO_PROXY", exceptions)
    tidy_proxy_environment()
    assert (proxy_for(url) is None) is direct


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("proxy.example:3128", "http://proxy.example:3128"),
        ("socks://proxy.example:1080", "socks5://proxy.example:1080"),
        ("socks5h://proxy.example:1080", "socks5h://proxy.example:1080"),
        (" http://proxy.example:3128 ", "http://proxy.example:3128"),
    ],
)
@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_is_read_as_its_writer_meant_it(
    environ: pytest.MonkeyPatch, name: str, written: str, meant: str
) -> None:
    environ.setenv(name, written)
    tidy_proxy_environment()
    assert proxy_for("https://api.example/") == (name.upper(), meant)
    with httpx.Client(), httpx2.Client():
        pass


@pytest.mark.parametrize(
    "written", ["http://:3128", "gopher://proxy:70", "socks4://proxy:1", "http://proxy:port"]
)
def test_what_is_no_proxy_is_told_without_its_value(environ: pytest.MonkeyPatch, written: str) -> None:
    environ.setenv("HTTPS_PROXY", written)
    (problem,) = proxy_problems()
    assert problem.startswith("HTTPS_PROXY: ") and "socks5://host:port" in problem
    assert written not in problem


def test_a_password_is_not_shown() -> None:
    assert without_password("http://ann:secret@proxy.example:3128") == "http://proxy.example:3128"
