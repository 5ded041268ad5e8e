from complaints.models.complaint import DUE, Complaint, ComplaintFile, Escalation
from complaints.models.report import Action, Compensation, Finding, Report, SimilarCustomer

__all__ = [
    "DUE",
    "Action",
    "Compensation",
    "Complaint",
    "ComplaintFile",
    "Escalation",
    "Finding",
    "Report",
    "SimilarCustomer",
]
