use super::{Bench, Modem, conversation, ended};
use crate::port::Cancel;
use crate::runtime::{Inputs, STACK, Silent, Status, run};

#[test]
fn the_deepest_script_runs_in_the_stated_stack() {
    let depth = 250;
    let script = format!("{}AT\n{}", "retry 1 {\n".repeat(depth), "}\n".repeat(depth));
    let program = Bench::new().program(&script);
    let body = move || {
        let mut conversation = conversation(Modem::new(), &Cancel::new().unwrap());
        run(&program, &mut conversation, &Inputs::default(), &mut Silent).status
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(body).unwrap();
    assert_eq!(thread.join().unwrap(), Status::Passed);
}

#[test]
fn scripts_within_scripts_are_bounded() {
    let inner = format!("{}run \"leaf\"\n{}", "if true {\n".repeat(100), "}\n".repeat(100));
    let outer = format!("{}run \"inner\"\n{}", "if true {\n".repeat(100), "}\n".repeat(100));
    let leaf = format!("{}AT\n{}", "if true {\n".repeat(100), "}\n".repeat(100));
    let bench = Bench::new().script("inner", &inner).script("leaf", &leaf);
    assert!(bench.run(&outer, Modem::new()).ended().starts_with("too-deep "));
}

#[test]
fn a_text_does_not_grow_without_end() {
    let script = "set s = \"0123456789\"\nretry 100 {\n  set s = s + s\n  assert false\n}\n";
    assert!(ended(script, Modem::new()).starts_with("too-long 3:11 "));
    let script = "set s = \"0123456789\"\nretry 100 {\n  set s = \"${s}${s}\"\n  assert false\n}\n";
    assert!(ended(script, Modem::new()).starts_with("too-long 3:11 "));
}
