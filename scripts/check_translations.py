"""Fail when a string of the program has no Chinese translation, or a fuzzy one.

xgettext (Debian package gettext) finds the strings; without it only the catalogue itself is
checked, and CI=true fails.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
FOLDERS = [
    *["kam", "staff", "approvals", "accounts", "notifications", "sales", "tiering", "credit"],
    *["complaints", "visits", "mailings", "templates"],
]


def strings_in_use() -> set[tuple[str | None, str]]:
    """(context, msgid) of every string that the program marks for translation."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in FOLDERS:
            if (ROOT / name).exists():
                ignore = shutil.ignore_patterns("__pycache__", "*.mo")
                shutil.copytree(ROOT / name, copy / name, ignore=ignore)
        (copy / "locale").mkdir()
        command = [sys.executable, "-m", "django", "makemessages", "--keep-pot", "-l", "zh_Hans"]
        env = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
        subprocess.run(command, cwd=copy, env=env, check=True, stdout=subprocess.DEVNULL)
        pot = polib.pofile(str(copy / "locale" / "django.pot"))
    return {(entry.msgctxt, entry.msgid) for entry in pot}


def main() -> int:
    """Print what is missing; 1 when anything is."""
    catalogue = polib.pofile(str(CATALOGUE), check_for_duplicates=True)
    problems = [f"fuzzy: {entry.msgid!r}" for entry in catalogue.fuzzy_entries()]
    problems += [f"not translated: {entry.msgid!r}" for entry in catalogue.untranslated_entries()]
    if shutil.which("xgettext"):
        known = {(entry.msgctxt, entry.msgid) for entry in catalogue if not entry.obsolete}
        used = strings_in_use()
        problems += [f"missing: {text!r}" for _, text in sorted(used - known, key=str)]
        problems += [f"no longer used: {text!r}" for _, text in sorted(known - used, key=str)]
    elif os.environ.get("CI") == "true":
        problems.append("CI=true, and no xgettext: install gettext")
    else:
        print("xgettext not found: new strings were not looked for (install gettext)")
    print("\n".join(problems) or f"{len(catalogue)} strings, all translated")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
