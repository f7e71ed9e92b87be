_hayes_words() {
    local word="${COMP_LINE:0:COMP_POINT}" found
    word="${word##*[[:space:]]}"
    _hayes "$@"
    mapfile -t found < <(hayes complete-word -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$word" 2>/dev/null)
    # Readline replaces what stands behind the last colon or equals sign.
    local cut="${word%"${word##*[:=]}"}"
    COMPREPLY+=("${found[@]#"$cut"}")
}
complete -F _hayes_words -o nosort -o bashdefault -o default hayes
