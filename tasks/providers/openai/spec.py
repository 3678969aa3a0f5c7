"""OpenAI, as the rest of Storykin knows it."""

from db.rate_limit import RateLimit
from tasks.providers.openai.settings import OpenAIAccount
from tasks.providers.spec import KeyShape, Kind, ProviderSpec

KEEPS = (
    "OpenAI keeps what it is sent in logs against abuse for up to 30 days, and a photo in which its scan for "
    "child abuse finds something until people have looked at it; it deletes neither on request."
)
KEEPS_IN = {
    "de": "OpenAI behält, was es bekommt, bis zu 30 Tage in Protokollen gegen Missbrauch, und ein Foto, in "
    "dem seine Suche nach Kindesmissbrauch etwas findet, bis Menschen es angesehen haben; auf Verlangen "
    "löscht es keines von beiden."
}

OPENAI = ProviderSpec(
    id="openai",
    label="OpenAI",
    keeps=KEEPS,
    keeps_in=KEEPS_IN,
    factories={Kind.VISION: "tasks.providers.openai.factories:vision"},
    rate_limit=RateLimit(per_minute=400, burst=20),  # below the lowest paid tier's published limit
    described="described by OpenAI",
    settings=OpenAIAccount,
    needs={Kind.VISION: ("OPENAI_API_KEY",)},
    keys=(KeyShape("OPENAI_API_KEY", r"sk-[\w-]{6,}", "sk-…"),),
    api={Kind.VISION: "OPENAI_BASE_URL"},
    models="tasks.providers.openai.factories:models",
    health="tasks.providers.openai.health:vision",
)

# An id of their own: models that draw have other rate limits, and neither shall hold the other up.
OPENAI_IMAGES = ProviderSpec(
    id="openai-images",
    label="OpenAI pictures",
    keeps=KEEPS,
    keeps_in=KEEPS_IN,
    factories={Kind.IMAGE: "tasks.providers.openai.factories:images"},
    rate_limit=RateLimit(per_minute=20, burst=5),  # no number is published but by account; a 429 slows it
    settings=OpenAIAccount,
    needs={Kind.IMAGE: ("OPENAI_API_KEY",)},
    api={Kind.IMAGE: "OPENAI_BASE_URL"},
    models="tasks.providers.openai.factories:models",
    health="tasks.providers.openai.health:images",
)
