"""A finished prediction → a picture, or the address to copy it from."""

from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from tasks.errors import NotSent, OutputLost
from tasks.providers.guarded_fetch import OutputRefused
from tasks.providers.image_adapter import output_format
from tasks.providers.model_registry import ImageModel
from tasks.providers.protocols import ImageOutput, ImageRequest
from tasks.providers.replicate_prediction import Prediction

MOST_BYTES = 30 * 1024 * 1024
_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
_GONE = {401, 403, 404, 410}


def picture_of(
    prediction: Prediction, model: ImageModel, request: ImageRequest, *, api: str, seconds: float
) -> ImageOutput:
    """The first picture of a prediction that has one; every one of them is charged.

    Its address is not fetched here: `tasks.providers.temp_url` does that, without our token. Only a
    rehearsal cloud on this machine serves its own output, over plain http, and is read at once.
    """
    url = prediction.outputs[0]
    cost = model.price_microusd * len(prediction.outputs)
    here = _is_rehearsal(api, url)
    return ImageOutput(
        cost_microusd=cost,
        seconds=prediction.seconds if prediction.seconds is not None else seconds,
        data=_read_here(url, cost) if here else None,
        content_type=_TYPES.get(output_format(model, request), "image/png"),
        url=None if here else url,
        details={"model": model.slug},
    )


def _is_rehearsal(api: str, url: str) -> bool:
    """Whether the API is a stand-in on this machine, and the output is its own."""
    ours, theirs = urlsplit(api), urlsplit(url)
    if ours.scheme != "http" or (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
        return False
    try:
        return ip_address(ours.hostname or "").is_loopback
    except ValueError:
        return ours.hostname == "localhost"


def _read_here(url: str, cost_microusd: int) -> bytes:
    """The bytes, asked for without any credentials. Raises OutputLost, NotSent or OutputRefused."""
    received = bytearray()
    try:
        with httpx.stream("GET", url, timeout=20.0, follow_redirects=False, trust_env=False) as answer:
            if answer.status_code in _GONE:
                raise OutputLost(
                    "The finished picture's temporary address has expired.", charged_microusd=cost_microusd
                )
            if answer.status_code != httpx.codes.OK:
                raise NotSent("The finished picture could not be fetched yet.", code="output_unreachable")
            for chunk in answer.iter_bytes():
                received += chunk
                if len(received) > MOST_BYTES:
                    raise OutputRefused("The finished picture is too large.", code="output_too_large")
    except httpx.HTTPError:
        raise NotSent("The finished picture could not be fetched yet.", code="output_unreachable") from None
    return bytes(received)
