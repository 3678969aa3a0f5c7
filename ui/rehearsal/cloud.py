"""Everything that a running rehearsal holds."""

from dataclasses import dataclass

import httpx

from ui.rehearsal.artist import Artist
from ui.rehearsal.faults import Faults
from ui.rehearsal.replicate.prediction_service import PredictionService
from ui.rehearsal.settings import RehearsalSettings
from ui.rehearsal.usage_log import UsageLog


@dataclass(frozen=True)
class Cloud:
    """The parts, shared by the routes of both providers."""

    settings: RehearsalSettings
    bank: UsageLog
    faults: Faults
    artist: Artist
    client: httpx.AsyncClient
    desk: PredictionService

    async def close(self) -> None:
        """Stop what runs, and give the book back."""
        await self.desk.close()
        await self.client.aclose()
        self.artist.close()
        self.bank.close()
