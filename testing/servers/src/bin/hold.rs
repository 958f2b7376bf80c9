//! Starts the server it is told, says where it runs, and holds it until its input ends: for the
//! tests, which kill it in between.

use std::{error::Error, io::Read};

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).ok_or("which server?")?;
    let recipe = testing_servers::RECIPES.iter().find(|recipe| recipe.set.name == name);
    let start = recipe.and_then(|recipe| recipe.start).ok_or("there is no such server")?;
    let server = start()?;
    println!("{} {}", server.id().unwrap_or(0), server.folder().display());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
