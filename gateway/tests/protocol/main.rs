//! The gateway's protocols over real sockets, before a subgraph in the same process.

mod defer;
mod harness;
mod http_config;
mod http_policy;
mod http_requests;
mod reload;
mod subgraph;
mod tokens;
mod ws_lifecycle;
mod ws_protocol;
