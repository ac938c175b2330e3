"""The residual search afterwards, on any folder, also one that another tool made (PS3.15 E.1.1; decisions 16, 18, 19)."""

from dicomconv.pipeline.audit.report import AuditReport
from dicomconv.pipeline.audit.run import audit

__all__ = ["AuditReport", "audit"]
