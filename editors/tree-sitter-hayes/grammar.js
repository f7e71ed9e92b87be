// The language for editors: lines, blocks, and what stands in them. It takes more than `grammar/hayes.pest` does, and tells
// no mistakes: that is the language server's part. The project's tests hold it against every script of the library.

const immediate = token.immediate;
const list = (rule) => seq(rule, repeat(seq(",", rule)));
const or = (rule) => seq(rule, repeat(seq("or", rule)));

module.exports = grammar({
  name: "hayes",
  word: ($) => $.identifier,
  extras: ($) => [/[ \t]/, $.comment],
  rules: {
    source_file: ($) => $._lines,
    _lines: ($) => choice($._statement, seq(repeat1(seq(optional($._statement), $._newline)), optional($._statement))),
    _newline: () => /\r?\n/,
    // Before `bare_word`: of two tokens of one length the first is taken.
    identifier: () => /[A-Za-z_][A-Za-z0-9_]*/,
    comment: () => token(prec(-1, /#[^\r\n]*/)),
    block: ($) => seq("{", optional($._lines), "}"),

    _statement: ($) =>
      choice(
        $.exchange, $.send, $.reboot, $.ensure, $.await, $.expect, $.capture, $.prompt, $.when, $.else,
        $.if, $.for, $.retry, $.repeat, $.try, $.finally, $.part, $.unsafe,
        $.assert, $.check, $.fail, $.skip, $.stop, $.break, $.set, $.param, $.secret, $.requires, $.run, $.report, $.abort,
        $.log, $.sleep, $.timeout, $.confirm, $.ask, $.port,
      ),

    // What is said to the modem
    exchange: ($) => seq($.command, optional($.within)),
    send: ($) => seq("send", choice($.command, $.string, seq("raw", $.string)), optional($.within)),
    reboot: ($) => seq("reboot", $.command, optional($.within)),
    within: ($) => seq("within", $._expression),
    ensure: ($) => seq("ensure", $.command, optional($.within), "answers", $._alternatives, "else", $.block),
    await: ($) =>
      seq(
        "await",
        choice(
          seq(
            choice(seq("quiet", $._expression), seq("prompt", $.string), "restart", $._alternatives),
            optional($.within),
          ),
          $.within,
        ),
      ),

    // The lines under it
    expect: ($) =>
      seq(
        "expect",
        choice(
          seq(choice("nothing", "restart"), optional($.within)),
          seq($._alternatives, optional(seq("then", "nothing"))),
        ),
      ),
    capture: ($) => seq("capture", optional("secret"), choice($._captured, seq("all", $._captured, "as", $.name)), optional(seq("from", $._expression))),
    _captured: ($) => choice(list($.field), or($._quoted_pattern)),
    field: ($) => seq($.name, optional(seq(":", $.type)), optional("?")),
    prompt: ($) =>
      seq(
        "prompt",
        optional($.string),
        optional($.within),
        choice("cancel", seq("reply", $._expression, optional(seq("then", choice("ctrl-z", "cr", "esc", "nothing"))))),
      ),
    when: ($) => seq("when", choice("timeout", "restart", $._alternatives), $.block),
    else: ($) => seq("else", $.block),

    // Blocks
    if: ($) => seq("if", $._expression, $.block, repeat(seq("else", "if", $._expression, $.block)), optional($._otherwise)),
    _otherwise: ($) => seq("else", $.block),
    for: ($) => seq("for", $.name, "in", $._expression, $.block),
    retry: ($) => seq("retry", $._schedule, $.block, optional($._otherwise)),
    repeat: ($) => seq("repeat", $._schedule, $.block),
    _schedule: ($) =>
      seq(optional("for"), $._expression, optional(seq("every", $._expression, optional(seq("up", "to", $._expression))))),
    try: ($) => seq("try", $.block, optional($._otherwise)),
    finally: ($) => seq("finally", $.block),
    part: ($) => seq("part", list($.name), $.block),
    unsafe: ($) => seq("unsafe", $.string, $.block),

    // Statements of one line
    assert: ($) => seq("assert", $._expression, optional($._because)),
    check: ($) => seq("check", $._expression, optional($._because)),
    _because: ($) => seq(",", $.string),
    fail: ($) => seq("fail", $.string),
    skip: ($) => seq("skip", $.string),
    stop: () => "stop",
    break: () => "break",
    set: ($) => seq("set", $.name, "=", $._expression),
    param: ($) => seq("param", $._declaration),
    secret: ($) => seq("secret", $._declaration),
    _declaration: ($) =>
      seq($.name, optional(seq(":", $.type)), optional(seq("=", $._expression)), optional(field("about", $.string))),
    requires: ($) =>
      seq("requires", choice(seq("hayes", choice($.decimal, $.integer, alias(/\d+\.\d+\.\d+/, $.decimal))), "real", "simulated", seq($._expression, optional($._because)))),
    run: ($) => seq("run", field("script", $.string), optional(seq("with", list($.argument))), optional(seq("as", $.name))),
    argument: ($) => seq($.name, "=", $._expression),
    report: ($) => seq("report", optional("row"), list(choice($.argument, $._expression))),
    abort: ($) => seq("abort", choice(seq("on", $._alternatives, optional($._because)), $.string)),
    log: ($) => seq("log", $.string),
    sleep: ($) => seq("sleep", $._expression),
    timeout: ($) => seq("timeout", $._expression),
    confirm: ($) => seq("confirm", $.string),
    ask: ($) => seq("ask", $.string, optional(seq("as", optional("secret"), $.name, optional(seq(":", $.type))))),
    port: ($) =>
      seq(
        "port",
        choice(
          seq("baud", $._expression),
          seq(choice("dtr", "rts"), choice("on", "off")),
          seq("break", $._expression),
          "flush",
          "escape",
        ),
      ),

    name: ($) => $.identifier,
    type: ($) => $.identifier,

    // An AT command line goes on to the first blank outside of its quotes.
    command: ($) =>
      seq(
        choice($.at, alias($._value, $.interpolation)),
        repeat(choice($.at_text, alias($._at_string, $.string), $.interpolation)),
      ),
    at: () => /(AT|at)[!#%-~]*/,
    at_text: () => immediate(choice(/[!#%-~]+/, "$${", "$")),
    _at_string: ($) => seq(immediate('"'), repeat(choice(immediate(prec(1, /[^"$\r\n]+/)), $._dollar, $.interpolation)), immediate('"')),
    _value: ($) => seq("${", $._expression, "}"),

    // Patterns
    _alternatives: ($) => or($._pattern),
    _pattern: ($) => choice($._quoted_pattern, $.bare_word, alias($.identifier, $.bare_word)),
    _quoted_pattern: ($) => choice($.pattern, $.regex),
    regex: () => /\/([^\/\\\r\n]|\\[^\r\n])+\/[A-Za-z]*/,
    bare_word: () => /[^ \t\r\n,"'{}\/#$]([^ \t\r\n,"'{}]|,[^ \t\r\n"'{}])*/,
    pattern: ($) =>
      choice(
        seq('"', repeat(choice(immediate(prec(1, /[^"\\${}\r\n]+/)), $.escape, $._in_pattern)), immediate('"')),
        seq("'", repeat(choice(immediate(prec(1, /[^'${}\r\n]+/)), $._in_pattern)), immediate("'")),
      ),
    _in_pattern: ($) => choice($.hole, immediate(/\{\{|\}\}|[{}]/), $._dollar, $.interpolation),
    hole: () => immediate(/\{([A-Za-z_][A-Za-z0-9_]*(:[ \t]*[a-z]+)?\??)?\}/),

    // Texts
    string: ($) =>
      choice(
        seq('"""', repeat(choice(immediate(prec(1, /[^"\\$]+/)), immediate(/""?/), $.escape, $._dollar, $.interpolation)), immediate('"""')),
        seq('"', repeat(choice(immediate(prec(1, /[^"\\$\r\n]+/)), $.escape, $._dollar, $.interpolation)), immediate('"')),
        seq("'", repeat(choice(immediate(prec(1, /[^'$\r\n]+/)), $._dollar, $.interpolation)), immediate("'")),
      ),
    escape: () => immediate(/\\(x[0-9A-Fa-f]{0,2}|u\{[0-9A-Fa-f]{0,8}\}?|[^\r\n])/),
    _dollar: () => immediate(choice("$${", "$")),
    interpolation: ($) => seq(immediate("${"), optional($._expression), "}"),

    // Expressions
    _expression: ($) =>
      choice(
        $.binary, $.unary, $.matches, $.call, $.member, $.index, $.list, $.group, $.string,
        $.variable, $.boolean, $.duration, $.decimal, $.integer,
      ),
    binary: ($) =>
      choice(
        ...[
          ["or", 1],
          ["and", 2],
          ["==", 3], ["!=", 3], ["<=", 3], [">=", 3], ["<", 3], [">", 3], ["in", 3],
          ["..", 4],
          ["+", 5], ["-", 5],
          ["*", 6], ["/", 6], ["%", 6],
        ].map(([operator, tightness]) => prec.left(tightness, seq($._expression, operator, $._expression))),
        prec.left(3, seq($._expression, "not", "in", $._expression)),
      ),
    matches: ($) => prec.left(3, seq($._expression, optional("not"), "matches", $._quoted_pattern)),
    unary: ($) => prec(7, seq(choice("not", "-"), $._expression)),
    call: ($) => seq(field("function", $.identifier), immediate("("), optional(list($._expression)), ")"),
    member: ($) => prec(8, seq($._expression, immediate("."), field("field", $.identifier))),
    index: ($) => prec(8, seq($._expression, immediate("["), $._expression, "]")),
    list: ($) => seq("[", optional(list($._expression)), "]"),
    group: ($) => seq("(", $._expression, ")"),
    variable: ($) => $.identifier,
    boolean: () => choice("true", "false"),
    duration: () => /\d+(ms|s|min|h)/,
    decimal: () => /\d+\.\d+/,
    integer: () => /\d+/,
  },
});
