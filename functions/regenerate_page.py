"""Page queue (FIFO) → pages read, rendered, written and read again."""

from aws_lambda_powertools.utilities.data_classes import SQSEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.bootstrap import logger, metrics
from broadsheet.flow.regenerate_page import PageRegenerator
from broadsheet.model.messages import PageMessage


@logger.inject_lambda_context
@metrics.log_metrics
@event_source(data_class=SQSEvent)
def handler(event: SQSEvent, context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Regenerate each page of the batch. After a failure the rest comes back too: a FIFO queue keeps its order."""
    regenerator = PageRegenerator(bootstrap.page_ports())
    records = list(event.records)
    for i, record in enumerate(records):
        page = PageMessage.load(record.body).page
        try:
            regenerator.regenerate(page)
        except Exception:  # noqa: BLE001 - reported to Lambda by name of the message, retried, then dead-lettered
            logger.exception("page failed", extra={"page": page})
            return {"batchItemFailures": [{"itemIdentifier": r.message_id} for r in records[i:]]}
    return {"batchItemFailures": []}
