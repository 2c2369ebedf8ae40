"""What is stored, opened for a command: the table, the archive, the queues, and how a change reaches the site."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from broadsheet.aws.objects import S3Store
from broadsheet.aws.queues import SqsQueue
from broadsheet.aws.table import DynamoTable
from broadsheet.flow.settle import Store
from broadsheet.flow.site_settings import read_settings
from broadsheet.model.errors import ConfigurationError
from broadsheet.model.site import Site

from .progress import RunProgress, make_console
from .stored_options import Where

if TYPE_CHECKING:
    from .local_run import LocalStack

RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=20)
NEEDED = ("Table", "ArchiveBucket", "InboxBucket", "SiteBucket", "PageQueueUrl", "RebuildQueueUrl")
"""Outputs of the template that commands work with."""
_REFUSED = frozenset({
    "AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId",
    "AWS.SimpleQueueService.NonExistentQueue", "NoSuchBucket", "QueueDoesNotExist", "ResourceNotFoundException",
    "SignatureDoesNotMatch", "UnrecognizedClientException",
})  # fmt: skip
"""What AWS answers where credentials or rights are lacking, or the stack has lost a part: no fault of ours."""

Publish = Callable[[str, str | None], int]


@dataclass(frozen=True, slots=True)
class Opened:
    """A store that is open."""

    where: Where
    now: datetime
    """Aware: the time of what is done. A state's clock may be ahead of what was asked for."""
    outputs: Mapping[str, str]
    """The stack's outputs: names and URLs of its parts."""
    client: Callable[[str], Any]
    """Gives the boto3 client of a service."""
    store: Store
    site: Site
    rebuilds: SqsQueue
    publish: Publish
    """(step, metric to add one to or None) → exit status. Let what was changed reach the site: a state is drained,
    written out and saved, ``step`` being shown meanwhile; 1 says that something new lies in a dead-letter queue.
    A deployed stack does all that by itself."""


def open_stored(where: Where) -> AbstractContextManager[Opened]:
    """Open what ``where`` names; nothing is changed before :attr:`Opened.publish`, in a state, is called.

    Entering raises ConfigurationError where there is no such state or stack, or it cannot be reached.
    """
    return _deployed(where, where.stack) if where.stack else _local(where, where.state or Path())


def _opened(
    where: Where, now: datetime, outputs: Mapping[str, str], client: Callable[[str], Any], publish: Publish
) -> Opened:
    missing = [name for name in NEEDED if not outputs.get(name)]
    if missing:
        raise ConfigurationError(
            f"{where}: has no output {', '.join(missing)}; is it Broadsheet's? then deploy it again"
        )
    table = DynamoTable(client("dynamodb"), outputs["Table"])
    store = Store(table, S3Store(client("s3"), outputs["ArchiveBucket"]))
    rebuilds = SqsQueue(client("sqs"), outputs["RebuildQueueUrl"])
    return Opened(where, now, outputs, client, store, read_settings(table), rebuilds, publish)


@contextmanager
def _local(where: Where, folder: Path) -> Iterator[Opened]:
    # The local cloud takes a second to import, which a deployed stack need not wait for.
    from localcloud.saved.file import StateError  # noqa: PLC0415
    from localcloud.saved.state import read_clock  # noqa: PLC0415

    from .local_run import open_stack  # noqa: PLC0415

    progress = RunProgress(make_console())
    try:
        if read_clock(folder) is None:
            raise ConfigurationError(
                f"{where}: nothing is stored there; give the folder that `broadsheet run --state` was given"
            )
        opening = open_stack(where.now, state=folder, on_progress=progress.invoked)
        with ExitStack() as inside:
            with make_console().status(f"opening {where}"):
                local = inside.enter_context(opening)
                cloud, publish = local.cloud, _publisher(where, local, progress)
                opened = _opened(where, cloud.now, local.stack.outputs, cloud.client, publish)
            yield opened
    except StateError as fault:
        raise ConfigurationError(f"--state {fault}") from fault


def _publisher(where: Where, local: LocalStack, progress: RunProgress) -> Publish:
    known = local.cloud.report().dead_letters

    def publish(step: str, counted: str | None) -> int:
        if counted:
            local.tally.sums[counted] += 1
        with progress.step(step):
            local.cloud.drain()
        local.conclude(where.out, save=True)
        fresh = [letter for letter in local.cloud.report().dead_letters if letter not in known]
        console = make_console()
        for letter in fresh:
            told = letter.last_error or letter.body[:200]
            console.print(f"dead letter in {letter.destination}: {told}", markup=False, highlight=False)
        return 1 if fresh else 0

    return publish


@contextmanager
def _deployed(where: Where, name: str) -> Iterator[Opened]:
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in clients:
            make: Any = session.client
            clients[service] = make(service, config=RETRIES)
        return clients[service]

    try:
        session = boto3.Session()
        with make_console().status(f"opening {where}"):
            opened = _opened(where, where.now, _outputs(name, client("cloudformation")), client, lambda *_: 0)
        yield opened
    except BotoCoreError as fault:
        raise ConfigurationError(
            f"{where}: AWS cannot be asked ({fault}); set credentials and region, as AWS_PROFILE and AWS_REGION do"
        ) from fault
    except ClientError as fault:
        if fault.response["Error"]["Code"] not in _REFUSED:
            raise
        raise ConfigurationError(
            f"{where}: {fault}; use credentials that may do this, or deploy the stack again"
        ) from fault


def _outputs(name: str, cloudformation: Any) -> dict[str, str]:
    try:
        stacks = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as fault:
        # The one ValidationError of this call besides a name that can be none.
        if fault.response["Error"]["Code"] != "ValidationError":
            raise
        region = cloudformation.meta.region_name
        raise ConfigurationError(
            f"--stack {name}: there is no such stack in {region}; `sam list stack-outputs` names what was deployed, "
            "AWS_REGION says where to look"
        ) from fault
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", ())}
