"""Telling people: each kind of message arrives at a receiver on this machine, and one that fails says so."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from dagster_project import notifications
from dagster_project.notifications import RunNotice, notify
from dagster_project.settings import NotificationSettings, Settings, load_settings
from tests.conftest import World

NOTICE = RunNotice("run-1", "failure", "Bansou failed; 失敗", ("failed: marts/dim_accounts: unique",), "2026-06-30-abc")
PATH = "T0P/S3CRET"


class Receiver:
    """A web server that keeps what it is sent; it refuses as many messages as `refusals` says."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, Any]]] = []
        self.refusals = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.refusals:
                    receiver.refusals -= 1
                    self.send_response(503)
                else:
                    receiver.received.append((self.path, json.loads(body)))
                    self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/{PATH}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def mailbox() -> Iterator[tuple[int, list[str]]]:
    """The port of a mail server that takes one mail, and the lines it was sent."""
    lines: list[str] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        with connection, connection.makefile("rwb") as talk:

            def say(text: str) -> None:
                talk.write(text.encode() + b"\r\n")
                talk.flush()

            say("220 here")
            is_text = False
            for raw in talk:
                line = raw.decode().rstrip("\r\n")
                lines.append(line)
                if is_text:
                    is_text = line != "."
                    if not is_text:
                        say("250 kept")
                elif line.upper() == "DATA":
                    is_text = True
                    say("354 go on")
                elif line.upper() == "QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 fine")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1], lines
    server.close()


@pytest.fixture
def settings(tiny_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(notifications, "FIRST_PAUSE_SECONDS", 0.01)
    return load_settings({"BANSOU_CONFIG": str(tiny_config), "BANSOU_HOME": str(tmp_path), "CHAT_URL": "unset"})


def telling(settings: Settings, **told: Any) -> Settings:
    return settings.model_copy(update={"notifications": NotificationSettings.model_validate(told)})


def test_webhook_receives_the_notice_as_json(settings: Settings, receiver: Receiver) -> None:
    assert notify(telling(settings, webhooks=[receiver.url]), NOTICE) == []
    assert receiver.received == [
        (
            f"/{PATH}",
            {
                "run_id": "run-1",
                "status": "failure",
                "title": "Bansou failed; 失敗",
                "lines": ["failed: marts/dim_accounts: unique"],
                "publish_id": "2026-06-30-abc",
            },
        )
    ]


def test_chat_receives_a_title_and_a_block(settings: Settings, receiver: Receiver) -> None:
    assert notify(telling(settings, slack_webhooks=[receiver.url]), NOTICE) == []
    [(_, message)] = receiver.received
    assert message["text"] == "Bansou failed; 失敗"
    assert message["blocks"][1]["text"] == {"type": "plain_text", "text": "failed: marts/dim_accounts: unique"}


def test_mail_is_sent_to_every_recipient(settings: Settings, mailbox: tuple[int, list[str]]) -> None:
    port, lines = mailbox
    email = {
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "sender": "bansou@example.org",
        "recipients": ["a@example.org", "b@example.org"],
        "starttls": False,
    }
    assert notify(telling(settings, email=email), NOTICE) == []
    assert {"rcpt TO:<a@example.org>", "rcpt TO:<b@example.org>"} <= {line.split(" SIZE")[0] for line in lines}
    assert "failed: marts/dim_accounts: unique" in lines


def test_message_is_sent_again_when_the_receiver_refuses_at_first(settings: Settings, receiver: Receiver) -> None:
    receiver.refusals = 2
    assert notify(telling(settings, webhooks=[receiver.url]), NOTICE) == []
    assert len(receiver.received) == 1


def test_fault_is_told_without_the_address_when_nobody_answers(settings: Settings, receiver: Receiver) -> None:
    receiver.refusals = 3
    nobody = f"http://127.0.0.1:1/{PATH}?token={PATH}"
    faults = notify(telling(settings, webhooks=[receiver.url], slack_webhooks=[nobody]), NOTICE)
    assert faults == [
        "webhook at 127.0.0.1 could not be told (HTTPError), tried 3 times",
        "webhook at 127.0.0.1 could not be told (ConnectionError), tried 3 times",
    ]


@pytest.mark.parametrize(
    ("on", "status", "is_sent"),
    [(["failure"], "failure", True), (["failure"], "warning", False), ([], "failure", False)],
)
def test_only_what_is_asked_for_is_told(
    settings: Settings, receiver: Receiver, on: list[str], status: Any, *, is_sent: bool
) -> None:
    notify(telling(settings, webhooks=[receiver.url], on=on), replace(NOTICE, status=status))
    assert bool(receiver.received) is is_sent


def test_long_notice_is_cut_and_says_so() -> None:
    text = replace(NOTICE, lines=tuple(f"line {number}" for number in range(25))).text
    assert text.splitlines()[-2:] == ["line 19", "… and 5 more"]


def test_run_that_holds_a_source_tells_the_receiver(tiny_world: World, tmp_path: Path, receiver: Receiver) -> None:
    """The whole way: the address comes from the environment, and stands in nothing that the run prints."""
    copy = tiny_world.copy(tmp_path / "home")
    config = tmp_path / "bansou.toml"
    config.write_text(
        tiny_world.config.read_text(encoding="utf-8") + '\n[notifications]\nwebhooks = ["${BANSOU_TEST_WEBHOOK}"]\n',
        encoding="utf-8",
    )
    world = World(copy.home, config)
    (world.home / "demo" / "crm" / "contacts" / "more.csv").write_text("")
    unset = world.run("run")
    assert unset.returncode == 2
    assert "BANSOU_TEST_WEBHOOK is not set" in unset.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BANSOU_TEST_WEBHOOK", receiver.url)
        done = world.run("run")
    assert done.returncode == 0, done.stdout + done.stderr
    [(_, message)] = receiver.received
    assert (message["status"], message["title"]) == ("warning", "Bansou published 2026-06-30, with warnings")
    assert any("held: crm.contacts" in line for line in message["lines"])
    assert PATH not in done.stdout + done.stderr
