"""Keeps the German texts together with the pages: `python -m services.console.catalogue`.

Collects what pages and modules say, adds what is new to translations/de/LC_MESSAGES/messages.po, drops what
nobody says any more, and compiles it. Both files are committed; a test asks that nothing is missing.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).parent
GERMAN = HERE / "translations" / "de" / "LC_MESSAGES" / "messages.po"

METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}


def collected() -> Catalog:
    """Return everything that is said, in English."""
    catalog = Catalog(charset="utf-8")
    options = {"templates/**.html": {"trimmed": "true", "silent": "false"}}
    for path, _line, message, comments, _context in extract_from_dir(
        HERE, METHODS, options_map=options, keywords=KEYWORDS
    ):
        catalog.add(message, locations=[(path, 0)], auto_comments=comments)
    return catalog


def german() -> Catalog:
    """Return the catalogue as it is written down."""
    with GERMAN.open("rb") as file:
        return read_po(file, locale="de")


def main() -> None:
    catalog = german()
    first = catalog.creation_date
    catalog.update(collected(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.creation_date = first
    with GERMAN.open("wb") as file:
        # Without locations and new dates the file changes only where a text does.
        write_po(file, catalog, width=110, no_location=True, sort_output=True)
    compile_catalogue(catalog)


def compile_catalogue(catalog: Catalog) -> None:
    with GERMAN.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalog)


if __name__ == "__main__":
    main()
