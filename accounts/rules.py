"""Names, numbers and codes of accounts: pure functions, no Django."""

import re
import unicodedata
from collections.abc import Iterable

from pypinyin import Style, lazy_pinyin

ACCOUNT_NUMBER_PATTERN = r"^[^\s/\\?#%]{1,40}$"
DERIVED_FROM = (
    "account_number",
    "name",
    "short_name",
    "english_name",
    "credit_code",
    "phone",
)
DERIVED_FIELDS = ("name_sort", "name_initials", "name_key", "phone_key", "search_grams")

# Legal forms and the like that say nothing about who it is; longest first.
_LEGAL_FORMS = re.compile(
    r"(股份有限公司|有限责任公司|集团有限公司|有限公司|股份公司|集团公司|公司|集团)+$"
    r"|\b(co\.?,?\s*ltd\.?|company limited|limited|ltd\.?|inc\.?|corp\.?|corporation|llc|gmbh|plc)$"
)
_NOT_WORD = re.compile(r"[\W_]+")


def name_key(name: str) -> str:
    """A company name for comparison: half width, lower case, no legal form, brackets or spaces.

    "（上海）华锐　科技有限公司" and "上海华锐科技股份有限公司" both give "上海华锐科技". A name
    that is nothing but a legal form stays as it is.
    """
    plain = unicodedata.normalize("NFKC", name).casefold().strip()
    stem = _LEGAL_FORMS.sub("", plain).strip()
    return _NOT_WORD.sub("", stem) or _NOT_WORD.sub("", plain)


def phone_key(phone: str) -> str:
    """The digits of a phone number without +86 and leading zeros; "" under 7 digits."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", phone))
    digits = re.sub(r"^(0086|86(?=\d{10,}))", "", digits).lstrip("0")
    return digits if len(digits) >= 7 else ""


def pinyin(name: str) -> str:
    """The name in pinyin, one space between syllables, for sorting: "hua rui ke ji"."""
    return " ".join(lazy_pinyin(unicodedata.normalize("NFKC", name))).casefold()[:400]


def pinyin_initials(name: str) -> str:
    """The first letters of the syllables: "hrkj"; letters and digits stay as they are."""
    letters = lazy_pinyin(unicodedata.normalize("NFKC", name), style=Style.FIRST_LETTER)
    return _NOT_WORD.sub("", "".join(letters)).casefold()[:200]


def _grams(text: str) -> Iterable[str]:
    return (text[i : i + 2] for i in range(len(text) - 1))


def query_grams(text: str) -> list[str]:
    """The bigrams that an account's `search_grams` must all contain to match `text`."""
    plain = _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).casefold())
    return sorted(set(_grams(plain))) if len(plain) > 1 else [plain] if plain else []


def derived_fields(
    *,
    account_number: str,
    name: str,
    short_name: str,
    english_name: str,
    credit_code: str,
    phone: str,
) -> dict[str, object]:
    """The columns of an account that follow from others, keyed by field name."""
    initials = pinyin_initials(name)
    syllables = pinyin(name)
    texts = [name, short_name, english_name, account_number, credit_code, syllables, initials]
    if short_name:
        texts += [pinyin(short_name), pinyin_initials(short_name)]
    grams: set[str] = set()
    for text in texts:
        plain = _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).casefold())
        grams.update(_grams(plain))
        grams.update(plain)
    return {
        "name_sort": syllables,
        "name_initials": initials,
        "name_key": name_key(name)[:200],
        "phone_key": phone_key(phone),
        "search_grams": sorted(grams),
    }


_CREDIT_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code_warning(code: str) -> str:
    """Why a unified social credit code 统一社会信用代码 looks wrong; "" when it is right.

    "form": not 18 characters of the alphabet (no I, O, S, V, Z). "check_digit": GB 32100-2015's
    check character does not fit; some real codes fail it, so it warns and never blocks.
    """
    code = code.strip().upper()
    if len(code) != 18 or any(c not in _CREDIT_CODE_ALPHABET for c in code):
        return "form"
    total = sum(_CREDIT_CODE_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    return "" if _CREDIT_CODE_ALPHABET[(31 - total % 31) % 31] == code[17] else "check_digit"
