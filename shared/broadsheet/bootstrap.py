"""The one place where the parts are put together: the environment is read, clients are made, once per process."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, ExceptionInfo, FailureResponse
from botocore.config import Config

from broadsheet import __version__
from broadsheet.aws.objects import S3Store
from broadsheet.aws.queues import SqsQueue
from broadsheet.aws.table import DynamoTable
from broadsheet.model.source import PARAMETER
from broadsheet.model.web import FetchFailed
from broadsheet.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

    from broadsheet.flow.dispatch_due import DuePorts
    from broadsheet.flow.ingest_article import IngestPorts
    from broadsheet.flow.mark_pages import MarkPorts
    from broadsheet.flow.poll_source import PollPorts
    from broadsheet.flow.ports import Fetcher
    from broadsheet.flow.rebuild_site import RebuildPorts
    from broadsheet.flow.receive_upload import UploadPorts
    from broadsheet.flow.regenerate_page import PagePorts
    from broadsheet.model.web import FetchRequest, FetchResponse

RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=20)

# An invocation that had nothing to count is nothing to warn of.
warnings.filterwarnings("ignore", "No application metrics to publish")

logger = Logger()
metrics = Metrics()


class LoggingBatchProcessor(BatchProcessor):
    """Reports the messages of a batch that failed, as its base does, and logs what each failed of."""

    def __init__(self) -> None:
        # A batch that failed whole comes back as one that failed in parts does: no exception is needed to say so.
        super().__init__(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    def failure_handler(self, record: Any, exception: ExceptionInfo) -> FailureResponse:
        """Log the failure of one message."""
        logger.error("message failed", exc_info=exception[1], extra={"message_id": record.message_id})
        return super().failure_handler(record, exception)


class MetricCounter:
    """Counts business metrics through Powertools (CloudWatch embedded metric format)."""

    def add(self, name: str, count: int = 1) -> None:
        """Count ``count`` of ``name``."""
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)


class LoggingFetcher:
    """Writes a log line for each address that is asked for: what we did to whose server."""

    def __init__(self, inner: Fetcher) -> None:
        self._inner = inner

    def fetch(self, request: FetchRequest) -> FetchResponse:
        """Fetch as the inner fetcher does."""
        logger.info("fetched", extra={"host": urlsplit(request.url).netloc, "url": request.url})
        return self._inner.fetch(request)


class SecretHeaders:
    """Puts the values of SSM parameters into the headers that name them, just before a request is sent.

    ``path`` is where this stack's parameters lie; it may read no others. Values are kept for five minutes.
    """

    def __init__(self, path: str, inner: Fetcher) -> None:
        self._path = path
        self._inner = inner
        self._asking = Lock()

    def fetch(self, request: FetchRequest) -> FetchResponse:
        """Fetch with the secrets filled in; raises FetchFailed where one cannot be read."""
        secrets = {k: v.removeprefix(PARAMETER) for k, v in request.headers.items() if v.startswith(PARAMETER)}
        if not secrets:
            return self._inner.fetch(request)
        with self._asking:  # listings and bodies are fetched in threads, but boto3 makes its clients in one only
            values = {header: self._value(name, request.url) for header, name in secrets.items()}
        return self._inner.fetch(replace(request, headers={**request.headers, **values}))

    def _value(self, name: str, url: str) -> str:
        # Few sources have a secret, and the utility takes 60 ms to import.
        from aws_lambda_powertools.utilities import parameters  # noqa: PLC0415
        from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError  # noqa: PLC0415

        try:
            return parameters.get_parameter(f"{self._path}{name}", decrypt=True, max_age=300)
        except GetParameterError as error:
            raise FetchFailed(
                f"{url}: SSM parameter {self._path}{name} cannot be read ({error}); store it there", transient=True
            ) from error


def settings(*required: str) -> Settings:
    """Return the environment, checked for ``required``."""
    return Settings(os.environ, required)


@cache
def _dynamodb() -> DynamoDBClient:
    return boto3.client("dynamodb", config=RETRIES)


@cache
def _s3() -> S3Client:
    return boto3.client("s3", config=RETRIES)


@cache
def _sqs() -> SQSClient:
    return boto3.client("sqs", config=RETRIES)


@cache
def table() -> DynamoTable:
    """Return the table."""
    return DynamoTable(_dynamodb(), settings("TABLE_NAME").text("TABLE_NAME"))


@cache
def bucket(variable: str) -> S3Store:
    """Return the bucket that the environment's ``variable`` names."""
    return S3Store(_s3(), settings(variable).text(variable))


@cache
def queue(variable: str) -> SqsQueue:
    """Return the queue whose URL the environment's ``variable`` holds."""
    return SqsQueue(_sqs(), settings(variable).text(variable))


@cache
def fetcher() -> Fetcher:
    """Return the fetcher."""
    # The web stack takes 30 ms to import, and only two of the seven functions need it.
    from broadsheet.web.fetch import SafeFetcher, user_agent  # noqa: PLC0415

    env = settings("USER_AGENT_CONTACT")
    agent = user_agent(__version__, env.text("USER_AGENT_CONTACT"))
    safe = SafeFetcher(allowed_hosts=env.hosts("ALLOWED_HOSTS"), user_agent=agent)
    return SecretHeaders(env.text("PARAMETER_PATH"), LoggingFetcher(safe))


# Each function imports its own flow module, and with it what that needs. Imported up here, all of them would make
# every cold start the slowest one's: 530 ms instead of 200 for what only marks or dispatches.
#
# What a function needs of the environment is asked for at once, so that the error names all that is missing.


@cache
def poll_ports() -> PollPorts:
    """Return what ``poll_source`` works with."""
    from broadsheet.flow.poll_source import PollPorts  # noqa: PLC0415

    settings("TABLE_NAME", "ARCHIVE_BUCKET", "POLL_QUEUE_URL", "INGEST_QUEUE_URL")
    archive, polls, ingests = bucket("ARCHIVE_BUCKET"), queue("POLL_QUEUE_URL"), queue("INGEST_QUEUE_URL")
    return PollPorts(table(), archive, polls, ingests, fetcher(), MetricCounter())


@cache
def upload_ports() -> UploadPorts:
    """Return what ``receive_upload`` works with."""
    from broadsheet.flow.receive_upload import UploadPorts  # noqa: PLC0415

    settings("TABLE_NAME", "INBOX_BUCKET", "ARCHIVE_BUCKET", "INGEST_QUEUE_URL")
    return UploadPorts(
        table(), bucket("INBOX_BUCKET"), bucket("ARCHIVE_BUCKET"), queue("INGEST_QUEUE_URL"), MetricCounter()
    )


@cache
def ingest_ports() -> IngestPorts:
    """Return what ``ingest_article`` works with."""
    from broadsheet.flow.ingest_article import IngestPorts  # noqa: PLC0415

    settings("TABLE_NAME", "ARCHIVE_BUCKET", "INGEST_QUEUE_URL")
    return IngestPorts(table(), bucket("ARCHIVE_BUCKET"), queue("INGEST_QUEUE_URL"), fetcher(), MetricCounter())


@cache
def page_ports() -> PagePorts:
    """Return what ``regenerate_page`` works with."""
    from broadsheet.flow.bodies import Bodies  # noqa: PLC0415
    from broadsheet.flow.regenerate_page import PagePorts  # noqa: PLC0415
    from broadsheet.flow.settle import Store  # noqa: PLC0415

    settings("TABLE_NAME", "SITE_BUCKET", "ARCHIVE_BUCKET")
    archive = bucket("ARCHIVE_BUCKET")
    return PagePorts(table(), bucket("SITE_BUCKET"), archive, MetricCounter(), Bodies(Store(table(), archive)))


@cache
def due_ports() -> DuePorts:
    """Return what ``dispatch_due`` works with."""
    from broadsheet.flow.dispatch_due import DuePorts  # noqa: PLC0415

    settings("TABLE_NAME", "POLL_QUEUE_URL", "INGEST_QUEUE_URL", "PAGE_QUEUE_URL")
    return DuePorts(table(), queue("POLL_QUEUE_URL"), queue("INGEST_QUEUE_URL"), queue("PAGE_QUEUE_URL"))


@cache
def mark_ports() -> MarkPorts:
    """Return what ``mark_pages`` works with."""
    from broadsheet.flow.mark_pages import MarkPorts  # noqa: PLC0415

    env = settings("TABLE_NAME", "PAGE_QUEUE_URL", "REBUILD_QUEUE_URL", "INGEST_QUEUE_URL", "PAGE_BUCKET_SECONDS")
    pages, rebuilds, ingests = queue("PAGE_QUEUE_URL"), queue("REBUILD_QUEUE_URL"), queue("INGEST_QUEUE_URL")
    return MarkPorts(table(), pages, rebuilds, ingests, env.number("PAGE_BUCKET_SECONDS"))


@cache
def rebuild_ports() -> RebuildPorts:
    """Return what ``rebuild_site`` works with."""
    from broadsheet.flow.rebuild_site import RebuildPorts  # noqa: PLC0415

    settings("TABLE_NAME", "PAGE_QUEUE_URL", "REBUILD_QUEUE_URL")
    return RebuildPorts(table(), queue("PAGE_QUEUE_URL"), queue("REBUILD_QUEUE_URL"))
