//! What a client says beside records: its log lines, and the last of what went wrong.

use std::sync::{Mutex, MutexGuard, PoisonError};

use metrics::gauge;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;
use rdkafka::producer::{DeliveryResult, ProducerContext};
use rdkafka::{ClientContext, Statistics};

use crate::metrics::LAG;

#[derive(Debug, Default)]
pub struct Context {
    /// Behind a lock, since the client's own threads report too.
    trouble: Mutex<Option<String>>,
    lost: Mutex<Option<KafkaError>>,
}

impl Context {
    /// What the client last complained of, as the end of a sentence.
    pub fn reason(&self) -> String {
        locked(&self.trouble).as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default()
    }

    /// Why a record that was sent is nowhere, if there is one.
    pub fn lost(&self) -> Option<KafkaError> {
        locked(&self.lost).clone()
    }
}

/// A lock that a thread held when it panicked is as good as any.
fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            // A property that is another kind of client's: one set of them serves all.
            _ if facility == "CONFWARN" => tracing::debug!(target: "librdkafka", facility, "{message}"),
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
                tracing::warn!(target: "librdkafka", facility, "{message}");
            }
            RDKafkaLogLevel::Warning | RDKafkaLogLevel::Notice => {
                tracing::info!(target: "librdkafka", facility, "{message}");
            }
            RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
                tracing::debug!(target: "librdkafka", facility, "{message}");
            }
        }
    }

    fn stats(&self, statistics: Statistics) {
        for (topic, of) in &statistics.topics {
            // Of a partition that nothing was asked of yet the end is not known.
            for (partition, of) in of.partitions.iter().filter(|(_, of)| of.ls_offset >= 0 && of.app_offset >= 0) {
                let lag = gauge!(LAG, "topic" => topic.clone(), "partition" => partition.to_string());
                lag.set((of.ls_offset - of.app_offset).max(0) as f64);
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(target: "librdkafka", %error, "{reason}");
        *locked(&self.trouble) = Some(reason.to_owned());
    }
}

impl ConsumerContext for Context {}

/// Of a transaction the commit fails too if a record is lost.
impl ProducerContext for Context {
    type DeliveryOpaque = ();

    fn delivery(&self, delivery: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = delivery {
            locked(&self.lost).get_or_insert_with(|| error.clone());
        }
    }
}
