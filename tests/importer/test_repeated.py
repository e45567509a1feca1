"""Two rows in one file for one person: the later one wins, and the preview says what the run does."""

from __future__ import annotations

from typing import Any

import pytest

FILLERS = "".join(f"F{n};f{n}@example.com;;;\r\n" for n in range(15))
"""More than a step of the import: what comes behind it is sent in another request."""

HEADING = "Nachname;E-Mail;Ort;Id;OptIn bestätigt\r\n"
ID = "0190a5a0-0000-7000-8000-000000000001"


def both(importer: Any, content: str, **options: Any) -> tuple[Any, Any]:
    """Return what the preview foresees and what the run has done."""
    found = importer.upload(HEADING + content, **options)
    preview = importer.post(found, "preview", 200)
    importer.post(found, "start", 202)
    importer.run()
    return preview, importer.get(found["id"])["progress"]


def agree(preview: Any, progress: Any) -> bool:
    would = preview["would"]
    return (would["create"], would["update"], would["unchanged"], would["invalid"], would["conflict"]) == (
        progress["created"], progress["updated"], progress["unchanged"], progress["failed"],
        progress["conflicts"],
    )  # fmt: skip


@pytest.mark.parametrize("between", ["", FILLERS], ids=["one step", "across steps"])
def test_the_later_row_wins_and_both_are_counted(importer, between):
    preview, progress = both(
        importer, f"Alt;m@example.com;Bonn;;\r\n{between}Neu;M@EXAMPLE.com;Ulm;;\r\n"
    )

    assert agree(preview, progress)
    assert (progress["updated"], preview["repeated"]) == (1, 1)
    [customer] = [one for one in importer.services.customers.values() if one.get("city")]
    assert (customer["last_name"], customer["city"]) == ("Neu", "Ulm")


@pytest.mark.parametrize("between", ["", FILLERS], ids=["one step", "across steps"])
def test_the_same_row_twice_changes_nothing_the_second_time(importer, between):
    row = "Meier;m@example.com;Bonn;;\r\n"
    preview, progress = both(importer, f"{row}{between}{row}")

    assert agree(preview, progress)
    assert (progress["unchanged"], preview["repeated"]) == (1, 1)


@pytest.mark.parametrize("between", ["", FILLERS], ids=["one step", "across steps"])
def test_an_id_twice_is_one_person(importer, between):
    preview, progress = both(importer, f"A;;Bonn;{ID};\r\n{between}B;;Ulm;{ID};\r\n")

    assert agree(preview, progress)
    assert importer.services.customers[ID]["last_name"] == "B"


def test_rows_for_somebody_who_is_there_are_counted_as_repeated(importer):
    importer.imported("Nachname;E-Mail\r\nMeier;m@example.com\r\n")
    preview, progress = both(
        importer, f"A;m@example.com;Bonn;;\r\n{FILLERS}B;m@example.com;Ulm;;\r\n"
    )

    assert agree(preview, progress)
    assert (progress["updated"], preview["repeated"]) == (2, 1)


def test_without_matching_by_address_both_are_new(importer):
    preview, progress = both(
        importer,
        f"A;m@example.com;Bonn;;\r\n{FILLERS}B;m@example.com;Ulm;;\r\n",
        match_on=["id"],
    )

    assert agree(preview, progress)
    assert (progress["created"], preview["repeated"]) == (17, 0)
