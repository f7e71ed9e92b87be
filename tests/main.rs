//! Everything that is tested from outside: one binary, a module a subject.

mod architecture;
