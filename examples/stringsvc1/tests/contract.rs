//! The program answers what Go kit's stringsvc1 answers, and survives what it does not expect.

use example_testing::{Connection, Process, exchange};

fn start() -> Process {
    Process::start(env!("CARGO_BIN_EXE_stringsvc1"), &["--listen", "127.0.0.1:0"])
}

#[test]
fn answers_as_go_kits_does() {
    let service = start();
    for (path, request, answer) in [
        ("/uppercase", r#"{"s":"hello, world"}"#, r#"{"v":"HELLO, WORLD"}"#),
        ("/uppercase", r#"{"s":""}"#, r#"{"v":"","err":"empty string"}"#),
        ("/uppercase", r#"{"s":"straße"}"#, r#"{"v":"STRASSE"}"#),
        ("/count", r#"{"s":"hello, world"}"#, r#"{"v":12}"#),
        ("/count", r#"{"s":""}"#, r#"{"v":0}"#),
    ] {
        let answered = exchange(service.address(), "POST", path, request);
        assert_eq!(answered.status, 200, "{path} {request}");
        assert_eq!(answered.body, format!("{answer}\n"), "{path} {request}");
        assert_eq!(answered.header("content-type"), Some("application/json; charset=utf-8"));
    }
}

#[test]
fn a_bad_request_is_told_what_is_wrong_and_the_connection_goes_on() {
    let service = start();
    let mut connection = Connection::open(service.address()).unwrap();
    for (method, path, body, status, says) in [
        ("POST", "/uppercase", r#"{"s":"#, 400, "EOF while parsing"),
        ("POST", "/uppercase", r#"{"t":"x"}"#, 400, "missing field `s`"),
        ("POST", "/uppercase", r#"{"s":7}"#, 400, "expected a string"),
        ("POST", "/uppercase", "", 400, "the body is empty"),
        ("POST", "/lowercase", r#"{"s":"x"}"#, 404, "nothing at this path"),
        ("GET", "/uppercase", "", 405, ""),
    ] {
        connection.request(method, path, body).unwrap();
        let answered = connection.answer().unwrap();
        assert_eq!(answered.status, status, "{method} {path} {body}: {answered:?}");
        assert!(answered.body.contains(says), "{method} {path} {body}: {answered:?}");
    }
    connection.request("POST", "/count", r#"{"s":"still here"}"#).unwrap();
    assert_eq!(connection.answer().unwrap().body, "{\"v\":10}\n");
}

#[test]
fn the_command_line_teaches() {
    let run = |arguments: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_stringsvc1"))
            .args(arguments)
            .output()
            .unwrap()
    };
    let help = run(&["--help"]);
    assert!(help.status.success());
    assert!(String::from_utf8_lossy(&help.stdout).contains("--listen ADDRESS"));

    for arguments in [&["--port", "1"][..], &["--listen"]] {
        let mistake = run(arguments);
        assert_eq!(mistake.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&mistake.stderr).contains("Try --help."));
    }

    let nowhere = run(&["--listen", "256.0.0.1:1"]);
    assert!(!nowhere.status.success());
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("cannot listen on 256.0.0.1:1"));
}
