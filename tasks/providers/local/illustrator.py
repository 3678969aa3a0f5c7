"""The local image provider: draws on this machine's CPU, costs nothing, needs no network."""

import time
from collections.abc import Mapping
from typing import Any

from tasks.design.corrections import NONE, corrections
from tasks.errors import CallFailed, UsageError
from tasks.perception.measure_sheet import sheet_of_photo
from tasks.providers.local.dressed import check_dressed
from tasks.providers.protocols import ImageOutput, ImageRequest
from tasks.styles.characters import design_of_photo
from tasks.styles.drawing import DesignPainter, check_drawn_locally, draw_photo, painter_of

_PREFIX = "local-"


class LocalIllustrator:
    """Implements `ImageProvider`. `submit` only promises the picture; `collect` draws it, always the same."""

    name = "local"
    model = "local-illustrator-7"
    charges = False
    answer_seconds = 600.0  # on a slow machine under load
    earlier_models = (
        "local-illustrator-6",
        "local-illustrator-5",
        "local-illustrator-4",
        "local-illustrator-3",
        "local-illustrator-2",
        "local-illustrator-1",
    )

    def estimate_microusd(self, request: ImageRequest) -> int:
        """0: this machine draws free of charge."""
        return 0

    def submit(self, request: ImageRequest) -> str:
        """The id of a picture that is yet to be drawn. CallFailed for a style that can't be drawn here."""
        try:
            check_drawn_locally(request.style)
        except UsageError as error:
            raise CallFailed(error.sentence, code=error.code) from None
        return _PREFIX + request.call_id

    def collect(self, provider_id: str, request: ImageRequest) -> ImageOutput:
        """Draw the picture: a PNG of 820x1024.

        Raises `CallFailed` for an id that isn't this request's and for a picture that would undress somebody
        (`undressed`), `UsageError` for an unknown style,
        `PhotoRefused` where the photo shows nobody, `ModelsMissing` without weights.
        """
        if provider_id != _PREFIX + request.call_id:
            raise CallFailed("This picture was not asked for here.", code="not_ours")
        started = time.perf_counter()
        seed = _seed(request.parameters)
        wanted = corrections(request.seen, request.profile) if request.seen else NONE
        if isinstance(painter_of(request.style), DesignPainter):
            design = design_of_photo(request.photo, request.style, seed, request.parameters, wanted)
            check_dressed(design, sheet_of_photo(request.photo))
        data = draw_photo(request.photo, request.style, seed, request.parameters, wanted)
        return ImageOutput(cost_microusd=0, seconds=time.perf_counter() - started, data=data)


def _seed(parameters: Mapping[str, Any]) -> int:
    return int(parameters.get("seed", 0))
