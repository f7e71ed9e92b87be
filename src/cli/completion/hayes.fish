complete -c hayes -a '(hayes complete-word -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
