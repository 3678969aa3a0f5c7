"""`storykin deploy`: the one command that changes what a shared Prefect server runs."""

import os

from flows.prefect_http import password_for
from flows.submit import api_url, check_prefect

DONE = 0


def deploy() -> int:
    """Apply prefect.yaml to the Prefect that is set, or else to the one that runs here."""
    check_prefect()
    url = api_url()
    os.environ["PREFECT_API_URL"] = url  # read when Prefect is imported
    if password := password_for(url):
        os.environ["PREFECT_API_AUTH_STRING"] = password
    from flows.deploy import apply  # noqa: PLC0415 - it imports Prefect and every flow

    for line in apply():
        print(line)
    return DONE
