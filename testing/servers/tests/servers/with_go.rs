//! Go builds what is there, and says what is wrong with it.

use std::{fs, path::PathBuf, process::Command};

use testing_servers::go;

/// The source of a program, which is gone with this.
struct Source(PathBuf);

impl Source {
    fn of(name: &str, text: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("oxkit-go-{}", std::process::id()));
        let folder = folder.join(name);
        fs::create_dir_all(&folder).expect("there is room for a file");
        fs::write(folder.join("main.go"), text).expect("there is room for a file");
        Self(folder)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // Left behind, it would be in nobody's way.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_program_of_go_kits_is_built_and_runs() {
    let source = Source::of(
        "oxkit-built",
        r#"package main

import (
    "context"
    "fmt"

    "github.com/go-kit/kit/endpoint"
)

func main() {
    answer, _ := endpoint.Nop(context.Background(), nil)
    fmt.Println("answered", answer)
}
"#,
    );
    let program = go().build(&source.0).unwrap();
    let output = Command::new(program).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "answered {}\n");
}

#[test]
fn what_does_not_compile_says_why() {
    let source = Source::of("oxkit-broken", "package main\n\nfunc main() { missing() }\n");
    let error = go().build(&source.0).unwrap_err().to_string();
    assert!(error.contains("undefined: missing"), "{error}");
}
