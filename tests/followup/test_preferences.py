"""People choose on a page, by the link in their mails, which topics they want to hear of."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from services.followup.tokens import Links
from shared.db import new_id, utcnow
from shared.events.groups import (
    CustomerAddedToGroup,
    CustomerRemovedFromGroup,
    GroupChanged,
    GroupCreated,
    GroupDeleted,
)
from shared.outbox import waiting

LATER = [{"key": "a", "subject": "Eins", "text": "Hallo"},
         {"key": "b", "delay": {"value": 1, "unit": "days"}, "subject": "Zwei", "text": "Hallo"}]  # fmt: skip


@pytest.fixture
def topic(world):
    """A group that is a topic, with the description that readers see."""

    def topic(name, description="", parent=None, above=""):
        group_id = new_id()
        world.hear(
            GroupCreated(
                group_id=group_id, version=1, group_name=name, path=above + name, parent_id=parent,
                ancestor_ids=[parent] if parent else [], topic=True, description=description,
            )
        )  # fmt: skip
        return group_id

    return topic


@pytest.fixture
def visitor(client_for):
    return client_for("followup", scopes=None)


@pytest.fixture
def path(world):
    """The path of a customer's page."""
    return lambda customer_id: Links(world.settings).preferences(customer_id).partition("8080")[2]


@pytest.fixture
def choose(visitor, path):
    def choose(customer_id, **choice):
        body = {key: [str(id_) for id_ in value] if isinstance(value, (list, tuple)) else value
                for key, value in choice.items()}  # fmt: skip
        answer = visitor.post(path(customer_id), json=body)
        assert answer.status_code == 200, answer.json
        return answer.json

    return choose


def added(customer_id, group_id, at, source="manual"):
    return CustomerAddedToGroup(
        customer_id=customer_id, group_id=group_id, group_path="x", ancestor_ids=[], source=source,
        start_sequences="yes", occurred_at=at,
    )  # fmt: skip


def removed(customer_id, group_id, at, source="preference_page"):
    return CustomerRemovedFromGroup(
        customer_id=customer_id, group_id=group_id, group_path="x", ancestor_ids=[],
        source=source, occurred_at=at,
    )  # fmt: skip


def ticked(answer):
    return [topic["name"] for topic in answer["topics"] if topic["chosen"]]


def choices_told(world):
    with world.database.reading() as session:
        return [m.body for m in waiting(session) if m.name == "followup.topics_chosen"]


# The page


def test_the_page_shows_topics_as_a_tree_with_the_chosen_ones_ticked(world, topic, visitor, path):
    trips = topic("Reisen", "Angebote für Reisen")
    topic("Griechenland", parent=trips, above="Reisen/")
    topic("Ämter")
    world.group("Stammkunden")
    anna = world.customer()
    world.join(anna, trips)

    shown = visitor.get(path(anna)).json

    assert [(t["name"], t["level"], t["chosen"]) for t in shown["topics"]] == [
        ("Ämter", 0, False), ("Reisen", 0, True), ("Griechenland", 1, False),
    ]  # fmt: skip
    assert shown["topics"][1]["description"] == "Angebote für Reisen"
    assert (shown["state"], shown["no_newsletters"]) == ("asking", False)


def test_a_group_that_is_gone_or_no_topic_any_more_is_not_shown(world, topic, visitor, path):
    gone, other = topic("Alt"), topic("Intern")
    topic("Neues")
    world.hear(GroupDeleted(group_id=gone, version=2))
    world.hear(GroupChanged(group_id=other, version=2, group_name="Intern", path="Intern"))

    assert [t["name"] for t in visitor.get(path(world.customer())).json["topics"]] == ["Neues"]


@pytest.mark.parametrize(
    ("language", "heading", "button"),
    [("de-DE,de", "Ihre Themen", "Auswahl speichern"), ("en", "Your topics", "Save my choice")],
)
def test_people_get_a_page_in_their_language(
    world, topic, visitor, path, language, heading, button
):
    topic("Neues <b>", "Was es & gibt")
    anna = world.customer(email="anna@example.de", first_name="Annabel")

    answer = visitor.get(path(anna), headers={"Accept": "text/html", "Accept-Language": language})

    assert answer.mimetype == "text/html"
    assert heading in answer.text
    assert button in answer.text
    assert "Neues &lt;b&gt;" in answer.text
    assert "<script" not in answer.text
    assert "Annabel" not in answer.text
    assert "example.de" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_pages_own_form_declines_what_is_not_ticked(world, topic, visitor, path):
    news, trips = topic("Neues"), topic("Reisen")
    anna = world.customer()
    world.join(anna, news)
    html = visitor.get(path(anna), headers={"Accept": "text/html"}).text
    shown = re.findall(r'name="shown" value="([^"]+)"', html)
    assert set(shown) == {str(news), str(trips)}
    assert re.search(rf'value="{news}" checked', html)

    form = {"shown": shown, "topic": [str(trips)]}
    answer = visitor.post(path(anna), data=form, headers={"Accept": "text/html"})

    assert "Ihre Auswahl ist gespeichert." in answer.text
    assert ticked(visitor.get(path(anna)).json) == ["Reisen"]
    [told] = choices_told(world)
    assert (told["chosen"], told["declined"]) == ([str(trips)], [str(news)])


def test_looking_changes_nothing(world, topic, visitor, path):
    news = topic("Neues")
    anna = world.customer()
    world.join(anna, news)
    before = world.told()

    visitor.get(path(anna))
    visitor.head(path(anna))

    assert world.told() == before
    assert ticked(visitor.get(path(anna)).json) == ["Neues"]


def test_a_wrong_token_gets_the_same_page_and_changes_nothing(world, topic, visitor, path):
    news = topic("Neues")
    anna = world.customer()
    world.join(anna, news)
    before = world.told()
    of_unsubscribing = Links(world.settings).unsubscribe(anna, new_id()).rpartition("/")[2]
    good = path(anna)
    start, _, token = good.rpartition("/")
    forged = ("b" if token[0] == "a" else "a") + token[1:]

    for wrong in (f"{start}/{token}" for token in (forged, of_unsubscribing, "x", "ä")):
        shown = visitor.get(wrong)
        assert (shown.status_code, ticked(shown.json)) == (200, [])
        answer = visitor.post(wrong, json={"declined": [str(news)], "no_newsletters": True})
        assert (answer.status_code, answer.json["state"]) == (200, "saved")

    assert world.told() == before
    assert ticked(visitor.get(good).json) == ["Neues"]


@pytest.mark.parametrize("body", ['{"chosen": ["x"]}', "[]", "{", '{"more": 1}', '"\x00"'])
def test_what_is_no_choice_is_refused(world, visitor, path, body):
    answer = visitor.post(path(world.customer()), data=body, content_type="application/json")

    assert answer.status_code in (400, 422)


def test_staff_find_a_customers_link(world, topic, path):
    topic("Neues")
    anna = world.customer()

    found = world.client.get(f"/api/v1/followup/preferences/{anna}").json

    assert found["url"].endswith(path(anna))
    assert [t["name"] for t in found["topics"]] == ["Neues"]
    assert world.client.get(f"/api/v1/followup/preferences/{new_id()}").status_code == 404


def test_a_link_to_a_customers_page_needs_the_right_to_write(world, client_for):
    reader = client_for("followup", scopes=("followup:read",))

    assert reader.get(f"/api/v1/followup/preferences/{world.customer()}").status_code == 403


def test_the_link_stands_in_a_mail_where_its_author_wants_it(world, path):
    group = world.group()
    world.sequence(group, steps=[{"subject": "Neues", "text": "Themen: {{ preferences_url }} !"}])
    anna = world.customer()
    world.join(anna, group)

    world.send()

    [mail] = world.inbox
    assert path(anna).encode() in mail.data.replace(b"=\r\n", b"")


def test_a_preview_shows_where_the_link_stands(world):
    answer = world.client.post(
        "/api/v1/previews", json={"subject": "x", "text": "{{ preferences_url }}"}
    )

    assert "/public/preferences/preview" in answer.json["text"]
    assert answer.json["problems"] == []


# What follows for mails


def test_who_declines_a_topic_gets_nothing_more_by_it(world, topic, choose):
    news = topic("Neues")
    world.sequence(news, steps=LATER)
    anna = world.customer()
    world.join(anna, news)

    choose(anna, declined=[news])
    world.send()

    assert world.inbox == []
    assert world.enrolment(anna)["state"] == "stopped"
    assert world.enrolment(anna)["reason"] == "topic_declined"
    # The groups service follows: nothing more happens.
    world.hear(removed(anna, news, utcnow()))
    assert world.enrolment(anna)["reason"] == "topic_declined"


def test_a_sequence_that_pauses_goes_on_with_the_topic(world, topic, choose):
    news = topic("Neues")
    world.sequence(news, policies={"on_leave": "pause"})
    anna = world.customer()
    world.join(anna, news)
    choose(anna, declined=[news])
    world.hear(removed(anna, news, utcnow()))
    assert world.enrolment(anna)["state"] == "paused"

    choose(anna, chosen=[news])
    world.send()
    assert world.inbox == []  # until the groups service has put them back
    world.hear(added(anna, news, utcnow(), "preference_page"))
    world.send()

    assert len(world.inbox) == 1


def test_a_newsletter_that_goes_on_after_leaving_stops_for_who_declines(world, topic, choose):
    news = topic("Neues")
    world.sequence(news, policies={"on_leave": "continue"})
    anna, berta = world.customer(), world.customer()
    for customer in (anna, berta):
        world.join(customer, news)
        world.leave(customer, news)  # by staff

    choose(anna, declined=[news])

    assert world.enrolment(anna)["state"] == "stopped"
    assert world.enrolment(berta)["state"] == "active"


def test_an_answer_to_a_request_goes_on_as_its_policy_says(world, topic, choose):
    news = topic("Anfragen")
    world.sequence(news, purpose="service", policies={"on_leave": "continue"})
    anna = world.customer()
    world.join(anna, news)

    choose(anna, declined=[news])

    assert world.enrolment(anna)["state"] == "active"


def test_who_is_in_another_start_group_goes_on(world, topic, choose):
    news, trips = topic("Neues"), topic("Reisen")
    world.sequence(news, trips)
    anna = world.customer()
    world.join(anna, news)
    world.join(anna, trips)

    choose(anna, declined=[news])
    assert world.enrolment(anna)["state"] == "active"
    choose(anna, declined=[trips])
    assert world.enrolment(anna)["state"] == "stopped"


def test_a_no_holds_also_before_it_is_known_that_they_joined(world, topic, choose):
    news = topic("Neues")
    world.sequence(news)
    anna = world.customer()
    joined = added(anna, news, utcnow() - timedelta(seconds=5))

    choose(anna, declined=[news])
    world.hear(joined)
    world.send()

    assert world.inbox == []


def test_who_is_put_back_by_hand_later_is_in_again(world, topic, choose, visitor, path):
    news = topic("Neues")
    world.sequence(news, policies={"reentry": "after_leaving"})
    anna = world.customer()
    world.join(anna, news)
    choose(anna, declined=[news])
    world.hear(removed(anna, news, utcnow()))

    world.hear(added(anna, news, utcnow() + timedelta(seconds=1)))
    world.send()

    assert len(world.inbox) == 1
    assert ticked(visitor.get(path(anna)).json) == ["Neues"]


def test_news_of_putting_back_that_overtake_the_removal_count(world, topic, choose):
    news = topic("Neues")
    world.sequence(news, policies={"on_leave": "pause"})
    anna = world.customer()
    world.join(anna, news)
    choose(anna, declined=[news])
    out, back = (utcnow() + timedelta(seconds=s) for s in (1, 2))

    world.hear(added(anna, news, back))
    world.hear(removed(anna, news, out))

    assert world.enrolment(anna)["state"] == "active"


def test_choosing_a_topic_is_no_consent(world, topic, choose):
    news = topic("Neues")
    world.sequence(news, purpose="newsletter")
    anna = world.customer(opt_in="none")

    choose(anna, chosen=[news])
    world.hear(added(anna, news, utcnow(), "preference_page"))
    world.send()

    assert world.inbox == []
    assert world.enrolment(anna)["state"] == "waiting_for_consent"


def test_unticking_everything_is_no_unsubscribing(world, topic, choose):
    news, trips = topic("Neues"), topic("Reisen")
    other = world.group("Kunden")
    world.sequence(other)
    anna = world.customer()
    world.join(anna, other)

    assert choose(anna, declined=[news, trips])["no_newsletters"] is False
    world.send()

    assert len(world.inbox) == 1
    assert "followup.unsubscribed" not in world.told()


def test_no_newsletters_at_all_is_unsubscribing(world, topic, choose):
    news = topic("Neues")
    other = world.group("Kunden")
    world.sequence(other)
    anna = world.customer()
    world.join(anna, other)

    assert choose(anna, chosen=[news], no_newsletters=True)["no_newsletters"] is True
    world.send()

    assert world.inbox == []
    assert world.told().count("followup.unsubscribed") == 1
    assert world.client.get("/api/v1/suppressions").json["items"][0]["reason"] == "unsubscribed"
    # Leaving out the tick later is no new consent.
    assert choose(anna, chosen=[news])["no_newsletters"] is True


def test_ids_that_are_no_topics_change_nothing(world, choose):
    group = world.group("Stammkunden")
    world.sequence(group)
    anna = world.customer()
    world.join(anna, group)

    choose(anna, declined=[group, new_id()])
    world.send()

    assert len(world.inbox) == 1
    assert choices_told(world) == []


# One person under several ids


def test_the_link_of_a_merged_customer_speaks_for_the_survivor(world, topic, choose, visitor, path):
    news = topic("Neues")
    world.sequence(news)
    anna, double = world.customer(), world.customer()
    world.join(anna, news)
    world.merge(anna, double)
    assert ticked(visitor.get(path(double)).json) == ["Neues"]

    choose(double, declined=[news])
    world.send()

    assert world.inbox == []
    assert ticked(visitor.get(path(anna)).json) == []
    assert {told["customer_id"] for told in choices_told(world)} == {str(anna), str(double)}


def test_a_late_membership_of_the_merged_customer_does_not_undo_the_no(world, topic, choose):
    news = topic("Neues")
    world.sequence(news)
    anna, double = world.customer(), world.customer()
    world.merge(anna, double)
    joined = added(double, news, utcnow() - timedelta(seconds=5))

    choose(anna, declined=[news])
    world.hear(joined)
    world.send()

    assert world.inbox == []


def test_nothing_is_kept_of_the_erased_and_their_link_is_dead(world, topic, choose):
    news = topic("Neues")
    anna = world.customer()
    choose(anna, chosen=[news])
    data = f"/api/v1/followup/data/{anna}"
    [kept] = world.client.get(data).json["topic_choices"]
    assert (kept["group_id"], kept["chosen"]) == (str(news), True)

    world.erase(anna)

    assert world.client.get(data).json["topic_choices"] == []
    told = len(choices_told(world))
    assert ticked(choose(anna, chosen=[news])) == []
    assert len(choices_told(world)) == told
    assert world.client.get(data).json["topic_choices"] == []
