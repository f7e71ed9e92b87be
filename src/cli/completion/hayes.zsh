_hayes_words() {
    local -a found=("${(@f)$(hayes complete-word -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    [[ -n "$found" ]] && compadd -- "${found[@]}"
    _hayes "$@"
}
compdef _hayes_words hayes
