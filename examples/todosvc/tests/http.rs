//! The program over HTTP: every route, both forms of errors, and what is no request at all.

use example_testing::{Answer, Connection, Process, exchange};
use serde_json::{Value, json};

fn start(arguments: &[&str]) -> Process {
    let all = [&["--listen", "127.0.0.1:0", "--log-level", "none"], arguments].concat();
    Process::start(env!("CARGO_BIN_EXE_todosvc"), &all)
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}

#[test]
fn a_todo_lives_from_its_addition_to_its_removal() {
    let service = start(&[]);
    let at = service.address();

    let added = exchange(at, "POST", "/todos", r#"{"title":"buy milk"}"#);
    assert_eq!((added.status, added.header("location")), (201, Some("/todos/1")));
    assert_eq!(json(&added), json!({"id": 1, "title": "buy milk", "done": false}));

    let one = exchange(at, "GET", "/todos/1", "");
    assert_eq!((one.status, json(&one)), (200, json(&added)));

    let done = exchange(at, "POST", "/todos/1/complete", "");
    assert_eq!(json(&done), json!({"id": 1, "title": "buy milk", "done": true}));
    assert_eq!(json(&exchange(at, "GET", "/todos?done=true", "")), json!([json(&done)]));
    assert_eq!(json(&exchange(at, "GET", "/todos?done=false", "")), json!([]));

    let removed = exchange(at, "DELETE", "/todos/1", "");
    assert_eq!((removed.status, removed.body.as_str()), (204, ""));
    assert_eq!(json(&exchange(at, "GET", "/todos", "")), json!([]));
}

#[test]
fn what_a_caller_did_wrong_is_told_as_problem_details() {
    let service = start(&[]);
    let mut connection = Connection::open(service.address()).unwrap();
    connection.request("POST", "/todos", r#"{"title":"sleep"}"#).unwrap();
    assert_eq!(connection.answer().unwrap().status, 201);
    connection.request("POST", "/todos/1/complete", "").unwrap();
    assert_eq!(connection.answer().unwrap().status, 200);

    let long = format!(r#"{{"title":"{}"}}"#, "x".repeat(201));
    for (method, path, body, status, kind, detail) in [
        ("POST", "/todos", r#"{"title":" "}"#, 400, "INVALID_ARGUMENT", "a todo needs a title"),
        ("POST", "/todos", long.as_str(), 400, "INVALID_ARGUMENT", "this one has 201"),
        ("POST", "/todos", r#"{"titel":"x"}"#, 400, "INVALID_ARGUMENT", "missing field `title`"),
        ("GET", "/todos/9", "", 404, "NOT_FOUND", "there is no todo 9"),
        ("POST", "/todos/1/complete", "", 400, "FAILED_PRECONDITION", "todo 1 is done already"),
        ("GET", "/todos/one", "", 400, "INVALID_ARGUMENT", "`id`"),
        ("GET", "/todos?done=perhaps", "", 400, "INVALID_ARGUMENT", "done"),
        ("GET", "/todo", "", 404, "NOT_FOUND", "nothing at this path"),
        ("PUT", "/todos", "{}", 405, "UNIMPLEMENTED", ""),
    ] {
        connection.request(method, path, body).unwrap();
        let answer = connection.answer().unwrap();
        let problem = json(&answer);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
        assert_eq!((answer.status, &problem["status"]), (status, &json!(status)), "{answer:?}");
        assert_eq!(problem["kind"], kind, "{answer:?}");
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{answer:?}");
    }
}

#[test]
fn the_form_of_go_kit_is_one_option_away() {
    let service = start(&["--errors", "gokit"]);
    for (path, status, body) in [
        ("/todos/9", 404, json!({"error": "there is no todo 9"})),
        ("/nowhere", 404, json!({"error": "there is nothing at this path"})),
    ] {
        let answer = exchange(service.address(), "GET", path, "");
        assert_eq!((answer.status, json(&answer)), (status, body));
    }
}

#[test]
fn every_answer_carries_the_identifier_of_its_request() {
    let service = start(&[]);
    let mut connection = Connection::open(service.address()).unwrap();
    connection.send(b"GET /todos/1 HTTP/1.1\r\nhost: test\r\nx-request-id: abc-1\r\n\r\n").unwrap();
    assert_eq!(connection.answer().unwrap().header("x-request-id"), Some("abc-1"));

    connection.request("GET", "/todos", "").unwrap();
    let made = connection.answer().unwrap();
    assert!(made.header("x-request-id").is_some_and(|id| id.len() >= 16), "{made:?}");
}

#[test]
fn what_is_no_request_does_not_stop_the_service() {
    let service = start(&[]);
    let oversized =
        format!("POST /todos HTTP/1.1\r\nhost: t\r\ncontent-length: {}\r\n\r\n", 1_u64 << 40);
    for (bytes, status) in [
        (
            b"POST /todos HTTP/1.1\r\nhost: t\r\ncontent-length: 4\r\n\r\n\xff\xfe\xfd\xfc"
                .as_slice(),
            400,
        ),
        (b"NONSENSE\r\n\r\n", 400),
        (oversized.as_bytes(), 413),
        (b"POST /todos HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 400),
    ] {
        let mut connection = Connection::open(service.address()).unwrap();
        connection.send(bytes).unwrap();
        let answer = connection.answer().unwrap();
        assert_eq!(answer.status, status, "{:?}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(exchange(service.address(), "GET", "/todos", "").status, 200);
}

#[test]
fn the_command_line_teaches() {
    let run = |arguments: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_todosvc")).args(arguments).output().unwrap()
    };
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    for option in ["--listen", "--database", "--errors", "--drain", "--log-format", "--log-level"] {
        assert!(help.contains(option), "{option}");
    }
    for (arguments, says) in [
        (&["--errors", "xml"][..], "expected problem or gokit"),
        (&["--drain", "soon"], "expected a number of seconds"),
        (&["--log-level", "loud"], "level"),
        (&["--verbose"], "--verbose"),
        (&["--database", "/"], "the store failed to open /: unable"),
    ] {
        let mistake = run(arguments);
        let told = String::from_utf8_lossy(&mistake.stderr).into_owned();
        assert_eq!(mistake.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(says), "{arguments:?}: {told}");
    }
}
