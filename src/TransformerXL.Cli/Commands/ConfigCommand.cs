using System.CommandLine;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl config</c>: the files of <c>train --config</c>.</summary>
internal sealed class ConfigCommand(Terminal terminal) : ICommandDefinition
{
    public Command Create()
    {
        Command schema = new("schema", "Print the JSON schema of configuration files, for editors that complete and check them.");
        schema.SetAction(_ => Print());
        return new Command("config", "Configuration files of 'train --config'.") { schema };
    }

    private int Print()
    {
        using Stream stream = typeof(ConfigCommand).Assembly.GetManifestResourceStream("config.schema.json")
            ?? throw new InvalidOperationException("the schema is not in the program");
        using StreamReader reader = new(stream);
        terminal.Out.Write(reader.ReadToEnd());
        return ExitCode.Ok;
    }
}
