"""`python -m flows.generate_character CHARACTER STYLE …`: one run in this process, as Prefect shows it.

No worker is needed, and no deployment.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

import httpx
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from db.errors import UserFacingError
from db.ids import new_id
from db.log import configure_logging
from db.record_state import require_current
from flows.generate_character import CharacterNotReady, generate_character
from flows.prefect_http import password_for
from flows.submit import api_url, check_prefect
from tasks.entry_point import prepare_process
from tasks.traces.setup import tracing

DONE, FAILED = 0, 1
PREFECT_LEFT = (
    "Prefect, which keeps the account of the run, stopped answering. Whatever was drawn is kept: see that it "
    "runs, then ask again."
)


def main(arguments: Sequence[str]) -> int:
    """Draw the character; 1, with a sentence on stderr, where a picture is missing or nothing could begin."""
    parser = argparse.ArgumentParser(prog="python -m flows.generate_character", description=__doc__)
    parser.add_argument("character", help="the character's id")
    parser.add_argument("styles", nargs="+", help="names of styles, or all")
    parser.add_argument("--run-token", default=None, help="given again it adds nothing; default: a new one")
    parser.add_argument("--another", action="store_true", help="new pictures, also where some exist")
    asked = parser.parse_args(arguments)
    prepare_process()
    configure_logging()
    try:
        require_current()
        check_prefect()
        url = api_url()
        with (
            tracing("run"),
            temporary_settings({PREFECT_API_URL: url, PREFECT_API_AUTH_STRING: password_for(url)}),
        ):
            told = asyncio.run(
                generate_character(asked.character, asked.styles, asked.run_token or new_id(), asked.another)
            )
    except UserFacingError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return FAILED
    except httpx.HTTPError:
        sys.stderr.write(f"{PREFECT_LEFT}\n")
        return FAILED
    except CharacterNotReady as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    sys.stdout.write(f"{len(told['made'])} drawn, {len(told['found'])} found\n")
    return DONE
