"""Ids for rows that bring none, the same every time the row comes."""

import hashlib
import hmac
import re
from uuid import UUID

from infra.secrets import Secrets


def for_person(secrets: Secrets, personal_number: str) -> str:
    """The id of the member with that personal number.

    It goes into events, so it is made with this installation's oldest data key: without it
    nobody can find the number by trying them all.
    """
    digits = re.sub(r"\D", "", personal_number)
    key = secrets.data_keys[-1].encode()
    digest = hmac.new(key, f"member:{digits}".encode(), hashlib.sha256).digest()
    return str(UUID(bytes=digest[:16], version=5))
