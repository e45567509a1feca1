"""The settings that every process reads from its environment. A service adds its own in its `config.py`."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

import phonenumbers
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

if TYPE_CHECKING:
    from shared.db import Database

SHORTEST_SECRET = 32


class ConfigError(Exception):
    """The environment is not usable. The message names the variable and the way out."""


class Settings(BaseSettings):
    """Settings that all services share. Unset DATABASE_URL and BROKER_URL mean the embedded default."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    service: ClassVar[str]

    # Before the addresses that they complete.
    database_password_file: Path | None = Field(
        None, description="file with the password that DATABASE_URL leaves out"
    )
    broker_password_file: Path | None = Field(
        None, description="file with the password that BROKER_URL leaves out"
    )
    smtp_password_file: Path | None = Field(
        None, description="file with the password that SMTP_URL leaves out"
    )
    database_url: str | None = Field(None, description="postgresql://… of this service")
    broker_url: str | None = Field(None, description="amqp://… of RabbitMQ")
    smtp_url: str | None = Field(None, description="smtp://, smtps:// or smtp+starttls://…")
    secret_key: SecretStr | None = None
    secret_key_file: Path | None = None
    public_url: str = "http://localhost:8080"
    business_name: str = "Stammkunde"
    business_timezone: str = "Europe/Berlin"
    business_country: str = Field(
        "DE",
        description="ISO 3166: where telephone numbers without a country code are from, unless their "
        "customer has a country",
    )
    data_dir: Path = Path("var")
    changes_keep_days: int = Field(
        90,
        ge=1,
        le=3_650,
        description="days that former values of customers and their attributes are kept: so long may a "
        "spreadsheet be on its way, and can an import be undone",
    )
    import_max_mb: int = Field(
        200, ge=1, le=2_000, description="largest file that an import takes, in MiB"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"
    pool_size: int = Field(5, ge=1, le=100, description="database connections per process")
    trusted_proxies: int = Field(0, ge=0, le=5, description="reverse proxies in front")
    worker_port: int = Field(
        0, ge=0, le=65535, description="health and metrics of a worker; 0: off"
    )
    customers_url: str = "http://localhost:8080"
    groups_url: str = "http://localhost:8080"
    importer_url: str = "http://localhost:8080"
    followup_url: str = "http://localhost:8080"

    @field_validator("database_url", "broker_url", "smtp_url")
    @classmethod
    def _with_password(cls, url: str | None, info: ValidationInfo) -> str | None:
        variable = (info.field_name or "").replace("_url", "_password_file")
        file: Path | None = info.data.get(variable)
        if not url or file is None or "@" not in url:
            return url or None
        scheme, _, rest = url.partition("://")
        user, _, place = rest.rpartition("@")
        if ":" in user:
            raise ValueError(f"a password in the address and {variable.upper()}: use one of them")
        return f"{scheme}://{user}:{quote(_password(file), safe='')}@{place}"

    @field_validator("business_timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError):
            raise ValueError("BUSINESS_TIMEZONE is a name such as Europe/Berlin") from None
        return name

    @field_validator("business_country")
    @classmethod
    def _known_country(cls, code: str) -> str:
        if code not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError("BUSINESS_COUNTRY is two letters such as DE, AT or CH")
        return code

    @field_validator("public_url")
    @classmethod
    def _plain_origin(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("PUBLIC_URL is an address such as https://kunden.example.de")
        return url.rstrip("/")

    @property
    def upload_limit(self) -> int:
        """The largest request in bytes that brings a file: the file, and the form around it."""
        return (self.import_max_mb + 1) * 1024 * 1024

    @property
    def embedded(self) -> bool:
        """True where events are handed over inside one process instead of through a broker."""
        return self.broker_url is None

    @property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.business_timezone)

    def database(self) -> Database:
        """Open this service's own database: DATABASE_URL, else a SQLite file in DATA_DIR."""
        from shared.db import Database

        if self.database_url is not None:
            return Database(self.database_url, pool_size=self.pool_size)
        self.data_dir.mkdir(parents=True, exist_ok=True)
        return Database(f"sqlite:///{self.data_dir / self.service}.sqlite3")

    def key(self, purpose: str) -> bytes:
        """Return 32 bytes that belong to one purpose only, derived from the installation's secret."""
        return hmac.new(self._secret, purpose.encode(), hashlib.sha256).digest()

    @cached_property
    def _secret(self) -> bytes:
        if self.secret_key_file is not None:
            return _long_enough(self.secret_key_file.read_bytes().strip(), "SECRET_KEY_FILE")
        if self.secret_key is not None:
            return _long_enough(self.secret_key.get_secret_value().encode(), "SECRET_KEY")
        if not self.embedded:
            raise ConfigError(
                "Set SECRET_KEY_FILE (or SECRET_KEY) to at least 32 random characters."
            )
        return _own_secret(self.data_dir)


def _password(file: Path) -> str:
    try:
        password = file.read_text().strip()
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None
    if not password:
        raise ValueError(f"{file} is empty")
    return password


def _long_enough(secret: bytes, variable: str) -> bytes:
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < 8:
        raise ConfigError(
            f"{variable} is too easy to guess: use at least {SHORTEST_SECRET} random characters, "
            "for instance from 'openssl rand -hex 32'."
        )
    return secret


def _own_secret(data_dir: Path) -> bytes:
    """Read the embedded installation's secret; the first process to ask creates it."""
    path = data_dir / "secret_key"
    data_dir.mkdir(parents=True, exist_ok=True)
    draft = data_dir / f"secret_key.{os.getpid()}.{secrets.token_hex(4)}"
    if not path.exists():
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # never overwrites: two first starts agree on one secret
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return _long_enough(path.read_bytes().strip(), str(path))
