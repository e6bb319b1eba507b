"""Logs: one JSON line an occurrence, a readable form on a terminal; never a person's data."""

import logging
import sys
from typing import Any

import orjson
import structlog

# Without the frames' variables: they hold what people sent us.
FRAMES = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
QUIET = ("nameko", "eventlet", "amqp", "kombu", "alembic", "sqlalchemy", "urllib3")


def setup(level: str, form: str, replica: str) -> None:
    """Send every log line of this process to standard error.

    `form` is json, text, or auto: text on a terminal.
    """
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())

    def add_replica(_logger: Any, _method: str, line: Any) -> Any:
        line["replica"] = replica
        return line

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        add_replica,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[Any] = (
        [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
        if as_text
        else [FRAMES, structlog.processors.JSONRenderer(_dumps)]
    )
    structlog.configure(
        processors=shared + renderer,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _adopt_the_libraries(shared + renderer)


def _adopt_the_libraries(processors: list[Any]) -> None:
    """Let the libraries' own warnings out in the same form.

    nameko logs the arguments of a failed worker, which may hold personal data: our entrypoints
    log the failure themselves, so only its deaths are let through.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, processors[-1]],
            foreign_pre_chain=processors[:-1],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("nameko.containers").setLevel(logging.CRITICAL)


def _dumps(event: dict[str, Any], **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()
