"""A source's header may name an SSM parameter; its value goes along with the request and is shown nowhere."""

from __future__ import annotations

import boto3
import pytest

from broadsheet.model.web import FetchFailed, FetchRequest
from tests.fakes.fetcher import FakeFetcher, answering

from .conftest import Deployed

URL = "https://wire.example/api"


@pytest.fixture
def stored(deployed: Deployed) -> FakeFetcher:
    boto3.client("ssm").put_parameter(Name="/paper/wire-token", Value="Bearer s3cret", Type="SecureString")
    deployed.load("poll_source")
    return FakeFetcher({URL: answering(URL, b"[]", "application/json")})


def test_the_parameters_value_goes_along(deployed: Deployed, stored: FakeFetcher) -> None:
    fetcher = deployed.bootstrap.SecretHeaders("/paper/", deployed.bootstrap.LoggingFetcher(stored))
    fetcher.fetch(FetchRequest(URL, "json", headers={"Authorization": "ssm:wire-token", "Accept": "x"}))
    assert stored.requests[0].headers == {"Authorization": "Bearer s3cret", "Accept": "x"}
    assert "s3cret" not in deployed.log.getvalue()


def test_one_that_is_not_there_is_a_failure_that_may_be_mended(deployed: Deployed, stored: FakeFetcher) -> None:
    fetcher = deployed.bootstrap.SecretHeaders("/paper/", stored)
    with pytest.raises(FetchFailed, match="/paper/other cannot be read") as failed:
        fetcher.fetch(FetchRequest(URL, "json", headers={"Authorization": "ssm:other"}))
    assert failed.value.transient
    assert stored.requests == []
