"""Files of a complaint: what the customer sent, and our evidence."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.rules import extension
from accounts.services.attachments import checked_digest, file_name
from complaints.models import ComplaintFile
from complaints.services import moves
from kam.core.errors import RuleViolation

if TYPE_CHECKING:
    from staff.models import User

MOST = 50


@transaction.atomic
def add_file(
    complaint_id: int, *, upload: UploadedFile, actor: User | None, description: str = ""
) -> ComplaintFile:
    """Keep a file, checked by its content as those of an archive are. actor: None, the customer.

    Refused: moved (closed), too_many, file_twice and what `checked_digest` refuses.
    """
    complaint = moves.locked_open(complaint_id)
    name = file_name(upload.name or "")
    digest = checked_digest(upload, name)
    files = list(complaint.files.values_list("sha256", flat=True))
    if len(files) >= MOST:
        raise RuleViolation("too_many", _("A complaint has at most %s files.") % MOST)
    if digest in files:
        raise RuleViolation("file_twice", _("This very file is there already."))
    kept = ComplaintFile(
        complaint=complaint,
        name=name,
        size=upload.size or 0,
        sha256=digest,
        description=description.strip(),
        uploaded_by=actor,
    )
    kept.file.save(f"{uuid.uuid4().hex}.{extension(name)}", upload, save=False)
    try:
        kept.save()
        moves.tell(complaint, "file_added", actor=actor, data={"name": name, "sha256": digest})
    except Exception:
        kept.file.delete(save=False)
        raise
    return kept
