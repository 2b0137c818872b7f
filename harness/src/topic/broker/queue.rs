//! Records on their way into a producer's queue, which may be full for a while.

use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::types::RDKafkaErrorCode;

use super::context::Context;

/// Puts a record into the queue. An error may also be that of a record before it, which did not arrive.
pub fn send(
    producer: &BaseProducer<Context>,
    mut record: BaseRecord<'_, [u8], [u8]>,
    timeout: Duration,
) -> Result<(), KafkaError> {
    let began = Instant::now();
    loop {
        producer.poll(Duration::ZERO);
        all_arrived(producer)?;
        record = match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), record)) if began.elapsed() < timeout => {
                producer.poll(Duration::from_millis(10));
                record
            }
            Err((error, _)) => return Err(error),
        };
    }
}

/// Waits until all that was sent is acknowledged.
pub fn flush(producer: &BaseProducer<Context>, timeout: Duration) -> Result<(), KafkaError> {
    let flushed = producer.flush(timeout);
    all_arrived(producer)?;
    flushed
}

fn all_arrived(producer: &BaseProducer<Context>) -> Result<(), KafkaError> {
    producer.context().lost().map_or(Ok(()), Err)
}
