"""A sixth style, made in a test's own folder: cloud only, as docs/howto/add_a_style.md has it."""

import io
import re
from pathlib import Path

from PIL import Image

from db.settings import PROJECT

_EXAMPLE = re.search(
    r"```toml\n(.*?)```", (PROJECT / "docs/howto/add_a_style.md").read_text("utf-8"), re.DOTALL
)
assert _EXAMPLE is not None
PAPERCUT = _EXAMPLE[1]


def write_papercut(above: Path, name: str = "papercut", document: str = PAPERCUT) -> Path:
    """A pack in the folder `above`; its own folder."""
    folder = above / name
    folder.mkdir(parents=True)
    (folder / "style.toml").write_text(document, "utf-8")
    picture = io.BytesIO()
    Image.new("RGB", (224, 280), "#e8d8c4").save(picture, "WEBP")
    (folder / "sample.webp").write_bytes(picture.getvalue())
    return folder
