using System.CommandLine;
using System.CommandLine.Parsing;
using TransformerXL.Files;

namespace TransformerXL.Cli.Options;

/// <summary>Prints the errors of a command line, a suggestion, and where to find help.</summary>
internal static class UsageErrors
{
    /// <summary>Placeholders of values that name a file or a folder.</summary>
    private static readonly string[] s_paths = ["PATH", "DIR", "FILE", "RUN", "FROM"];

    public static void Write(ParseResult result, TextWriter writer)
    {
        Command command = result.CommandResult.Command;
        string path = CommandPath(result.CommandResult);
        foreach (string message in Messages(result, command, path))
        {
            writer.WriteLine($"txl: {InputText.ShowMessage(message)}");
        }

        writer.WriteLine($"'{path} --help' lists what is allowed.");
    }

    /// <summary>
    /// Unknown options that the parser took for an argument, such as a prompt. After a
    /// <c>--</c> everything is an argument.
    /// </summary>
    public static IReadOnlyList<string> Misread(ParseResult result) => result.Tokens.Any(token => token.Type == TokenType.DoubleDash)
        ? []
        : [.. result.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
            .Select(token => token.Value).Where(value => value.StartsWith("--", StringComparison.Ordinal))];

    /// <summary>Empty values that should name a file or a folder, such as an unset shell variable in quotation marks.</summary>
    public static IReadOnlyList<string> Empty(ParseResult result) =>
    [
        .. from child in result.CommandResult.Children
           where child.Tokens.Any(token => token.Value.Length == 0)
           let named = child switch
           {
               OptionResult { Option: { HelpName: { } placeholder, Name: var name } } => (Name: name, Placeholder: placeholder),
               ArgumentResult { Argument.Name: var name } => (Name: name, Placeholder: name),
               _ => default,
           }
           where s_paths.Contains(named.Placeholder)
           select $"{named.Name} is empty, but must name a file or a folder",
    ];

    /// <summary>Options without a value where another one was given before: the parser counts them together.</summary>
    public static IReadOnlyList<string> WithoutValue(ParseResult result) =>
    [
        .. from option in result.CommandResult.Children.OfType<OptionResult>()
           where option.Option.Arity.MinimumNumberOfValues > 0 && option.Tokens.Count < option.IdentifierTokenCount
           select $"Required argument missing for option: '{option.Option.Name}'.",
    ];

    private static IEnumerable<string> Messages(ParseResult result, Command command, string path)
    {
        IReadOnlyList<string> misread = Misread(result);
        if (misread.Count > 0)
        {
            return misread.Select(token => Unknown(token, command, path));
        }

        if (result.UnmatchedTokens.Count == 0)
        {
            return result.Errors.Select(Describe).Concat(Empty(result)).Concat(WithoutValue(result)).Distinct();
        }

        // What follows an unknown command belongs to it.
        if (command.Subcommands.Count > 0 && !result.UnmatchedTokens[0].StartsWith('-'))
        {
            return [Unknown(result.UnmatchedTokens[0], command, path)];
        }

        // The argument after an unknown option is probably its value, not another error.
        string[] options = [.. result.UnmatchedTokens.Where(token => token.StartsWith('-')).Distinct()];
        string[] swallowing = options.Length > 0 ? [] : [.. Swallowing(result, command)];
        if (swallowing.Length > 0)
        {
            return swallowing;
        }

        return (options.Length > 0 ? options : [result.UnmatchedTokens[0]]).Select(token => Unknown(token, command, path));
    }

    /// <summary>Options that took the name of the next one for their value, which leaves the value of that one over.</summary>
    private static IEnumerable<string> Swallowing(ParseResult result, Command command) =>
        from option in result.CommandResult.Children.OfType<OptionResult>()
        from token in option.Tokens
        where command.Options.Any(other => other.Name == token.Value || other.Aliases.Contains(token.Value))
        select $"{option.Option.Name} has no value: '{token.Value}' follows it";

    private static string Describe(ParseError error) => error.SymbolResult switch
    {
        ArgumentResult { Tokens.Count: 0, Parent: CommandResult } missing => $"{missing.Argument.Name} is missing: {missing.Argument.Description}",
        CommandResult { Command: { Action: null, Subcommands.Count: > 0 } } group => $"name a command of {CommandPath(group)}: {Names(group.Command)}",
        _ => error.Message,
    };

    private static string Names(Command command) => string.Join(", ", command.Subcommands.Select(subcommand => subcommand.Name));

    private static string Unknown(string token, Command command, string path)
    {
        bool isOption = token.StartsWith('-');
        string[] names = isOption
            ? [.. command.Options.Select(option => option.Name)]
            : [.. command.Subcommands.Select(subcommand => subcommand.Name)];
        string kind = isOption ? "an option" : names.Length > 0 ? "a command" : "an argument";
        IReadOnlyList<string> near = NameSuggestions.Find(token, names, max: 1);
        string choices = near.Count > 0 ? $"; did you mean '{near[0]}'?" : !isOption && names.Length > 0 ? $"; there are: {string.Join(", ", names)}" : "";
        return $"'{token}' is not {kind} of {path}{choices}";
    }

    private static string CommandPath(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{CommandPath(parent)} {result.Command.Name}" : "txl";
}
