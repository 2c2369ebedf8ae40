"""The environment a deployed function sees: the template's variables and Lambda's own, nothing of this machine."""

from __future__ import annotations

from collections.abc import Mapping

from localcloud.stack import Function


def function_environment(function: Function, region: str) -> dict[str, str]:
    """All environment variables of a function, as Lambda sets them (Developer Guide, "Defined runtime variables").

    Credentials are placeholders. Variables of the template win over Lambda's unreserved ones, never over the
    reserved ones.
    """
    unreserved = {
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "AWS_EC2_METADATA_DISABLED": "true",
        # With account ids in endpoints, moto's stream ARNs would not be found.
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
        "PYTHONHASHSEED": "0",
    }
    return {**unreserved, **function.environment, **_reserved(function, region)}


def _reserved(function: Function, region: str) -> Mapping[str, str]:
    return {
        "_HANDLER": function.handler,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        # Twenty characters, as real ones have.
        "AWS_ACCESS_KEY_ID": "AKIALOCALCLOUD000000",
        "AWS_SECRET_ACCESS_KEY": "local-cloud-placeholder",
        "AWS_SESSION_TOKEN": "local-cloud-placeholder",
        "LAMBDA_TASK_ROOT": str(function.code_dir),
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
    }
