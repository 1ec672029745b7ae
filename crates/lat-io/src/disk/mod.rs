//! Files as the operating system has them: read and written whole, followed through links, told apart by digests.

mod digest;
mod environment;
mod folder_lock;
mod folders;
mod link_target;
mod new_file;
mod presence;
mod read_text;
mod whole_file;

pub use digest::{digest_of_bytes, digest_of_file, digest_while};
pub use environment::expand_environment;
pub use folder_lock::FolderLock;
pub use folders::{create_directory, remove_file};
pub use link_target::link_target;
pub(crate) use new_file::NewFile;
pub use new_file::{remove_left_temporaries, remove_temporaries};
pub use presence::{first_found, may_exist};
pub use read_text::{read_bytes, read_text, text_of};
pub use whole_file::write_text;
