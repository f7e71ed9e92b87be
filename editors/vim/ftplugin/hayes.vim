" Hayes: scripts for cellular modems.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:# commentstring=#\ %s formatoptions-=t
setlocal shiftwidth=2 softtabstop=2 expandtab
let b:undo_ftplugin = 'setlocal comments< commentstring< formatoptions< shiftwidth< softtabstop< expandtab< omnifunc< iskeyword<'
" `+` is part of AT+CSQ: completion takes the whole word.
setlocal iskeyword+=+

" :make checks the script; the list of errors takes you to each place. `gq` writes the script in its canonical form: the
" whole of it, whatever lines are named, for a line of a block is no script.
if executable(get(g:, 'hayes_path', 'hayes'))
  let &l:makeprg = shellescape(get(g:, 'hayes_path', 'hayes')) . ' check --json %:S \| sed -nE '
        \ . '''s/^\{"file":"([^"]*)","line":([0-9]+),"column":([0-9]+),.*"severity":"(.)[a-z]*",'
        \ . '"code":"[^"]*","message":"([^"\\]*(\\.[^"\\]*)*)".*/\1:\2:\3:\4:\5/p'''
  setlocal errorformat=%f:%l:%c:%t:%m
  setlocal formatexpr=HayesFormat()
  let b:undo_ftplugin .= ' | setlocal makeprg< errorformat< formatexpr<'
endif

function! HayesFormat() abort
  if mode() =~# '[iR]'
    return 1
  endif
  let old = getline(1, '$')
  let new = systemlist(shellescape(get(g:, 'hayes_path', 'hayes')) . ' fmt -', old)
  if v:shell_error
    echohl ErrorMsg
    echomsg 'Not formatted: the script has mistakes; :make lists them.'
    echohl None
  elseif new !=# old
    let view = winsaveview()
    call setline(1, new)
    if len(new) < line('$')
      execute 'silent ' . (len(new) + 1) . ',$delete _'
    endif
    call winrestview(view)
  endif
  return 0
endfunction

" The language server; `let g:hayes_no_server = 1` leaves it out.
if has('nvim') && executable(get(g:, 'hayes_path', 'hayes')) && !get(g:, 'hayes_no_server', 0)
  setlocal omnifunc=v:lua.vim.lsp.omnifunc
  lua require('hayes').start(vim.api.nvim_get_current_buf())
endif
