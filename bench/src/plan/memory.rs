//! What a loaded planner holds, each in a process that does nothing else.

use std::{
    hint::black_box,
    io::{Read as _, Write as _},
    process::{Command, Stdio},
    time::Instant,
};

use super::{Case, Ours, Theirs, Who, failed, rounds::micros};
use crate::Failure;

/// Loads what is on standard input, and prints the time, the growth of the resident set, and its peak.
pub(crate) fn load(who: Who) -> Result<(), Failure> {
    let mut sdl = String::new();
    std::io::stdin().read_to_string(&mut sdl)?;
    let before = resident("VmRSS:")?;
    let start = Instant::now();
    let (ours, theirs) = match who {
        Who::Ours => (Some(Ours::load(&sdl)?), None),
        Who::Theirs => (None, Some(Theirs::load(&sdl)?)),
    };
    let elapsed = start.elapsed();
    let after = resident("VmRSS:")?;
    println!(
        "{} | {} | {}",
        micros(elapsed),
        megabytes(after.saturating_sub(before)),
        megabytes(resident("VmHWM:")?)
    );
    black_box((ours, theirs));
    Ok(())
}

/// A line for each supergraph and planner.
pub(crate) fn table(cases: &[Case]) -> Result<(), Failure> {
    println!(
        "| First load in a fresh process | planner | load | resident memory it adds | peak of the process |"
    );
    println!("|---|---|---|---|---|");
    for case in cases {
        for (side, flag) in [("ours", "ours"), ("hive", "theirs")] {
            println!("| {} | {side} | {} |", case.name, child(case, flag)?);
        }
    }
    Ok(())
}

fn child(case: &Case, flag: &str) -> Result<String, Failure> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["plan", "--load", flag])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let stdin = child.stdin.take();
    stdin
        .ok_or("no standard input")?
        .write_all(case.sdl.as_bytes())?;
    let output = child.wait_with_output()?;
    Ok(if output.status.success() {
        String::from_utf8(output.stdout)?.trim().to_owned()
    } else {
        failed(&String::from_utf8_lossy(&output.stderr))
    })
}

/// A line of this process's /proc/self/status, in KB.
fn resident(key: &str) -> Result<usize, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number
        .ok_or("no such line in /proc/self/status")?
        .parse::<usize>()?)
}

fn megabytes(kilobytes: usize) -> String {
    format!("{:.1} MB", kilobytes as f64 / 1024.0)
}
