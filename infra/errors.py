"""What can go wrong, by type: the type decides what the caller is answered."""


class Problem(Exception):
    """A refusal that the caller is told about as an RFC 9457 problem.

    `errors` names the fields at fault, dotted for nested ones: `{"unit": ["unknown unit"]}`.
    Neither text ever repeats what the caller sent: it may be personal data. `more` is what else
    the answer has, by name (RFC 9457, extension members).
    """

    status = 500
    title = "Internal error"

    def __init__(self, detail: str = "", errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = errors or {}
        self.more: dict[str, object] = {}


class Malformed(Problem):
    """The body is not JSON."""

    status, title = 400, "Not JSON"


class Unauthorized(Problem):
    """No token, or one that is forged, expired or not for Samtal."""

    status, title = 401, "A valid token is needed"


class Forbidden(Problem):
    """The token is good, but not for this: its scope or its unit does not cover it."""

    status, title = 403, "Not allowed"


class NotFound(Problem):
    """There is no such thing."""

    status, title = 404, "Not found"


class NotAllowed(Problem):
    """The address exists, the method does not."""

    status, title = 405, "Method not allowed"


class Conflict(Problem):
    """An illegal transition, a duplicate, or an id that is in use for something else."""

    status, title = 409, "Conflict"


class TooLarge(Problem):
    """The body is larger than any request may be."""

    status, title = 413, "Too large"


class Unsupported(Problem):
    """The body is not application/json, or is compressed."""

    status, title = 415, "Unsupported media type"


class Invalid(Problem):
    """A field is wrong; `errors` says which and why."""

    status, title = 422, "Invalid"


class Unavailable(Problem):
    """The database is away; the same request may be sent again after `Retry-After`."""

    status, title = 503, "Try again in a moment"


class ConfigError(Exception):
    """The environment cannot be used; the text says which variable and what to do."""


class DeclaredOtherwise(Exception):
    """The broker holds a queue or an exchange of ours with other properties; says what to do."""

    def __init__(self, kind: str, name: str, reason: str) -> None:
        way = WAYS_OUT[kind]
        super().__init__(f"The broker has another {kind} {name} than ours: {way} ({reason})")


WAYS_OUT = {
    "queue": "see what it holds, delete it and start again, which reads the feeds. "
    "docs/operating.md, Declared otherwise",
    "exchange": "stop what listens to it, delete it and their queues, and start again. "
    "docs/operating.md, Declared otherwise",
}


class Unreadable(Exception):
    """A message that is no event of ours: set aside with its bytes, not tried again by itself.

    `event_type` is what it says it is, if it says so.
    """

    def __init__(self, reason: str, event_type: str | None = None) -> None:
        super().__init__(reason)
        self.event_type = event_type
