"""What a live check works with: the real providers, under the eyes of a recorder."""

from dataclasses import dataclass, replace
from pathlib import Path

from db.ids import utc_now
from db.settings import record_settings
from flows.launch.demo import PHOTO
from tasks.amounts import dollars, enough_dollars
from tasks.errors import OverBudget
from tasks.intake.normalize import normalize_photo
from tasks.providers.http.recording import Recorder, hosts_of
from tasks.providers.protocols import ImageProvider, Photo
from tasks.providers.registry import make_image, make_vision, setup
from tasks.providers.replicate.factories import wire as replicate_wire
from tasks.providers.replicate.wire import ReplicateWire
from tasks.providers.spec import Kind
from tasks.providers.specs import all_specs, specs_for
from tasks.providers.store.settings import R2Account
from tasks.runtime import Runtime, current_runtime
from tasks.settings import ProviderSettings, provider_settings
from tasks.trial_call import picture_estimate
from ui.diagnosis.check_result import CheckResult, ok, problem, warning


@dataclass
class LiveTrial:
    """The tools, the photo in the public domain, and what may be spent on it."""

    chosen: ProviderSettings
    runtime: Runtime
    photo: Photo
    recorder: Recorder
    wire: ReplicateWire | None = None  # None when the pictures are not Replicate's
    image: ImageProvider | None = None
    paid_vision: bool = False  # whether the photos are looked at for money
    spent_microusd: int = 0

    @property
    def estimate_microusd(self) -> int:
        """What it may cost in all."""
        pictures = picture_estimate(self.runtime, self.photo) if self.image else 0
        return pictures + (self.runtime.vision.estimate_microusd(self.photo) if self.paid_vision else 0)

    def check_cap(self, cap_microusd: int) -> None:
        """OverBudget when it may cost more than `cap_microusd`."""
        if self.estimate_microusd > cap_microusd:
            raise OverBudget(
                f"The live check may cost {dollars(self.estimate_microusd)}, above the cap of "
                f"{dollars(cap_microusd)}. Nothing was spent. Allow it with "
                f"--spend {enough_dollars(self.estimate_microusd)}.",
                code="over_cap",
            )

    def save(self) -> CheckResult:
        """Keep the recordings, in STORYKIN_HOME/recordings/<date>."""
        if not self.recorder.exchanges:
            return warning("recordings", "No answer came, so there is nothing to record.")
        folder = _recordings(record_settings().home)
        try:
            written = self.recorder.save(folder)
        except OSError:
            return problem("recordings", "The recordings could not be written into the data folder.")
        return ok(
            "recordings",
            f"{len(written)} answers were recorded, without keys, photos or links, in "
            f"recordings/{folder.name} of the data folder.",
        )


def begin_trial() -> LiveTrial | None:
    """Everything ready, with nothing asked yet; None when no provider is in use that could be asked.

    Raises StorykinError: the settings, the photo's checks or the local models may be the reason.
    """
    chosen = provider_settings()
    paid_vision = specs_for(Kind.VISION)[chosen.vision].charges
    draws = specs_for(Kind.IMAGE)[chosen.images[0]].charges
    if not (paid_vision or draws or chosen.store == "r2"):
        return None
    recorder = _recorder(chosen)
    wire = replicate_wire(setup(recorder.saw)) if chosen.images[0] == "replicate" else None
    image = make_image(chosen.images[0], recorder.saw) if draws else None
    runtime = current_runtime()
    if image:
        runtime = replace(runtime, image=image, fallbacks=())
    if paid_vision:
        runtime = replace(runtime, vision=make_vision(chosen.vision, recorder.saw))
    photo = normalize_photo(PHOTO.read_bytes()).photo
    return LiveTrial(chosen, runtime, photo, recorder, wire, image, paid_vision)


def _recorder(chosen: ProviderSettings) -> Recorder:
    specs = all_specs().values()
    bucket = chosen.of(R2Account)
    account = sorted(hosts_of([bucket.endpoint_url]))  # its name holds the account's id
    secrets = [chosen.secret_key.get_secret_value(), *account, bucket.bucket]
    secrets += [secret for spec in specs for secret in spec.secrets(chosen)]
    apis = [
        spec.setting(chosen, name) for spec in specs for kind, name in spec.api.items() if kind != Kind.STORE
    ]
    return Recorder(apis=hosts_of(apis), secrets=tuple(each for each in secrets if each))


def _recordings(home: Path) -> Path:
    return home / "recordings" / utc_now().date().isoformat()
