-- Debian's Neovim, headless, on a real mission: open, diagnose, hover, rename, format, a code action applied.
-- nvim --headless --clean --cmd 'set rtp^=editors/neovim' -l is newer than 0.7: this file is run by `-S`.
local mission = vim.env.MISSION
local failures = {}

local function check(what, condition)
  if not condition then
    table.insert(failures, what)
  end
  io.stdout:write((condition and "ok   " or "FAIL ") .. what .. "\n")
end

local function eventually(condition)
  return vim.wait(20000, condition, 20)
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
end

local function go(pattern)
  vim.fn.cursor(1, 1)
  return vim.fn.search(pattern) > 0
end

local function ask(method, more)
  local params = vim.tbl_extend("force", vim.lsp.util.make_position_params(), more or {})
  local answers = vim.lsp.buf_request_sync(0, method, params, 20000) or {}
  for _, answer in pairs(answers) do
    return answer.result
  end
end

local ok, problem = pcall(function()
  vim.cmd("filetype plugin on")
  require("rustchain").setup({ cmd = { vim.env.RUSTCHAIN, "lsp" } })
  vim.cmd("edit " .. mission)
  check("the file is a mission", vim.bo.filetype == "mission")
  check("the server is attached", eventually(function()
    return #vim.tbl_values(vim.lsp.buf_get_clients(0)) == 1
  end))

  go("fs.read")
  vim.cmd("normal! wwcwraed")
  local function errors()
    return vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })
  end
  check("a typing mistake is an error", eventually(function() return #errors() == 1 end))

  local found = errors()[1]
  vim.fn.cursor(found.lnum + 1, found.col + 1)
  local range = vim.lsp.util.make_range_params()
  range.context = { diagnostics = vim.lsp.diagnostic.get_line_diagnostics(0) }
  local actions = vim.lsp.buf_request_sync(0, "textDocument/codeAction", range, 20000) or {}
  for id, answer in pairs(actions) do
    local client = vim.lsp.get_client_by_id(id)
    vim.lsp.util.apply_workspace_edit(answer.result[1].edit, client.offset_encoding)
  end
  check("its fix is applied", eventually(function() return #errors() == 0 end) and text():find("fs.read(path", 1, true))

  go("file = fs.read")
  local hover = ask("textDocument/hover")
  check("a step hovers as its type", hover and hover.contents.value:find("step file: string", 1, true))

  local edit = ask("textDocument/rename", { newName = "source" })
  vim.lsp.util.apply_workspace_edit(edit, "utf-16")
  check("a rename changes each use", text():find("step source = fs.read", 1, true) and text():find("json.parse(source)", 1, true))
  check("and the file still compiles", eventually(function() return #errors() == 0 end))

  go("step source")
  vim.cmd("normal! I      ")
  local formatting = vim.lsp.util.make_formatting_params({})
  local edits = vim.lsp.buf_request_sync(0, "textDocument/formatting", formatting, 20000) or {}
  for _, answer in pairs(edits) do
    vim.lsp.util.apply_text_edits(answer.result, 0, "utf-16")
  end
  check("the formatter gives the one form", text():find("\n  step source = fs.read", 1, true))
end)

check("no error in between: " .. tostring(problem), ok)
vim.cmd(#failures == 0 and "qall!" or "cquit")
