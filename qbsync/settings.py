"""Settings of the installation, each a QBSYNC_ variable; only the app and the commands read them."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from qbsync.errors import ConfigError
from qbsync.store.secrets import new_key


class Settings(BaseSettings):
    """The installation's settings, read from the environment."""

    model_config = SettingsConfigDict(env_prefix="QBSYNC_", extra="ignore")

    database_url: str = "sqlite:///var/qbsync.sqlite3"
    """Where everything is kept: SQLite in the working directory's var/, or postgresql://..."""
    public_url: str = "http://localhost:8700"
    """What the Web Connector and people call this server; https unless it is localhost."""
    secret_key: SecretStr | None = None
    """The Fernet key that Procore's secrets are encrypted with."""
    secret_key_file: Path = Path("var/secret.key")
    """The file that key stands in, where it is not in the environment; made on first use."""
    log_format: Literal["text", "json"] = "text"
    """How log lines are written to stderr."""
    host: str = "127.0.0.1"
    """The address `serve` listens on."""
    port: int = Field(default=8700, ge=0, le=65535)
    """The port `serve` listens on; 0 takes a free one."""
    threads: int = Field(default=8, ge=1)
    """Requests `serve` works on at once."""
    worker_seconds: float = Field(default=5.0, gt=0)
    """How often the worker looks for something due."""
    max_answer_mb: int = Field(default=64, ge=1)
    """The largest answer of QuickBooks that is taken, in MiB."""

    def key(self) -> str:
        """The Fernet key; a file that is not there yet is made, readable by this user alone."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        try:
            return self.secret_key_file.read_text().strip()
        except FileNotFoundError:
            return _make_key(self.secret_key_file)
        except OSError as error:
            raise _no_key(self.secret_key_file, "read", error) from error


def read_settings() -> Settings:
    """The settings of the environment; raises ConfigError naming each variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"QBSYNC_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise ConfigError(f"The settings cannot be used. {wrong}.") from None


def _make_key(path: Path) -> str:
    """A new key in that file, whole from the moment it is seen; the other's where two make it at once."""
    key = new_key()
    unfinished = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(key + "\n")
        try:
            os.link(unfinished, path)
        except FileExistsError:
            return path.read_text().strip()
        finally:
            unfinished.unlink()
    except OSError as error:
        raise _no_key(path, "made", error) from error
    return key


def _no_key(path: Path, done: str, error: OSError) -> ConfigError:
    return ConfigError(
        f"The secret key file {path} cannot be {done}: {error.strerror}.",
        guidance="Let this user read and write it, or give QBSYNC_SECRET_KEY.",
    )
