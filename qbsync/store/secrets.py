"""What is kept so that a stolen database tells nothing: encrypted secrets, hashed passwords and tickets."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet, InvalidToken

from qbsync.errors import ConfigError

_HASHER = PasswordHasher()


class Keeper:
    """Encrypts and decrypts with the installation's Fernet key."""

    def __init__(self, key: str) -> None:
        try:
            self._fernet = Fernet(key.encode())
        except ValueError:
            raise ConfigError(
                "QBSYNC_SECRET_KEY is not a Fernet key.",
                guidance="Make one: python -c 'from cryptography.fernet import Fernet; "
                "print(Fernet.generate_key().decode())'",
            ) from None

    def seal(self, text: str) -> str:
        """The text encrypted."""
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """The text again; raises ConfigError where it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise ConfigError(
                "A stored secret was encrypted with another key.",
                guidance="Give the QBSYNC_SECRET_KEY that this database was set up with.",
            ) from None


def new_key() -> str:
    """A fresh Fernet key."""
    return Fernet.generate_key().decode()


def new_password() -> str:
    """A password nobody has chosen: 20 letters and digits, no look-alikes, to be typed once."""
    alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "".join(secrets.choice(alphabet) for _ in range(20))


def hash_password(password: str) -> str:
    """The argon2id hash of a password."""
    return _HASHER.hash(password)


def password_fits(password_hash: str, password: str) -> bool:
    """Whether the password is the one hashed; the work is the same for every wrong one."""
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def decoy() -> str:
    """A hash to check for users that do not exist, so that an answer's time does not tell who does."""
    return hash_password(secrets.token_hex(16))


def new_ticket() -> str:
    """192 random bits."""
    return secrets.token_urlsafe(24)


def ticket_hash(ticket: str) -> str:
    """What is kept of a ticket."""
    return hashlib.sha256(ticket.encode()).hexdigest()
