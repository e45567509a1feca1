"""Handing a mail to a mail server: the only module that knows SMTP.

smtplib connects, secures and signs in. The transaction itself is driven here, because only the phase
says what a lost connection means: before the body the mail is still ours, after it nobody can tell.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from services.followup.sending.handover import Carrier, Outcome, classify
from services.followup.sending.maildir import Maildir
from shared.config import ConfigError

MAILS_PER_CONNECTION = 100
_LONGEST_LINE = 8_192


class BadSmtpUrl(ConfigError):
    """SMTP_URL, or what goes with it, cannot be used."""


class SmtpServer:
    """The mail server that SMTP_URL names: smtp://, smtps:// or smtp+starttls://[user:password@]host[:port]."""

    repeatable = False
    _PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}

    def __init__(
        self,
        url: str,
        ca_file: Path | None = None,
        *,
        timeout_s: float = 30,
        answer_timeout_s: float = 600,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in self._PORTS or not parts.hostname:
            raise BadSmtpUrl(
                "SMTP_URL must look like smtp://host:25, smtps://user:password@host or "
                "smtp+starttls://user:password@host."
            )
        self._mode = parts.scheme
        self.host, self.port = parts.hostname, parts.port or self._PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        if self._password and self._mode == "smtp" and not _is_this_machine(self.host):
            raise BadSmtpUrl(
                "SMTP_URL would send its password for everybody to read: use smtps:// or smtp+starttls://. "
                "Plain smtp:// with a password is only for a server on this machine."
            )
        self._context = None if self._mode == "smtp" else _trust(ca_file)
        self.timeout_s = timeout_s
        # RFC 5321 asks for ten minutes here: giving up sooner makes doubles.
        self.answer_timeout_s = answer_timeout_s

    def connect(self) -> SmtpConnection:
        return SmtpConnection(self)

    def open(self) -> smtplib.SMTP:
        """A connection ready for MAIL. Raises OSError or SMTPException."""
        if self._mode == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout_s, context=self._context
            )
        else:
            smtp = smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)
        try:
            smtp.ehlo_or_helo_if_needed()
            if self._mode == "smtp+starttls":
                smtp.starttls(context=self._context)  # raises if the server does not offer it
                smtp.ehlo()
            if self._user:
                smtp.login(self._user, self._password)
        except BaseException:
            smtp.close()
            raise
        return smtp


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    """Certificates are always checked, names too. An empty file is as good as none."""
    try:
        own = ca_file.read_text() if ca_file else ""
        return ssl.create_default_context(cadata=own if own.strip() else None)
    except (OSError, ValueError) as error:
        raise BadSmtpUrl(f"SMTP_CA_FILE: {ca_file} holds no certificates: {error}") from None


class _Lost(Exception):
    """The connection broke, or the answer made no sense."""

    welcome = False
    """Whether the server had agreed to take a mail from us: then it is this one that it broke at."""


class SmtpConnection:
    """Connects when first needed, again after a break, and anew after some mails."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None
        self._mails = 0
        self._clean = True  # no transaction is half done on the connection

    def send(
        self, mail_id: str, sender: str, to: str, data: bytes, may_go: Callable[[], bool]
    ) -> Outcome:
        fresh = self._smtp is None
        try:
            smtp = self._ready()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return _no_connection(error)
        try:
            return self._transaction(smtp, sender, to, data, may_go)
        except _Lost as lost:
            self.close()
            if fresh:
                kind = "retry" if lost.welcome else "away"
                return Outcome(kind, reply=f"connection lost: {lost}")
            # Servers drop connections that have been quiet; nothing of this mail was taken yet.
            return self.send(mail_id, sender, to, data, may_go)

    def close(self) -> None:
        if self._smtp is None:
            return
        smtp, self._smtp = self._smtp, None
        with suppress(OSError, smtplib.SMTPException):
            if self._clean and smtp.sock is not None:
                smtp.sock.settimeout(1)
                smtp.send(b"QUIT\r\n")
        smtp.close()

    def _ready(self) -> smtplib.SMTP:
        if self._smtp is not None and self._mails >= MAILS_PER_CONNECTION:
            self.close()
        if self._smtp is None:
            self._clean = False
            self._smtp = self._server.open()
            self._mails, self._clean = 0, True
        return self._smtp

    def _transaction(
        self, smtp: smtplib.SMTP, sender: str, to: str, data: bytes, may_go: Callable[[], bool]
    ) -> Outcome:
        """Raises _Lost as long as nothing of the body has gone out."""
        commands = [f"MAIL FROM:<{sender}>\r\n", f"RCPT TO:<{to}>\r\n", "DATA\r\n"]
        if not self._clean:
            commands.insert(0, "RSET\r\n")
        self._clean = False
        answers: list[tuple[int, str]] = []
        before = len(commands) - 3  # RSET's
        try:
            self._ask(smtp, commands, answers)
        except _Lost as lost:
            lost.welcome = len(answers) > before and answers[before][0] < 400
            raise
        del answers[:before]
        refusal = self._refused(smtp, answers)
        if refusal is not None:
            return refusal
        self._mails += 1
        go = False
        try:
            go = may_go()
        finally:
            if not go:
                self.close()  # the server waits for a body; it has no mail until one has ended
        return self._body(smtp, data) if go else Outcome("recalled")

    def _ask(self, smtp: smtplib.SMTP, commands: list[str], answers: list[tuple[int, str]]) -> None:
        """Send the commands, and add the answers as they come; ends at a refusal if it can."""
        if smtp.has_extn("pipelining"):
            self._write(smtp, "".join(commands).encode("ascii"))
            answers.extend(self._answer(smtp) for _ in commands)  # those before a break stay
            return
        for command in commands:
            self._write(smtp, command.encode("ascii"))
            answers.append(self._answer(smtp))
            if answers[-1][0] >= 400:
                return

    def _refused(self, smtp: smtplib.SMTP, answers: list[tuple[int, str]]) -> Outcome | None:
        steps = zip(("MAIL", "RCPT", "DATA"), answers, strict=False)
        found = next(((step, answer) for step, answer in steps if answer[0] >= 400), None)
        if found is None:
            return None
        if len(answers) == 3 and answers[2][0] == 354:
            # The server wants a body although it takes no recipient: an empty one, which it refuses.
            self._write(smtp, b".\r\n")
            self._answer(smtp)
        step, (code, reply) = found
        if code == 421:
            self.close()
        return classify(step, code, reply)

    def _body(self, smtp: smtplib.SMTP, data: bytes) -> Outcome:
        if data.startswith(b"."):
            data = b"." + data
        ending = b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n"
        sock = smtp.sock
        assert sock is not None
        try:
            sock.settimeout(self._server.answer_timeout_s)
            smtp.send(data.replace(b"\r\n.", b"\r\n..") + ending)
            code, reply = self._answer(smtp)
            sock.settimeout(self._server.timeout_s)
        except (OSError, smtplib.SMTPException, _Lost) as error:
            self.close()
            return Outcome("uncertain", reply=f"no answer after the body: {error}"[:200])
        self._clean = code < 400
        if code == 421:
            self.close()
        return classify("BODY", code, reply)

    def _write(self, smtp: smtplib.SMTP, data: bytes) -> None:
        try:
            smtp.send(data)
        except (OSError, smtplib.SMTPException) as error:
            raise _Lost(str(error)) from error

    def _answer(self, smtp: smtplib.SMTP) -> tuple[int, str]:
        """One reply of the server: its code and its text, all lines in one."""
        lines: list[str] = []
        assert smtp.file is not None
        while True:
            try:
                line = smtp.file.readline(_LONGEST_LINE)
            except OSError as error:
                raise _Lost(str(error)) from error
            if len(line) < 4 or not line[:3].isdigit() or not line.endswith(b"\n"):
                raise _Lost("the server hung up" if not line else "no SMTP answer")
            if line[3:4] != b"-" and not lines:
                return int(line[:3]), line[4:].strip().decode("ascii", "replace")
            lines.append(line[4:].strip().decode("ascii", "replace"))
            if line[3:4] != b"-" or len(lines) > 100:
                return int(line[:3]), " ".join(lines)


def _no_connection(error: Exception) -> Outcome:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        reply = text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
        return Outcome("away", error.smtp_code, reply[:300])
    return Outcome("away", reply=f"no connection: {type(error).__name__}: {error}"[:300])


def carrier(smtp_url: str | None, data_dir: Path, ca_file: Path | None = None) -> Carrier:
    """Where this installation's mails go."""
    return SmtpServer(smtp_url, ca_file) if smtp_url else Maildir(data_dir / "mail")
