"""The state of a running rehearsal."""

from dataclasses import dataclass

import httpx

from ui.rehearsal.engine import RehearsalEngine
from ui.rehearsal.faults import Faults
from ui.rehearsal.replicate.prediction_service import PredictionService
from ui.rehearsal.settings import RehearsalSettings
from ui.rehearsal.usage_log import UsageLog


@dataclass(frozen=True)
class Cloud:
    """What the routes of both providers share."""

    settings: RehearsalSettings
    usage_log: UsageLog
    faults: Faults
    engine: RehearsalEngine
    client: httpx.AsyncClient
    predictions: PredictionService

    async def close(self) -> None:
        """Cancel predictions and webhooks, and release the usage log's lock."""
        await self.predictions.close()
        await self.client.aclose()
        self.engine.close()
        self.usage_log.close()
