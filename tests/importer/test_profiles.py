"""What was chosen for a list is there when the next one with these headings comes."""

from __future__ import annotations

HEADING = "Wer;Wohin;Gruppe\r\n"
CHOSEN = {"Wer": "last_name", "Wohin": "attribute:stil", "Gruppe": "groups"}


def started(importer, **options):
    found = importer.change(
        importer.upload(HEADING + "Meier;Strand;Alt\r\n"), mapping=CHOSEN, **options
    )
    importer.post(found, "start", 202)
    importer.run()
    return found


def test_the_columns_may_stand_in_another_order_and_spelling(importer):
    started(importer)

    again = importer.upload("gruppe;WER;wohin\r\nAlt;Huber;Kultur\r\n")

    assert again["options"]["mapping"] == {
        "gruppe": "groups", "WER": "last_name", "wohin": "attribute:stil",
    }  # fmt: skip
    assert again["state"] == "ready"


def test_an_attribute_that_is_gone_leaves_its_column_out(importer):
    started(importer)
    importer.services.attributes = [
        one for one in importer.services.attributes if one["key"] != "stil"
    ]

    again = importer.upload(HEADING + "Huber;Kultur;Alt\r\n")

    assert again["options"]["mapping"] == {**CHOSEN, "Wohin": None}


def test_a_profile_has_a_name_and_the_options_that_do_no_harm(importer):
    started(
        importer,
        profile="Messe",
        match_on=["email"],
        mode="update",
        date_order="month_first",
        groups={"map": {"Alt": "Neu"}, "create_missing": False},
    )

    options = importer.upload(HEADING + "Huber;Kultur;Alt\r\n")["options"]

    assert options["profile"] == "Messe"
    assert (options["match_on"], options["mode"], options["date_order"]) == (
        ["email"], "update", "month_first",
    )  # fmt: skip
    assert options["groups"]["map"] == {"Alt": "Neu"}
    assert options["groups"]["create_missing"] is False


def test_what_could_do_harm_unseen_is_asked_each_time(importer):
    fresh = importer.upload("Nachname\r\nA\r\n")["options"]
    started(
        importer,
        start_sequences="spread",
        on_empty="clear",
        opt_in_evidence="Messe 2024",
        groups={"mode": "replace"},
    )

    options = importer.upload(HEADING + "Huber;Kultur;Alt\r\n")["options"]

    for name in ("start_sequences", "on_empty", "opt_in_evidence"):
        assert options[name] == fresh[name]
    assert options["groups"]["mode"] == "add"


def test_a_name_is_enough_to_keep_a_guess_with_its_options(importer):
    found = importer.upload("Nachname;E-Mail\r\nA;a@example.com\r\n", profile="Kasse", match_on=[])
    importer.post(found, "start", 202)

    assert importer.upload("E-Mail;Nachname\r\n;B\r\n")["options"]["match_on"] == []


def test_what_is_chosen_now_counts_before_what_was_chosen_then(importer):
    started(importer, match_on=["email"])

    options = importer.upload(HEADING + "Huber;Kultur;Alt\r\n", match_on=["id"])["options"]

    assert options["match_on"] == ["id"]
