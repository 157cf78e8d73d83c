//! Unpacks a bundle and does nothing else, so that the bench starts the agent's code as it starts `unzip` and `tar`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use spillway_agent::bundle::{self, Limits};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bundle, folder] = &arguments[..] else { bail!("unpack BUNDLE FOLDER") };
    fs::create_dir(folder).with_context(|| format!("the folder {folder} cannot be made"))?;
    let into = Dir::open_ambient_dir(folder, ambient_authority())?;
    let bundle = Path::new(bundle);
    bundle::unpack(bundle, bundle::detect(bundle)?, &into, Limits::default())?;
    Ok(())
}
