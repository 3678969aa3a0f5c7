"""Prefect: does it answer, does it know our work, is a worker there to do it?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx

from db.ids import utc_now
from db.settings import record_settings
from db.told import Told, told
from flows.deployments import read_deployments
from flows.launch.prefect_api import PrefectApi
from flows.restarts import restarts
from flows.running import is_held
from flows.submit import PrefectUnreachable, api_url, check_prefect
from ui.diagnosis.check_result import CheckResult, ok, problem, warning

LATELY = timedelta(days=1)
HEARTBEAT = timedelta(seconds=90)  # a worker gives a sign of life every 30 seconds


def restarted() -> Iterator[CheckResult]:
    """What has ended by itself in the last day and was started again, with why it ended last."""
    since = utc_now() - LATELY
    recent = [each for each in restarts(record_settings().home) if datetime.fromisoformat(each.at) > since]
    for title in dict.fromkeys(each.title for each in recent):
        own = [each for each in recent if each.title == title]
        times = len(own)
        last = datetime.fromisoformat(own[-1].at).strftime("%H:%M UTC")
        yield warning(
            "restarts",
            told(
                "The %(title)s stopped by itself and was started again within a day (times: %(times)s), "
                "last at %(last)s (%(why)s). Its log in STORYKIN_HOME/logs may say more.",
                title=Told(title),
                times=times,
                last=last,
                why=own[-1].why,
            ),
        )


def prefect() -> Iterator[CheckResult]:
    """The server, and if it is there what it knows."""
    try:
        check_prefect()
    except PrefectUnreachable as error:
        yield problem("prefect", error.sentence)
        return
    yield ok("prefect", "Prefect answers.")
    with PrefectApi(api_url()) as api:
        try:
            yield _deployments(api)
            yield _worker(api)
        except (httpx.HTTPError, ValueError, KeyError):
            yield problem("prefect", "Prefect does not answer as it should. Its log may say why.")


def _deployments(api: PrefectApi) -> CheckResult:
    missing = [each.full_name for each in read_deployments() if not api.has(each)]
    if missing:
        return problem(
            "deployments",
            told(
                "Prefect does not know this version of %(names)s: `storykin deploy` tells it.",
                names=", ".join(missing),
            ),
        )
    return ok("deployments", "Prefect knows every deployment in this version.")


def _worker(api: PrefectApi) -> CheckResult:
    if not api.has_worker_since(utc_now() - HEARTBEAT):
        if is_held(record_settings().home):
            return problem(
                "worker",
                "No worker has given a sign of life lately, so runs stay queued: `storykin up` runs here and "
                "starts it again by itself. Its log in STORYKIN_HOME/logs tells more.",
            )
        return problem(
            "worker",
            "No worker has given a sign of life lately, so runs stay queued: start `storykin up`.",
        )
    return ok("worker", "A worker is there to do the work.")
