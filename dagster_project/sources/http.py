"""Requests to a vendor: patient with what passes, clear about what stays."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.paginators import BasePaginator

from dagster_project.settings import ApiSource
from dagster_project.sources.landing import SourceError

CONNECT_SECONDS = 10
SHOWN_CHARACTERS = 200
CREDENTIALS_REMEDY = "See that the credentials are right, and that they still hold."
LONGEST_PAUSE_SECONDS = 60.0
HTTP_UNAUTHORIZED, HTTP_FORBIDDEN, HTTP_TOO_MANY, HTTP_SERVER_ERROR = 401, 403, 429, 500
PASSING_ERRORS = (
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


@dataclass(frozen=True)
class Again:
    """The request may succeed later: after `seconds` where the vendor says so, else after a pause that doubles."""

    reason: str
    seconds: float | None = None


@dataclass(frozen=True)
class LogInAgain:
    """The log-in has run out."""

    reason: str


@dataclass(frozen=True)
class Refused:
    """Asking again does not help; somebody has to act."""

    reason: str
    remedy: str


Verdict = Again | LogInAgain | Refused
Judge = Callable[[requests.Response, Any], Verdict | None]


class VendorClient:
    """A vendor's interface: one log-in, one way to wait, one form of error for all tables of a source.

    `connect` of the vendor's module sets `log_in` (puts what proves who we are into `session`) and `judge` (what an
    answer means, where the vendor has ways of its own; null leaves it to the general rules).
    """

    def __init__(self, name: str, source: ApiSource, base_url: str, credentials: Mapping[str, str]) -> None:
        self.name, self.base_url, self.credentials = name, base_url.rstrip("/"), credentials
        self.table = ""
        self.last_place = self.base_url
        """Method and address of the last request."""
        self.log_in: Callable[[], None] | None = None
        self.judge: Judge = lambda _response, _body: None
        self.server_time: datetime | None = None
        self.session = _PatientSession(self)
        self.source = source
        self._rest = RESTClient(base_url=self.base_url, session=self.session)
        self._is_logged_in = False
        self._log_in_fault: str | None = None

    def response(self, path: str, **arguments: Any) -> requests.Response:
        """One answer with its headers; text where the request accepts that."""
        return self._rest.get(path, hooks={"response": []}, **arguments)

    def get(self, path: str, **arguments: Any) -> Any:
        """The JSON of one answer."""
        return self.response(path, **arguments).json()

    def post(self, path: str, json: Any = None, **arguments: Any) -> Any:
        """The JSON of one answer."""
        return self._rest.post(path, json=json, hooks={"response": []}, **arguments).json()

    def pages(self, path: str, paginator: BasePaginator, **arguments: Any) -> Iterator[Any]:
        """The JSON of each answer, until the paginator sees the end.

        Raises:
            SourceError: the vendor gives the same page again and again.
        """
        seen: set[int] = set()
        for page in self._rest.paginate(
            path, paginator=paginator, data_selector="$", hooks={"response": []}, **arguments
        ):
            answer = page.response.json()
            print_ = _print_of(answer)
            if print_ in seen and paginator.has_next_page:
                raise SourceError(
                    f"{self.name}.{self.table}: {_place(page.response.request)} gives a page again that it gave before "
                    f"({len(seen)} pages so far), so that there would be no end. Nothing was taken. Run again; where "
                    f"it stays, ask the vendor."
                )
            seen.add(print_)
            yield answer

    def send(self, request: requests.PreparedRequest, send: Callable[[], requests.Response]) -> requests.Response:
        """Send until there is an answer that can be used, as long as waiting may help.

        Raises:
            SourceError: there is none; with source, table, request and what to do.
        """
        self.last_place = _place(request)
        waited, pause, has_logged_in, attempt = 0.0, self.source.first_pause_seconds, False, 1
        while True:
            verdict = self._try(send)
            if isinstance(verdict, requests.Response):
                return verdict
            if isinstance(verdict, Refused):
                raise self._fault(request, verdict.reason, verdict.remedy, attempt)
            if isinstance(verdict, LogInAgain):
                if has_logged_in or self.log_in is None or _is_log_in(request):
                    raise self._fault(request, verdict.reason, CREDENTIALS_REMEDY, attempt)
                self._is_logged_in = False
                self.require_log_in()
                request.headers.update(self._own_headers(request.url))
                has_logged_in = True
                continue
            seconds = min(pause, LONGEST_PAUSE_SECONDS) if verdict.seconds is None else verdict.seconds
            if attempt == self.source.attempts or waited + seconds > self.source.longest_wait_seconds:
                remedy = (
                    f"The vendor asks to wait {seconds:.0f} s, and longest_wait_seconds is "
                    f"{self.source.longest_wait_seconds:.0f}: run again later."
                    if attempt < self.source.attempts
                    else "Run again; where it stays, see the vendor's status page."
                )
                raise self._fault(request, verdict.reason, remedy, attempt)
            time.sleep(seconds)
            waited, pause, attempt = waited + seconds, pause * 2, attempt + 1

    def require_log_in(self) -> None:
        """Log in, once, before the first request."""
        if self._log_in_fault:
            raise SourceError(self._log_in_fault)
        if self.log_in and not self._is_logged_in:
            self._is_logged_in = True
            try:
                self.log_in()
            except SourceError as error:
                # It holds for every table of the source, and is not waited for again.
                self._log_in_fault = str(error)
                raise

    def _own_headers(self, url: str | None) -> dict[str, str]:
        if urlsplit(str(url)).netloc != urlsplit(self.base_url).netloc:
            return {}  # a redirect to another host
        return {name: str(value) for name, value in self.session.headers.items() if name.lower() == "authorization"}

    def _try(self, send: Callable[[], requests.Response]) -> requests.Response | Verdict:
        try:
            response = send()
        except PASSING_ERRORS as error:
            return Again(f"no whole answer came ({type(error).__name__})")
        try:
            body = orjson.loads(response.content) if response.content else None
        except orjson.JSONDecodeError:
            body = response.text[:SHOWN_CHARACTERS]
        if told := _moment(response.headers.get("Date")):
            self.server_time = told.replace(tzinfo=None)
        if verdict := self.judge(response, body) or general_verdict(response, body):
            return verdict
        response.json = lambda **_: body  # type: ignore[method-assign]  # parsed once, asked for often
        return response

    def _fault(self, request: requests.PreparedRequest, reason: str, remedy: str, attempt: int) -> SourceError:
        tries = f" (tried {attempt} times)" if attempt > 1 else ""
        return SourceError(f"{self.name}.{self.table}: {_place(request)}: {reason}{tries}. {remedy}")


class _PatientSession(requests.Session):
    def __init__(self, client: VendorClient) -> None:
        super().__init__()
        self._client = client

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """As `requests` does, with the client's patience."""
        if not _is_log_in(request):
            self._client.require_log_in()
            request.headers.update(self._client._own_headers(request.url))
        kwargs["timeout"] = (CONNECT_SECONDS, self._client.source.timeout_seconds)
        return self._client.send(request, lambda: super(_PatientSession, self).send(request, **kwargs))


def general_verdict(response: requests.Response, body: Any) -> Verdict | None:
    """What an answer means by the rules of HTTP; null where it can be used."""
    told = f"answered {response.status_code} {response.reason}: {shown(body)}"
    if response.status_code == HTTP_UNAUTHORIZED:
        return LogInAgain(told)
    if response.status_code == HTTP_TOO_MANY or response.status_code >= HTTP_SERVER_ERROR:
        return Again(told, retry_after(response))
    if not response.ok:
        remedy = "See whether the object and the fields of the configuration exist there."
        if response.status_code == HTTP_FORBIDDEN:
            remedy = "See that the log-in may read this: docs/sources.md lists the rights that are needed."
        return Refused(told, CREDENTIALS_REMEDY if _is_log_in(response.request) else remedy)
    wants_csv = response.request.headers.get("Accept") == "text/csv"
    is_as_asked = "csv" in response.headers.get("Content-Type", "") if wants_csv else isinstance(body, dict | list)
    form = "CSV" if wants_csv else "JSON"
    return None if is_as_asked else Again(f"answered with something that is not {form}: {shown(body)}")


def retry_after(response: requests.Response) -> float | None:
    """Seconds to wait by the header `Retry-After`, given as seconds or as a date (RFC 9110, 10.2.3)."""
    told = response.headers.get("Retry-After", "").strip()
    if not told:
        return None
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    if (until := _moment(told)) is None:
        return None
    return max(0.0, (until - sent_at(response)).total_seconds())


def sent_at(response: requests.Response) -> datetime:
    """When an answer was sent, by the vendor's clock where that can be read; UTC."""
    return _moment(response.headers.get("Date")) or datetime.now(UTC)


def _moment(told: str | None) -> datetime | None:
    """The UTC time of a header; null where it has none that can be read."""
    try:
        moment = parsedate_to_datetime(told or "")
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def shown(body: Any) -> str:
    """The beginning of an answer, on one line."""
    text = body if isinstance(body, str) else orjson.dumps(body).decode()
    return " ".join(text.split())[:SHOWN_CHARACTERS] or "nothing"


def _print_of(answer: Any) -> int:
    """What tells one page from another; the number of the request is new in each answer, and no part of the page."""
    if isinstance(answer, dict):
        answer = {name: value for name, value in answer.items() if name != "requestId"}
    return hash(orjson.dumps(answer))


def _place(request: requests.PreparedRequest) -> str:
    """Method and address without what may be secret."""
    parts = urlsplit(str(request.url))
    return f"{request.method} {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _is_log_in(request: requests.PreparedRequest) -> bool:
    return "/oauth" in str(request.url)
