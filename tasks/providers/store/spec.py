"""The stores that come with Storykin: a folder, and an R2 (S3) bucket."""

from tasks.providers.spec import KeyShape, Kind, ProviderSpec
from tasks.providers.store.settings import R2Account

DISK = ProviderSpec(
    id="disk",
    label="A folder of this machine",
    factories={Kind.STORE: "tasks.providers.store.factories:disk"},
    charges=False,
)

R2 = ProviderSpec(
    id="r2",
    label="R2",
    factories={Kind.STORE: "tasks.providers.store.factories:r2"},
    charges=False,
    settings=R2Account,
    needs={Kind.STORE: ("R2_ENDPOINT_URL", "R2_BUCKET", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY")},
    api={Kind.STORE: "R2_ENDPOINT_URL"},
    keys=(
        KeyShape("R2_ACCESS_KEY_ID", r"[!-~]{8,}", "32 hexadecimal digits"),
        KeyShape("R2_SECRET_ACCESS_KEY", r"[!-~]{8,}", "64 hexadecimal digits"),
    ),
)
