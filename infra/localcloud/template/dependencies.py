"""The order in which CloudFormation makes resources: what must be there before what, and circles in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from localcloud.stack import Severity
from localcloud.template.scope import Resource

Graph = Mapping[str, frozenset[str]]
"""Logical id → logical ids that are made before it."""

_POLICIES = ("AWS::SQS::QueuePolicy", "AWS::Lambda::Permission", "AWS::SNS::TopicPolicy")


def graph_of(resources: Sequence[Resource]) -> Graph:
    """Draw what each resource waits for: its ``DependsOn``, and what its properties refer to."""
    known = {resource.logical_id for resource in resources}
    return {r.logical_id: (frozenset(r.depends_on) | r.refers_to) & known - {r.logical_id} for r in resources}


def before(graph: Graph, logical_id: str) -> frozenset[str]:
    """Give everything that is made before a resource, directly or not."""
    seen: set[str] = set()
    waiting = list(graph.get(logical_id, ()))
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(graph.get(name, ()))
    return frozenset(seen)


def report_circles(resources: Sequence[Resource], graph: Graph) -> None:
    """Report each circle of dependencies once: CloudFormation refuses the template."""
    by_id = {resource.logical_id: resource for resource in resources}
    reported: set[str] = set()
    for logical_id in graph:
        if logical_id in reported:
            continue
        circle = _circle(graph, logical_id)
        if circle:
            reported.update(circle)
            remedy = "take one of these references out"
            policy = next((name for name in circle if by_id[name].type in _POLICIES), None)
            bucket = next((name for name in circle if by_id[name].type == "AWS::S3::Bucket"), None)
            if policy and bucket:
                remedy = f"let {policy} name the account (aws:SourceAccount) instead of {bucket}"
            chain = " → ".join([*circle, circle[0]])
            by_id[circle[0]].report(Severity.ERROR, f"resources wait for each other: {chain}", remedy)


def _circle(graph: Graph, start: str) -> list[str]:
    """Find the shortest way from a resource back to itself; empty where there is none."""
    ways: list[list[str]] = [[start]]
    seen: set[str] = set()
    for way in ways:
        for name in sorted(graph.get(way[-1], ())):
            if name == start:
                return way
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []


def report_unknown_dependencies(resources: Sequence[Resource]) -> None:
    """Report what ``DependsOn`` names and the template does not make."""
    for resource in resources:
        for name in _missing(resource):
            resource.report(Severity.ERROR, f"DependsOn: the template makes no {name}", "correct or remove it")


def _missing(resource: Resource) -> Iterator[str]:
    for name in resource.depends_on:
        local = name.removeprefix(resource.scope.path)
        if not resource.scope.makes(local):
            yield local
