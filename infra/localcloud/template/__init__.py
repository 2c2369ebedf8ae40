"""Reads a SAM or CloudFormation template into a :class:`~localcloud.stack.Stack`."""

from localcloud.template.errors import TemplateError
from localcloud.template.read import read_stack

__all__ = ["TemplateError", "read_stack"]
