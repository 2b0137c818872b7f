//! A schema registry that answers anything: there is a schema or a reason why there is none.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use streamfn::topic::registry::{Registry, Schemas, Settings};

use super::assert_told;

/// Between two answers.
const END: u8 = 0xff;

/// What is answered, one after another. Its first byte stands for the status.
static ANSWERS: Mutex<VecDeque<Vec<u8>>> = Mutex::new(VecDeque::new());

static URL: LazyLock<String> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Ends with the process.
    std::thread::spawn(move || listener.incoming().flatten().for_each(serve));
    url
});

pub fn run(data: &[u8]) {
    *ANSWERS.lock().unwrap() = data.split(|byte| *byte == END).map(<[u8]>::to_vec).collect();
    let patience = Duration::ZERO;
    let registry =
        Registry::new(Settings { patience, timeout: Duration::from_secs(5), ..Settings::new(&URL) }).unwrap();
    match registry.schema(1) {
        Ok(schema) => assert_eq!(registry.known(1).as_deref(), Some(schema.texts())),
        Err(error) => assert_told(&error.to_string()),
    }
}

/// One request.
fn serve(mut stream: TcpStream) {
    let request = BufReader::new(&stream).lines().map_while(Result::ok);
    request.take_while(|line| !line.is_empty()).for_each(drop);
    let answer = ANSWERS.lock().unwrap().pop_front().unwrap_or_default();
    let (status, body) = match answer.split_first() {
        Some((b'4', body)) => (404, body),
        Some((b'5', body)) => (500, body),
        Some((_, body)) => (200, body),
        None => (200, [].as_slice()),
    };
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    // Whoever asked may be gone.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}
