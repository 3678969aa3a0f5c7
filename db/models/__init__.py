"""The record's tables, one family a file."""

from db.models.accounts import Account, Role, SignInLimit, StudioSession
from db.models.api_tokens import ApiToken, SupportLink
from db.models.audit import AuditEntry, AuditHead
from db.models.base import Base
from db.models.batches import Batch, BatchChunk, BatchItem, BatchItemState, BatchState
from db.models.calls import CallKind, CallState, ProviderCall
from db.models.canaries import Canary
from db.models.characters import (
    HUMAN,
    Character,
    CharacterCount,
    CharacterProfile,
    CharacterStatus,
    CharacterTag,
    Gender,
)
from db.models.clock import ClockAnchor
from db.models.consents import Consent, ConsentMeans, ConsentRole, ConsentText
from db.models.customer_links import CustomerLink, LinkAnswer, LinkEnd, LinkPurpose
from db.models.erasures import Erasure, ErasureReason, ErasureStep, LegalHold, RetentionClock
from db.models.events import Event
from db.models.identities import Identity, PasswordLink
from db.models.installation import DamagedObject, DamageKind, Installation
from db.models.limits import BudgetZone, ProviderLimit
from db.models.marks import PictureMark
from db.models.notices import DeliveryState, Notice, NoticeDelivery, NoticeKind
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
from db.models.search import CharacterWords
from db.models.second_factors import (
    NoticeAnswer,
    RecoveryCode,
    SecondFactor,
    SignInNotice,
    SignInStep,
)
from db.models.spending import BudgetDay, BudgetSlot, CallDaySum, CharacterSpending, SumAudit
from db.models.users import User

__all__ = [
    "HUMAN",
    "Account",
    "ApiToken",
    "AssetKind",
    "AuditEntry",
    "AuditHead",
    "Base",
    "Batch",
    "BatchChunk",
    "BatchItem",
    "BatchItemState",
    "BatchState",
    "BudgetDay",
    "BudgetSlot",
    "BudgetZone",
    "CallDaySum",
    "CallKind",
    "CallState",
    "Canary",
    "Character",
    "CharacterCount",
    "CharacterImage",
    "CharacterProfile",
    "CharacterSpending",
    "CharacterStatus",
    "CharacterTag",
    "CharacterWords",
    "ClockAnchor",
    "Consent",
    "ConsentMeans",
    "ConsentRole",
    "ConsentText",
    "CustomerLink",
    "DamageKind",
    "DamagedObject",
    "DeliveryState",
    "Erasure",
    "ErasureReason",
    "ErasureStep",
    "Event",
    "Gender",
    "GeneratedAsset",
    "Identity",
    "Installation",
    "LegalHold",
    "LinkAnswer",
    "LinkEnd",
    "LinkPurpose",
    "Notice",
    "NoticeAnswer",
    "NoticeDelivery",
    "NoticeKind",
    "OrderedPicture",
    "PasswordLink",
    "PictureMark",
    "PromptArtifact",
    "PromptKind",
    "ProviderCall",
    "ProviderLimit",
    "RecoveryCode",
    "RejectCode",
    "RetentionClock",
    "Review",
    "Role",
    "SavedView",
    "SecondFactor",
    "SignInLimit",
    "SignInNotice",
    "SignInStep",
    "StudioSession",
    "SumAudit",
    "SupportLink",
    "UsedUpload",
    "User",
]
