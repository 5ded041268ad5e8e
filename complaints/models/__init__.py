from complaints.models.complaint import (
    DUE,
    Complaint,
    ComplaintFile,
    ComplaintQuerySet,
    Escalation,
    deadline_of,
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
    "deadline_of",
    "is_overdue",
]
