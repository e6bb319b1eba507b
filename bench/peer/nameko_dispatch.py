"""nameko's own EventDispatcher outside a service: each line of a file as an event, each confirmed.

`python -m peer.nameko_dispatch URI FILE COUNT`; prints the seconds.
"""

import itertools
import json
import sys
import time
from pathlib import Path

from nameko.standalone.events import event_dispatcher


def main(uri: str, path: str, count: int) -> None:
    """Dispatch a file's lines."""
    with Path(path).open(encoding="utf-8") as file:
        events = [json.loads(line) for line in itertools.islice(file, count)]
    dispatch = event_dispatcher({"AMQP_URI": uri})
    dispatch("campaign", "nobody_listens", {})
    start = time.perf_counter()
    for event in events:
        dispatch("campaign", "conversation_logged", event)
    print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
