//! What the benchmarks promise.

/// Each figure is told beside its limit. One that is over it fails the benchmark, once all are told.
#[derive(Default)]
pub(crate) struct Limits {
    passed: Vec<String>,
}

impl Limits {
    /// `unit` stands right behind the number, as ` ms`.
    pub(crate) fn hold(&mut self, what: &str, figure: f64, most: f64, unit: &str) {
        let told = format!("{what}: {figure:.2}{unit} (at most {most}{unit})");
        println!("{told}");
        if figure > most {
            self.passed.push(told);
        }
    }

    pub(crate) fn end(self) {
        assert!(self.passed.is_empty(), "more than is promised:\n{}", self.passed.join("\n"));
    }
}
