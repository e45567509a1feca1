"""Settings say what is wrong with the environment, and keep secrets apart."""

import threading

import pytest
from sqlalchemy import make_url

from shared.config import ConfigError
from tests.shared.things import ThingSettings


def test_the_embedded_secret_is_made_once_and_kept_private(tmp_path):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(ThingSettings(data_dir=tmp_path).key("x")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(found)) == 1
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_each_purpose_has_its_own_key(tmp_path):
    settings = ThingSettings(data_dir=tmp_path)
    assert settings.key("unsubscribe") != settings.key("access tokens")


@pytest.mark.parametrize("secret", ["short", "a" * 64, "change-me"])
def test_a_secret_that_is_easy_to_guess_is_refused(tmp_path, secret):
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        ThingSettings(data_dir=tmp_path, secret_key=secret).key("x")


def test_with_a_broker_the_secret_must_be_given(tmp_path):
    settings = ThingSettings(data_dir=tmp_path, broker_url="amqp://localhost")
    with pytest.raises(ConfigError, match="SECRET_KEY_FILE"):
        settings.key("x")


@pytest.mark.parametrize(
    "wrong",
    [
        {"business_timezone": "Europe/Atlantis"},
        {"public_url": "kunden.example.de"},
        {"business_country": "Austria"},
    ],
)
def test_a_wrong_setting_is_refused_at_start(tmp_path, wrong):
    with pytest.raises(ValueError, match=r"timezone|PUBLIC_URL|No time zone|BUSINESS_COUNTRY"):
        ThingSettings(data_dir=tmp_path, **wrong)


def test_a_password_in_a_file_completes_its_address(tmp_path):
    secret = tmp_path / "database_password"
    secret.write_text("p@ss/word%\n")

    settings = ThingSettings(
        database_url="postgresql://groups@db/groups",
        database_password_file=secret,
        smtp_url="smtp://localhost:1025",
        smtp_password_file=secret,
    )

    assert make_url(settings.database_url).password == "p@ss/word%"
    assert settings.smtp_url == "smtp://localhost:1025"  # nobody signs in there


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_password_file_without_a_password_is_refused(tmp_path, content):
    secret = tmp_path / "broker_password"
    if content is not None:
        secret.write_text(content)

    with pytest.raises(ValueError, match="broker_password"):
        ThingSettings(broker_url="amqp://groups@broker", broker_password_file=secret)


def test_two_passwords_for_one_address_are_refused(tmp_path):
    with pytest.raises(ValueError, match="DATABASE_PASSWORD_FILE"):
        ThingSettings(
            database_url="postgresql://groups:one@db/groups", database_password_file=tmp_path
        )


def test_an_address_that_is_set_to_nothing_is_not_set():
    assert ThingSettings(broker_url="").embedded
