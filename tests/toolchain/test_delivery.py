"""The CDN's stack: who may read the bucket, what goes out with a page, and what its two functions answer."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from localcloud.template.load import load
from localcloud.template.scope import Resource, TemplateScope
from template_rules import Application

PROJECT = Path(__file__).parents[2]
DELIVERY = PROJECT / "infra" / "delivery.yaml"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1"
FUNCTION_BYTES = 10_240
"""What CloudFront takes at most ("Quotas on CloudFront Functions")."""
NODE = shutil.which("node")

# The function runs in a bare context: no require, no process, no timers, as at the edge.
RUN = """
const [code, events] = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const context = require('vm').createContext({ events: JSON.stringify(events) });
const script = code + '\\nJSON.stringify(JSON.parse(events).map((event) => handler(event)))';
process.stdout.write(require('vm').runInContext(script, context));
"""


def deployed(**parameters: str) -> Mapping[str, Resource]:
    """Return the resources that the stack makes, intrinsics resolved, by logical id."""
    given = {
        "Name": "paper",
        "SiteBucket": "pages",
        "SiteBucketArn": "arn:aws:s3:::pages",
        "SiteBucketDomain": "pages.s3.eu-central-1.amazonaws.com",
        "PriceClass": "PriceClass_100",
        **dict.fromkeys(("DomainName", "CertificateArn", "HostedZoneId", "AccessLogBucket"), ""),
        **parameters,
    }
    scope = TemplateScope(DELIVERY, stack_name="paper-Delivery", region="eu-central-1", parameters=given, exports={})
    resources = {resource.logical_id: resource for resource in scope.resources()}
    assert not scope.findings
    return resources


def distribution(**parameters: str) -> Mapping[str, Any]:
    configuration: Mapping[str, Any] = deployed(**parameters)["Distribution"].properties["DistributionConfig"]
    return configuration


def code_of(function: str) -> str:
    return str(load(DELIVERY)["Resources"][function]["Properties"]["FunctionCode"])


def answers(function: str, events: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Run the code that the template deploys on events, as CloudFront shapes them."""
    if NODE is None:
        pytest.skip("node is not installed, and what runs at the edge is JavaScript: install nodejs")
    given = json.dumps([code_of(function), events])
    done = subprocess.run([NODE, "-e", RUN], input=given, capture_output=True, encoding="utf-8", check=True)  # noqa: S603
    answered: list[Any] = json.loads(done.stdout)
    return answered


# ---- Address: from the address a reader asks for to the object's key -------------------------------------------


def asked(uri: str) -> dict[str, Any]:
    return {"request": {"method": "GET", "uri": uri, "querystring": {"utm": {"value": "x"}}, "headers": {}}}


@pytest.mark.parametrize(
    ("uri", "key"),
    [
        ("/", "/index.html"),
        ("/harbour/2026/01/05/a-b-0f3c21/", "/harbour/2026/01/05/a-b-0f3c21/index.html"),
        ("/v2.0/", "/v2.0/index.html"),
        ("/%E4%B8%AD%E6%96%87/", "/%E4%B8%AD%E6%96%87/index.html"),
        ("/中文/", "/中文/index.html"),
        ("/robots.txt", "/robots.txt"),
        ("/category/harbour/atom.xml", "/category/harbour/atom.xml"),
        ("/assets/style-0f3c.CSS", "/assets/style-0f3c.CSS"),
        ("/old/page.html", "/old/page.html"),
        ("/.well-known/security.txt", "/.well-known/security.txt"),
    ],
)
def test_an_address_leads_to_its_object(uri: str, key: str) -> None:
    assert answers("Address", [asked(uri)]) == [{**asked(uri)["request"], "uri": key}]


@pytest.mark.parametrize(
    ("uri", "location"),
    [
        ("/category", "/category/"),
        ("/harbour/2026/01/05/a-b-0f3c21", "/harbour/2026/01/05/a-b-0f3c21/"),
        ("/releases/v2.0", "/releases/v2.0/"),  # what begins with a digit is no extension
        ("/a.b/c", "/a.b/c/"),
        ("/%E4%B8%AD", "/%E4%B8%AD/"),
        ("/中 文/x", "/%E4%B8%AD%20%E6%96%87/x/"),
        ("/a%2Fb", "/a%2Fb/"),
    ],
)
def test_a_folder_without_its_slash_moves_for_good(uri: str, location: str) -> None:
    (answer,) = answers("Address", [asked(uri)])
    assert (answer["statusCode"], answer["headers"]["location"]) == (301, {"value": location})


@pytest.mark.parametrize(
    "uri",
    [
        "//evil.example/x",
        "//evil.example/x/",
        "/%2Fevil.example/x",
        "/%2f%2fevil.example",
        "/\\evil.example",
        "/%5Cevil.example",
        "/a//b",
        "/a/../b",
        "/a/%2e%2e/b/",
        "/..",
        "/./a",
        "/a%00b",
        "/a%0D%0ASet-Cookie:x",
        "/100%",
        "/%zz/",
        "/%E4%B8",
        "",
    ],
)
def test_an_odd_address_is_not_found_and_leads_nowhere_else(uri: str) -> None:
    (answer,) = answers("Address", [asked(uri)])
    assert answer == {**asked(uri)["request"], "uri": "/404"}


# ---- Status: what the object's metadata asks for -----------------------------------------------------------------


def answered(status: int, metadata: Mapping[str, str]) -> dict[str, Any]:
    headers = {"content-type": "text/html; charset=utf-8", "cache-control": "max-age=300", "etag": '"e"'}
    headers |= {f"x-amz-meta-{name}": value for name, value in metadata.items()}
    response = {"statusCode": status, "statusDescription": "As it was", "cookies": {}}
    return {
        "request": asked("/a/index.html")["request"],
        "response": {**response, "headers": {name: {"value": value} for name, value in headers.items()}},
    }


@pytest.mark.parametrize(
    ("before", "metadata", "after", "location"),
    [
        (200, {}, 200, None),
        (200, {"sha256": "0f3c"}, 200, None),
        (200, {"sha256": "0f3c", "status": "410"}, 410, None),
        (206, {"status": "410"}, 410, None),
        (304, {"status": "410"}, 304, None),
        (200, {"status": "200"}, 200, None),
        (200, {"status": "500"}, 200, None),
        (200, {"status": "301", "location": "/harbour/x/"}, 301, "/harbour/x/"),
        (200, {"status": "301", "location": "/"}, 301, "/"),
        (200, {"status": "301", "location": "https://news.example/x/"}, 301, "https://news.example/x/"),
        (304, {"status": "301", "location": "/harbour/x/"}, 304, None),
        (200, {"location": "/harbour/x/"}, 200, None),
        (200, {"status": "410", "location": "/harbour/x/"}, 410, None),
        (200, {"status": "301"}, 200, None),
        (200, {"status": "301", "location": ""}, 200, None),
        (200, {"status": "301", "location": "//evil.example/"}, 200, None),
        (200, {"status": "301", "location": "/\\evil.example/"}, 200, None),
        (200, {"status": "301", "location": "javascript:alert(1)"}, 200, None),
        (200, {"status": "301", "location": "harbour/x/"}, 200, None),
        (200, {"status": "301", "location": "/x y/"}, 200, None),
    ],
)
def test_metadata_sets_the_status_and_stays_inside(
    before: int, metadata: dict[str, str], after: int, location: str | None
) -> None:
    (answer,) = answers("Status", [answered(before, metadata)])
    headers = answered(before, {})["response"]["headers"] | ({"location": {"value": location}} if location else {})
    assert answer["statusCode"] == after
    assert answer["headers"] == headers
    assert answer["statusDescription"] == {301: "Moved Permanently", 410: "Gone"}.get(after, "As it was")


# ---- Both ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["Address", "Status"])
def test_a_function_keeps_to_what_the_edge_runs(function: str) -> None:
    code = re.sub(r"//.*", "", code_of(function))
    assert len(code_of(function).encode()) <= FUNCTION_BYTES
    assert not re.findall(r"\?\.|\?\?|\.\.\.|\b(?:class|import|export|require|eval|of|new|setTimeout)\b", code)


def test_both_functions_are_called_for_every_page() -> None:
    resources = deployed()
    called = distribution()["DefaultCacheBehavior"]["FunctionAssociations"]
    arns = {one["EventType"]: one["FunctionARN"] for one in called}
    assert arns == {
        "viewer-request": resources["Address"].identity.attribute("FunctionMetadata.FunctionARN"),
        "viewer-response": resources["Status"].identity.attribute("FunctionMetadata.FunctionARN"),
    }
    for name in ("Address", "Status"):
        properties = resources[name].properties
        assert (properties["AutoPublish"], properties["FunctionConfig"]["Runtime"]) == (True, "cloudfront-js-2.0")


# ---- What goes out with a page, and for how long it is kept ------------------------------------------------------


def test_the_policy_in_the_header_is_the_pages_own_and_forbids_frames() -> None:
    base = PROJECT / "shared" / "broadsheet" / "publish" / "templates" / "base.html.j2"
    meta = re.search(r'"Content-Security-Policy" content="([^"]+)"', base.read_text(encoding="utf-8"))
    assert meta is not None
    security = deployed()["Headers"].properties["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert security["ContentSecurityPolicy"]["ContentSecurityPolicy"] == f"{meta[1]}; frame-ancestors 'none'"


def test_security_headers() -> None:
    security = deployed()["Headers"].properties["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert {header for header, value in security.items() if value["Override"]} == {
        "ContentSecurityPolicy",
        "ContentTypeOptions",
        "FrameOptions",
        "ReferrerPolicy",
        "StrictTransportSecurity",
    }
    assert security["FrameOptions"]["FrameOption"] == "DENY"
    assert security["ReferrerPolicy"]["ReferrerPolicy"] == "strict-origin-when-cross-origin"
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 31_536_000


def test_each_object_says_itself_how_long_it_is_kept() -> None:
    policy = deployed()["AsThePageSays"].properties["CachePolicyConfig"]
    assert (policy["MinTTL"], policy["DefaultTTL"], policy["MaxTTL"]) == (0, 60, 31_536_000)
    assert policy["ParametersInCacheKeyAndForwardedToOrigin"] == {
        "CookiesConfig": {"CookieBehavior": "none"},
        "HeadersConfig": {"HeaderBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
        "EnableAcceptEncodingBrotli": True,
        "EnableAcceptEncodingGzip": True,
    }


def test_what_is_missing_is_the_sites_own_404_and_soon_asked_for_again() -> None:
    errors = {one["ErrorCode"]: one for one in distribution()["CustomErrorResponses"]}
    assert set(errors) == {403, 404}
    for error in errors.values():
        assert (error["ResponseCode"], error["ResponsePagePath"]) == (404, "/404.html")
        assert error["ErrorCachingMinTTL"] <= 60


def test_readers_get_it_encrypted_compressed_and_by_http_3() -> None:
    configuration = distribution(PriceClass="PriceClass_200")
    behavior = configuration["DefaultCacheBehavior"]
    assert (behavior["ViewerProtocolPolicy"], behavior["Compress"]) == ("redirect-to-https", True)
    assert behavior["AllowedMethods"] == ["GET", "HEAD"]
    assert (configuration["HttpVersion"], configuration["IPV6Enabled"]) == ("http2and3", True)
    assert configuration["PriceClass"] == "PriceClass_200"


# ---- Who may read the bucket ---------------------------------------------------------------------------------------


def test_this_distribution_may_read_and_list_the_bucket_and_no_other() -> None:
    resources = deployed()
    policy = resources["SiteBucketPolicy"].properties
    allowed = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
    source = f"arn:aws:cloudfront::123456789012:distribution/{resources['Distribution'].identity.ref()}"
    assert policy["Bucket"] == "pages"
    assert [(one["Action"], one["Resource"]) for one in allowed] == [
        ("s3:GetObject", "arn:aws:s3:::pages/*"),
        ("s3:ListBucket", "arn:aws:s3:::pages"),
    ]
    for one in allowed:
        assert one["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        assert one["Condition"] == {"StringEquals": {"aws:SourceArn": source}}


def test_the_distribution_signs_what_it_asks_the_bucket() -> None:
    access = deployed()["SiteAccess"]
    (origin,) = distribution()["Origins"]
    assert origin == {
        "Id": distribution()["DefaultCacheBehavior"]["TargetOriginId"],
        "DomainName": "pages.s3.eu-central-1.amazonaws.com",
        "OriginAccessControlId": access.identity.attribute("Id"),
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    configuration = access.properties["OriginAccessControlConfig"]
    assert (configuration["SigningBehavior"], configuration["SigningProtocol"]) == ("always", "sigv4")


def test_every_bucket_refuses_what_comes_without_tls() -> None:
    application = Application.read(PROJECT / "template.yaml")
    refusing = set()
    for policy in application.of_kind("AWS::S3::BucketPolicy"):
        bucket = application.follow(policy.template, policy.properties["Bucket"])
        refused = [one for one in policy.properties["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"]
        if bucket and [(one["Action"], one["Condition"], len(one["Resource"])) for one in refused] == [
            ("s3:*", {"Bool": {"aws:SecureTransport": "false"}}, 2)
        ]:
            refusing.add(bucket)
    assert refusing == set(application.of_kind("AWS::S3::Bucket"))
    assert {bucket.logical_id for bucket in refusing} == {"InboxBucket", "ArchiveBucket", "SiteBucket"}


# ---- The site's name -----------------------------------------------------------------------------------------------


def test_without_a_domain_the_site_has_the_name_that_cloudfront_gives() -> None:
    configuration = distribution()
    assert configuration["ViewerCertificate"] == {"CloudFrontDefaultCertificate": True}
    assert not {"Aliases", "Logging"} & set(configuration)
    assert not {"NameRecord", "NameRecordIPv6"} & set(deployed())


def test_a_domain_comes_with_its_certificate() -> None:
    given = {"DomainName": "news.example.org", "CertificateArn": CERTIFICATE}
    assert distribution(**given)["Aliases"] == ["news.example.org"]
    assert distribution(**given)["ViewerCertificate"] == {
        "AcmCertificateArn": CERTIFICATE,
        "MinimumProtocolVersion": "TLSv1.2_2021",
        "SslSupportMethod": "sni-only",
    }
    assert not {"NameRecord", "NameRecordIPv6"} & set(deployed(**given))


def test_a_zone_gets_the_domain_for_both_kinds_of_address() -> None:
    given = {"DomainName": "news.example.org", "CertificateArn": CERTIFICATE, "HostedZoneId": "Z1"}
    resources = deployed(**given)
    domain = resources["Distribution"].identity.attribute("DomainName")
    for record, kind in (("NameRecord", "A"), ("NameRecordIPv6", "AAAA")):
        assert resources[record].properties == {
            "HostedZoneId": "Z1",
            "Name": "news.example.org",
            "Type": kind,
            "AliasTarget": {"DNSName": domain, "HostedZoneId": "Z2FDTNDATAQYW2"},
        }


def test_access_logs_are_written_where_they_are_asked_for() -> None:
    logging = distribution(AccessLogBucket="logs.s3.amazonaws.com")["Logging"]
    assert logging == {"Bucket": "logs.s3.amazonaws.com", "Prefix": "paper/", "IncludeCookies": False}


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        ("DomainName", "news.example.org", "https://news.example.org/"),
        ("DomainName", "xn--fiq228c.example", "News.example.org"),
        ("CertificateArn", CERTIFICATE, CERTIFICATE.replace("us-east-1", "eu-central-1")),
        ("HostedZoneId", "Z0123456789ABC", "/hostedzone/Z0123456789ABC"),
        ("AccessLogBucket", "logs.s3.amazonaws.com", "logs"),
        ("AccessLogBucket", "logs.s3.eu-central-1.amazonaws.com", "s3://logs"),
    ],
)
def test_a_parameter_is_refused_before_anything_is_made(parameter: str, good: str, bad: str) -> None:
    declared = load(PROJECT / "template.yaml")["Parameters"][parameter]
    assert re.fullmatch(declared["AllowedPattern"], good)
    assert re.fullmatch(declared["AllowedPattern"], declared["Default"])
    assert not re.fullmatch(declared["AllowedPattern"], bad)


def test_domain_certificate_and_zone_are_asked_for_together() -> None:
    rules = load(PROJECT / "template.yaml")["Rules"].values()

    def given(condition: Mapping[str, Any]) -> str:
        ((name, empty),) = [pair["Fn::Equals"] for pair in condition["Fn::Not"]]
        assert empty == ""
        return str(name["Ref"])

    wanted = {given(rule["RuleCondition"]): given(rule["Assertions"][0]["Assert"]) for rule in rules}
    assert wanted == {
        "DomainName": "CertificateArn",
        "CertificateArn": "DomainName",
        "HostedZoneId": "DomainName",
    }
