"""What the tests ask of the rehearsal cloud."""

import io
from base64 import b64encode
from typing import Any

import httpx
from PIL import Image

from db.ids import new_id
from tasks.styles.packs import style_packs
from tests.support.waiting import until

MODEL = "google/nano-banana"
ENDED = {"succeeded", "failed", "canceled", "aborted"}


def a_photo(color: str = "orange", comment: str = "") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 80), color).save(file, "JPEG", comment=comment.encode())
    return file.getvalue()


def data_url(photo: bytes) -> str:
    return f"data:image/jpeg;base64,{b64encode(photo).decode()}"


def an_input(style: str = "anime", **more: Any) -> dict[str, Any]:
    prompt = f"Redraw the person in the photo.\nStyle: {style_packs()[style].token}."
    return {"prompt": prompt, "image_input": [data_url(a_photo())], **more}


def asked(
    client: httpx.Client, style: str = "anime", *, headers: dict[str, str] | None = None, **body: Any
) -> httpx.Response:
    content = {"input": an_input(style), **body}
    return client.post(f"/v1/models/{MODEL}/predictions", json=content, headers=headers)


def made(client: httpx.Client, style: str = "anime", **body: Any) -> dict[str, Any]:
    """A prediction that was taken on."""
    answer = asked(client, style, **body)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


def ended(client: httpx.Client, id: str) -> dict[str, Any]:
    """The prediction once it is over."""

    def look() -> dict[str, Any] | None:
        document: dict[str, Any] = client.get(f"/v1/predictions/{id}").raise_for_status().json()
        return document if document["status"] in ENDED else None

    document = until(look, f"prediction {id} to end")
    assert document is not None
    return document


def a_hook(base: str) -> tuple[str, str]:
    """A webhook's address, and the id of the call in it."""
    call_id = new_id()
    return f"{base}/hooks/replicate/{call_id}", call_id
