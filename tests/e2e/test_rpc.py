"""The five methods over RPC: a plain nameko proxy for real, a direct call embedded."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.conftest import System
from tests.servers import RabbitServer

CLIENT = Path(__file__).parent / "rpc_client.py"


def rpc(broker: RabbitServer, token: str | None, service: str, method: str, *args: Any) -> Any:
    """What a plain nameko ServiceRpcProxy is answered: `{"result"}` or `{"error", "value"}`."""
    call = json.dumps([token, service, method, args])
    done = subprocess.run(
        [sys.executable, str(CLIENT), broker.uri, call],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def report(unit: str = "1280") -> dict[str, Any]:
    return {"id": str(uuid4()), "unit": unit, "arena": "phone", "held_on": "2026-05-04"}


def test_the_five_methods_answer_a_plain_nameko_proxy(real: System, broker: RabbitServer) -> None:
    token = real.token()
    unit = rpc(broker, token, "membership", "get_unit", "1280")["result"]
    assert unit == real.call("GET", "membership", "/units/1280").json()
    listed = rpc(broker, token, "membership", "list_units")["result"]
    assert unit in listed["items"]
    assert len(listed["items"]) >= 317
    logged = rpc(broker, token, "campaign", "log_conversations", [report(), {"unit": 5}])["result"]
    assert (logged["created"], logged["rejected"]) == (1, 1)
    member = str(uuid4())
    assert rpc(broker, token, "training", "get_obligations", member)["result"]["items"] == []
    board = rpc(broker, token, "metrics", "get_goals", "SE", 2025)["result"]
    assert (board["unit"], board["year"]) == ("SE", 2025)
    over_http = real.call("GET", "metrics", "/goals?unit=SE&year=2025").json()
    assert board["goals"] == over_http["goals"]


def test_rpc_is_refused_without_rights(real: System, broker: RabbitServer) -> None:
    reading = real.token("campaign:read")
    elsewhere = real.token("campaign:write", "0114")
    batch = [report()]
    assert rpc(broker, None, "metrics", "get_goals", "SE", 2025)["error"] == "Unauthorized"
    assert rpc(broker, "forged", "metrics", "get_goals", "SE", 2025)["error"] == "Unauthorized"
    refused = rpc(broker, reading, "campaign", "log_conversations", batch)
    assert refused["error"] == "Forbidden"
    answer = rpc(broker, elsewhere, "campaign", "log_conversations", batch)["result"]
    assert (answer["created"], answer["rejected"]) == (0, 1)
    assert "unit" in answer["results"][0]["errors"]


def test_bad_arguments_are_answered_and_bring_nobody_down(
    real: System, broker: RabbitServer
) -> None:
    token = real.token()
    assert rpc(broker, token, "metrics", "get_goals", "SE", "many")["error"] == "Invalid"
    assert rpc(broker, token, "metrics", "get_goals", {"a": 1}, 2025)["error"] == "Invalid"
    assert rpc(broker, token, "campaign", "log_conversations", "none")["error"] == "Invalid"
    assert rpc(broker, token, "metrics", "get_goals", 1, 2, 3, 4)["error"] == "IncorrectSignature"
    assert "result" in rpc(broker, token, "metrics", "get_goals", "SE", 2025)


def test_requests_that_kill_a_plain_container_do_not_kill_ours(
    real: System, broker: RabbitServer
) -> None:
    poison = Path(__file__).parent / "rpc_poison.py"
    subprocess.run([sys.executable, str(poison), broker.uri], check=True, timeout=30)
    token = real.token()
    for service, method, args in (
        ("metrics", "get_goals", ("SE", 2025)),
        ("campaign", "log_conversations", ([],)),
    ):
        assert "result" in rpc(broker, token, service, method, *args)
    log = real.running["metrics"].log.read_text(encoding="utf-8")
    assert "rpc_waiting" not in log


def test_embedded_a_method_is_called_directly(tmp_path: Path) -> None:
    script = Path(__file__).parent / "direct_call.py"
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout.strip().splitlines()[-1])
    assert answers["unit"] == "1280"
    assert answers["board"] == 13
    assert answers["created"] == 1
    assert answers["refused"] == ["Forbidden", "Unauthorized"]
