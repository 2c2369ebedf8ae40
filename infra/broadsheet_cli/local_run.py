"""``broadsheet run``: the deployed template's own wiring, on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from broadsheet.ingest.configuration import read_site
from broadsheet.model.errors import ConfigurationError
from localcloud.cloud import LocalCloud, Progress
from localcloud.plane.gateway import CallHook
from localcloud.stack import Severity, Stack
from localcloud.template import read_stack

from .metric_lines import MetricTally
from .mirror import mirror_folder
from .outcome import Outcome, account, rejections, write_outcome

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
CONFIG_PREFIX = "config/"
CONTACT = "a run on its operator's own machine"
"""What a server that is asked is told of who asks, where no site is configured."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What ``broadsheet run`` was asked for. ``now`` is aware."""

    config: Path
    now: datetime
    inbox: Path | None = None
    out: Path | None = None
    state: Path | None = None
    lasting: timedelta | None = None
    seed: int = 0
    allow_hosts: tuple[str, ...] = ()
    isolate: bool = False


@dataclass(slots=True)
class LocalStack:
    """The project's stack on this machine, and what its functions told meanwhile. Use :func:`open_stack`."""

    stack: Stack
    cloud: LocalCloud
    tally: MetricTally = field(default_factory=MetricTally)
    started: float = field(default_factory=time.monotonic)

    def bucket(self, logical_id: str) -> str:
        """Return the name of a bucket of the stack."""
        return next(b.name for b in self.stack.buckets.values() if b.logical_id.endswith(logical_id))

    @property
    def table(self) -> str:
        """The name of the table."""
        return next(t.name for t in self.stack.tables.values() if t.logical_id.endswith("Table"))

    def conclude(self, out: Path | None, *, save: bool) -> Outcome:
        """Write the outcome under ``out``, keep the state where ``save`` says so, and return the report."""
        outcome = account(
            self.cloud.report(),
            self.tally.sums,
            self.tally.requests,
            rejections(self.table, self.cloud.client("dynamodb")),
            time.monotonic() - self.started,
        )
        if out:
            out.mkdir(parents=True, exist_ok=True)
            s3 = self.cloud.client("s3")
            write_outcome(outcome, out, self.bucket("SiteBucket"), self.bucket("ArchiveBucket"), s3)
        if save:
            self.cloud.save()
        return outcome


@dataclass(slots=True)
class LocalRun(LocalStack):
    """One run: make it, do its steps in order, and take the outcome. Use :func:`open_run`."""

    options: RunOptions = field(kw_only=True)

    def mirror(self) -> None:
        """Make the inbox bucket hold what the two folders hold; delivers nothing yet."""
        bucket, s3 = self.bucket("InboxBucket"), self.cloud.client("s3")
        mirror_folder(self.options.config, bucket, CONFIG_PREFIX, None, s3)
        mirror_folder(self.options.inbox, bucket, "", CONFIG_PREFIX, s3)

    def upload_configuration(self) -> None:
        """Mirror the configuration folder into the inbox, and let it take effect."""
        mirror_folder(self.options.config, self.bucket("InboxBucket"), CONFIG_PREFIX, None, self.cloud.client("s3"))
        self.cloud.drain()

    def upload_inbox(self) -> None:
        """Mirror the inbox folder, and let every upload go through."""
        self.mirror()
        self.cloud.drain()

    def fire_schedules(self) -> None:
        """Fire each schedule once, then let the time pass that was asked for."""
        self.cloud.fire_schedules()
        self.cloud.drain()
        if self.options.lasting:
            self.cloud.run_for(self.options.lasting)
            self.cloud.drain()

    def finish(self) -> Outcome:
        """Write the outcome, keep the state, and return the report."""
        return self.conclude(self.options.out, save=self.options.state is not None)


@contextmanager
def open_stack(
    now: datetime,
    *,
    state: Path | None = None,
    seed: int = 0,
    allow_hosts: tuple[str, ...] = (),
    contact: str = CONTACT,
    isolate: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    before_call: CallHook | None = None,
    after_call: CallHook | None = None,
) -> Iterator[LocalStack]:
    """Start the local cloud with the project's template, from ``state`` or empty; its clock begins at ``now``, aware.

    ``contact`` is what the fetcher tells the servers it asks. Raises ConfigurationError where the wiring is broken.
    ``before_call`` and ``after_call`` are for tests that have
    functions die at an AWS call.
    """
    parameters = {"AllowedHosts": ",".join(allow_hosts), "UserAgentContact": contact}
    stack = read_stack(TEMPLATE, parameters=parameters, stack_name="broadsheet")
    broken = [finding for finding in stack.findings if finding.severity is Severity.ERROR]
    if broken:
        raise ConfigurationError(f"{TEMPLATE.name}: {broken[0].resource}: {broken[0].message}; {broken[0].remedy}")
    tally = MetricTally()
    with LocalCloud(
        stack,
        now=now,
        seed=seed,
        state=state,
        isolate=isolate,
        on_progress=on_progress,
        on_output=lambda _, line: tally.read(line),
        before_call=before_call,
        after_call=after_call,
    ) as cloud:
        yield LocalStack(stack, cloud, tally)


def _contact(config: Path) -> str:
    """Return the address of the site that ``config`` makes, which is how its editors are found."""
    file = config / "site.yaml"
    try:
        url = read_site(file.read_bytes(), file.name).get("url") if file.is_file() else None
    except ConfigurationError:  # told when the file is taken in
        url = None
    return str(url or CONTACT)


@contextmanager
def open_run(
    options: RunOptions,
    on_progress: Callable[[Progress], None] | None = None,
    *,
    before_call: CallHook | None = None,
    after_call: CallHook | None = None,
) -> Iterator[LocalRun]:
    """Start the local cloud for a run. Raises, and takes hooks, as :func:`open_stack` does."""
    with open_stack(
        options.now,
        state=options.state,
        seed=options.seed,
        allow_hosts=options.allow_hosts,
        contact=_contact(options.config),
        isolate=options.isolate,
        on_progress=on_progress,
        before_call=before_call,
        after_call=after_call,
    ) as local:
        yield LocalRun(local.stack, local.cloud, local.tally, local.started, options=options)
