//! Puts the scenarios into the program, so that it plays them wherever it is installed.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    // Asked when it runs: what was compiled may serve a checkout that has been moved since.
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../scenarios").canonicalize()?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    collect(&folder, &mut files)?;
    // The table of what must be asked lies beside the scenarios and is none.
    let catalogue = folder.join("catalogue.yaml");
    files.retain(|file| *file != catalogue);
    files.sort();
    let mut table =
        "/// Name and text of every scenario.\npub(crate) static SCENARIOS: &[(&str, &str)] = &[\n".to_owned();
    for file in files {
        let name = format!("scenarios/{}", file.strip_prefix(&folder)?.display());
        writeln!(table, "    ({name:?}, include_str!({:?})),", file.display().to_string())?;
    }
    table.push_str("];\n");
    let output = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(output.join("scenarios.rs"), table)?;
    let catalogue = catalogue.display().to_string();
    fs::write(output.join("catalogue.rs"), format!("static CATALOGUE: &str = include_str!({catalogue:?});\n"))?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}
