"""Poll queue → sources listed, their new entries enqueued."""

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.bootstrap import LoggingBatchProcessor, logger, metrics
from broadsheet.flow.poll_source import SourcePoller
from broadsheet.model.messages import PollMessage, loadable

processor = LoggingBatchProcessor()


def record_handler(record: SQSRecord, poller: SourcePoller) -> None:
    """Poll the source that one message names."""
    message = PollMessage.load(record.body)
    logger.append_keys(source=message.source, correlation_id=record.message_id)
    poller.poll(message)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Poll each source of the batch; those that failed come back."""
    poller = SourcePoller(bootstrap.poll_ports())
    poller.prefetch(loadable(PollMessage.load, (record["body"] for record in event["Records"])))
    return process_partial_response(event, partial(record_handler, poller=poller), processor, context)
