"""`storykin deploy`: the one command that changes what a shared Prefect server runs."""

from db.settings import record_settings
from flows.prefect_environment import connect_to
from flows.submit import api_url, check_prefect

DONE = 0


def deploy() -> int:
    """Apply prefect.yaml to the Prefect that is set, or else to the one that runs here."""
    check_prefect()
    connect_to(api_url(), record_settings().home)
    from flows.deploy import apply  # noqa: PLC0415 - it imports Prefect and every flow

    for line in apply():
        print(line)
    return DONE
