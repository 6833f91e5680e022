"""Telling people how a run ended: JSON to a webhook, a message to a chat that takes Slack's form, or a mail."""

import smtplib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from typing import Any, Literal
from urllib.parse import urlsplit

from dagster_project.settings import EmailSettings, Settings

ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 1.0
TIMEOUT_SECONDS = 10
LINES_TOLD = 20


@dataclass(frozen=True)
class RunNotice:
    """How a run ended. A warning is a run that published although something is held, late or adrift."""

    run_id: str
    status: Literal["success", "warning", "failure"]
    title: str
    lines: tuple[str, ...]
    publish_id: str | None

    @property
    def text(self) -> str:
        """The lines that fit, each on its own."""
        more = [f"… and {len(self.lines) - LINES_TOLD} more"] if len(self.lines) > LINES_TOLD else []
        return "\n".join([*self.lines[:LINES_TOLD], *more])


def notify(settings: Settings, notice: RunNotice) -> list[str]:
    """Send a notice to everyone who is to be told; what could not be sent, as text without addresses or secrets."""
    told = settings.notifications
    if told is None or notice.status not in told.on:
        return []
    senders: list[tuple[str, Callable[[], None]]] = [
        *(_to_web(settings, url, "webhooks", asdict(notice)) for url in told.webhooks),
        *(_to_web(settings, url, "slack_webhooks", _slack_message(notice)) for url in told.slack_webhooks),
    ]
    if told.email:
        email = told.email
        senders.append((f"mail by {email.smtp_host}", lambda: _send_mail(settings, email, notice)))
    return [fault for name, send in senders if (fault := _fault_of(name, send))]


def _to_web(settings: Settings, url: str, kind: str, content: dict[str, Any]) -> tuple[str, Callable[[], None]]:
    address = settings.resolve(url, f"notifications.{kind}")

    def send() -> None:
        import requests  # noqa: PLC0415 - most runs tell nobody

        requests.post(address, json=content, timeout=TIMEOUT_SECONDS).raise_for_status()

    # Path and query of such an address are its secret.
    return f"webhook at {urlsplit(address).hostname}", send


def _slack_message(notice: RunNotice) -> dict[str, Any]:
    block = {"type": "section", "text": {"type": "plain_text", "text": notice.text or notice.title}}
    return {
        "text": notice.title,
        "blocks": [{"type": "header", "text": {"type": "plain_text", "text": notice.title}}, block],
    }


def _send_mail(settings: Settings, email: EmailSettings, notice: RunNotice) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = notice.title, email.sender, ", ".join(email.recipients)
    message.set_content(notice.text or notice.title)
    with smtplib.SMTP(email.smtp_host, email.smtp_port, timeout=TIMEOUT_SECONDS) as server:
        if email.starttls:
            server.starttls()
        if email.user and email.password:
            server.login(
                settings.resolve(email.user, "notifications.email.user"),
                settings.resolve(email.password, "notifications.email.password"),
            )
        server.send_message(message)


def _fault_of(name: str, send: Callable[[], None]) -> str | None:
    """Null once it is sent; else what went wrong at the last attempt."""
    fault = None
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
        try:
            send()
        except (OSError, smtplib.SMTPException) as error:  # requests' own errors are OSErrors
            fault = f"{name} could not be told ({type(error).__name__}), tried {attempt + 1} times"
        else:
            return None
    return fault
