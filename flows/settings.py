"""Where Prefect is, and how many flow runs this machine takes at once."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from db.settings import CONFIG, WebAddress, read_settings

PROJECT = Path(__file__).resolve().parents[1]


class FlowSettings(BaseSettings):
    """The Prefect side of this installation. The default starts a server of its own on this machine."""

    model_config = CONFIG

    prefect_api_url: WebAddress = Field(
        default="",
        validation_alias="PREFECT_API_URL",
        description="A Prefect server that runs elsewhere, like http://host:4200/api; empty starts one.",
    )
    prefect_api_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="PREFECT_API_KEY",
        description="The API key of that server, where it asks for one (Prefect Cloud).",
    )
    prefect_auth_string: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="PREFECT_API_AUTH_STRING",
        description="user:password of that server, where it asks for them.",
    )
    prefect_port: int = Field(
        default=4200,
        ge=1,
        le=65535,
        validation_alias="STORYKIN_PREFECT_PORT",
        description="The port of the Prefect server that Storykin starts, and of its dashboard.",
    )
    prefect_public_url: WebAddress = Field(
        default="",
        validation_alias="STORYKIN_PREFECT_PUBLIC_URL",
        description="Where browsers reach Prefect's dashboard behind a proxy; empty: on this machine.",
    )
    prefect_postgres: bool = Field(
        default=True,
        validation_alias="STORYKIN_PREFECT_POSTGRES",
        description="Give that server an embedded Postgres; false means SQLite, one run at a time at best.",
    )
    worker: Literal["warm", "process"] = Field(
        default="warm",
        validation_alias="STORYKIN_WORKER",
        description="How runs are started: forked from a warm process, or by the stock `process` worker.",
    )
    worker_limit: int = Field(
        default=4,
        ge=1,
        validation_alias="STORYKIN_WORKER_LIMIT",
        description="How many flow runs this machine's worker takes at once.",
    )
    worker_name: str = Field(
        default="",
        max_length=100,
        validation_alias="STORYKIN_WORKER_NAME",
        description="What this worker is called in Prefect; empty: after its machine and its data folder.",
    )
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        validation_alias="STORYKIN_METRICS_PORT",
        description="The port at which a worker serves /metrics to Prometheus; not served when empty. The "
        "studio's /metrics is at its own port.",
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        validation_alias="STORYKIN_METRICS_HOST",
        description="The address at which a worker serves /metrics: figures alone, and nobody is asked who "
        "they are.",
    )
    work_pool: str = Field(
        default="storykin",
        min_length=1,
        max_length=100,
        pattern=r"^[\w.-]+$",
        validation_alias="STORYKIN_WORK_POOL",
        description="The work pool in Prefect that runs are handed to, and taken from.",
    )
    worker_queues: str = Field(
        default="",
        validation_alias="STORYKIN_WORKER_QUEUES",
        description="The queues that this worker serves, of housekeeping, interactive and batch; empty: all.",
    )
    deployments: str = Field(
        default="",
        validation_alias="STORYKIN_DEPLOYMENTS",
        description="Another prefect.yaml: what is deployed, and all that this machine's worker runs.",
    )
    preload: str = Field(
        default="",
        validation_alias="STORYKIN_PRELOAD",
        description="Modules the warm worker imports ahead, by comma; those of prefect.yaml when empty.",
    )

    @property
    def worker_type(self) -> str:
        """The type of our work pool in Prefect."""
        return "process" if self.worker == "process" else "storykin-warm"


@lru_cache
def flow_settings() -> FlowSettings:
    """The settings of this process, read once."""
    return read_settings(FlowSettings)
