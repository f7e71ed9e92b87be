//! Text → tree: the grammar, the tree, and the canonical form.

pub mod ast;
