"""Ingest queue → articles stored, updated, released, expired or rejected."""

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.bootstrap import LoggingBatchProcessor, logger, metrics
from broadsheet.flow.ingest_article import ArticleIngester
from broadsheet.model.messages import load_ingest, loadable

processor = LoggingBatchProcessor()


def record_handler(record: SQSRecord, ingester: ArticleIngester) -> None:
    """Ingest what one message carries."""
    logger.append_keys(correlation_id=record.message_id)
    ingester.ingest(load_ingest(record.body))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Ask for what the batch needs at once, then ingest each message; those that failed come back."""
    ingester = ArticleIngester(bootstrap.ingest_ports())
    ingester.prefetch(loadable(load_ingest, (record["body"] for record in event["Records"])))
    return process_partial_response(event, partial(record_handler, ingester=ingester), processor, context)
