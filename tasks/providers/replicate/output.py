"""A finished prediction → a picture, or the address to copy it from."""

import ssl
from base64 import b64encode

import httpx

from tasks.errors import NotReady
from tasks.providers.http.bounded_client import BoundedClient
from tasks.providers.http.guarded_fetch import GONE, OutputWithheld, expired, lost
from tasks.providers.http.public_addresses import is_here
from tasks.providers.model_registry import ImageModel
from tasks.providers.output_life import age_there, is_surely_deleted
from tasks.providers.protocols import ImageOutput, ImageRequest
from tasks.providers.replicate.inputs import output_format
from tasks.providers.replicate.prediction import Prediction

_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


def picture_of(
    prediction: Prediction,
    model: ImageModel,
    request: ImageRequest,
    *,
    price_microusd: int,
    api: str,
    seconds: float,
) -> ImageOutput:
    """The first picture of a prediction that has one; every one of them is charged, at `price_microusd`.

    Its address is not fetched here: `tasks.providers.http.temp_url` does that, without our token. Only what a
    stand-in on this machine serves on this machine, from whichever port, is read at once, into a data URL.
    Raises NotReady, OutputLost.
    """
    url = prediction.outputs[0]
    cost = price_microusd * len(prediction.outputs)
    age = age_there(prediction.created_at, prediction.as_of, request.age)
    if _is_rehearsal(api, url):
        try:
            url = _read_here(url)
        except OutputWithheld as error:
            raise (lost(cost) if is_surely_deleted(age()) else error) from None
    return ImageOutput(
        cost_microusd=cost,
        seconds=prediction.seconds if prediction.seconds is not None else seconds,
        content_type=_TYPES.get(output_format(model, request), "image/png"),
        url=url,
        age=age,
        details={"model": ":".join(filter(None, (prediction.model or model.slug, prediction.version)))},
    )


def _is_rehearsal(api: str, url: str) -> bool:
    """Whether the API is a stand-in on this machine, and the output is there too."""
    return url.startswith(("http://", "https://")) and is_here(api) and is_here(url)


def _read_here(url: str) -> str:
    """The bytes as a data URL, asked for without any credentials. Raises NotReady. What they are is judged
    where every output is (`temp_url`), once the price is written down.
    """
    try:
        with BoundedClient(timeout=20.0, trust_env=False, verify=ssl.create_default_context()) as client:
            answer = client.get(url, headers={"Accept": "image/*"})
    except (httpx.HTTPError, httpx.InvalidURL):
        raise NotReady("The finished picture could not be fetched yet.", code="output_unreachable") from None
    if answer.status_code in GONE:
        raise expired(answer.status_code)
    if answer.status_code != httpx.codes.OK:
        raise NotReady("The finished picture could not be fetched yet.", code="output_unreachable")
    return f"data:image/unknown;base64,{b64encode(answer.content).decode()}"
