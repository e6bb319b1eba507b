"""What anybody may have published, shown on a terminal."""

import re

# What could take hold of a terminal; line ends and tabs are harmless.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """The text as a terminal may have it: whatever would control it is spelt out."""
    return CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
