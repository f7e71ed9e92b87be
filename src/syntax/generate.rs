//! Scripts made up for property tests: valid ones in every spelling, and soups of the language's words.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;

use super::parse;
use crate::source::Source;

/// What a script is made of: a rule a line, its forms between `¦`, the simplest first. `«rule»` is one of that rule's forms;
/// `→` is a tab, `⏎` a line end, `␠` a space.
const RULES: &str = r##"
script ¦«lines»«script»¦«lines»«script»¦«lines»«script»
lines «statement»«end»⏎¦«beside»⏎¦«question»«end»⏎«clauses»¦await «alternatives»«within»⏎capture «fields»⏎¦«block»¦«branches»
block «blank»«opener»«blank»{«end»⏎«script»«blank»}«end»⏎
branches «blank»«choice»«blank»{«end»⏎«script»«blank»}⏎¦«blank»«choice»{⏎«script»«blank»}«blank»else«blank»{⏎«script»}⏎
opener finally¦for«space»x in «expression»¦ensure «at»  answers «alternatives» else¦unsafe  "why"¦repeat  n every 5s¦repeat for 1min
choice try¦if«space»«expression»¦retry 3¦retry  n  every 5s¦retry for 1min every 1s up to 5s
clauses ¦«clause»«end»⏎«clauses»¦«clause»«end»⏎«clauses»¦«beside»⏎«clauses»
end ¦¦¦␠␠¦ # why¦→#
beside ¦␠¦# a comment¦#¦→# indented →¦# allow hayes::check::danger: on the bench
blank ¦¦␠¦␠¦␠␠¦→
space ␠¦␠¦␠␠¦→¦␠→␠
question «at»«within»¦send «at»«within»¦send raw  «string»«within»
within ¦¦ within 30s¦→within  wait * 2
at AT¦at+csq¦AT+COPS=?¦AT+CGDCONT=1,"IP","${apn}"¦AT#SGACT=1,1¦AT+CMGS="#1 # text"¦ATD*99***1#¦AT$QCRMCALL=1,1
at AT+X=$${y}¦AT+X=${ upper("a}") },1¦AT\Q3¦AT+X={1};+Y="a b"
clause expect«space»«alternatives»¦capture«space»«fields»¦capture all«space»«fields» as «name»¦prompt cancel¦when OK{ stop}
clause prompt ">"  reply «expression»«then»¦expect nothing  within 2s¦else  {AT+CSQ }¦capture  "+X: {a},{b:int}" or /(?<c>x)/¦capture  all  "{a}" as  «name»
then ¦ then cr¦  then  ctrl-z¦ then nothing
alternatives «pattern»¦«pattern»«space»or «pattern»¦«pattern»«space»or «pattern» or «pattern»
pattern OK¦+CREG:¦+CREG:1,5¦CONNECT¦"+CME ERROR: 10"¦'+X: "a"'¦/a b/i¦"{} {_} ${x}{{"¦/#/
fields «field»¦«field»«blank»,«blank»«fields»
field _¦imei¦rssi:int¦lac: hex?¦d:decimal¦name?¦t:text
statement stop¦break¦sleep  2s¦timeout→10s¦secret pin  "PIN"¦port baud  921600¦port  dtr off¦port escape¦reboot  «at»«within»
statement set «name»«blank»=«blank»«expression»¦assert«space»«expression»«blank»,«blank»"why"¦check «expression»¦abort  «string»¦fail «string»¦skip  «string»
statement log«space»«string»¦confirm«space»«string»¦abort«space»on «alternatives» , "why"¦report «name»«blank»,«blank»c=«expression»
statement ask«space»«string»  as «name»: int¦report  row «name»«blank»,«blank»c=«expression»¦capture«space»«fields» from  «expression»
statement param «name»:int«blank»=«blank»(«expression»)«space»'what it is'
statement run "x" with «name»«blank»=«expression»«blank»,«blank»b = 1«space»as «name»
expression «value»¦«value»¦«value»¦«value»¦(«blank»«expression»«blank»)¦«name» «matches»¦[]¦[«blank»«expression»«blank»,«expression»]
expression («expression»)«space»«word»«space»(«expression»)¦(«expression»)«blank»«sign»«blank»«value»¦«value»«blank»«sign»«blank»«value»
expression «before»(«expression»)¦«name»[«blank»«expression»«blank»].«name»¦«function»(«blank»«expression»«blank»)
word and¦or¦in¦not in¦not → in
sign +¦-¦*¦/¦%¦..¦==¦!=¦<¦<=¦>¦>=
before -¦- ¦not ¦not¦not not ¦not -¦--
function len¦int¦text¦dbm¦upper
matches matches /^BG9[56]/¦not matches /a b/i¦matches→/a\/b/¦not  matches 'x {} y'¦matches "{name} {{ {n:int?}"
value «name»¦0¦42¦3.70¦9223372036854775807¦5s¦500ms¦2min¦1h¦true¦false¦[]¦«string»¦«string»
name x¦imei¦a_1¦_b¦report¦port¦text¦len¦order¦within_5¦AT
string ""¦"a  b"¦"# no comment"¦"${x}"¦"${ a.b[ 0 ] }y"¦"\r\n\t\"\\\x1A\u{2713}"¦"$${ $ $$ é"¦"{}"¦"it's"¦''¦'say "x"'
string '\d ${x} $${'¦'${upper('a')}'¦"""one line"""¦"""⏎  two ⏎⏎⏎"lines" ${x}⏎"""¦"""# }⏎{"""
"##;

/// What a script means: its tree without places.
pub(super) fn tree(source: &Arc<Source>) -> String {
    let (script, diagnostics) = parse(source);
    assert!(diagnostics.is_empty(), "{}\n{diagnostics:#?}", source.text);
    let tree = format!("{:#?} {} {:?} {:?}", script.body, script.patterns, script.allowances, script.summary);
    regex::Regex::new(r"Span \{[^}]*\}").unwrap().replace_all(&tree, "…").into_owned()
}

/// A script that parses, with white space, blank lines and comments wherever they may stand.
pub(super) fn script() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(any::<u16>(), 0..250)
        .prop_map(|choices| grown("script", &mut choices.into_iter()).replace('→', "\t").replace('␠', " "));
    (lines, select(vec!["\n", "\r\n"])).prop_map(|(lines, end)| lines.replace('⏎', end))
}

/// One of a rule's forms: the next choice tells which, and the first where there is none any more.
fn grown(rule: &str, choices: &mut impl Iterator<Item = u16>) -> String {
    let lines = RULES.lines().filter_map(|line| line.split_once(' ')).filter(|(name, _)| *name == rule);
    let forms: Vec<&str> = lines.flat_map(|(_, forms)| forms.split('¦')).collect();
    let form = forms[usize::from(choices.next().unwrap_or(0)) % forms.len()];
    let pieces = form.split(['«', '»']).enumerate();
    pieces.map(|(number, piece)| if number % 2 == 0 { piece.to_owned() } else { grown(piece, choices) }).collect()
}

/// Words of the language in any order.
pub(super) fn soup() -> impl Strategy<Value = String> {
    let words = [
        "AT AT+CSQ at send raw expect capture prompt reply cancel then ctrl-z await quiet ensure answers else retry for",
        "every up to try if in finally unsafe assert check set param secret run with as report abort on log sleep port dtr",
        "within or and not matches nothing all x y _ 1 5s - + == = , : ? . ( ) [ ] { } ${ $${ \" ' \"\"\" \"a\" 'b' / /a/i",
        "\\ \\n # é \u{0} int {{ }} {x:int} if\tx\t{\n }\n }\telse\t{\n \n \n \r\n \t \t \t",
    ];
    let mut words: Vec<String> = words.iter().flat_map(|line| line.split(' ')).map(str::to_owned).collect();
    words.extend([" ", " ", " ", " ", " ", "# allow a::b: c"].map(str::to_owned));
    prop::collection::vec(select(words), 0..40).prop_map(|words| words.concat())
}
