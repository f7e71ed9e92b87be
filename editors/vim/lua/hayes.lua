-- Starts the language server for a buffer, once for all of them.
local M = {}

function M.start(buffer)
  local config = { name = 'hayes', cmd = { vim.g.hayes_path or 'hayes', 'lsp' }, root_dir = vim.fn.getcwd() }
  if vim.lsp.start then
    return vim.lsp.start(config, { bufnr = buffer })
  end
  -- Before Neovim 0.8
  if not (M.client and vim.lsp.get_client_by_id(M.client)) then
    M.client = vim.lsp.start_client(config)
  end
  if M.client then
    vim.lsp.buf_attach_client(buffer, M.client)
  end
  return M.client
end

return M
