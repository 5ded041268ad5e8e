"""Every write to the customer archives; pages, API, imports and commands call these."""

from accounts.services.timeline import record_event

__all__ = ["record_event"]
