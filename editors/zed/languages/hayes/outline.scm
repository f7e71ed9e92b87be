(param "param" @context (name) @name) @item
(secret "secret" @context (name) @name) @item
(part "part" @context (name) @name) @item
(exchange (command) @name) @item
(run "run" @context (string) @name) @item
