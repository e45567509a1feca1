"""What a mail server's behaviour means for a mail."""

from __future__ import annotations

import pytest

from services.followup.sending.maildir import Maildir
from services.followup.sending.smtp import BadSmtpUrl, SmtpServer
from tests.smtp_sink import Sink

DATA = b"Subject: x\r\n\r\n.dot first\r\nbody\r\n..two dots\r\n"


@pytest.fixture(params=[True, False], ids=["pipelining", "one_by_one"])
def sink(request):
    with Sink(pipelining=request.param) as server:
        yield server


def send(sink: Sink, connection=None, to: str = "anna@example.de"):
    connection = connection or server(sink).connect()
    return connection.send("1", "info@salon.example", to, DATA, lambda: True)


def server(sink: Sink) -> SmtpServer:
    return SmtpServer(sink.url, timeout_s=1, answer_timeout_s=2)


@pytest.mark.parametrize(
    ("mode", "kind", "dead"),
    [
        ("ok", "sent", False),
        ("slow", "sent", False),
        ("drop_at_quit", "sent", False),
        ("drop_after_dot", "uncertain", False),
        ("reset", "uncertain", False),
        ("421", "away", False),
        ("greylist", "retry", False),
        ("452", "retry", False),
        ("550", "bounced", True),
        ("550_bare", "bounced", False),
        ("554", "refused", False),
        ("554_body", "failed", False),
        ("535", "away", False),
        ("tarpit", "away", False),
        ("drop_at_mail", "away", False),
    ],
)
def test_each_behaviour_of_a_server_is_told_apart(sink, mode, kind, dead):
    sink.state.mode = mode
    outcome = send(sink)
    assert (outcome.kind, outcome.dead) == (kind, dead), outcome


def test_an_answer_that_never_comes_leaves_the_mail_uncertain(sink):
    sink.state.mode, sink.state.delay_s = "slow", 5
    assert send(sink).kind == "uncertain"
    assert sink.state.taken == 1


def test_a_mail_recalled_before_its_body_does_not_arrive_and_the_next_does(sink):
    connection = server(sink).connect()
    assert send(sink, connection).kind == "sent"
    recalled = connection.send("2", "info@salon.example", "max@example.de", DATA, lambda: False)
    assert recalled.kind == "recalled"
    assert send(sink, connection).kind == "sent"
    assert [mail.to for mail in sink.mails] == ["anna@example.de"] * 2


def test_the_body_arrives_as_it_was_written(sink):
    assert send(sink).kind == "sent"
    assert sink.mails[0].data == DATA
    assert (sink.mails[0].sender, sink.mails[0].to) == ("info@salon.example", "anna@example.de")


def test_a_refused_recipient_does_not_disturb_the_next(sink):
    connection = server(sink).connect()
    sink.state.modes = {"gone@example.de": "550", "full@example.de": "452"}
    kinds = [
        send(sink, connection, to).kind
        for to in ("gone@example.de", "anna@example.de", "full@example.de", "max@example.de")
    ]
    assert kinds == ["bounced", "sent", "retry", "sent"]
    assert sink.state.connections == 1


def test_a_connection_is_kept_for_a_hundred_mails_and_then_renewed(sink):
    connection = server(sink).connect()
    assert {send(sink, connection).kind for _ in range(150)} == {"sent"}
    assert sink.state.connections == 2


def test_a_connection_that_went_stale_is_opened_again_without_a_word(sink):
    connection = server(sink).connect()
    sink.state.mode = "drop_at_quit"
    assert send(sink, connection).kind == "sent"
    connection._smtp.send(b"QUIT\r\n")  # the server hangs up, as it would after a quiet time
    assert send(sink, connection).kind == "sent"
    assert sink.state.taken == 2


def test_a_server_that_is_away_says_nothing_about_the_mail_and_nobody_bounces():
    with Sink() as sink:
        away = SmtpServer(sink.url, timeout_s=1)
    assert away.connect().send("1", "a@b.de", "c@d.de", DATA, lambda: True).kind == "away"


def test_a_wrong_password_says_nothing_about_the_mail(sink):
    outcome = (
        SmtpServer(sink.url.replace("//", "//user:secret@"), timeout_s=1)
        .connect()
        .send("1", "a@b.de", "c@d.de", DATA, lambda: True)
    )
    assert outcome.kind == "away"
    assert "secret" not in outcome.reason


@pytest.mark.parametrize("url", ["localhost", "http://mail", "smtp://", "smtp+tls://mail"])
def test_an_unusable_smtp_url_says_how_it_should_look(url):
    with pytest.raises(BadSmtpUrl, match="smtp://host:25"):
        SmtpServer(url)


def test_the_local_mailbox_holds_a_mail_once_however_often_it_is_handed_over(tmp_path):
    mailbox = Maildir(tmp_path)
    for _ in range(2):
        assert mailbox.connect().send("1", "a@b.de", "c@d.de", DATA, lambda: True).kind == "sent"
    [kept] = (tmp_path / "new").iterdir()
    assert kept.read_bytes() == DATA
    assert not list((tmp_path / "tmp").iterdir())
