" Hayes: scripts for cellular modems.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:# commentstring=#\ %s formatoptions-=t
setlocal shiftwidth=2 softtabstop=2 expandtab
let b:undo_ftplugin = 'setlocal comments< commentstring< formatoptions< shiftwidth< softtabstop< expandtab<'

" :make checks the script; the list of errors takes you to each place.
if executable('hayes')
  setlocal makeprg=hayes\ check\ --json\ %:S\ \\\|\ sed\ -n\ 's/.*\"source\":\"\\([^\"]*\\)\".*\"line\":\\([0-9]*\\),\"column\":\\([0-9]*\\).*\"message\":\"\\([^\"]*\\)\".*/\\1:\\2:\\3:\ \\4/p'
  setlocal errorformat=%f:%l:%c:\ %m
  setlocal formatprg=hayes\ fmt\ -
  let b:undo_ftplugin .= ' | setlocal makeprg< errorformat< formatprg<'
endif

" The language server; `let g:hayes_no_server = 1` leaves it out.
if has('nvim') && executable(get(g:, 'hayes_path', 'hayes')) && !get(g:, 'hayes_no_server', 0)
  lua require('hayes').start(vim.api.nvim_get_current_buf())
endif
