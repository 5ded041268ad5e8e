from approvals.models.deputy import Deputy, voices_of
from approvals.models.request import Request, RequestQuerySet, Signature
from approvals.models.route import Band, Route

__all__ = ["Band", "Deputy", "Request", "RequestQuerySet", "Route", "Signature", "voices_of"]
