using System.CommandLine;

namespace TransformerXL.Cli.Commands;

/// <summary>One command of <c>txl</c>: its options and its action.</summary>
internal interface ICommandDefinition
{
    /// <summary>Describes the command to the parser.</summary>
    Command Create();
}
