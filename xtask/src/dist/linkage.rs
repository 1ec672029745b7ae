//! For which target the program is built, and whether it needs libraries of the machine that it will run on.

use std::path::Path;

use crate::error::Error;
use crate::repository::project::{self, Project};

/// How the program is linked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Linkage {
    /// The triple of the target.
    pub(super) target: String,
    pub(super) kind: Kind,
}

/// What the program needs of the machine that it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing but the kernel: the C library is inside.
    Static,
    /// The C library of the system.
    Dynamic,
}

/// The best that this machine can do for machines of its kind.
///
/// The static glibc comes first: its mathematical functions are those that the tests run with, so that results have the same bits, and its
/// allocator serves many threads. musl has functions of its own.
pub(super) fn choose(project: &Project) -> Result<Linkage, Error> {
    let missing = Error::Missing { what: "rustc", remedy: "it belongs to cargo; see whether it is in the PATH" };
    let compiler = project::output(project.command("rustc").arg("-vV")).ok_or(missing)?;
    let host = compiler.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let archive = project::output(project.command("cc").arg("-print-file-name=libc.a")).unwrap_or_default();
    let targets =
        project::output(project.command("rustup").args(["target", "list", "--installed"])).unwrap_or_default();
    // Where the compiler does not know the archive, it prints the bare name.
    Ok(best(host, Path::new(&archive).is_absolute(), &targets))
}

fn best(host: &str, has_static_glibc: bool, installed: &str) -> Linkage {
    let linkage = |target: &str, kind| Linkage { target: target.to_owned(), kind };
    if host.ends_with("-musl") || (host.ends_with("-linux-gnu") && has_static_glibc) {
        return linkage(host, Kind::Static);
    }
    let musl = host.replace("-linux-gnu", "-linux-musl");
    if musl != host && installed.lines().any(|target| target.trim() == musl) {
        return linkage(&musl, Kind::Static);
    }
    linkage(host, Kind::Dynamic)
}

impl Linkage {
    /// The variable of the environment, and its value, by which cargo links so.
    pub(super) fn flags(&self) -> Option<(String, &'static str)> {
        let name = self.target.to_uppercase().replace(['-', '.'], "_");
        (self.kind == Kind::Static).then(|| (format!("CARGO_TARGET_{name}_RUSTFLAGS"), "-C target-feature=+crt-static"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn static_glibc_then_musl_then_what_the_system_has() {
        let gnu = "x86_64-unknown-linux-gnu";
        let musl = "x86_64-unknown-linux-musl";
        for (host, archive, installed, target, kind) in [
            (gnu, true, musl, gnu, Kind::Static),
            (gnu, false, "wasm32-unknown-unknown\nx86_64-unknown-linux-musl\n", musl, Kind::Static),
            (gnu, false, gnu, gnu, Kind::Dynamic),
            (musl, false, "", musl, Kind::Static),
            ("aarch64-apple-darwin", true, "x86_64-apple-darwin", "aarch64-apple-darwin", Kind::Dynamic),
        ] {
            assert_eq!(best(host, archive, installed), Linkage { target: target.to_owned(), kind }, "{host} {archive}");
        }
    }

    #[test]
    fn the_flags_are_those_of_the_target_alone() {
        let linkage = Linkage { target: "x86_64-unknown-linux-gnu".to_owned(), kind: Kind::Static };
        let name = linkage.flags().map(|(name, _)| name);
        assert_eq!(name.as_deref(), Some("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS"));
        assert_eq!(Linkage { kind: Kind::Dynamic, ..linkage }.flags(), None);
    }
}
