autocmd BufRead,BufNewFile *.hayes setfiletype hayes
