//! A GraphQL federation gateway: HTTP, WebSocket, policy, execution.

pub mod engine;
