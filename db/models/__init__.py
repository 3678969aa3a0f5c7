"""The record's tables, one family a file."""

from db.models.base import Base
from db.models.batches import Batch, BatchItem, BatchItemState, BatchState
from db.models.calls import CallKind, CallState, ProviderCall
from db.models.characters import (
    HUMAN,
    Character,
    CharacterProfile,
    CharacterStatus,
    CharacterTag,
    Gender,
)
from db.models.clock import ClockAnchor
from db.models.consents import Consent, ConsentMeans, ConsentRole, ConsentText
from db.models.erasures import Erasure, ErasureReason, ErasureStep, LegalHold, RetentionClock
from db.models.events import Event
from db.models.installation import DamagedObject, DamageKind, Installation
from db.models.limits import BudgetZone, ProviderLimit
from db.models.marks import PictureMark
from db.models.orders import OrderedPicture, UsedUpload
from db.models.pictures import (
    AssetKind,
    CharacterImage,
    GeneratedAsset,
    PromptArtifact,
    PromptKind,
    RejectCode,
    Review,
)
from db.models.saved_views import SavedView
from db.models.users import Role, User

__all__ = [
    "HUMAN",
    "AssetKind",
    "Base",
    "Batch",
    "BatchItem",
    "BatchItemState",
    "BatchState",
    "BudgetZone",
    "CallKind",
    "CallState",
    "Character",
    "CharacterImage",
    "CharacterProfile",
    "CharacterStatus",
    "CharacterTag",
    "ClockAnchor",
    "Consent",
    "ConsentMeans",
    "ConsentRole",
    "ConsentText",
    "DamageKind",
    "DamagedObject",
    "Erasure",
    "ErasureReason",
    "ErasureStep",
    "Event",
    "Gender",
    "GeneratedAsset",
    "Installation",
    "LegalHold",
    "OrderedPicture",
    "PictureMark",
    "PromptArtifact",
    "PromptKind",
    "ProviderCall",
    "ProviderLimit",
    "RejectCode",
    "RetentionClock",
    "Review",
    "Role",
    "SavedView",
    "UsedUpload",
    "User",
]
