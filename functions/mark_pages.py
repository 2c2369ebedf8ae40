"""Table stream → names of the pages that each change touches."""

from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.aws.stream import change_of
from broadsheet.bootstrap import logger, metrics
from broadsheet.flow.mark_pages import mark_pages


@logger.inject_lambda_context
@metrics.log_metrics
@event_source(data_class=DynamoDBStreamEvent)
def handler(event: DynamoDBStreamEvent, context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Name the pages all records touch at once, since most records of a batch touch the same ones.

    Nothing here depends on what a record says, so one that fails fails with all: Lambda bisects the batch.
    """
    marked = mark_pages([change_of(record.raw_event) for record in event.records], bootstrap.mark_ports())
    logger.info("marked", extra={"pages": marked})
    return {"batchItemFailures": []}
