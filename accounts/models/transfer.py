from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class ImportBatch(models.Model):
    """One uploaded file of accounts: read, shown as a preview, then applied or dropped (A21)."""

    class Status(models.TextChoices):
        PREVIEW = "preview", _("Preview")
        QUEUED = "queued", _("Being imported")
        APPLIED = "applied", _("Applied")
        DISCARDED = "discarded", _("Discarded")

    file_name = models.CharField(_("file"), max_length=200)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PREVIEW)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)
    applied_at = models.DateTimeField(_("applied at"), null=True)
    encoding = models.CharField(max_length=20, blank=True)
    header = models.JSONField(default=list)  # [[title as in the file, field or ""], …]
    clear_empty = models.BooleanField(default=False)  # an empty cell empties the field
    # [{"row": 2, "cells": […], "outcome": "updated", "changes": {…: [old, new]}, "errors": […]}]
    rows = models.JSONField(default=list)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    # {"region": {"count": 1, "names": [["华东区", 12, "华东"]]}}: what the file would make, in how
    # many rows, and what there is already that looks like it.
    new_names = models.JSONField(default=dict)
    # A large file is stored by a worker. `queued` until that is done: whether somebody is at it
    # shows in the lock of this row.
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)
    language = models.CharField(max_length=10, blank=True)  # in which the rows' errors are told
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(_("started at"), null=True)
    error = models.TextField(_("error"), blank=True)  # why a worker could not store it

    class Meta:
        ordering = ["-uploaded_at", "-pk"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="queued") | Q(confirmed_by__isnull=False),
                name="accounts_import_queued_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("accounts:import_batch", args=[self.pk])
