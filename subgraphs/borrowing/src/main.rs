//! The borrowing subgraph as a process of its own.

fn main() -> std::process::ExitCode {
    kit::main(borrowing::SERVICE)
}
