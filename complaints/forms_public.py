from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django import forms
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.utils.translation import gettext_lazy as _

from complaints import words
from complaints.services import procedure, public
from complaints.services.public import Sender

FASTEST = timedelta(seconds=3)  # nobody fills in the form in less
LONGEST = timedelta(hours=12)
MOST_LINKS = 3
_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
_SALT = "complaints.public"


def stamp() -> str:
    """When the form was opened, signed."""
    return TimestampSigner(salt=_SALT).sign("opened")


def _file() -> forms.FileField:
    return forms.FileField(
        label=_("A picture or document"),
        required=False,
        help_text=_("PDF, picture or Office document, up to 20 MB."),
    )


class ComplaintForm(forms.Form):
    """The web form for customers. `website` and `opened` are traps for programs."""

    company = forms.CharField(label=_("Your company"), max_length=100)
    account_number = forms.CharField(
        label=_("Customer number"),
        max_length=40,
        required=False,
        help_text=_("If you know it: it stands on our invoices."),
    )
    name = forms.CharField(label=_("Your name"), max_length=60)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=95, required=False)
    category = forms.ChoiceField(
        label=_("What it is about"), choices=words.choices(words.CATEGORIES)
    )
    title = forms.CharField(label=_("In a few words"), max_length=120)
    description = forms.CharField(
        label=_("What happened"),
        max_length=5000,
        widget=forms.Textarea({"rows": 6}),
        help_text=_("When, which order or product, and what you expect of us."),
    )
    file = _file()
    website = forms.CharField(label=_("Leave this empty"), required=False, max_length=200)
    opened = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["website"].widget.attrs.update(tabindex="-1", autocomplete="off")
        for name, how in (("company", "organization"), ("name", "name"), ("phone", "tel")):
            self.fields[name].widget.attrs["autocomplete"] = how
        self.fields["email"].widget.attrs["autocomplete"] = "email"

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("Please leave this field empty."))
        return ""

    def clean_opened(self) -> str:
        """Refuse a form that was sent faster than a person can, or long after it was opened."""
        signer, text = TimestampSigner(salt=_SALT), self.cleaned_data["opened"]
        try:
            signer.unsign(text, max_age=LONGEST)
        except BadSignature as error:
            raise forms.ValidationError(
                _("The form was open for too long. Please send it again.")
            ) from error
        try:
            signer.unsign(text, max_age=FASTEST)
        except SignatureExpired:
            return text
        raise forms.ValidationError(_("That was very fast. Please send it again."))

    def clean_description(self) -> str:
        text: str = self.cleaned_data["description"]
        if len(_LINK.findall(text)) > MOST_LINKS:
            raise forms.ValidationError(_("Please send at most three links."))
        return text

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not (data.get("phone") or data.get("email") or {"phone", "email"} & set(self.errors)):
            self.add_error("phone", _("Give a telephone number or an e-mail address."))
        return data

    def sender(self) -> Sender:
        """Who a valid form says it is from."""
        data = self.cleaned_data
        names = ("company", "account_number", "name", "phone", "email")
        return Sender(**{name: data[name] for name in names})


class FollowForm(forms.Form):
    """What opens the page of a complaint for its customer."""

    number = forms.CharField(label=_("Number of your complaint"), max_length=60)
    secret = forms.CharField(label=_("Secret of the complaint"), max_length=100)


class AnswerForm(forms.Form):
    """Whether the customer is content with our reply."""

    content = forms.ChoiceField(choices=[("yes", _("Yes")), ("no", _("No"))])
    note = forms.CharField(
        label=_("What is still missing"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("content") == "no" and not data.get("note"):
            self.add_error("note", _("Please say what is still missing."))
        return data

    def send(self, complaint_id: int) -> None:
        """Refused: moved."""
        note = self.cleaned_data["note"]
        if self.cleaned_data["content"] == "yes":
            procedure.confirm(complaint_id, actor=None, note=note)
        else:
            procedure.contest(complaint_id, actor=None, reason=note)


class QuestionForm(forms.Form):
    """What the customer answers to our question."""

    note = forms.CharField(
        label=_("Your answer"), max_length=2000, widget=forms.Textarea({"rows": 3})
    )
    file = _file()

    def send(self, complaint_id: int) -> None:
        """Refused: not_waiting, and what is wrong with the file."""
        text, upload = self.cleaned_data["note"], self.cleaned_data["file"]
        public.answer_question(complaint_id, text=text, upload=upload)


class ReopenForm(forms.Form):
    """Why it is not over for the customer."""

    note = forms.CharField(
        label=_("What is still missing"), max_length=2000, widget=forms.Textarea({"rows": 3})
    )

    def send(self, complaint_id: int) -> None:
        """Refused: moved."""
        procedure.reopen(complaint_id, reason=self.cleaned_data["note"], actor=None)


# What the customer is asked on the page of their complaint.
ASKED: dict[str, type[AnswerForm | QuestionForm | ReopenForm]] = {
    "content": AnswerForm,
    "question": QuestionForm,
    "over": ReopenForm,
}
