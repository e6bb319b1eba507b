"""The patterns of what a user of the broker may reach, and how its password is kept."""

import json
import re
from base64 import b64decode
from hashlib import sha256
from pathlib import Path

import pytest

from infra.bus.rabbitmq import users
from infra.config import SERVICES
from samtal.topology import others, ours
from tests.process import samtal


def reaches(pattern: str, *names: str) -> list[str]:
    return [name for name in names if re.search(pattern, name)]


def test_a_service_writes_its_own_exchange_and_reads_the_others() -> None:
    user = users.service("campaign")
    exchanges = [f"{name}.events" for name in SERVICES]
    assert reaches(user.write, *exchanges) == ["campaign.events"]
    assert reaches(user.configure, *exchanges) == ["campaign.events"]
    assert reaches(user.read, *exchanges) == [e for e in exchanges if e != "campaign.events"]


@pytest.mark.parametrize("user", [users.service("campaign"), users.subscriber("atlas")])
def test_nobody_but_the_operator_writes_to_the_exchange_that_leads_to_every_queue(
    user: users.User,
) -> None:
    assert reaches(user.write, "", "amq.default", "metrics.subscription") == []


def test_a_subscriber_has_queues_of_its_name_and_those_of_plain_nameko() -> None:
    user = users.subscriber("atlas")
    own = ["atlas", "atlas.door", "evt-campaign-conversation_logged.v2--atlas.heard"]
    others = ["atlas2", "atlasx.door", "an.atlas", "evt-campaign-conversation_logged--at.atlas"]
    assert reaches(user.configure, *own, *others) == own
    assert reaches(user.write, *own, *others) == own
    assert reaches(user.read, *own, *others) == own


@pytest.mark.parametrize("name", ["metrics", "rpc", "amq", "samtal", "a.b", "A", "", "a-b", ".*"])
def test_a_name_that_would_reach_further_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="small letters"):
        users.subscriber(name)
    with pytest.raises(ValueError, match="small letters"):
        users.caller(name)
    refused = samtal(["topology", "--subscriber", name], tmp_path, {}, ok=False)
    assert (refused.returncode, refused.stdout) == (2, "")


def test_nobody_both_listens_and_calls_under_one_name() -> None:
    with pytest.raises(ValueError, match="not both"):
        others(["atlas"], ["atlas"])


def test_a_password_is_kept_as_salt_and_hash() -> None:
    kept = b64decode(users.hashed("open sesame"))
    assert kept[4:] == sha256(kept[:4] + b"open sesame").digest()
    assert users.hashed("open sesame") != users.hashed("open sesame")


def test_users_are_made_of_those_with_a_password(tmp_path: Path) -> None:
    (tmp_path / "atlas").write_text("open sesame\n", encoding="utf-8")
    arguments = ["topology", "--passwords", str(tmp_path)]
    made = json.loads(samtal([*arguments, "--subscriber", "atlas"], tmp_path, {}).stdout)
    (user,) = made["users"]
    assert (user["name"], user["tags"]) == ("atlas", "")
    assert [each["user"] for each in made["permissions"]] == ["samtal", *SERVICES, "atlas"]
    alone = json.loads(
        samtal([*arguments, "--others-only", "--subscriber=atlas"], tmp_path, {}).stdout
    )
    assert [each["user"] for each in alone["permissions"]] == ["atlas"]
    assert alone["topic_permissions"] == []
    unknown = samtal(arguments, tmp_path, {}, ok=False)
    assert "a password for atlas: who is it?" in unknown.stderr


def test_an_empty_password_is_refused(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("\n", encoding="utf-8")
    refused = samtal(["topology", "--passwords", str(tmp_path)], tmp_path, {}, ok=False)
    assert "empty password for metrics" in refused.stderr


def test_queues_are_not_among_the_definitions() -> None:
    made = users.definitions("samtal", ours(), {})
    assert {"vhosts", "permissions", "topic_permissions", "exchanges"} == set(made)
