//! A simulated modem as another process: `hayes sim` on a pseudo-terminal or a TCP port, ended when it is dropped.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) struct Simulated {
    process: Child,
    port: String,
}

impl Simulated {
    pub(crate) fn on_terminal(model: &str) -> Simulated {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let link = std::env::temp_dir().join(format!("hayes-modem-{}-{number}", std::process::id()));
        Simulated::start(&[model, "--link", link.to_str().unwrap()])
    }

    pub(crate) fn on_tcp(model: &str) -> Simulated {
        Simulated::start(&[model, "--listen", "127.0.0.1:0"])
    }

    fn start(arguments: &[&str]) -> Simulated {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
        command.arg("sim").args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        // Its first line is the port, printed when it is there.
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port = port.trim().to_owned();
        assert!(!port.is_empty(), "hayes sim {arguments:?} named no port");
        Simulated { process, port }
    }

    /// What `-p` takes.
    pub(crate) fn port(&self) -> &str {
        &self.port
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        // SIGTERM, so that it removes its link.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}
