"""What went wrong below HTTP, said as one clause for an operator, and whether trying again may help."""

from __future__ import annotations

import socket
import ssl
from http.client import BadStatusLine, HTTPException, IncompleteRead

from urllib3.exceptions import HTTPError, InvalidChunkLength
from urllib3.exceptions import IncompleteRead as Urllib3IncompleteRead
from urllib3.exceptions import TimeoutError as Urllib3TimeoutError

from broadsheet.model.errors import BroadsheetError
from broadsheet.web.decompress import UnpackFailed
from broadsheet.web.limits import OutOfTime
from broadsheet.web.targets import TargetRefused

EXPECTED = (BroadsheetError, OSError, HTTPError, HTTPException, UnicodeError)
"""Everything that third parties can make a fetch end in. Anything else is a fault of ours."""


def explain(error: Exception, seconds: float) -> tuple[str, bool]:
    """Return what ``error``, one of EXPECTED, means, with what would mend it, and whether it is transient.

    ``seconds`` is the deadline that the fetch had. A certificate that cannot be verified is transient: nothing is
    wrong with what was asked for, and certificates are renewed by others; until then nothing is read from there.
    """
    if isinstance(error, TargetRefused):
        return str(error), False
    clause, transient = _explain_ours(error) if isinstance(error, BroadsheetError) else _explain_theirs(error, seconds)
    return f"{clause}; {'it is tried again later' if transient else 'give another address, or take it out'}", transient


def _explain_ours(error: BroadsheetError) -> tuple[str, bool]:
    return str(error), isinstance(error, OutOfTime) or (isinstance(error, UnpackFailed) and error.transient)


def _explain_theirs(error: Exception, seconds: float) -> tuple[str, bool]:
    if isinstance(error, TimeoutError | Urllib3TimeoutError):
        return f"no complete answer within {seconds:g} seconds", True
    cause = error.__cause__ or error.__context__
    if isinstance(error, HTTPError) and isinstance(cause, OSError | HTTPException):
        return _explain_theirs(cause, seconds)
    return _explain_network(error) if isinstance(error, OSError) else _explain_protocol(error)


def _explain_network(error: OSError) -> tuple[str, bool]:
    match error:
        case socket.gaierror():
            return f"its host has no address ({error.strerror})", error.errno == socket.EAI_AGAIN
        case ssl.SSLCertVerificationError():
            return f"its certificate cannot be verified ({error.verify_message})", True
        case ssl.SSLError():
            return f"no encrypted connection came about ({error.reason or _printable(error)})", True
        case _:
            return f"the connection failed ({error.strerror or _printable(error)})", True


def _explain_protocol(error: Exception) -> tuple[str, bool]:
    match error:
        case InvalidChunkLength():
            return "it does not speak proper HTTP (a part of its body has no proper length)", True
        case Urllib3IncompleteRead():
            return f"its body ended {error.partial} bytes into what it announced", True
        case IncompleteRead():
            return f"its body ended {len(error.partial)} bytes into what it announced", True
        case UnicodeError():
            return "its address or host name cannot be encoded", False
        case HTTPException() if not isinstance(error, BadStatusLine):
            return f"its headers are out of bounds ({_printable(error)})", False
        case _:
            return f"it does not speak proper HTTP ({_printable(error)})", True


def _printable(error: Exception) -> str:
    """Return an error's own words without what a server may have put into them to upset a terminal or a log."""
    words = "".join(character if character.isprintable() else " " for character in str(error)[:100])
    return " ".join(words.split()) or type(error).__name__
