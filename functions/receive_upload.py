"""Upload queue → objects of the inbox that came, changed or went."""

from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes import S3Event
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet import bootstrap
from broadsheet.bootstrap import LoggingBatchProcessor, logger, metrics
from broadsheet.flow.receive_upload import Upload, receive_upload
from broadsheet.model.order import parse_instant

processor = LoggingBatchProcessor()


def record_handler(record: SQSRecord) -> None:
    """Receive the uploads of one S3 notification; S3's test event, sent when it is set up, has none."""
    for event in S3Event(record.json_body).records if "Records" in record.json_body else ():
        item = event.s3.get_object
        upload = Upload(
            key=unquote_plus(item.key),
            sequencer=item.sequencer,
            at=parse_instant(event.event_time),
            deleted=event.event_name.startswith("ObjectRemoved"),
            version=item.version_id,
            size_bytes=int(item.get("size") or 0),  # a deletion has none
        )
        logger.append_keys(upload=upload.key, correlation_id=record.message_id)
        receive_upload(upload, bootstrap.upload_ports())


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    """Receive each upload of the batch; those that failed come back."""
    return process_partial_response(event, record_handler, processor, context)
