//! The grammar's parser: one logical line in, pest's pairs out.

// The parser that pest derives is public and names its rules as the grammar does.
#![allow(unreachable_pub, missing_docs)]

use pest::iterators::Pair;
use pest::{Parser, error::Error};

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/hayes.pest"]
pub struct Grammar;

/// Parses `text` as one `rule`; the pair of the rule itself.
pub fn parse(rule: Rule, text: &str) -> Result<Option<Pair<'_, Rule>>, Box<Error<Rule>>> {
    Grammar::parse(rule, text).map(|mut pairs| pairs.next()).map_err(Box::new)
}
