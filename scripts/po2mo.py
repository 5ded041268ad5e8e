"""Compile locale/*/LC_MESSAGES/*.po to .mo with polib: no gettext needed."""

from pathlib import Path

import polib

for po in Path(__file__).resolve().parent.parent.glob("**/locale/*/LC_MESSAGES/*.po"):
    if ".venv" not in po.parts:
        catalog = polib.pofile(str(po), check_for_duplicates=True)
        catalog.save_as_mofile(str(po.with_suffix(".mo")))
        print(f"{po.parts[-3]}: {len(catalog.translated_entries())}/{len(catalog)} strings")
