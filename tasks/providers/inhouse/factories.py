"""Makes the provider of a self-hosted image server, as the settings say, and asks after its health."""

from collections.abc import Iterator

import httpx2
import openai

from tasks.errors import NotSent, ProviderError
from tasks.providers.inhouse.address import PrivateTransport, is_outside
from tasks.providers.inhouse.errors import SERVER, connection_error
from tasks.providers.inhouse.images import NO_KEY, InHouseImages, InHouseSettings
from tasks.providers.inhouse.settings import InHouseServer
from tasks.providers.openai.client import openai_client
from tasks.providers.spec import Finding, Setup

LONGEST_PICTURE = 300.0  # seconds; a step has 900 for the exchange (twice this) and the keeping
SILENT = f"{SERVER} takes connections and does not answer."
OUTSIDE = (
    f"{SERVER} answers by https to a public address: is this your house? If the machine is yours, all is "
    "well. If it is somebody's service, photos leave the house: set STORYKIN_INHOUSE_URL to an address of "
    "your own network."
)
_READ_SECONDS = 5.0


def images(setup: Setup) -> InHouseImages:
    """The image provider: a client of the server at STORYKIN_INHOUSE_URL."""
    own = setup.settings.of(InHouseServer)
    return InHouseImages(
        InHouseSettings(
            base_url=own.base_url,
            model=own.model,
            api_key=own.api_key.get_secret_value(),
            read_seconds=min(setup.settings.picture_seconds, LONGEST_PICTURE),
            most_photos=own.most_photos,
        ),
        on_response=setup.on_response,
    )


def health(setup: Setup) -> Iterator[Finding]:
    """Whether the server answers, and whether photos would reach it unseen."""
    own = setup.settings.of(InHouseServer)
    client = openai_client(
        api_key=own.api_key.get_secret_value() or NO_KEY,
        base_url=own.base_url,
        read_seconds=_READ_SECONDS,
        by_proxy=False,
        transport=PrivateTransport(),
        on_response=setup.on_response,
    )
    try:
        outside = is_outside(own.base_url)
        with client:
            client.get("/models", cast_to=httpx2.Response)
    except ProviderError as error:  # the transport sent nothing
        yield Finding("problem", error.sentence)
        return
    except openai.APIConnectionError as error:
        translated = connection_error(error)
        yield Finding("problem", translated.sentence if isinstance(translated, NotSent) else SILENT)
        return
    except openai.APIStatusError:  # not every server lists its models
        pass
    if outside:
        yield Finding("warning", OUTSIDE)
    else:
        yield Finding("ok", f"{SERVER} answers. Photos stay in the house, and pictures cost nothing.")
