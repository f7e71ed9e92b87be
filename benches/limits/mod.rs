//! What the benchmarks promise.

/// Each figure is told beside its limit. One that is over it fails the benchmark, once all are told.
#[derive(Default)]
#[must_use = "`end` fails where one is over its limit"]
pub(crate) struct Limits {
    failed: Vec<String>,
}

impl Limits {
    /// `unit` stands right behind the number, as ` ms`.
    pub(crate) fn hold(&mut self, what: &str, figure: f64, most: f64, unit: &str) {
        let told = format!("{what}: {figure:.2}{unit} (at most {most}{unit})");
        println!("{told}");
        // A figure that is no number holds no limit.
        if figure.is_nan() || figure > most {
            self.failed.push(told);
        }
    }

    pub(crate) fn end(self) {
        assert!(self.failed.is_empty(), "more than is promised:\n{}", self.failed.join("\n"));
    }
}
