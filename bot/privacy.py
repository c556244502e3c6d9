"""Patient data at rest: encrypted by type, bound to its column; phones are found by a keyed hash."""

import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

NONCE_BYTES = 12  # NIST SP 800-38D, 8.2: a 96-bit nonce


class CannotDecrypt(Exception):
    """A private value can't be read: its key is unknown, or it was tampered with."""


class KeyRing:
    """The data keys of this deployment. The highest id writes; all read; the lowest also keys the phone hash."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        """`keys`: id (1 to 255) to 32 bytes."""
        self._ciphers = {number: AESGCM(key) for number, key in keys.items()}
        self._current = max(keys)
        self._hash_key = hmac.digest(keys[min(keys)], b"prepline phone lookup", "sha256")

    def encrypt(self, text: str, bound_to: str) -> bytes:
        """Key id, nonce and AES-256-GCM ciphertext; `bound_to` (table.column) must be given again to read it."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, text.encode(), bound_to.encode())
        return bytes([self._current]) + nonce + sealed

    def decrypt(self, blob: bytes, bound_to: str) -> str:
        """The text again. Raises CannotDecrypt."""
        number = blob[0] if blob else 0
        cipher = self._ciphers.get(number)
        if cipher is None:
            raise CannotDecrypt(f"{bound_to} was written with data key {number}, which PREPLINE_DATA_KEYS does not hold")
        try:
            return cipher.decrypt(blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :], bound_to.encode()).decode()
        except (InvalidTag, ValueError) as mistake:  # ValueError: cut off within the nonce
            raise CannotDecrypt(f"a value of {bound_to} does not belong there or was changed") from mistake

    def phone_hash(self, number: str) -> str:
        """The keyed hash that finds a phone: HMAC-SHA256 of its E.164 number, in hex."""
        return hmac.new(self._hash_key, number.encode(), hashlib.sha256).hexdigest()


_ring: KeyRing | None = None


def unlock(keys: Mapping[int, bytes]) -> KeyRing:
    """Hand this process its data keys: one deployment a process."""
    global _ring  # noqa: PLW0603 -- column types are made at import, before any key is known
    _ring = KeyRing(keys)
    return _ring


def ring() -> KeyRing:
    """The data keys of this process."""
    if _ring is None:
        raise CannotDecrypt("no data keys: privacy.unlock() was not called")
    return _ring


class Private(TypeDecorator[str]):
    """A column for names, numbers and bodies: text in the program, ciphertext in the database."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, bound_to: str) -> None:
        """`bound_to`: the table and column it stands in."""
        super().__init__()
        self.bound_to = bound_to

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Encrypt on the way in."""
        return None if value is None else ring().encrypt(value, self.bound_to)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Decrypt on the way out."""
        return None if value is None else ring().decrypt(bytes(value), self.bound_to)
