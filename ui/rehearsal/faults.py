"""Faults: which requests they match, and how often they apply."""

import json
import secrets
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tasks.errors import UsageError
from tasks.styles.packs import style_names
from ui.rehearsal.fault_kinds import KINDS, FaultPoint
from ui.rehearsal.request_info import OPERATIONS, RequestInfo


class Fault(BaseModel):
    """One fault. Filters (operation, method, path, style) that are None match every request."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(default_factory=lambda: secrets.token_hex(4))
    kind: str
    operation: str | None = None  # responses, moderations, edits, create, get, list, cancel, model, output …
    method: str | None = None
    path: str | None = None  # a part of the path, or a pattern with *
    style: str | None = None
    nth: int | None = Field(default=None, ge=1)  # only the n-th request that fits
    skip: int = Field(default=0, ge=0)  # let so many pass first
    count: int | None = Field(default=1, ge=1)  # how often it strikes; None: until it is taken away
    when: Literal["before", "after"] = "before"  # of the acceptance, for request faults
    seconds: float = Field(default=0.0, ge=0)
    status: int = Field(default=500, ge=100, le=599)
    code: str = ""
    reason: Literal["max_output_tokens", "content_filter"] = "max_output_tokens"
    usage: dict[str, int] = Field(default_factory=dict)
    seen: int = 0
    struck: int = 0

    @model_validator(mode="before")
    @classmethod
    def _check_known(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        kind = given.get("kind")
        if kind not in KINDS:
            raise ValueError(f"there is no kind of fault called {kind!r}; there are: {', '.join(KINDS)}")
        for name, choices in (("operation", OPERATIONS), ("style", style_names())):
            if given.get(name) is not None and given[name] not in choices:
                raise ValueError(f"{name} is one of: {', '.join(choices)}")
        return KINDS[kind].defaults | given

    @model_validator(mode="after")
    def _apply_nth(self) -> Self:
        if self.nth is not None:
            self.skip, self.count = self.nth - 1, 1
        return self

    @property
    def point(self) -> FaultPoint:
        """At which point of a request it applies."""
        return KINDS[self.kind].point

    @property
    def spent(self) -> bool:
        """Whether it has applied `count` times."""
        return self.count is not None and self.struck >= self.count

    def fits(self, info: RequestInfo) -> bool:
        """Whether every filter matches the request."""
        return (
            self.operation in (None, info.operation)
            and (self.method is None or self.method.upper() == info.method)
            and (self.path is None or self.path in info.path or fnmatch(info.path, self.path))
            and self.style in (None, info.style)
        )

    def strikes(self, info: RequestInfo) -> bool:
        """Count a matching request; True when the fault applies to it. Changes `seen` and `struck`."""
        if self.spent or not self.fits(info):
            return False
        self.seen += 1
        if self.seen <= self.skip:
            return False
        self.struck += 1
        return True


class Faults:
    """The active faults, in the order in which they were set."""

    def __init__(self, faults: list[Fault] | None = None) -> None:
        self.set: list[Fault] = list(faults or [])

    def add(self, fault: Fault) -> Fault:
        """Activate one more, and return it."""
        self.set.append(fault)
        return fault

    def clear(self, id: str | None = None) -> None:
        """Remove the fault with this id, or all without one."""
        self.set = [fault for fault in self.set if id is not None and fault.id != id]

    def request_faults(self, info: RequestInfo, when: str) -> list[Fault]:
        """The faults of a request `when` ("before" or "after" acceptance): delays, then at most one other."""
        struck: list[Fault] = []
        for fault in self.set:
            if fault.point is FaultPoint.REQUEST and fault.when == when and fault.strikes(info):
                struck.append(fault)
                if fault.kind != "delay":
                    break
        return struck

    def answer_fault(self, info: RequestInfo, *kinds: str) -> Fault | None:
        """The first fault of these kinds that applies to the response, or None."""
        return next((fault for fault in self.set if fault.kind in kinds and fault.strikes(info)), None)

    def prediction_faults(self, info: RequestInfo) -> dict[str, Fault]:
        """Copies of the faults that apply to a prediction that is being created, by kind."""
        chosen = [fault for fault in self.set if fault.point is FaultPoint.PREDICTION and fault.strikes(info)]
        return {fault.kind: fault.model_copy() for fault in chosen}

    def standing_fault(self, kind: str, info: RequestInfo | None = None) -> Fault | None:
        """The active fault of this kind (for this request, if one is given), or None; nothing is counted."""
        return next(
            (fault for fault in self.set if fault.kind == kind and (info is None or fault.fits(info))),
            None,
        )


def parse_faults(specs: list[str]) -> list[Fault]:
    """Faults from a command line: each spec is a scenario file (TOML or JSON) or `kind,field=value,…`.

    Raises UsageError naming what is wrong.
    """
    given: list[Any] = []
    for spec in specs:
        given += _load_scenario(Path(spec)) if spec.endswith((".toml", ".json")) else [_parse_spec(spec)]
    try:
        return [Fault.model_validate(each) for each in given]
    except ValidationError as error:
        raise UsageError(f"That fault can't be set: {validation_message(error)}", code="bad_fault") from None


def validation_message(error: ValidationError) -> str:
    """Every problem that pydantic found, in one line."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, each['loc']))} {each['msg']}".strip() for each in problems)


def _parse_spec(spec: str) -> dict[str, Any]:
    kind, *rest = spec.split(",")
    fields = dict(part.partition("=")[::2] for part in rest)
    return {"kind": kind, **{name: None if value == "always" else value for name, value in fields.items()}}


def _load_scenario(path: Path) -> list[Any]:
    try:
        text = path.read_text("utf-8")
        content = tomllib.loads(text).get("fault", []) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError):
        raise UsageError(f"The scenario {path.name} can't be read.", code="bad_scenario") from None
    return content if isinstance(content, list) else [content]
