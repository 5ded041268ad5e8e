from complaints.models.complaint import (
    DUE,
    Complaint,
    ComplaintFile,
    ComplaintQuerySet,
    Escalation,
    is_overdue,
)
from complaints.models.public import MonthlySummary, PublicCall
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
    "MonthlySummary",
    "PublicCall",
    "Report",
    "SimilarCustomer",
    "is_overdue",
]
