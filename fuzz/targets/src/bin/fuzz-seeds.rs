//! `fuzz-seeds FOLDER`: writes `corpus/TARGET/seed-N` and `dictionaries/TARGET.dict` below the folder.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).ok_or_else(|| std::io::Error::other("usage: fuzz-seeds FOLDER"))?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder.join("dictionaries"))?;
    for target in fuzz_targets::TARGETS {
        let corpus = folder.join("corpus").join(target.name);
        std::fs::create_dir_all(&corpus)?;
        for (number, seed) in (target.seeds)().into_iter().enumerate() {
            std::fs::write(corpus.join(format!("seed-{number:02}")), seed)?;
        }
        std::fs::write(folder.join("dictionaries").join(format!("{}.dict", target.name)), target.dictionary())?;
    }
    Ok(())
}
