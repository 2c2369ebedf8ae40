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
    due = dispatch_due(parse_instant(event.time), bootstrap.due_ports())
    logger.info("dispatched", extra={"due": due})
