//! What a mailbox counts.

use ops::metrics::Metrics;
use prometheus::IntCounter;

/// The mailbox's counters, in the service's own registry.
#[derive(Clone)]
pub struct MailboxMetrics {
    pub(crate) sent: IntCounter,
    pub(crate) handled: IntCounter,
    pub(crate) dead_letters: IntCounter,
}

impl MailboxMetrics {
    /// Registers the counters.
    pub fn new(metrics: &Metrics) -> Self {
        Self {
            sent: metrics
                .counter(
                    "mailbox_sent_total",
                    "Messages that the bus has confirmed",
                    &[],
                )
                .with_label_values::<&str>(&[]),
            handled: metrics
                .counter("mailbox_handled_total", "Messages handled", &[])
                .with_label_values::<&str>(&[]),
            dead_letters: metrics
                .counter(
                    "mailbox_dead_letters_total",
                    "Messages put aside as dead letters",
                    &[],
                )
                .with_label_values::<&str>(&[]),
        }
    }
}
