"""A failed upload has a reason, and a process does not retry a server that failed."""

import time
from pathlib import Path

import pytest

from kedro_wandb.wandb_log import Sender, explain_unreachable
from tests.kedro_wandb.bad_server import serve


@pytest.fixture(autouse=True)
def without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


def test_an_address_without_a_listener_is_found_at_once_and_not_tried_again(tmp_path: Path) -> None:
    sender, began = Sender(), time.monotonic()
    with serve("refuses") as (address, _):
        assert not sender.send(tmp_path, address, {}, seconds=60)
        assert "cannot be reached" in sender.refusal
    with serve("answers 500") as (address, seen):
        assert not sender.send(tmp_path, address, {}, seconds=60)
        assert not sender.send(tmp_path, address, {}, seconds=60)
        assert seen == []
    assert sender.refusal.count("not tried again") == 1
    assert time.monotonic() - began < 5


def test_a_proxy_is_asked_in_place_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve("refuses") as (address, _):
        monkeypatch.setenv("no_proxy", "")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        assert explain_unreachable(address) == ""
