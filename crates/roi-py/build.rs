//! Where a linker wants to be told that symbols are left to the interpreter, it is.

fn main() {
    pyo3_build_config::add_extension_module_link_args();
}
