"""Names, numbers and codes of accounts: pure functions, no Django."""

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache

from pypinyin import lazy_pinyin

ACCOUNT_NUMBER_PATTERN = r"^[^\s/\\?#%]{1,40}$"
# /accounts/new/ is a page of its own, and so are the others; "." and ".." browsers resolve.
RESERVED_NUMBERS = frozenset(
    {
        *(".", ".."),
        *("bulk", "duplicates", "export", "filters", "import", "merge", "merges", "new"),
        *("exports", "openings", "similar", "views"),
    }
)
DERIVED_FROM = (
    "account_number",
    "name",
    "short_name",
    "english_name",
    "credit_code",
    "phone",
)
DERIVED_FIELDS = (
    "name_sort",
    "name_initials",
    "name_key",
    "phone_key",
    "search_text",
    "search_grams",
    "scatter",
)

# An archive is to be gone through every half year, whatever was edited meanwhile: reading it as a
# whole is what finds the entry that nobody touched.
REVIEW_INTERVAL = timedelta(days=180)

MASK = "••••••"  # of every trade secret alike, so that not even its length shows

# Legal forms and the like that say nothing about who it is; longest first.
_LEGAL_FORMS = re.compile(
    r"(股份有限公司|有限责任公司|集团有限公司|有限公司|股份公司|集团公司|公司|集团)+$"
    r"|\b(co\.?,?\s*ltd\.?|company limited|limited|ltd\.?|inc\.?|corp\.?|corporation|llc|gmbh|plc)$"
)
_NOT_WORD = re.compile(r"[\W_]+")
_MARK = "\ue000"  # before what is not hanzi; of the private use area, so in no name


def is_account_number(text: str) -> bool:
    """Whether this can be an account number: it stands in addresses of pages and of the API."""
    return re.fullmatch(ACCOUNT_NUMBER_PATTERN, text) is not None


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


@lru_cache(maxsize=2048)
def syllables(name: str) -> tuple[str, ...]:
    """How a name is read: a syllable for each hanzi; runs of anything else as they are, marked."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return tuple(lazy_pinyin(plain, errors=lambda run: _MARK + run))


def pinyin(name: str) -> str:
    """The name in pinyin, one space between syllables, for sorting: "hua rui ke ji"."""
    words = (_NOT_WORD.sub("", syllable.removeprefix(_MARK)) for syllable in syllables(name))
    return " ".join(filter(None, words))[:400]


def pinyin_initials(name: str) -> str:
    """The first letters of the syllables: "hrkj"; letters and digits stay as they are."""
    letters = (s[1:] if s.startswith(_MARK) else s[0] for s in syllables(name))
    return _NOT_WORD.sub("", "".join(letters))[:200]


SEARCH_TEXT_LENGTH = 500  # characters; it stands in an index, whose rows have a limit
SEARCH_WORDS = 5
_RUN = re.compile(r"[a-z0-9]+|[^a-z0-9]+")
_SHORT, _LONG = 2, 4


def _plain(text: str) -> str:
    """Half width, lower case, letters and digits of any script only."""
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).casefold())


def _pieces(run: str, length: int) -> Iterator[str]:
    return (run[i : i + length] for i in range(len(run) - length + 1))


def _grams(line: str) -> Iterator[str]:
    """What finds a line: hanzi alone and in pairs, other letters and digits by two and by four."""
    for run in _RUN.findall(line):
        yield from _pieces(run, _SHORT)
        yield from _pieces(run, _LONG if run[0].isascii() else 1)


def search_words(text: str) -> list[str]:
    """The words of a search; an account matches when its `search_text` contains each of them."""
    words = (_plain(word) for word in unicodedata.normalize("NFKC", text).split())
    return [word for word in dict.fromkeys(words) if word][:SEARCH_WORDS]


def query_grams(words: Iterable[str]) -> list[str]:
    """The grams that `search_grams` of every account with these words contains.

    The longest that there are: pairs of pinyin letters ("an", "ng") stand in nearly every name
    and would only slow the index down. [] when a single letter is all there is.
    """
    grams: set[str] = set()
    for word in words:
        for run in _RUN.findall(word):
            if run[0].isascii():
                grams.update(_pieces(run, _LONG if len(run) >= _LONG else _SHORT))
            else:
                grams.update(_pieces(run, min(len(run), _SHORT)))
    return sorted(grams)


def search_text(names: Iterable[str], codes: Iterable[str]) -> str:
    """All that a search looks at, a line each: names, codes, pinyin and initials of the names."""
    lines: list[str] = []
    names = list(names)
    for line in map(_plain, [*names, *codes]):
        if not any(line in earlier for earlier in lines):
            lines.append(line)
    # A short name that is part of the name is spelled there already.
    for name in [name for name in names if _plain(name) in lines]:
        lines += [_plain(pinyin(name)), pinyin_initials(name)]
    return "\n".join(dict.fromkeys(lines))[:SEARCH_TEXT_LENGTH]


def scatter(account_number: str) -> int:
    """A place between 0 and 2**32 that has nothing to do with the account: any range is a sample.

    Accounts in a range of `scatter` are as good as drawn by lot, so counting matches there tells
    how many there are in all without counting them all.
    """
    return int.from_bytes(hashlib.blake2b(account_number.encode(), digest_size=4).digest())


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
    text = search_text([name, short_name, english_name], [account_number, credit_code])
    return {
        "name_sort": pinyin(name),
        "name_initials": pinyin_initials(name),
        "name_key": name_key(name)[:200],
        "phone_key": phone_key(phone),
        "search_text": text,
        "search_grams": sorted({gram for line in text.split("\n") for gram in _grams(line)}),
        "scatter": scatter(account_number),
    }


def review_due_on(reviewed_on: date) -> date:
    """The day by which an archive reviewed on a day should be reviewed again (A12)."""
    return reviewed_on + REVIEW_INTERVAL


_CREDIT_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code(text: str) -> str:
    """A unified social credit code as it is kept: half width, upper case, no blanks around it."""
    return unicodedata.normalize("NFKC", text).strip().upper()


def credit_code_warning(code: str) -> str:
    """Why a unified social credit code 统一社会信用代码 looks wrong; "" when it is right.

    "form": not 18 characters of the alphabet (no I, O, S, V, Z). "check_digit": GB 32100-2015's
    check character does not fit; some real codes fail it, so it warns and never blocks.
    """
    code = credit_code(code)
    if len(code) != 18 or any(c not in _CREDIT_CODE_ALPHABET for c in code):
        return "form"
    total = sum(_CREDIT_CODE_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    return "" if _CREDIT_CODE_ALPHABET[(31 - total % 31) % 31] == code[17] else "check_digit"


ATTACHMENT_MAX_BYTES = 20 * 1024 * 1024
_ZIP, _OLE = (b"PK\x03\x04", b"PK\x05\x06"), (b"\xd0\xcf\x11\xe0",)
# Extension -> how such a file begins; () for text. No HTML, SVG or scripts.
ATTACHMENT_SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF8",),
    "webp": (b"RIFF",),
    "docx": _ZIP,
    "xlsx": _ZIP,
    "pptx": _ZIP,
    "zip": _ZIP,
    "doc": _OLE,
    "xls": _OLE,
    "ppt": _OLE,
    "txt": (),
    "csv": (),
}


def extension(file_name: str) -> str:
    """The extension of a file name in lower case, "" without one."""
    stem, dot, ending = file_name.rpartition(".")
    return ending.casefold() if stem and dot else ""


def attachment_fits(file_name: str, head: bytes) -> bool:
    """Whether a file of this name is of a kind that is kept and begins like one."""
    signatures = ATTACHMENT_SIGNATURES.get(extension(file_name))
    if signatures is None:
        return False
    return head.startswith(signatures) if signatures else b"\x00" not in head


def on_cycle(above: Mapping[str, str]) -> set[str]:
    """The companies that are their own ancestor; `above` gives each company's parent."""
    cyclic: set[str] = set()
    done: set[str] = set()
    for start in above:
        path: dict[str, None] = {}
        node = start
        while node in above and node not in done and node not in path:
            path[node] = None
            node = above[node]
        if node in path:
            line = list(path)
            cyclic.update(line[line.index(node) :])
        done.update(path)
    return cyclic


_NEAR = 0.75  # of difflib: one of four characters differs
_MOST_KNOWN = 2000  # names that are looked through
_AREA_ENDINGS = re.compile(r"(?:特别行政区|自治区|地区|大区|行业|省|市|区|业)$")


def near_matches(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Which known name each of these may be meant for, "" if none: 华东 for 华东区, 华 东, 华冬.

    Alike are names that differ in width, case, blanks or the ending of a territory, that sound
    the same, or that have three of four characters in common.
    """
    stems = {_stem(other): other for other in sorted(known, reverse=True)[:_MOST_KNOWN]}
    sounds = {pinyin(stem): other for stem, other in stems.items() if pinyin(stem)}
    return {name: _nearest(_stem(name), stems, sounds) for name in names}


def _nearest(stem: str, stems: Mapping[str, str], sounds: Mapping[str, str]) -> str:
    if found := stems.get(stem) or sounds.get(pinyin(stem)):
        return found
    closest = difflib.get_close_matches(stem, stems, n=1, cutoff=_NEAR)
    return stems[closest[0]] if closest else ""


def _stem(name: str) -> str:
    plain = _plain(name)
    return _AREA_ENDINGS.sub("", plain) or plain
