"""The seven entry points, called with a recorded event each (usable with `sam local invoke -e`)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from broadsheet.flow.configure import configure
from broadsheet.model import keys
from broadsheet.model.errors import ConfigurationError
from broadsheet.model.messages import UploadMessage
from tests.builders import NOON
from tests.fakes.fetcher import answering
from tests.flow.feeds import LIST, source_file
from tests.flow.pipeline import markdown
from tests.functions.conftest import Context, Deployed, recorded, template_environment

ALL_WELL: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}
KEY = "articles/新 闻+1.md"


def message_id(event: Any, n: int) -> str:
    found: str = event["Records"][n]["messageId"]
    return found


def failed(*ids: str) -> dict[str, list[dict[str, str]]]:
    return {"batchItemFailures": [{"itemIdentifier": name} for name in ids]}


def with_source(deployed: Deployed) -> None:
    """Define the source that the recorded events name."""
    deployed.load("ingest_article")
    configure("config/sources/wire.yaml", source_file().encode(), "1", NOON, deployed.bootstrap.table())


def uploads(deployed: Deployed) -> Any:
    """The recorded uploads, with the object put into the inbox and the version it got there."""
    version = deployed.s3.put_object(Bucket="inbox", Key=KEY, Body=markdown("新闻").encode())["VersionId"]
    event = recorded("receive_upload")
    body = json.loads(event["Records"][0]["body"])
    body["Records"][0]["s3"]["object"]["versionId"] = version
    event["Records"][0]["body"] = json.dumps(body)
    return event


class TestDispatchDue:
    def test_what_is_due_at_the_schedules_time_is_sent(self, deployed: Deployed) -> None:
        with_source(deployed)
        assert deployed.invoke("dispatch_due") is None
        assert deployed.received("POLL_QUEUE_URL") == [{"source": "wire", "observed_at": "2026-01-05T12:00:00.000000Z"}]
        (line,) = (line for line in deployed.lines() if line["message"] == "dispatched")
        assert line["due"] == 1
        assert line["correlation_id"] == recorded("dispatch_due")["id"]


class TestPollSource:
    def test_the_source_is_listed_and_its_entries_enqueued(self, deployed: Deployed) -> None:
        with_source(deployed)
        listing = {"items": [{"id": "1", "title": "One", "text": "x"}]}
        deployed.fetcher.answers[LIST] = answering(LIST, json.dumps(listing), "application/json")
        assert deployed.invoke("poll_source") == ALL_WELL
        assert [message["entry_id"] for message in deployed.received("INGEST_QUEUE_URL")] == ["1"]
        (line,) = (line for line in deployed.lines() if line["message"] == "fetched")
        assert line["url"] == LIST

    def test_only_the_message_that_failed_comes_back(self, deployed: Deployed) -> None:
        with_source(deployed)
        event = recorded("poll_source")
        event["Records"].append(event["Records"][0] | {"messageId": "broken", "body": '{"sauce": "wire"}'})
        deployed.fetcher.answers[LIST] = answering(LIST, '{"items": []}', "application/json")
        assert deployed.invoke("poll_source", event) == failed("broken")
        (line,) = (line for line in deployed.lines() if line["level"] == "ERROR")
        assert line["message_id"] == "broken"
        assert "sauce" in line["exception"]


class TestReceiveUpload:
    # Broken once by leaving unquote_plus out: the object is then not found, and nothing is enqueued.
    def test_a_key_with_a_space_a_plus_and_chinese_is_the_object_that_was_put(self, deployed: Deployed) -> None:
        assert deployed.invoke("receive_upload", uploads(deployed)) == ALL_WELL
        (message,) = deployed.received("INGEST_QUEUE_URL")
        assert (message["key"], message["order"]) == (KEY, "00000000000000" + "0055AED6DCD90281E5".lower())
        stored = deployed.s3.get_object(Bucket="archive", Key=message["body_key"])
        assert stored["Body"].read().decode() == markdown("新闻")

    def test_a_deletion_has_no_size_and_is_remembered(self, deployed: Deployed) -> None:
        event = recorded("receive_upload")
        event["Records"] = event["Records"][1:2]
        assert deployed.invoke("receive_upload", event) == ALL_WELL
        item = deployed.bootstrap.table().get(keys.container("articles/gone.md"))
        assert item
        assert item["order"].endswith("0055aed6dcd90281e6")

    def test_s3s_test_event_is_passed_over(self, deployed: Deployed) -> None:
        event = recorded("receive_upload")
        event["Records"] = event["Records"][2:]
        assert deployed.invoke("receive_upload", event) == ALL_WELL

    def test_only_the_message_that_failed_comes_back(self, deployed: Deployed) -> None:
        event = uploads(deployed)
        event["Records"][1]["body"] = "no json"
        assert deployed.invoke("receive_upload", event) == failed(message_id(event, 1))
        assert len(deployed.received("INGEST_QUEUE_URL")) == 1

    def test_a_batch_that_failed_whole_comes_back_whole(self, deployed: Deployed) -> None:
        event = uploads(deployed)
        for record in event["Records"]:
            record["body"] = "no json"
        assert deployed.invoke("receive_upload", event) == failed(*(message_id(event, n) for n in range(3)))


class TestIngestArticle:
    def test_each_kind_of_message_is_ingested(self, deployed: Deployed) -> None:
        with_source(deployed)
        deployed.s3.put_object(Bucket="archive", Key="raw/upload/a", Body=markdown("Uploaded").encode())
        assert deployed.invoke("ingest_article") == ALL_WELL
        titles = [line["title"] for line in deployed.bootstrap.table().query(keys.INDEX_SITE)]
        assert sorted(titles) == ["One", "Uploaded"]

    def test_only_the_message_that_failed_comes_back(self, deployed: Deployed) -> None:
        with_source(deployed)
        event = recorded("ingest_article")
        # The upload's bytes are not in the archive: a fault of ours, to be tried again.
        assert deployed.invoke("ingest_article", event) == failed(message_id(event, 1))
        titles = [line["title"] for line in deployed.bootstrap.table().query(keys.INDEX_SITE)]
        assert titles == ["One"]
        (line,) = (line for line in deployed.lines() if line["level"] == "ERROR")
        assert line["message_id"] == message_id(event, 1)

    def test_what_is_counted_is_written_as_metrics(
        self, deployed: Deployed, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with_source(deployed)
        event = recorded("ingest_article")
        event["Records"] = event["Records"][:1]
        capsys.readouterr()
        deployed.invoke("ingest_article", event)
        metrics = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert metrics["ArticlesStored"] == [1.0]
        assert metrics["service"] == "ingest_article"
        assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Broadsheet"


class TestMarkPages:
    def test_the_pages_all_records_touch_are_named_once_each(self, deployed: Deployed) -> None:
        assert deployed.invoke("mark_pages") == ALL_WELL
        pages = [message["page"] for message in deployed.received("PAGE_QUEUE_URL")]
        assert sorted(pages) == [
            "article/aaaaaaaaaaaaaaaa", "article/bbbbbbbbbbbbbbbb", "categories", "category/news",
            "day/category/news/2026-01-05", "day/site/2026-01-05",
        ]  # fmt: skip
        (rebuild,) = deployed.received("REBUILD_QUEUE_URL")
        assert rebuild["observed_at"] == "2026-01-05T12:00:00.000000Z"

    def test_a_fault_fails_the_batch_so_that_lambda_bisects_it(self, deployed: Deployed) -> None:
        deployed.environment["PAGE_BUCKET_SECONDS"] = "soon"
        with pytest.raises(ConfigurationError, match="PAGE_BUCKET_SECONDS is 'soon'"):
            deployed.invoke("mark_pages")
        assert deployed.received("PAGE_QUEUE_URL") == []


class TestRegeneratePage:
    def test_each_page_of_the_batch_is_written(self, deployed: Deployed) -> None:
        assert deployed.invoke("regenerate_page") == ALL_WELL
        written = {item["Key"] for item in deployed.s3.list_objects_v2(Bucket="site")["Contents"]}
        assert {"index.html", "404.html", "robots.txt"} <= written
        head = deployed.s3.head_object(Bucket="site", Key="index.html")
        assert head["ContentType"] == "text/html; charset=utf-8"
        assert head["CacheControl"].startswith("public, max-age=60")

    # A FIFO queue keeps its order: broken once by going on after a failure.
    def test_after_a_failure_the_rest_comes_back_untouched(self, deployed: Deployed) -> None:
        event = recorded("regenerate_page")
        event["Records"][1]["body"] = '{"page": "frontpage"}'
        assert deployed.invoke("regenerate_page", event) == failed(message_id(event, 1), message_id(event, 2))
        written = {item["Key"] for item in deployed.s3.list_objects_v2(Bucket="site")["Contents"]}
        assert "index.html" in written
        assert "404.html" not in written
        (line,) = (line for line in deployed.lines() if line["level"] == "ERROR")
        assert line["page"] == "frontpage"


class TestRebuildSite:
    def test_a_chunk_is_named_and_the_next_one_sent(self, deployed: Deployed) -> None:
        assert deployed.invoke("rebuild_site") == ALL_WELL
        pages = sorted(message["page"] for message in deployed.received("PAGE_QUEUE_URL"))
        assert pages == ["categories", "home", "sitemap", "sources", "static"]
        assert [message["phase"] for message in deployed.received("REBUILD_QUEUE_URL")] == ["categories"]

    def test_only_the_message_that_failed_comes_back(self, deployed: Deployed) -> None:
        event = recorded("rebuild_site")
        event["Records"].append(event["Records"][0] | {"messageId": "broken", "body": '{"phase": "fixed"}'})
        assert deployed.invoke("rebuild_site", event) == failed("broken")


NEEDED = {
    "dispatch_due": {"TABLE_NAME", "POLL_QUEUE_URL", "INGEST_QUEUE_URL", "PAGE_QUEUE_URL"},
    "poll_source": {"TABLE_NAME", "ARCHIVE_BUCKET", "POLL_QUEUE_URL", "INGEST_QUEUE_URL"},
    "receive_upload": {"TABLE_NAME", "INBOX_BUCKET", "ARCHIVE_BUCKET", "INGEST_QUEUE_URL"},
    "ingest_article": {"TABLE_NAME", "ARCHIVE_BUCKET", "INGEST_QUEUE_URL"},
    "mark_pages": {"TABLE_NAME", "PAGE_QUEUE_URL", "REBUILD_QUEUE_URL", "PAGE_BUCKET_SECONDS"},
    "regenerate_page": {"TABLE_NAME", "SITE_BUCKET", "ARCHIVE_BUCKET"},
    "rebuild_site": {"TABLE_NAME", "PAGE_QUEUE_URL", "REBUILD_QUEUE_URL"},
}


# One error names all of them, so that nobody mends one, deploys, and meets the next.
@pytest.mark.parametrize("name", NEEDED)
def test_names_missing_from_the_environment_are_all_told_at_once(deployed: Deployed, name: str) -> None:
    assert set(template_environment(name)) >= NEEDED[name]
    function = deployed.load(name, without=tuple(NEEDED[name]))
    reason = ""
    try:
        function.handler(recorded(name), Context(name))
    except ConfigurationError as error:
        reason = str(error)
    # A batch processor reports the message, and logs what it failed of.
    reason += "\n".join(line.get("exception", "") for line in deployed.lines())
    told = re.search(r"environment: ([A-Z_, ]+) not set", reason)
    assert told
    assert set(told[1].split(", ")) == NEEDED[name]


def test_recorded_messages_are_what_the_code_sends() -> None:
    body = recorded("ingest_article")["Records"][1]["body"]
    assert json.loads(UploadMessage.load(body).dump()) == json.loads(body)
