"""The acts of the audit log, for the use cases."""

from db.audit.acts import AuditAct

__all__ = ["AuditAct"]
