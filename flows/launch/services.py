"""What the launcher starts, and the environment each gets."""

import os
import re
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from flows.installation_secret import installation_secret
from flows.launch.addresses import LOOPBACK, Addresses
from flows.launch.child import Service
from flows.launch.postgres import EmbeddedPostgres
from flows.lone_worker import BESIDE_A_STUDIO
from flows.prefect_environment import CLIENT_ENVIRONMENT
from tasks.proxies import tidy_proxy_environment
from tasks.settings import provider_settings

WORKER_PATIENCE = 25  # it gives its runs back first
RESTARTS = 2  # of the worker, and of Prefect's server: the work outlives both

# Our own Prefect server gets these of the caller's variables and no others: it calls no provider, so it
# holds no key of one.
_SERVER_KEEPS = re.compile(
    r"(?:PATH|HOME|USER|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|VIRTUAL_ENV|PYTHON\w*|SSL_CERT_\w+"
    r"|NO_PROXY|no_proxy|DO_NOT_TRACK|STORYKIN_HOME|PREFECT_\w+|DOCKET_\w+|COVERAGE_\w+)"
)
# How our own Prefect server is run. Each of these may be set differently from outside.
_SERVER_ENVIRONMENT = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # A queued run looks for its turn every two seconds instead of every thirty.
    "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "2",
    # Concurrency slots outlive a restart of the server.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    # Runs that ended so many seconds ago go, with what they have logged: 90 days.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "7776000",
    # What looks every five seconds of its own accord, and for one machine may look less often: a night
    # without work is most of a studio's day.
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "15",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_LOOP_SECONDS": "30",
    "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "15",
}
DATABASE_SETTINGS = {"PREFECT_SERVER_DATABASE_CONNECTION_URL", "PREFECT_API_DATABASE_CONNECTION_URL"}


# What other programs are told by, and ours would be led astray by.
_FOR_OTHERS = re.compile(
    r"(?:GRADIO|UVICORN|ALEMBIC)_\w+|OPENAI_(?:LOG|API_TYPE|API_VERSION)|AWS_(?!CA_BUNDLE$)\w+"
    r"|WEB_CONCURRENCY|FORWARDED_ALLOW_IPS"
)
# What may be set from outside about a Prefect server that is ours; all else belongs to some other one.
_PREFECT_MAY_SET = frozenset(
    {*_SERVER_ENVIRONMENT, *CLIENT_ENVIRONMENT, *DATABASE_SETTINGS, "PREFECT_SERVER_API_AUTH_STRING"}
)


def environment(home: Path, addresses: Addresses) -> dict[str, str]:
    """What every child gets: the caller's environment without what is meant for other programs, one data
    folder, one Prefect, no proxy to loopback.
    """
    given = {name: value for name, value in os.environ.items() if not _FOR_OTHERS.fullmatch(name)}
    if addresses.prefect_port is not None:
        given = {
            name: value
            for name, value in given.items()
            if not name.startswith("PREFECT_") or name in _PREFECT_MAY_SET
        }
        own = given.pop("PREFECT_SERVER_API_AUTH_STRING", "") or installation_secret(home)
        given["PREFECT_API_AUTH_STRING"] = own
    tidy_proxy_environment(given)
    return {
        **CLIENT_ENVIRONMENT,
        **_origin(addresses),
        **given,
        "STORYKIN_HOME": str(home),
        "STORYKIN_HOST": addresses.studio_host,
        "STORYKIN_PORT": str(addresses.studio_port),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": addresses.prefect_api_url,
    }


def _origin(addresses: Addresses) -> dict[str, str]:
    """Signed links begin with the studio's real port, unless someone has set what they begin with."""
    if "public_origin" in provider_settings().model_fields_set:
        return {}
    return {"STORYKIN_PUBLIC_ORIGIN": addresses.studio_url}


def postgres_service(postgres: EmbeddedPostgres, given: Mapping[str, str]) -> Service:
    """The database of our Prefect server. SIGINT is its fast and clean stop."""
    keep = ("PATH", "LANG", "LC_ALL", "TZ")  # it needs nothing else, least of all keys
    return Service(
        title="database of Prefect",
        name="postgres",
        command=postgres.command(),
        environment={name: given[name] for name in keep if name in given},
        stop_signal=signal.SIGINT,
        orphan_signal=signal.SIGINT,
        account=postgres.account,
    )


def prefect_service(
    given: Mapping[str, str], port: int, database_url: str | None, studio_url: str = ""
) -> Service:
    """Our Prefect server, on loopback only; on SQLite in PREFECT_HOME without a `database_url`.

    It asks for what `given` tells its clients to show, of whoever comes.
    """
    kept = {name: value for name, value in given.items() if _SERVER_KEEPS.fullmatch(name)}
    own = {
        "PREFECT_SERVER_API_AUTH_STRING": given["PREFECT_API_AUTH_STRING"],
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"http://{LOOPBACK}:{port}",
        "PREFECT_UI_API_URL": "/api",  # whichever name of this machine the browser has asked for
    }
    if database_url:
        own["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = database_url
    return Service(
        title="Prefect server",
        name="prefect",
        command=[sys.executable, "-m", "flows.prefect_server", "--port", str(port), "--studio", studio_url],
        environment={**_SERVER_ENVIRONMENT, **kept, **own},
        restarts=RESTARTS,
    )


def worker_service(given: Mapping[str, str], kind: str, *, on_restart: Callable[[datetime], bool]) -> Service:
    """The worker: ours, or Prefect's own `process` worker held to runs of ours."""
    module = "flows.process_worker" if kind == "process" else "flows.worker"
    return Service(
        title="worker",
        name="worker",
        command=[sys.executable, "-m", module, BESIDE_A_STUDIO],
        environment=given,
        patience=WORKER_PATIENCE,
        restarts=RESTARTS,
        on_restart=on_restart,
    )


def studio_service(given: Mapping[str, str], command: tuple[str, ...]) -> Service:
    """The studio, run by `command`."""
    return Service(title="studio", name="studio", command=command, environment=given)
