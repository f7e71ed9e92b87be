" Hayes: scripts for cellular modems. The keywords are held against the grammar by the project's tests.
if exists('b:current_syntax')
  finish
endif

syntax case match
syntax iskeyword @,48-57,_,-

" What begins a line, and the words inside of one.
syntax keyword hayesStatement abort ask assert await capture check confirm ensure expect fail log param part port prompt reboot report requires run secret send set skip sleep stop timeout unsafe
syntax keyword hayesControl break else finally for if retry repeat try when
syntax keyword hayesClause all answers as baud cancel dtr escape every flush from hayes in matches not nothing on or and quiet raw real reply restart row rts simulated then to up with within
syntax keyword hayesBoolean true false off
syntax keyword hayesBuiltin response body result elapsed replied attempt error module

syntax match hayesFunction /\<[a-z][a-z0-9_]*\ze(/
syntax match hayesKind /:\s*\zs\(int\|hex\|decimal\|text\)\>/
syntax match hayesDuration /\<\d\+\(ms\|s\|min\|h\)\>/
syntax match hayesNumber /\<\d\+\(\.\d\+\)\?\>/
syntax match hayesOperator /[=!<>]=\|[<>+*%]/

syntax region hayesInterpolation matchgroup=hayesBrace start=/\${/ end=/}/ contained contains=hayesFunction,hayesNumber,hayesDuration
syntax match hayesHole /{[a-z_][a-z0-9_]*\(:[a-z]\+\)\??\?}\|{}/ contained
syntax match hayesEscape /\\\([rnt"\\]\|x\x\x\|u{\x\+}\)/ contained
syntax region hayesString start=/"/ skip=/\\./ end=/"/ oneline contains=hayesInterpolation,hayesHole,hayesEscape
syntax region hayesString start=/'/ end=/'/ oneline contains=hayesInterpolation,hayesHole
syntax region hayesString start=/"""/ end=/"""/ contains=hayesInterpolation,hayesEscape
syntax region hayesRegex start=#\(\<\(expect\|capture\|matches\|or\|await\|answers\|on\|when\)\s\+\)\@<=/# skip=#\\.# end=#/i\?# oneline

" An AT command line goes on to the first blank outside of its quotes.
syntax match hayesCommand /\(^\s*\|\<\(send\|ensure\|reboot\)\s\+\)\@<=\(AT\|at\)\([^ \t"]\|"[^"]*"\)*/ contains=hayesAtString,hayesInterpolation
syntax match hayesAtString /"[^"]*"/ contained contains=hayesInterpolation

syntax match hayesComment /\(^\|\s\)\zs#.*$/ contains=hayesTodo,hayesAllow
syntax match hayesAllow /\<allow\s\+[a-z:-]\+/ contained
syntax keyword hayesTodo TODO FIXME XXX contained

highlight default link hayesStatement Statement
highlight default link hayesControl Conditional
highlight default link hayesClause Keyword
highlight default link hayesBoolean Boolean
highlight default link hayesBuiltin Identifier
highlight default link hayesFunction Function
highlight default link hayesKind Type
highlight default link hayesDuration Number
highlight default link hayesNumber Number
highlight default link hayesOperator Operator
highlight default link hayesInterpolation Identifier
highlight default link hayesBrace Special
highlight default link hayesHole Special
highlight default link hayesEscape SpecialChar
highlight default link hayesString String
highlight default link hayesRegex String
highlight default link hayesCommand PreProc
highlight default link hayesAtString String
highlight default link hayesComment Comment
highlight default link hayesAllow SpecialComment
highlight default link hayesTodo Todo

let b:current_syntax = 'hayes'
