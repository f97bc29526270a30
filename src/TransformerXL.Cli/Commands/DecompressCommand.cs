using System.CommandLine;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Compression;
using TransformerXL.Compression.Container;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl decompress</c>: restores files of <c>txl compress</c>.</summary>
internal sealed class DecompressCommand(Terminal terminal) : ICommandDefinition
{
    private readonly Argument<string[]> _files = new("FILE") { Description = "Compressed file, or several; - reads standard input.", Arity = new ArgumentArity(1, 100_000) };
    private readonly Option<string?> _model = NewOption.Text("--model", "RUN", "The trained model that the file was compressed with.");
    private readonly NetworkOptions _network = new();
    private readonly Option<string?> _out = NewOption.Text("--out", "PATH", "File to write, or folder for an archive. [default: beside FILE, without .txlz]");
    private readonly Option<bool> _stdout = NewOption.Flag("--stdout", "Write the restored bytes to standard output.");
    private readonly Option<bool> _force = NewOption.Flag("--force", "Replace the restored file if it exists; archives replace nothing.");
    private readonly Option<bool> _recover = NewOption.Flag("--recover", "Restore the whole blocks before damage, into --out or FILE.recovered.");

    private readonly Option<long?> _maxMemory = ByteSize.NewOption(
        "--max-memory", "Maximum memory that a compressed file may ask for.", 1 << 20, 1L << 45, new DecompressionOptions().MaxMemory);

    public Command Create()
    {
        _out.Aliases.Add("-o");
        _stdout.Aliases.Add("-c");
        _force.Aliases.Add("-f");
        Command command = new("decompress", "Restore files that 'txl compress' wrote. Inputs are kept.") { _files, _model, _out, _stdout, _force, _recover, _maxMemory };
        _network.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_stdout) && result.GetResult(_out) is not null)
            {
                result.AddError("--stdout and --out exclude each other");
            }

            if (result.GetValue(_files) is { Length: > 1 } && result.GetResult(_out) is not null)
            {
                result.AddError("--out names one file; several are restored beside their compressed files");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        int code = ExitCode.Ok;
        ModelFolder? model = result.GetValue(_model) is { } folder ? ModelFolder.Load(folder, cancellationToken: stop) : null;
        foreach (string path in result.GetRequiredValue(_files))
        {
            string? fault;
            try
            {
                string? damage = await InputFile.NamingAsync(path, () => RestoreAsync(result, path, model, stop)).ConfigureAwait(false);
                fault = damage is null ? null : $"'{InputFile.NameOf(path)}': {damage}";
            }
            catch (Exception exception) when (Failure.Of(exception, debug: false, stop) is { Code: ExitCode.BadInput, Message: { } message })
            {
                // The other files are restored all the same, as gzip and xz do.
                fault = message + OptionNames.Hint(exception, result.CommandResult.Command, result.CommandResult.Command);
            }

            if (fault is not null)
            {
                terminal.Error.WriteLine($"txl: {fault}");
                code = ExitCode.BadInput;
            }
        }

        return code;
    }

    /// <returns>The error of a file of which only a part was restored.</returns>
    private async Task<string?> RestoreAsync(ParseResult result, string path, ModelFolder? model, CancellationToken stop)
    {
        DecompressionOptions options = new()
        {
            MaxMemory = result.Get(_maxMemory),
            Recover = result.GetValue(_recover),
            Model = model,
            Threads = _network.Threads(result),
            InstructionSet = _network.Isa(result),
        };
        using StatusLine status = new(terminal);
        CompressionStatus progress = new(status, $"decompressing {InputFile.NameOf(path)}", CompressionStatus.LengthOf([path], stop), countsPlain: false);
        using Stream input = InputFile.Open(path, terminal, null, stop);
        using ContainerReader reader = new(input, options, progress);
        await reader.ReadHeaderAsync(stop).ConfigureAwait(false);
        bool wantsStandardOutput = result.GetValue(_stdout) || result.GetValue(_out) == InputFile.StandardInput;
        bool toStandardOutput = wantsStandardOutput || (path == InputFile.StandardInput && result.GetResult(_out) is null);
        CompressionResult done = reader.Content == ContentKind.Files
            ? await ExtractAsync(reader, result, path, options, wantsStandardOutput, stop).ConfigureAwait(false)
            : RestoreFile(reader, result, path, toStandardOutput ? null : result.GetValue(_out) ?? CompressedNames.Restored(path), options, stop);
        status.Clear();
        if (done.Damage is not null)
        {
            return reader.Content == ContentKind.Files
                ? $"{done.Damage}; the whole files before the damage were restored"
                : $"{done.Damage}; {Figures.Count(done.PlainBytes, "byte")} before the damage {(done.PlainBytes == 1 ? "was" : "were")} restored";
        }

        terminal.Notes.WriteLine($"{Figures.Count(done.CompressedBytes)} -> {Figures.Count(done.PlainBytes, "byte")}");
        return null;
    }

    private async Task<CompressionResult> ExtractAsync(
        ContainerReader reader, ParseResult result, string path, DecompressionOptions options, bool wantsStandardOutput, CancellationToken stop)
    {
        if (wantsStandardOutput)
        {
            throw new InputException("it is an archive of files, which cannot go to standard output; name a folder with --out");
        }

        string folder = result.GetValue(_out) ?? (path == InputFile.StandardInput ? "." : Path.GetDirectoryName(Path.GetFullPath(path))!);
        return await FileArchive.ExtractAsync(reader, folder, options, stop).ConfigureAwait(false);
    }

    private CompressionResult RestoreFile(ContainerReader reader, ParseResult result, string path, string? target, DecompressionOptions options, CancellationToken stop)
    {
        if (target is null)
        {
            terminal.Out.Flush();
            return reader.CopyToAsync(terminal.OutBytes, stop).GetAwaiter().GetResult();
        }

        // A partial file must not be mistaken for the whole.
        string place = options.Recover && result.GetResult(_out) is null ? target + CompressedNames.RecoveredSuffix : target;
        CompressedNames.RequireOutside(place, [path]);
        CompressedNames.RequireNew(place, result.GetValue(_force), null);
        CompressionResult done = null!;
        CompressedNames.Write(place, result.GetValue(_force), [path], output =>
        {
            done = reader.CopyToAsync(output, stop).GetAwaiter().GetResult();
            if (done is { Damage: { } damage, PlainBytes: 0 })
            {
                // Thrown here, so that no empty file is left.
                throw new InputException($"{damage}; nothing could be restored");
            }
        });
        return done;
    }
}
