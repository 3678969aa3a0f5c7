"""A sixth style, made in a test's own folder: cloud only, with everything a pack needs."""

import io
from pathlib import Path

from PIL import Image

PAPERCUT = """
label = "Papercut"
order = 60
blurb = "Layers of cut paper with soft shadows"
version = "1"
token = "layered papercut, crisp edges, soft drop shadows"
pass_mark = 0.35
painter = "cloud only"

[prompt]
medium = "a scene of layered cut paper"
light = "soft light from above left"
background = "three layers of plain colored paper"
avoid = ["gradients within a layer"]

[palette]
treatment = "one sheet of paper for each hue"

[parameters]
aspect_ratio = "4:5"
output_format = "png"

[colors]
ground = "#e8d8c4"
"""


def write_papercut(above: Path, name: str = "papercut", document: str = PAPERCUT) -> Path:
    """A pack in the folder `above`; its own folder."""
    folder = above / name
    folder.mkdir(parents=True)
    (folder / "style.toml").write_text(document, "utf-8")
    picture = io.BytesIO()
    Image.new("RGB", (224, 280), "#e8d8c4").save(picture, "WEBP")
    (folder / "sample.webp").write_bytes(picture.getvalue())
    return folder
