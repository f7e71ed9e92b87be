(comment) @comment

["if" "else" "for" "retry" "repeat" "try" "finally" "when"] @keyword.control
[
  "send" "reboot" "ensure" "await" "expect" "capture" "prompt" "unsafe" "assert" "check" "fail" "skip" "set" "param" "part" "secret"
  "requires" "run" "report" "abort" "log" "sleep" "timeout" "confirm" "ask" "port"
  "within" "answers" "quiet" "restart" "nothing" "then" "all" "as" "from" "cancel" "reply" "raw" "in" "every" "up" "to"
  "with" "row" "hayes" "real" "simulated" "on" "baud" "dtr" "rts" "flush" "escape"
] @keyword
(stop) @keyword
(break) @keyword
["or" "and" "not" "matches"] @keyword.operator
["ctrl-z" "cr" "esc" "off"] @constant

["==" "!=" "<=" ">=" "<" ">" "+" "-" "*" "/" "%" ".." "="] @operator
["{" "}" "(" ")" "[" "]" "${"] @punctuation.bracket
["," ":" "?"] @punctuation.delimiter

(at) @function.macro
(at_text) @function.macro
(string) @string
(pattern) @string
(bare_word) @string
(regex) @string.regexp
(escape) @string.escape
(hole) @variable.parameter
(interpolation ["${" "}"] @punctuation.special)

(call function: (identifier) @function)
(member field: (identifier) @property)
(param (name) @variable.parameter)
(secret (name) @variable.parameter)
(name) @variable
(variable) @variable
((variable) @variable.builtin (#any-of? @variable.builtin "response" "body" "result" "elapsed" "replied" "attempt" "error" "module"))
(type) @type
(boolean) @boolean
[(integer) (decimal) (duration)] @number
