"""Every look that `storykin doctor` and the Health page take, by subject and in order."""

from ui.diagnosis import (
    audit_log,
    backups,
    configuration,
    machine,
    marks,
    models,
    orchestration,
    provider_health,
    record,
    sign_in_service,
    store_checks,
    styles,
    waiting_pictures,
)
from ui.diagnosis.check_result import Check, CheckResult, examine

OF_ITSELF: dict[str, Check] = {
    "python": machine.python,
    "settings": configuration.settings,
    "data folder": machine.data_folder,
    "model weights": machine.model_weights,
    "network": machine.network,
    "record": record.tables,
    "prefect": orchestration.prefect,
    "restarts": orchestration.restarted,
}
BY_SETTINGS: dict[str, Check] = {  # only told when the settings can be read
    "keys": configuration.keys,
    "models": models.registry,
    "providers": provider_health.provider_health,
    "sign-in": sign_in_service.sign_in_service,
    "marks": marks.certificate,
    "styles": styles.packs,
    "store": store_checks.kept_bytes,
    "store owner": store_checks.whose_store,
    "sweep": store_checks.next_sweep,
    "store damage": store_checks.damages,
    "comparing": waiting_pictures.waiting_pictures,
    "signed links": store_checks.signed_links,
    "page uploads": store_checks.page_uploads,
    "backup": backups.backups,
    "clock": machine.clock,
    "audit log": audit_log.audit_log,
    "money": record.money,
}


def every_result(extra: dict[str, Check] | None = None) -> list[CheckResult]:
    """What all looks say, and the `extra` ones. Takes seconds: it asks the store and Prefect."""
    remarks = examine(OF_ITSELF)
    readable = all(each.ok for each in remarks if each.name == "settings")
    return remarks + (examine(BY_SETTINGS | (extra or {})) if readable else [])
