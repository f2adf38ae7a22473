//! Scheduler, step kinds, providers, event log.
