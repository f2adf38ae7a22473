//! `fs.*`: files and folders under the project root.

mod atomic;
mod change;
mod copy;
mod entry;
mod find;
mod read;
mod walk;
mod write;

pub use atomic::Atomic;
pub use change::{delete, make_dir, move_};
pub use copy::copy;
pub use entry::list;
pub use find::find;
pub use read::{exists, read, read_bytes};
pub use walk::{Kind, walk};
pub use write::{edit, write};
