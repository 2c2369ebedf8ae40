"""Schedule, each minute → what is due."""

from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.bootstrap import logger, metrics
from broadsheet.flow.dispatch_due import dispatch_due
from broadsheet.model.order import parse_instant


@logger.inject_lambda_context(correlation_id_path="id")
@metrics.log_metrics
@event_source(data_class=EventBridgeEvent)
def handler(event: EventBridgeEvent, context: LambdaContext) -> None:
    """Send a message for all that is due at the schedule's time."""
    bootstrap.settings("TABLE_NAME", "POLL_QUEUE_URL", "INGEST_QUEUE_URL")
    due = dispatch_due(
        parse_instant(event.time),
        bootstrap.table(),
        bootstrap.queue("POLL_QUEUE_URL"),
        bootstrap.queue("INGEST_QUEUE_URL"),
    )
    logger.info("dispatched", extra={"due": due})
