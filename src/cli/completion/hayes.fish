set -l words '(hayes complete-word -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
complete -c hayes -a $words
complete -c hayes -s p -l port -x -a $words
complete -c hayes -s V -l var -x -a $words
complete -c hayes -s l -l limit -x -a $words
for flag in secret only module profile fault
    complete -c hayes -l $flag -x -a $words
end
