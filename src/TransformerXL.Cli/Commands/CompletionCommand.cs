using System.CommandLine;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl completion</c>: prints the script by which a shell completes commands. The script asks the program by the directive <c>[suggest]</c>.</summary>
internal sealed class CompletionCommand(Terminal terminal) : ICommandDefinition
{
    private const string Bash = """
        # bash completion of txl. For every new shell: txl completion bash > ~/.local/share/bash-completion/completions/txl
        _txl() {
            local line="${COMP_LINE:0:COMP_POINT}" current words
            line="${line#*[[:space:]]}"
            current="${line##*[[:space:]]}"
            words=$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null) || words=
            local IFS=$'\n'
            COMPREPLY=()
            local word prefix="${current%"${COMP_WORDS[COMP_CWORD]}"}"
            for word in $words; do
                # A path with a space must stay one word.
                [[ $word == "$current"* ]] && printf -v word %q "${word#"$prefix"}" && COMPREPLY+=("$word")
            done
            [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace
            return 0
        }
        complete -o default -F _txl txl
        """;

    private const string Zsh = """
        #compdef txl
        # zsh completion of txl. For every new shell: txl completion zsh > a file named _txl in a folder of $fpath
        _txl() {
            local line="${${BUFFER[1,CURSOR]}#*[[:space:]]}" program="${words[1]:-txl}"
            local -a found folders others
            found=("${(@f)$("$program" "[suggest:${#line}]" "$line" 2>/dev/null)}")
            found=("${(@M)found:#${PREFIX}*}")
            if (( ${#found} )) && [[ -n "${found[1]}" ]]; then
                folders=("${(@M)found:#*/}")
                others=("${(@)found:#*/}")
                (( ${#folders} )) && compadd -S '' -- "${folders[@]}"
                (( ${#others} )) && compadd -- "${others[@]}"
                (( ${#folders} )) && return 0
                (( ${#others} )) && return 0
            fi
            _files
        }
        if [[ "${funcstack[1]}" == "_txl" ]]; then
            _txl "$@"
        else
            compdef _txl txl
        fi
        """;

    private const string Fish = """
        # fish completion of txl. For every new shell: txl completion fish > ~/.config/fish/completions/txl.fish
        function __txl_complete
            set -l line (commandline -cp | string replace -r '^\S+\s+' '')
            set -l program (commandline -opc)[1]
            set -l word (string escape --style=regex -- (commandline -ct))
            $program "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null | string match -r -- "^$word.*"
        end
        # Files only where there is nothing else to offer.
        complete -c txl -f -n 'string length -q -- (__txl_complete)' -a '(__txl_complete)'
        """;

    private const string PowerShell = """
        # PowerShell completion of txl. For every new shell, in $PROFILE: txl completion pwsh | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName txl -ScriptBlock {
            param($wordToComplete, $commandAst, $cursorPosition)
            $line = $commandAst.ToString()
            if ($cursorPosition -gt $line.Length) { $line = $line.PadRight($cursorPosition) }
            $line = $line.Substring(0, $cursorPosition) -replace '^\S+\s+', ''
            & $commandAst.CommandElements[0].ToString() "[suggest:$($line.Length)]" $line 2>$null |
                Where-Object { $_ -like "$wordToComplete*" } |
                ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
        }
        """;

    private static readonly Dictionary<string, string> s_scripts = new(StringComparer.Ordinal) { ["bash"] = Bash, ["zsh"] = Zsh, ["fish"] = Fish, ["pwsh"] = PowerShell };

    private readonly Argument<string> _shell = new("SHELL") { Description = $"The shell: {string.Join(", ", s_scripts.Keys)}." };

    public Command Create()
    {
        Command command = new("completion", "Print a script that lets a shell complete commands, options, values and folders of runs.");
        _shell.CompletionSources.Add([.. s_scripts.Keys]);
        _shell.Validators.Add(result =>
        {
            if (result.Tokens is [var shell, ..] && !s_scripts.ContainsKey(shell.Value))
            {
                result.AddError($"SHELL is '{shell.Value}', but must be one of: {string.Join(", ", s_scripts.Keys)}");
            }
        });
        command.Add(_shell);
        command.SetAction(result => terminal.Out.Write(s_scripts[result.GetRequiredValue(_shell)].ReplaceLineEndings("\n") + "\n"));
        return command;
    }
}
