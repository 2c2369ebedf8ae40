"""A web of a few addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from broadsheet.model.web import FetchFailed, FetchRequest, FetchResponse

Answer = FetchResponse | BaseException | Callable[[FetchRequest], FetchResponse]


class FakeFetcher:
    """``ports.Fetcher`` that answers from ``answers``: a response, an error to raise, or a function of the request.

    ``requests`` are those made, in order; what was asked of robots.txt is in ``robots`` instead, so that a test of
    something else need not reckon with it. An address that is not there answers 404.
    """

    def __init__(self, answers: Mapping[str, Answer] | None = None) -> None:
        self.answers: dict[str, Answer] = dict(answers or {})
        self.requests: list[FetchRequest] = []
        self.robots: list[FetchRequest] = []

    def fetch(self, request: FetchRequest) -> FetchResponse:
        (self.robots if request.url.endswith("/robots.txt") else self.requests).append(request)
        answer = self.answers.get(request.url)
        if answer is None:
            raise FetchFailed(f"{request.url} answered 404; is the address right?", transient=False, status=404)
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, FetchResponse) else answer(request)


def answering(
    url: str,
    body: bytes | str,
    content_type: str = "text/html; charset=utf-8",
    *,
    etag: str | None = None,
    last_modified: str | None = None,
) -> Callable[[FetchRequest], FetchResponse]:
    """Return an answer that gives ``body``, or a 304 to whoever shows that it has it already."""

    def answer(request: FetchRequest) -> FetchResponse:
        unchanged = (etag is not None and request.etag == etag) or (
            last_modified is not None and request.etag is None and request.last_modified == last_modified
        )
        encoded = body.encode() if isinstance(body, str) else body
        return FetchResponse(
            url=url,
            status=304 if unchanged else 200,
            body=b"" if unchanged else encoded,
            content_type=content_type,
            etag=etag,
            last_modified=last_modified,
            headers={"content-type": content_type},
            permanent_url=None,
        )

    return answer
