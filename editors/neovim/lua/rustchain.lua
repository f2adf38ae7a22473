--- Starts `rustchain lsp` for mission files. Neovim 0.7 and later.
local M = {}

--- What `setup` may change.
M.options = {
  --- The server's command line.
  cmd = { "rustchain", "lsp" },
  --- Called as on_attach(client, buffer).
  on_attach = nil,
  capabilities = nil,
}

function M.setup(options)
  M.options = vim.tbl_deep_extend("force", M.options, options or {})
end

local clients = {}

local function root_of(buffer)
  local file = vim.api.nvim_buf_get_name(buffer)
  local folder = vim.fn.fnamemodify(file, ":p:h")
  for _, marker in ipairs({ "rustchain.toml", ".git" }) do
    local found = vim.fn.finddir(marker, folder .. ";")
    if found == "" then
      found = vim.fn.findfile(marker, folder .. ";")
    end
    if found ~= "" then
      return vim.fn.fnamemodify(found, ":p"):gsub("/$", ""):match("^(.*)/[^/]+$")
    end
  end
  return folder
end

--- Attaches the server of the buffer's project to the buffer; starts it where none runs.
function M.attach(buffer)
  if buffer == 0 then
    buffer = vim.api.nvim_get_current_buf()
  end
  local root = root_of(buffer)
  local config = {
    name = "rustchain",
    cmd = M.options.cmd,
    root_dir = root,
    on_attach = M.options.on_attach,
    capabilities = M.options.capabilities or vim.lsp.protocol.make_client_capabilities(),
  }
  if vim.lsp.start then
    return vim.lsp.start(config, { bufnr = buffer })
  end
  local id = clients[root]
  if not id or not vim.lsp.get_client_by_id(id) then
    id = vim.lsp.start_client(config)
    clients[root] = id
  end
  if id then
    vim.lsp.buf_attach_client(buffer, id)
  end
  return id
end

return M
