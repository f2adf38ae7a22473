//! x
/// x
pub fn run() {}
/// x
pub fn serve() {}
