_hayes_words() {
    local found only
    # Words stand here with the quotes that they were typed in.
    found="$(hayes complete-word -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)" && only=yes
    local -a found=("${(@f)found}")
    found=("${(@)found:#}")
    # Behind `name=` its value follows.
    compadd -- "${(@)found:#*=}"
    compadd -S '' -- "${(@M)found:#*=}"
    [[ -n "$only" ]] || _hayes "$@"
}
compdef _hayes_words hayes
