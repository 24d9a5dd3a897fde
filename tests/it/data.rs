//! Where the real data are: in the folder that `BATCHCAST_DATA` names. Tests on them say that they were skipped where it is
//! not set, and fail where it is set and a file is missing.

use std::path::PathBuf;

/// A file of the data.
pub fn file(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("BATCHCAST_DATA") else {
        println!("skipped: BATCHCAST_DATA is not set, so {name} is not there");
        return None;
    };
    let path = PathBuf::from(folder).join(name);
    assert!(
        path.exists(),
        "BATCHCAST_DATA is set, but {} is missing",
        path.display()
    );
    Some(path)
}

/// A file of the reference beside the data.
pub fn reference(name: &str) -> Option<PathBuf> {
    file(&format!("../reference/{name}"))
}
