autocmd BufRead,BufNewFile *.mission setfiletype mission
