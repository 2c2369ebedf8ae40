"""Poll queue → one source listed, its new entries enqueued."""

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.bootstrap import LoggingBatchProcessor, logger, metrics
from broadsheet.flow.poll_source import poll_source
from broadsheet.model.messages import PollMessage

processor = LoggingBatchProcessor()


def record_handler(record: SQSRecord) -> None:
    """Poll the source that one message names."""
    message = PollMessage.load(record.body)
    logger.append_keys(source=message.source, correlation_id=record.message_id)
    poll_source(message, bootstrap.poll_ports())


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    """Poll each source of the batch; those that failed come back."""
    return process_partial_response(event, record_handler, processor, context)
