using System.CommandLine;
using System.Globalization;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Compression;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl compress</c>: compresses files without loss, with a predictor that learns while it reads.</summary>
internal sealed class CompressCommand(Terminal terminal) : ICommandDefinition
{
    private readonly Argument<string[]> _files = new("FILE") { Description = "File to compress, or several files and folders for one archive; - reads standard input.", Arity = new ArgumentArity(1, 100_000) };
    private readonly Option<bool> _fast = NewOption.Flag("--fast", "Mix fewer contexts: about twice the speed, a larger file.");
    private readonly Option<bool> _best = NewOption.Flag("--best", "Smaller by 7 to 21 %, thirty times slower both ways, with 1.1 GiB of memory.");
    private readonly Option<string?> _model = NewOption.Text("--model", "RUN", "Begin with a trained model of bytes; decompression needs it too.");
    private readonly Option<int?> _passes = NewOption.Whole("--passes", "How often the network of --best or --model reads what was read again.", 0, 64, 3);
    private readonly NetworkOptions _network = new();
    private readonly Option<string?> _out = NewOption.Text("--out", "FILE", $"Compressed file to write. [default: FILE{CompressedNames.Suffix}]");
    private readonly Option<bool> _stdout = NewOption.Flag("--stdout", "Write the compressed bytes to standard output.");
    private readonly Option<bool> _force = NewOption.Flag("--force", "Replace the compressed file if it exists.");

    public Command Create()
    {
        _out.Aliases.Add("-o");
        _stdout.Aliases.Add("-c");
        _force.Aliases.Add("-f");
        Command command = new("compress", "Compress files or standard input without loss; 'txl decompress' restores them. Inputs are kept.") { _files, _fast, _best, _passes, _model, _out, _stdout, _force };
        _network.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_fast) && result.GetValue(_best))
            {
                result.AddError("--fast and --best exclude each other");
            }

            if (result.GetResult(_passes) is { Implicit: false } && !result.GetValue(_best) && result.GetValue(_model) is null)
            {
                result.AddError("--passes are those of the network; give --best or --model too");
            }

            if (result.GetValue(_stdout) && result.GetResult(_out) is not null)
            {
                result.AddError("--stdout and --out exclude each other");
            }

            string[] files = result.GetValue(_files) ?? [];
            if (files.Length > 1 && files.Contains(InputFile.StandardInput))
            {
                result.AddError("standard input (-) has no name and cannot be one of several files");
            }

            if (files.Length > 1 && !result.GetValue(_stdout) && result.GetResult(_out) is null)
            {
                result.AddError("several files become one archive; give it a name with --out");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        string[] files = result.GetRequiredValue(_files);
        CompressionOptions options = new()
        {
            Profile = result.GetValue(_fast) ? CompressionProfile.Fast : result.GetValue(_best) ? CompressionProfile.Best : CompressionProfile.Standard,
            Model = Load(result, stop),
            Passes = result.Get(_passes),
            Threads = _network.Threads(result),
            InstructionSet = _network.Isa(result),
        };
        bool isArchive = files.Length > 1 || Directory.Exists(files[0]);
        string? target = Target(result, files[0]);
        CompressedNames.RequireOutside(target, files);
        CompressedNames.RequireNew(target, result.GetValue(_force), terminal);
        using StatusLine status = new(terminal);
        CompressionStatus progress = new(status, $"compressing {InputFile.NameOf(files[0])}{(files.Length > 1 ? $" and {files.Length - 1} more" : "")}", CompressionStatus.LengthOf(files, stop), countsPlain: true);
        CompressionResult done = null!;
        long begin = terminal.Clock.GetTimestamp();
        Write(target, result.GetValue(_force), files, output => done = isArchive
            ? FileArchive.CompressAsync(files, output, options, progress, stop).GetAwaiter().GetResult()
            : CompressFile(files[0], output, options, progress, stop));
        status.Clear();
        double seconds = Math.Max(terminal.Clock.GetElapsedTime(begin).TotalSeconds, 1e-9);
        terminal.Notes.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Figures.Count(done.PlainBytes)} -> {Figures.Count(done.CompressedBytes, "byte")}, {done.BitsPerByte:0.000} bits per byte; {seconds:0.0} s, {done.PlainBytes / 1000 / seconds:0} kB/s"));
        return Task.FromResult(ExitCode.Ok);
    }

    /// <summary>The model to begin with; null for none. The weights of a task predict bytes no longer.</summary>
    private ModelFolder? Load(ParseResult result, CancellationToken stop)
    {
        if (result.GetValue(_model) is not { } path)
        {
            return null;
        }

        ModelFolder trained = ModelFolder.Load(path, cancellationToken: stop);
        TrainedRunOptions.RequireLanguageModel(path, trained.Head?.Configuration, result.CommandResult.Command);
        return trained;
    }

    private CompressionResult CompressFile(string path, Stream output, CompressionOptions options, CompressionStatus progress, CancellationToken stop)
    {
        using Stream input = InputFile.Open(path, terminal, null, stop);
        return Compressor.CompressAsync(input, output, options, progress, stop).GetAwaiter().GetResult();
    }

    /// <summary>The file to write; null for standard output.</summary>
    private string? Target(ParseResult result, string first) =>
        result.GetValue(_out) is { } given ? given == InputFile.StandardInput ? null : given
        : result.GetValue(_stdout) || first == InputFile.StandardInput ? null
        : Path.TrimEndingDirectorySeparator(first) + CompressedNames.Suffix;

    private void Write(string? target, bool force, string[] files, Action<Stream> write)
    {
        if (target is null)
        {
            terminal.Out.Flush();
            write(terminal.OutBytes);
        }
        else
        {
            CompressedNames.Write(target, force, files, write);
        }
    }
}
