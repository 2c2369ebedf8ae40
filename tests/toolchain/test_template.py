"""What template.yaml has to say in two places is said alike in both."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from template_rules import Application
from template_rules.application import Resource

PROJECT = Path(__file__).parents[2]
FUNCTIONS = (
    "DispatchDue",
    "IngestArticle",
    "MarkPages",
    "PollSource",
    "RebuildSite",
    "ReceiveUpload",
    "RegeneratePage",
)
QUEUES = {
    "POLL_QUEUE_URL": "PollQueue",
    "INGEST_QUEUE_URL": "IngestQueue",
    "PAGE_QUEUE_URL": "PageQueue",
    "REBUILD_QUEUE_URL": "RebuildQueue",
}
BUCKETS = {"INBOX_BUCKET": "InboxBucket", "ARCHIVE_BUCKET": "ArchiveBucket", "SITE_BUCKET": "SiteBucket"}


@pytest.fixture(scope="module")
def application() -> Application:
    return Application.read(PROJECT / "template.yaml")


def resource(application: Application, logical_id: str) -> Resource:
    return next(found for found in application.templates[0].resources if found.logical_id == logical_id)


def environment(application: Application, function: str) -> Mapping[str, Any]:
    variables: Mapping[str, Any] = resource(application, function).properties["Environment"]["Variables"]
    return variables


def allowed(application: Application, function: str) -> Iterator[tuple[str, str]]:
    """Yield (action, logical id of the resource) of what a function's role allows in statements of our own."""
    root = application.templates[0]
    for policy in resource(application, f"{function}Role").properties["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            actions, targets = statement["Action"], statement["Resource"]
            for target in targets if isinstance(targets, list) else [targets]:
                objects = re.fullmatch(r"\$\{(\w+)\.(Outputs\.\w+)\}/\*", str(target.get("Fn::Sub", "")))
                found = application.follow(root, {"Fn::GetAtt": list(objects.groups())} if objects else target)
                if found is not None:
                    for action in actions if isinstance(actions, list) else [actions]:
                        yield action, found.logical_id


def test_the_functions_are_the_seven_of_the_design(application: Application) -> None:
    assert sorted(found.logical_id for found in application.of_kind("AWS::Lambda::Function")) == sorted(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_handler_service_and_build_target_follow_from_the_name(application: Application, function: str) -> None:
    module = re.sub(r"(?<!^)(?=[A-Z])", "_", function).lower()
    assert resource(application, function).properties["Handler"] == f"{module}.handler"
    assert environment(application, function)["POWERTOOLS_SERVICE_NAME"] == module
    assert f"build-{function}: {module}.py\n" in (PROJECT / "functions" / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_send_to_exactly_the_queues_it_is_told_of(application: Application, function: str) -> None:
    told = {QUEUES[name] for name in environment(application, function) if name in QUEUES}
    assert {queue for action, queue in allowed(application, function) if action == "sqs:SendMessage"} == told


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_use_exactly_the_buckets_it_is_told_of(application: Application, function: str) -> None:
    told = {BUCKETS[name] for name in environment(application, function) if name in BUCKETS}
    if function == "MarkPages":
        told |= {"ArchiveBucket"}  # Lambda itself writes there what the stream gives up on
    assert {bucket for action, bucket in allowed(application, function) if action.startswith("s3:")} == told


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_may_write_to_the_bucket_that_wakes_one(application: Application, function: str) -> None:
    writes = {"s3:PutObject", "s3:DeleteObject"}
    assert not {bucket for action, bucket in allowed(application, function) if action in writes} & {"InboxBucket"}


def test_pages_wait_for_two_buckets_of_time(application: Application) -> None:
    bucket = int(environment(application, "MarkPages")["PAGE_BUCKET_SECONDS"])
    assert bucket <= 300
    assert resource(application, "PageQueue").properties["DelaySeconds"] == 2 * bucket <= 900


def test_a_built_function_is_its_own_file_and_no_other(tmp_path: Path) -> None:
    source, artifacts = tmp_path / "functions", tmp_path / "artifacts"
    artifacts.mkdir()
    shutil.copytree(PROJECT / "functions", source, ignore=shutil.ignore_patterns("__pycache__"))
    for module in ("poll_source.py", "mark_pages.py"):
        (source / module).write_text("handler = print\n", encoding="utf-8")
    command = ["make", "--silent", "build-PollSource", f"ARTIFACTS_DIR={artifacts}"]
    subprocess.run(command, cwd=source, check=True)  # noqa: S603  # our own Makefile
    assert [file.name for file in artifacts.iterdir()] == ["poll_source.py"]


def test_an_alarm_on_a_metric_of_ours_watches_one_that_its_function_counts(application: Application) -> None:
    alarms = [
        found.properties
        for template in application.templates
        for found in template.resources
        if found.properties.get("Namespace") == "Broadsheet"
    ]
    assert len(alarms) == 2
    for alarm in alarms:
        ((dimension,), metric) = alarm["Dimensions"], alarm["MetricName"]
        assert dimension["Name"] == "service"
        module = PROJECT / "shared" / "broadsheet" / "flow" / f"{dimension['Value']}.py"
        assert f'counter.add("{metric}")' in module.read_text(encoding="utf-8")
