using System.CommandLine;
using System.Runtime.CompilerServices;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Terminals;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl serve</c>: models over HTTP. Code that uses ASP.NET Core is in <see cref="ServeRun"/>, so that other commands do not load it.</summary>
internal sealed class ServeCommand(Terminal terminal) : ICommandDefinition
{
    private readonly ServeOptions _options = new();

    public Command Create()
    {
        Command command = new("serve", "Serve models over HTTP: OpenAI's routes, sessions that are kept, and a page to write with.");
        _options.AddTo(command);
        command.Validators.Add(result =>
        {
            foreach (Option option in (Option[])[_options.SessionShared, _options.SessionDisk, _options.SessionDays, _options.SessionSave])
            {
                if (result.GetResult(option) is { Implicit: false } && result.GetResult(_options.SessionStore) is null)
                {
                    result.AddError($"{option.Name} is about a store of sessions; add --session-store PLACE");
                }
            }

            if (result.GetValue(_options.SessionShared) && result.GetResult(_options.SessionSave) is { Implicit: false } && result.GetValue(_options.SessionSave) != "always")
            {
                result.AddError($"{_options.SessionShared.Name} saves with each answer, so that {_options.SessionSave.Name} can only be always");
            }

            if (result.GetResult(_options.SessionDisk) is { Implicit: false } && result.GetValue(_options.SessionStore) is { } place && RedisPlace.Is(place))
            {
                result.AddError("--session-disk limits a folder; Redis has a limit of its own, maxmemory");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Task<int> RunAsync(ParseResult result, CancellationToken stop) => new ServeRun(terminal, _options, result).RunAsync(stop);
}
