"""A prediction as Replicate tells of it, read leniently: an unknown status is one that isn't final yet."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class PredictionStatus(StrEnum):
    """Where a prediction stands. The `replicate` package lacks ABORTED and dies of it."""

    STARTING = "starting"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    ABORTED = "aborted"  # its deadline passed before it began
    UNKNOWN = "unknown"  # a word we don't know yet

    @classmethod
    def _missing_(cls, value: object) -> "PredictionStatus":
        return cls.UNKNOWN


FINAL = frozenset(
    {
        PredictionStatus.SUCCEEDED,
        PredictionStatus.FAILED,
        PredictionStatus.CANCELED,
        PredictionStatus.ABORTED,
    }
)


@dataclass(frozen=True)
class Prediction:
    """A prediction as Replicate's API shows it at the moment `as_of`; times are timezone-aware."""

    id: str
    status: PredictionStatus
    model: str = ""
    version: str = ""  # "" where Replicate doesn't tell, as of most official models
    input: Mapping[str, Any] = field(default_factory=dict, repr=False)
    outputs: tuple[str, ...] = field(default=(), repr=False)  # https or data URLs
    error: str = ""
    data_removed: bool = False
    created_at: datetime | None = None
    as_of: datetime | None = None  # when it was told, by the same clock
    seconds: float | None = None

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in FINAL


def read_prediction(body: Any, as_of: datetime | None = None) -> Prediction | None:
    """The prediction in a JSON body, or None when there is none in it."""
    if not isinstance(body, Mapping) or not body.get("id") or not isinstance(body["id"], str):
        return None
    return Prediction(
        id=body["id"][:120],
        status=PredictionStatus(str(body.get("status"))),
        model=str(body.get("model") or ""),
        version=_told(body.get("version")),
        input=_mapping(body.get("input")),
        outputs=_outputs(body.get("output")),
        error=str(body.get("error") or ""),
        data_removed=body.get("data_removed") is True,
        created_at=_time(body.get("created_at")),
        as_of=as_of,
        seconds=_seconds(_mapping(body.get("metrics"))),
    )


def _told(version: Any) -> str:
    """A model's version; Replicate says "hidden" of those that it does not tell."""
    return version[:80] if isinstance(version, str) and version != "hidden" else ""


def _outputs(output: Any) -> tuple[str, ...]:
    """The URLs of an output: one string, or a list of them, by model."""
    found = output if isinstance(output, list) else [output]
    return tuple(each for each in found if isinstance(each, str) and each)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _seconds(metrics: Mapping[str, Any]) -> float | None:
    measured = metrics.get("total_time") or metrics.get("predict_time")
    return float(measured) if isinstance(measured, int | float) and 0 <= measured < math.inf else None


def _time(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
