//! Hayes for Python: what `hayes::embed` has, with dictionaries for results and exceptions for failures.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use engine::catalogue::explain::{Context, explain as meaning};
use engine::embed::{Cancel, Failed, FailureReport, Inputs, Modem as OpenModem, Script, problems};
use pyo3::PyTypeInfo;
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::Value;

create_exception!(hayes, HayesError, PyException, "What was wrong. `code` and `help` are attributes, as in a result.");
create_exception!(hayes, ScriptError, HayesError, "The script has errors, or a value that it does not know.");
create_exception!(hayes, PortError, HayesError, "The port could not be opened.");
create_exception!(hayes, CommandError, HayesError, "The modem refused a command, or did not answer it.");

/// How often Ctrl-C is looked for while a script runs.
const LOOK: Duration = Duration::from_millis(50);

/// A modem at an open port.
#[pyclass(frozen)]
struct Modem {
    /// None once it was closed
    open: Mutex<Option<OpenModem>>,
    port: String,
    cancel: Cancel,
}

#[pymethods]
impl Modem {
    /// Opens a port: `/dev/ttyUSB2`, `tcp://host:port`, `sim:bg96`.
    #[new]
    #[pyo3(signature = (port, *, baud = 115_200))]
    fn new(py: Python<'_>, port: &str, baud: u32) -> PyResult<Modem> {
        let open = py.detach(|| OpenModem::open_at(port, baud)).map_err(|why| raised::<PortError>(py, &why))?;
        Ok(Modem { cancel: open.canceller(), open: Mutex::new(Some(open)), port: port.to_owned() })
    }

    /// Sends a command, waits for its answer, and returns its lines.
    fn at(&self, py: Python<'_>, command: &str) -> PyResult<Vec<String>> {
        let answered = self.working(py, |modem| modem.at(command))?;
        answered.map(|answered| answered.answer).map_err(|why| raised::<CommandError>(py, &why))
    }

    /// Runs a script, a file's or the library's, and returns its result. A script that fails is a result too; what is wrong
    /// before anything is sent is an error.
    #[pyo3(signature = (script, *, secrets = None, plan = false, yes = false, timeout = None, **values))]
    fn run(
        &self,
        py: Python<'_>,
        script: &str,
        secrets: Option<BTreeMap<String, String>>,
        plan: bool,
        yes: bool,
        timeout: Option<Duration>,
        values: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        let script = found(script).map_err(|why| raised::<ScriptError>(py, &why))?;
        self.run_script(py, &script, Given { secrets, plan, yes, timeout, values })
    }

    /// Runs a text as a script.
    #[pyo3(signature = (text, *, secrets = None, plan = false, yes = false, timeout = None, **values))]
    fn run_text(
        &self,
        py: Python<'_>,
        text: &str,
        secrets: Option<BTreeMap<String, String>>,
        plan: bool,
        yes: bool,
        timeout: Option<Duration>,
        values: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        let script = Script::parse("<text>", text).map_err(|why| raised::<ScriptError>(py, &why))?;
        self.run_script(py, &script, Given { secrets, plan, yes, timeout, values })
    }

    /// Ends what another thread runs on this modem, as Ctrl-C does: `finally` blocks still run.
    fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Closes the port.
    fn close(&self, py: Python<'_>) {
        py.detach(|| drop(self.open.lock().unwrap_or_else(PoisonError::into_inner).take()));
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_what))]
    fn __exit__(&self, py: Python<'_>, _what: &Bound<'_, pyo3::types::PyTuple>) {
        self.close(py);
    }

    fn __repr__(&self) -> String {
        format!("hayes.Modem({:?})", self.port)
    }
}

/// What a script is given.
struct Given<'py, 'v> {
    secrets: Option<BTreeMap<String, String>>,
    plan: bool,
    yes: bool,
    timeout: Option<Duration>,
    values: Option<&'v Bound<'py, PyDict>>,
}

impl Given<'_, '_> {
    fn inputs(self) -> PyResult<Inputs> {
        let mut inputs = Inputs { plan: self.plan, yes: self.yes, ..Inputs::default() };
        inputs.timeout = self.timeout.unwrap_or(inputs.timeout);
        inputs.secrets = self.secrets.unwrap_or_default();
        for (name, value) in self.values.into_iter().flatten() {
            inputs = inputs.with(&name.to_string(), &value.str()?.to_string());
        }
        Ok(inputs)
    }
}

impl Modem {
    fn run_script(&self, py: Python<'_>, script: &Script, given: Given<'_, '_>) -> PyResult<Py<PyAny>> {
        let inputs = given.inputs()?;
        let result = self.working(py, |modem| modem.run(script, &inputs))?;
        let result = result.map_err(|why| raised::<ScriptError>(py, &why))?;
        python(py, &serde_json::to_value(&result).unwrap_or_default())
    }

    /// Does it in a thread of its own, without Python's lock; Ctrl-C cancels it, and is raised once `finally` blocks have run.
    fn working<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&mut OpenModem) -> T + Send) -> PyResult<T> {
        let mut interrupted = None;
        let ended = AtomicBool::new(false);
        let done = std::thread::scope(|scope| {
            let waiting = std::thread::current();
            let ended = &ended;
            let job = move || {
                let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
                let done = open.as_mut().map(work);
                ended.store(true, Ordering::Release);
                waiting.unpark();
                done
            };
            let worker = std::thread::Builder::new().stack_size(engine::runtime::STACK).spawn_scoped(scope, job);
            let worker = worker.map_err(|error| PortError::new_err(error.to_string()))?;
            while !ended.load(Ordering::Acquire) && !worker.is_finished() {
                py.detach(|| std::thread::park_timeout(LOOK));
                if let Err(signal) = py.check_signals() {
                    interrupted.get_or_insert(signal);
                    self.cancel.cancel();
                }
            }
            py.detach(|| worker.join()).map_err(|_| HayesError::new_err("the run broke off: this is a fault of Hayes"))
        })?;
        match (interrupted, done) {
            (Some(signal), _) => Err(signal),
            (None, Some(done)) => Ok(done),
            (None, None) => Err(PortError::new_err("the modem was closed")),
        }
    }
}

/// A file, else a script of the library.
fn found(script: &str) -> Result<Script, Failed> {
    if PathBuf::from(script).exists() { Script::read(script) } else { Script::of_library(script) }
}

/// Opens a port, runs a script on it, and returns its result.
#[pyfunction]
#[pyo3(signature = (script, port, *, baud = 115_200, secrets = None, plan = false, yes = false, timeout = None, **values))]
fn run(
    py: Python<'_>,
    script: &str,
    port: &str,
    baud: u32,
    secrets: Option<BTreeMap<String, String>>,
    plan: bool,
    yes: bool,
    timeout: Option<Duration>,
    values: Option<&Bound<'_, PyDict>>,
) -> PyResult<Py<PyAny>> {
    // What is wrong with the script is said before the port is opened.
    let script = found(script).map_err(|why| raised::<ScriptError>(py, &why))?;
    let modem = Modem::new(py, port, baud)?;
    modem.run_script(py, &script, Given { secrets, plan, yes, timeout, values })
}

/// What `hayes check` finds in a text: a dictionary each.
#[pyfunction]
#[pyo3(signature = (text, name = "<text>"))]
fn check(py: Python<'_>, text: &str, name: &str) -> PyResult<Py<PyAny>> {
    python(py, &serde_json::to_value(problems(name, text)).unwrap_or_default())
}

/// What a command, an answer, an error or a URC means.
#[pyfunction]
fn explain(text: &str) -> String {
    meaning(text, &Context::default()).to_string()
}

/// The exception of a failure; its fields are attributes.
fn raised<E: PyTypeInfo>(py: Python<'_>, why: &FailureReport) -> PyErr {
    let error = PyErr::new::<E, _>(why.to_string());
    let value = error.value(py);
    let fields = serde_json::to_value(why).unwrap_or_default();
    for (name, field) in fields.as_object().into_iter().flatten() {
        if let Ok(field) = python(py, field) {
            // An exception takes any attribute.
            let _ = value.setattr(name.as_str(), field);
        }
    }
    error
}

/// A value of JSON as Python has it.
fn python(py: Python<'_>, value: &Value) -> PyResult<Py<PyAny>> {
    py.import("json")?.call_method1("loads", (value.to_string(),)).map(Bound::unbind)
}

#[pymodule]
fn hayes(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("HayesError", py.get_type::<HayesError>())?;
    module.add("ScriptError", py.get_type::<ScriptError>())?;
    module.add("PortError", py.get_type::<PortError>())?;
    module.add("CommandError", py.get_type::<CommandError>())?;
    module.add_class::<Modem>()?;
    module.add_function(wrap_pyfunction!(run, module)?)?;
    module.add_function(wrap_pyfunction!(check, module)?)?;
    module.add_function(wrap_pyfunction!(explain, module)?)
}
