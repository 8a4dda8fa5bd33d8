//! The binary itself, as its users run it: what it prints, logs, and leaves behind.

use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use super::{Client, eventually};

/// Runs `supercargo` to its end.
pub fn supercargo(arguments: &[&str]) -> Output {
    command().args(arguments).output().expect("run supercargo")
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_supercargo"));
    // What somebody set for a server of their own must not reach the tests'.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SUPERCARGO_") {
            command.env_remove(name);
        }
    }
    command
}

/// A `supercargo` that runs, with everything it says kept. Killed when dropped.
pub struct Process {
    child: Child,
    said: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts one on the store in `directory`, logging all it can, and waits until it serves.
    pub async fn serve(directory: &Path) -> Self {
        let process = Self::start(directory);
        eventually("the server to say that it serves", async || {
            process.said().contains("serving https://")
                || process.readers.iter().all(|reader| reader.is_finished())
        })
        .await;
        assert!(process.said().contains("serving https://"), "it ended:\n{}", process.said());
        process
    }

    /// Starts one and does not wait for anything.
    pub fn start(directory: &Path) -> Self {
        let addresses = ["server", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"];
        let log = ["--log", "trace", "--log-format", "json", "--data"];
        Self::spawn(command().args(addresses).args(log).arg(directory))
    }

    /// Starts `supercargo` with these arguments and does not wait for anything.
    pub fn run(arguments: &[&str]) -> Self {
        Self::spawn(command().args(arguments))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("start supercargo");
        let said = Arc::new(Mutex::new(String::new()));
        let stdout = child.stdout.take().expect("a piped output");
        let stderr = child.stderr.take().expect("a piped output");
        let readers = vec![keep(stdout, said.clone()), keep(stderr, said.clone())];
        Self { child, said, readers }
    }

    /// Everything it printed and logged so far.
    pub fn said(&self) -> String {
        lock(&self.said).clone()
    }

    /// The key that it printed at its first start.
    pub async fn admin_key(&self) -> String {
        let key = || {
            let said = self.said();
            let (_, rest) = said.split_once("shown only this once: ")?;
            rest.split_once('\n').map(|(key, _)| key.to_owned())
        };
        eventually("the admin key", async || key().is_some()).await;
        key().expect("the admin key")
    }

    /// A client over plain HTTP.
    pub fn client(&self) -> Client {
        Client::plain(self.address("serving http://"), None)
    }

    /// A client over TLS that trusts the authority in `ca`, PEM.
    pub fn tls_client(&self, ca: &[u8]) -> Client {
        Client::tls(self.address("serving https://"), ca)
    }

    /// The first address that it said after `before`.
    pub fn address(&self, before: &str) -> SocketAddr {
        let said = self.said();
        let (_, rest) = said.split_once(before).expect("an address in the log");
        let end = rest.find(|character: char| !character.is_ascii_digit() && !".:".contains(character));
        rest[..end.unwrap_or(rest.len())].parse().expect("an address")
    }

    /// Sends a signal by its name, as `kill` does.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status().expect("run kill");
        assert!(status.success(), "kill -s {name}");
    }

    /// Waits for its end: how it ended, and everything it ever said.
    pub async fn ended(mut self) -> (ExitStatus, String) {
        let mut status = None;
        eventually("the server to end", async || {
            status = self.child.try_wait().expect("look at the server");
            status.is_some()
        })
        .await;
        for reader in self.readers.drain(..) {
            reader.join().expect("read what it said");
        }
        (status.expect("an end"), self.said())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keep<R: Read + Send + 'static>(from: R, into: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut said = lock(&into);
            said.push_str(&line);
            said.push('\n');
        }
    })
}

fn lock(said: &Mutex<String>) -> MutexGuard<'_, String> {
    said.lock().expect("no reader panics")
}
