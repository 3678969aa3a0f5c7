"""What a paid picture leaves in the store beside its row: the bytes under the work's key, and the receipt."""

from dataclasses import dataclass

from db.models import CallKind
from tasks.ledger.leased_call import LeasedCall
from tasks.providers.protocols import ImageOutput
from tasks.runtime import Runtime
from tasks.storage.found_pictures import find_picture
from tasks.storage.persist_output import KeptPicture, persist_output
from tasks.storage.receipts import Receipt, write_receipt


@dataclass(frozen=True)
class StoreKeeper:
    """Keeps a picture that came with its answer where every picture of this work lies, with its receipt.
    Implements `OutputKeeper`.

    Whoever takes the work over finds it there, and so does reconciliation (`tasks.settlement.reconcile`): a
    crash between the answer and the row that tells of it loses nothing.
    """

    runtime: Runtime
    call: LeasedCall

    def keep(self, provider_id: str, output: ImageOutput) -> None:
        """Raises StoreError, CallFailed (`bad_output`)."""
        provider = self.runtime.image.name
        kept = persist_output(self.runtime.store, output, self.call.work_key, provider=provider)
        keep_receipt(self.runtime, self.call, provider_id, output, kept)

    def kept(self) -> ImageOutput | None:
        """Without a receipt, what is paid for counts at its estimate. Raises StoreError, OutputLost."""
        found = find_picture(self.runtime.store, self.call.work_key)
        if found is None:
            return None
        price = found.receipt.price_microusd if found.receipt else None
        if price is None:
            price = self.call.estimate_microusd if self.runtime.image.charges else 0
        stored = found.kept.stored
        return ImageOutput(
            cost_microusd=price,
            seconds=0.0,
            data=self.runtime.store.get(stored.key),
            content_type=stored.content_type,
        )


def keep_receipt(
    runtime: Runtime, call: LeasedCall, provider_id: str, output: ImageOutput, kept: KeptPicture
) -> None:
    """Write down what was paid, before the row that says so. Nothing for what is free."""
    if runtime.image.charges and call.sent_at is not None:
        receipt = Receipt(
            work_key=call.work_key,
            kind=CallKind.IMAGE,
            provider=runtime.image.name,
            model=runtime.image.model,
            provider_id=provider_id,
            price_microusd=output.cost_microusd,
            paid_at=call.sent_at,
            storage_key=kept.stored.key,
            sha256=kept.stored.sha256,
        )
        write_receipt(runtime.store, receipt)
