from complaints.models.complaint import (
    DUE,
    Complaint,
    ComplaintFile,
    ComplaintQuerySet,
    Escalation,
    is_overdue,
)
from complaints.models.report import Action, Compensation, Finding, Report, SimilarCustomer

__all__ = [
    "DUE",
    "Action",
    "Compensation",
    "Complaint",
    "ComplaintFile",
    "ComplaintQuerySet",
    "Escalation",
    "Finding",
    "Report",
    "SimilarCustomer",
    "is_overdue",
]
