"""A character run in this very process: tracked by Prefect where a server is up, plain where none is."""

import os

from flows.character_run import Order, run_character
from flows.submit import api_url, prefect_healthy
from tasks.step_functions import PLAIN


async def run_here(order: Order) -> None:
    """Carry `order` out. How it went is in the record, whichever way it ran."""
    if not prefect_healthy():
        await run_character(order, PLAIN)
        return
    os.environ["PREFECT_API_URL"] = api_url()  # read when Prefect is imported
    from flows.generate_character import CharacterNotReady, generate_character  # noqa: PLC0415

    try:
        await generate_character(order.character_id, list(order.styles), order.run_token, order.another)
    except CharacterNotReady:
        return  # the record says it too, better
