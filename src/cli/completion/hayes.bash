_hayes_words() {
    # COMP_WORDS is cut at colons and equals signs; a word of ours is not.
    local line="${COMP_LINE:0:COMP_POINT}" found found_at words exit
    local word="${line##*[[:space:]]}"
    COMPREPLY=()
    # A word with a blank in it, in quotes or behind a backslash, is a file for the shell to complete.
    [[ "$line" != *\\[[:space:]]"$word" ]] || return
    # As the shell reads them, without their quotes
    words="$(xargs printf '%s\n' <<<"${line%"$word"}" 2>/dev/null)" || return
    mapfile -t words <<<"$words"
    mapfile -t found < <(hayes complete-word -- "${words[@]:1}" "$word" 2>/dev/null; echo "$?")
    exit="${found[-1]}"
    unset 'found[-1]'
    # A folder of one's own, beside the library's; never as the value of a flag
    [[ "$exit" = 0 || "$word" == -* || "${words[-1]}" == --* || ! "${words[1]}" =~ ^(run|batch|check|show)$ ]] ||
        mapfile -t -O "${#found[@]}" found < <(compgen -d -S / -- "$word")
    for found_at in "${!found[@]}"; do
        [[ "${found[found_at]}" != *[[:space:]]* ]] || printf -v "found[found_at]" %q "${found[found_at]}"
    done
    # 0: nothing else can stand there, and no file
    if [ "$exit" = 0 ]; then compopt +o default +o bashdefault; else _hayes "$@"; fi
    # Options are for who has begun one: else a file would be one of them.
    [[ "$word" == -* ]] || for found_at in "${!COMPREPLY[@]}"; do
        [[ "${COMPREPLY[found_at]}" != -* ]] || unset "COMPREPLY[found_at]"
    done
    # Readline replaces what stands behind the last colon or equals sign.
    local cut="${word%"${word##*[:=]}"}"
    COMPREPLY+=("${found[@]#"$cut"}")
    [[ "${COMPREPLY[*]}" != *[=/] ]] || compopt -o nospace
}
complete -F _hayes_words -o nosort -o bashdefault -o default hayes
