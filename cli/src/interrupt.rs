//! Ctrl-C and SIGTERM: the first gives the run up, the second the program.

use crate::exit::Exit;
use rustchain_runtime::cancel::CancelToken;

/// Cancels a token on the first signal and exits on the second.
pub fn cancel_on_signal(token: CancelToken) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        // Without a runtime a signal has its default effect: the program ends.
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            for turn in 0.. {
                if !signal().await {
                    return;
                }
                match turn {
                    0 => token.cancel(),
                    _ => std::process::exit(i32::from(Exit::Interrupted.code())),
                }
            }
        });
    });
}

async fn signal() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return false;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    true
}
