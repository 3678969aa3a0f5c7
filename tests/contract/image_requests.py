"""What an image provider is asked for, what it is sent, and where a picture is kept, without a ledger."""

from collections import defaultdict
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from tasks.errors import StoreError
from tasks.photo.pixels import picture_size
from tasks.profile import Attributes, Profile, Trait
from tasks.providers.protocols import ImageOutput, ImageRequest, Photo
from tests.support.providers import a_picture
from tests.support.scripted_server import Seen

CALL_ID = "0193a0b0-0000-7000-8000-000000000001"


def a_photo(shade: int = 90) -> Photo:
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    Image.new("RGB", (64, 80), (shade, 80, 40)).save(file, "JPEG")
    return Photo(data=file.getvalue(), sha256="5a" * 32, width=64, height=80)


def image_request(**changes: Any) -> ImageRequest:
    nothing_known = Attributes.model_validate({name: Trait() for name in Attributes.model_fields})
    asked: dict[str, Any] = {
        "call_id": CALL_ID,
        "photo": a_photo(),
        "profile": Profile(attributes=nothing_known, palette=[], do_not_change=[]),
        "style": "flat",
        "prompt": "Redraw the person in the photo.",
        "parameters": {"aspect_ratio": "4:5", "output_format": "png", "seed": 7},
    }
    return ImageRequest(**asked | changes)


@dataclass
class Keeper:
    """A ledger's keeper over one piece of work. `away` is a store that can't be reached."""

    output: ImageOutput | None = None
    away: bool = False

    def keep(self, provider_id: str, output: ImageOutput) -> None:
        if self.away:
            raise StoreError("The store is away.", code="store_unreachable")
        assert output.data is not None
        picture_size(output.data)
        self.output = output

    def kept(self) -> ImageOutput | None:
        return self.output


@dataclass
class Form:
    """A multipart body, read."""

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))


def form_of(seen: Seen) -> Form:
    head = f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode()
    form = Form()
    for part in message_from_bytes(head + seen.body).walk():
        if part.is_multipart():
            continue
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if part.get_filename():
            form.files[name].append(content)
        else:
            form.fields[name] = content.decode()
    return form


PICTURE = a_picture()
