-- What Neovim gets from the server: printed line by line for tests/lsp.rs.
local function say(what, text)
  io.stdout:write(what .. ': ' .. tostring(text):gsub('\n', ' | ') .. '\n')
end

local function ask(method, line, character)
  local position = { line = line, character = character }
  local params = { textDocument = { uri = vim.uri_from_bufnr(0) }, position = position }
  local answers = vim.lsp.buf_request_sync(0, method, params, 20000) or {}
  for _, answer in pairs(answers) do
    return answer.result
  end
end

local ok, why = pcall(function()
  say('filetype', vim.bo.filetype)
  vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end, 20)
  for _, found in ipairs(vim.diagnostic.get(0)) do
    say('diagnostic', (found.lnum + 1) .. ':' .. (found.col + 1) .. ' ' .. found.message)
  end
  say('hover', ask('textDocument/hover', 1, 4).contents.value)
  local items = ask('textDocument/completion', 1, 6).items
  say('completion', #items > 0 and items[1].label)
  vim.cmd('silent make')
  local made = vim.fn.getqflist()[1] or {}
  say('made', string.format('%s:%s %s', made.lnum, made.col, made.text))
  -- A script with a mistake has no canonical form: nothing is changed.
  vim.cmd('silent! normal! 1GgqG')
  say('kept', table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n'))
  say('omnifunc', vim.bo.omnifunc)
  -- The mistake is mended by hand; the server is told as the buffer changes.
  vim.api.nvim_buf_set_lines(0, 0, 1, false, { 'retry 3 {' })
  vim.wait(20000, function() return #vim.diagnostic.get(0) == 0 end, 20)
  say('left', #vim.diagnostic.get(0))
  -- One line of a block is no script: the whole of it is written anew.
  vim.cmd('silent normal! 2Ggqq')
  say('gq', table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n'))
  vim.api.nvim_buf_set_lines(0, 1, 2, false, { 'AT+CSQ' })
  local formatting = vim.lsp.buf.format or vim.lsp.buf.formatting_sync
  formatting({ timeout_ms = 20000 }, 20000)
  say('formatted', table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n'))
  say('colour', vim.fn.synIDattr(vim.fn.synID(1, 1, 1), 'name'))
end)
if not ok then
  say('failed', why)
end
vim.cmd('qa!')
