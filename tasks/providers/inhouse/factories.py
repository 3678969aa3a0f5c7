"""Makes the provider of a self-hosted image server, as the settings say, and asks after its health."""

from collections.abc import Iterator

import httpx2
import openai

from tasks.errors import CallFailed, NotSent
from tasks.providers.inhouse.address import refuse_exposed
from tasks.providers.inhouse.errors import SERVER, connection_error
from tasks.providers.inhouse.images import NO_KEY, InHouseImages, InHouseSettings
from tasks.providers.inhouse.settings import InHouseServer
from tasks.providers.openai.client import openai_client
from tasks.providers.spec import Finding, Setup

LONGEST_PICTURE = 300.0  # seconds; a step has 900 for the exchange (twice this) and the keeping
SILENT = f"{SERVER} takes connections and does not answer."
_READ_SECONDS = 5.0


def images(setup: Setup) -> InHouseImages:
    """Who draws."""
    own = setup.settings.of(InHouseServer)
    return InHouseImages(
        InHouseSettings(
            base_url=own.base_url,
            model=own.model,
            api_key=own.api_key.get_secret_value(),
            read_seconds=min(setup.settings.picture_seconds, LONGEST_PICTURE),
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
        on_response=setup.on_response,
    )
    try:
        refuse_exposed(own.base_url)
        with client:
            client.get("/models", cast_to=httpx2.Response)
    except CallFailed as error:
        yield Finding("problem", error.sentence)
        return
    except openai.APIConnectionError as error:
        told = connection_error(error)
        yield Finding("problem", told.sentence if isinstance(told, NotSent) else SILENT)
        return
    except openai.APIStatusError:  # not every server lists its models
        pass
    yield Finding("ok", f"{SERVER} answers. Photos stay in the house, and pictures cost nothing.")
