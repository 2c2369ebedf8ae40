"""What S3 may answer besides the expected: the adapter alone."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from broadsheet.aws.objects import S3Store
from tests.aws.conftest import BUCKET, client_of


@pytest.fixture
def stubbed() -> Any:
    return client_of("s3")


def test_a_bucket_that_is_not_there_is_an_error(s3: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        S3Store(s3, "elsewhere").get("a")


@pytest.mark.parametrize("method", ["get", "metadata"])
def test_no_permission_is_an_error(stubbed: Any, method: str) -> None:
    with Stubber(stubbed) as stubber:
        stubber.add_client_error("get_object" if method == "get" else "head_object", "403", "Forbidden", 403)
        with pytest.raises(ClientError, match="403"):
            getattr(S3Store(stubbed, BUCKET), method)("a")


def test_a_method_that_is_not_allowed_is_an_error_unless_the_version_marks_a_deletion(stubbed: Any) -> None:
    with Stubber(stubbed) as stubber:
        stubber.add_client_error("get_object", "MethodNotAllowed", "", 405)
        with pytest.raises(ClientError, match="MethodNotAllowed"):
            S3Store(stubbed, BUCKET).get("a", "v")
        stubber.add_client_error(
            "get_object", "MethodNotAllowed", "", 405, response_meta={"HTTPHeaders": {"x-amz-delete-marker": "true"}}
        )
        assert S3Store(stubbed, BUCKET).get("a", "v") is None


def test_how_an_object_is_served_is_stored_with_it(s3: Any) -> None:
    S3Store(s3, BUCKET).put("a", b"x", "text/html", "public, max-age=60")
    S3Store(s3, BUCKET).put("b", b"x", "text/html")
    assert s3.head_object(Bucket=BUCKET, Key="a")["CacheControl"] == "public, max-age=60"
    assert "CacheControl" not in s3.head_object(Bucket=BUCKET, Key="b")


def test_names_of_metadata_come_in_lower_case(stubbed: Any) -> None:
    with Stubber(stubbed) as stubber:
        stubber.add_response("head_object", {"Metadata": {"SHA256": "AB"}})
        assert S3Store(stubbed, BUCKET).metadata("a") == {"sha256": "AB"}
