"""Mails leave encrypted, to the server that was meant, or not at all."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.followup.sending.smtp import BadSmtpUrl, SmtpServer
from tests.smtp_sink import Sink

DATA = b"Subject: x\r\n\r\nbody\r\n"
SCHEMES = ["smtps", "smtp+starttls"]


class Certificate:
    """A self-made certificate, with the key beside it."""

    def __init__(self, directory, *, host: str = "127.0.0.1", days: int = 1) -> None:
        self.file = directory / f"{host}.{days}.pem"
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
        try:
            alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            alternative = x509.DNSName(host)
        now = dt.datetime.now(dt.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=9))
            .not_valid_after(now + dt.timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        whole = directory / f"{self.file.name}.key"
        whole.write_bytes(self.file.read_bytes() + secret)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(whole)


def send(sink, scheme, trusted, login=""):
    url = f"{scheme}://{login}127.0.0.1:{sink.port}"
    server = SmtpServer(url, trusted, timeout_s=2, answer_timeout_s=2)
    return server.connect().send("1", "a@salon.example", "b@c.example", DATA, lambda: True)


def encrypting(certificate, scheme, **state):
    return Sink(tls=certificate.context, tls_at_once=scheme == "smtps", **state)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_mail_and_the_password_go_encrypted(tmp_path, scheme):
    certificate = Certificate(tmp_path)
    with encrypting(certificate, scheme, user="anna:geheim") as sink:
        assert send(sink, scheme, certificate.file, "anna:geheim@").kind == "sent"
        assert [mail.data for mail in sink.mails] == [DATA]
        wrong = send(sink, scheme, certificate.file, "anna:falsch@")
        assert (wrong.kind, wrong.code) == ("away", 535)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("made", "problem"),
    [
        ({"host": "mail.example"}, "IP address mismatch"),
        ({"days": -1}, "certificate has expired"),
    ],
)
def test_a_certificate_for_another_name_or_from_the_past_is_refused(
    tmp_path, scheme, made, problem
):
    certificate = Certificate(tmp_path, **made)
    with encrypting(certificate, scheme, user="anna:geheim") as sink:
        outcome = send(sink, scheme, certificate.file, "anna:geheim@")
        assert outcome.kind == "away"
        assert problem in outcome.reason
        assert sink.mails == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_certificate_that_nobody_known_has_signed_is_refused(tmp_path, scheme):
    with encrypting(Certificate(tmp_path), scheme) as sink:
        for trusted in (None, Certificate(tmp_path, days=5).file):
            outcome = send(sink, scheme, trusted)
            assert outcome.kind == "away"
            assert "CERTIFICATE_VERIFY_FAILED" in outcome.reason
        assert sink.mails == []


def test_a_server_that_offers_no_encryption_gets_neither_mail_nor_password(tmp_path):
    with Sink(user="anna:geheim") as sink:
        outcome = send(sink, "smtp+starttls", Certificate(tmp_path).file, "anna:geheim@")
        assert outcome.kind == "away"
        assert "STARTTLS" in outcome.reason
        assert sink.mails == []


@pytest.mark.parametrize("host", ["mail.example", "10.0.0.5", "127.evil.example"])
def test_a_password_never_leaves_this_machine_unencrypted(host):
    with pytest.raises(BadSmtpUrl, match="smtps://"):
        SmtpServer(f"smtp://anna:geheim@{host}")
    SmtpServer(f"smtp://{host}")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_on_this_machine_it_may(host):
    SmtpServer(f"smtp://anna:geheim@{host}")


@pytest.mark.parametrize("content", ["no certificate", None])
def test_a_file_without_certificates_is_named_at_the_start(tmp_path, content):
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    with pytest.raises(BadSmtpUrl, match="SMTP_CA_FILE"):
        SmtpServer("smtps://mail.example", file)
