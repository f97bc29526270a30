using System.CommandLine;
using System.CommandLine.Parsing;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Options;

/// <summary>The option to open a page in the browser.</summary>
/// <param name="description">The description.</param>
internal sealed class OpenOption(string description = "Open the page in the browser.")
{
    private readonly Option<bool> _open = NewOption.Flag("--open", description);

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Add(_open);

    /// <summary>Whether the option is given.</summary>
    public bool IsOn(ParseResult result) => result.GetValue(_open);

    /// <inheritdoc cref="IsOn(ParseResult)"/>
    public bool IsOn(SymbolResult result) => result.GetValue(_open);

    /// <summary>Opens a page if the option is given; a failure is reported but is not an error of the command.</summary>
    public void Open(ParseResult result, Terminal terminal, string page)
    {
        if (IsOn(result) && terminal.OpenPage(page) is { } reason)
        {
            terminal.Error.WriteLine($"txl: {page} cannot be opened in a browser: {reason}; open {new Uri(Path.GetFullPath(page)).AbsoluteUri} yourself");
        }
    }
}
