"""Rebuild queue → every page named, a chunk at a time."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.bootstrap import LoggingBatchProcessor, logger, metrics
from broadsheet.flow.rebuild_site import rebuild_site
from broadsheet.model.messages import RebuildMessage

processor = LoggingBatchProcessor()


def record_handler(record: SQSRecord) -> None:
    """Name the chunk of pages that one message stands for."""
    message = RebuildMessage.load(record.body)
    named = rebuild_site(message, bootstrap.rebuild_ports())
    logger.info("named", extra={"phase": message.phase, "pages": named})


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    """Name the chunk of each message; those that failed come back."""
    return process_partial_response(event, record_handler, processor, context)
