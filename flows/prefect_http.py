"""A plain HTTP client for Prefect's API: importing Prefect's own costs a second and 80 MB."""

import httpx

from flows.settings import flow_settings

UNDER_WAY = ("PENDING", "RUNNING", "CANCELLING")  # the states of a run that has a process, or gets one
TIMEOUT = httpx.Timeout(15, connect=2)


def prefect_client(url: str) -> httpx.Client:
    """A client whose base is `url`, with the key or password that the settings hold for that server."""
    settings = flow_settings()
    key = settings.prefect_api_key.get_secret_value()
    user, _, password = settings.prefect_auth_string.get_secret_value().partition(":")
    return httpx.Client(
        base_url=url,
        timeout=TIMEOUT,
        headers={"Authorization": f"Bearer {key}"} if key else {},
        auth=(user, password) if user and not key else None,
        trust_env=not url.startswith("http://127.0.0.1:"),  # no proxy stands before this machine itself
    )
