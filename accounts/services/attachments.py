"""Files in the archive of an account."""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import TYPE_CHECKING

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from accounts import rules
from accounts.models import Attachment
from accounts.services.archive import live_locked
from accounts.services.timeline import record_event
from kam.core import audit
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>:\"|?*\u202a-\u202e\u2066-\u2069]")


@transaction.atomic
def add_attachment(
    account_id: int, *, upload: UploadedFile, actor: User, description: str = ""
) -> Attachment:
    """Keep an uploaded file of one of `rules.ATTACHMENT_SIGNATURES`, at most 20 MB.

    On disk it has a name of ours; the uploader's own is only shown and offered on download.
    """
    account = live_locked(account_id)
    name = file_name(upload.name or "")
    digest = checked_digest(upload, name)
    if account.attachments.filter(sha256=digest).exists():
        raise RuleViolation("attachment_twice", _("This very file is already in the archive."))
    attachment = Attachment(
        account=account,
        name=name,
        size=upload.size or 0,
        sha256=digest,
        description=description,
        uploaded_by=actor,
    )
    attachment.file.save(f"{uuid.uuid4().hex}.{rules.extension(name)}", upload, save=False)
    try:
        attachment.save()
        data = {"name": name, "sha256": digest}
        audit.record(attachment, "accounts.attachment_added", actor=actor, changes={"file": data})
        record_event([account.pk], "accounts.attachment_added", actor=actor, data={"name": name})
    except Exception:
        attachment.file.delete(save=False)
        raise
    return attachment


@transaction.atomic
def remove_attachment(attachment_id: int, *, actor: User) -> None:
    """Delete a file; that it was there, and its digest, stay in the audit trail."""
    attachment = Attachment.objects.select_for_update(of=("self",)).get(pk=attachment_id)
    data = {"name": attachment.name, "sha256": attachment.sha256}
    audit.record(attachment, "accounts.attachment_removed", actor=actor, changes={"file": data})
    record_event(
        [attachment.account_id],
        "accounts.attachment_removed",
        actor=actor,
        data={"name": attachment.name},
    )
    storage, path = attachment.file.storage, str(attachment.file.name)
    attachment.delete()
    transaction.on_commit(lambda: storage.delete(path))


def file_name(name: str) -> str:
    """The last part of a path, Windows' or ours, without characters that deceive or break."""
    return _UNSAFE.sub("", re.split(r"[/\\]", name)[-1]).strip(" .")[-200:]


def checked_digest(upload: UploadedFile, name: str) -> str:
    """The SHA-256 of an acceptable file; otherwise a RuleViolation that says what is wrong."""
    if not upload.size:
        raise RuleViolation("attachment_empty", _("The file is empty."))
    if upload.size > rules.ATTACHMENT_MAX_BYTES:
        limit = filesizeformat(rules.ATTACHMENT_MAX_BYTES)
        message = _("The file is larger than %(limit)s.") % {"limit": limit}
        raise RuleViolation("attachment_too_large", message)
    digest = hashlib.sha256()
    head = b""
    for chunk in upload.chunks():
        head = head or chunk[:16]
        digest.update(chunk)
    upload.seek(0)
    if not rules.attachment_fits(name, head):
        kinds = ", ".join(sorted(rules.ATTACHMENT_SIGNATURES))
        message = _("Only these kinds of files are kept: %(kinds)s.") % {"kinds": kinds}
        raise RuleViolation("attachment_kind", message)
    return digest.hexdigest()
