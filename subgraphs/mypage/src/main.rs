//! The mypage subgraph as a process of its own.

fn main() -> std::process::ExitCode {
    kit::main(mypage::SERVICE)
}
