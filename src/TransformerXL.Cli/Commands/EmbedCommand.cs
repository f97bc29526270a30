using System.CommandLine;
using System.Text;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl embed</c>: a vector for each text of a file.</summary>
internal sealed class EmbedCommand(Terminal terminal) : ICommandDefinition
{
    private readonly TrainedRunOptions _run = new();
    private readonly Argument<string> _file = new("FILE") { Description = "Texts: a line each, or the rows of .csv, .tsv, .jsonl; - reads standard input." };
    private readonly Option<string?> _out = NewOption.Text("--out", "FILE", "File to write, .jsonl, .npy or .parquet. [default: standard output, as JSON lines]");
    private readonly Option<string?> _format = NewOption.Text("--format", "NAME", "Format of the vectors: jsonl, npy or parquet. [default: by the name of the file]");
    private readonly Option<bool> _whole = NewOption.Flag("--whole", "Read the whole file as one text, of any length.");
    private readonly Option<bool> _normalize = NewOption.Flag("--normalize", "Scale each vector to length 1.");
    private readonly EmbeddingRunOptions _embedding = new();
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("embed", "Print a vector for each text of a file: the pooled hidden states of the model.");
        _run.AddTo(command);
        command.Add(_file);
        command.Add(_out);
        command.Add(_format);
        command.Add(_whole);
        command.Add(_normalize);
        _embedding.AddTo(command);
        _machine.AddTo(command);
        command.Validators.Add(result =>
        {
            string? format = result.GetValue(_format);
            if (format is not null && !EmbeddingWriter.Formats.Contains(format))
            {
                result.AddError($"--format is '{format}', but must be one of: {string.Join(", ", EmbeddingWriter.Formats)}");
            }

            if (result.GetValue(_out) is { } path && (format ?? EmbeddingWriter.FormatOf(path)) is null)
            {
                result.AddError($"--out is '{path}', whose ending names no format: use .jsonl, .npy or .parquet, or name the format with --format");
            }

            if (format is EmbeddingWriter.Npy or EmbeddingWriter.Parquet && result.GetValue(_out) is null)
            {
                result.AddError($"--format {format} needs a file: --out FILE");
            }

            if (result.GetValue(_whole) && result.GetValue(_embedding.TextColumn) is not null)
            {
                result.AddError("--whole reads the file as one text, and --text-column reads a column of a table; give one of them");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        string? path = result.GetValue(_out);
        if (path is not null)
        {
            ExistingFiles.RequireVectors(path);
        }

        using CpuBackend backend = _machine.CreateBackend(result);
        using StatusLine status = new(terminal);
        StatusLine? shown = path is null && terminal.OutIsScreen ? null : status;
        ModelFolder trained = _run.Open(result, terminal, shown, forTask: true);
        EmbeddingOptions options = _embedding.Read(result, trained, backend, _machine, terminal, result.GetValue(_normalize));
        Embedder embedder = new(trained.Model, trained.Vocabulary, backend);
        int columns = trained.Model.Configuration.HiddenWidth;
        long begin = terminal.Clock.GetTimestamp();
        long count = 0;
        if (path is null)
        {
            count = await WriteAsync(EmbeddingWriter.Lines(terminal.Out)).ConfigureAwait(false);
        }
        else
        {
            await Task.Run(() => AtomicFile.Write(path, stream => count = WriteFile(stream)), stop).ConfigureAwait(false);
        }

        status.Clear();
        if (count == 0)
        {
            terminal.Notes.WriteLine($"txl: '{InputFile.NameOf(result.GetRequiredValue(_file))}' has no texts; no vector was computed");
            return ExitCode.Ok;
        }

        double seconds = terminal.Clock.GetElapsedTime(begin).TotalSeconds;
        terminal.Notes.WriteLine($"{Figures.Count(count, "vector")} of {Figures.Count(columns, "number")}; {Figures.Rate(count / Math.Max(seconds, 1e-9))} texts/s");
        return ExitCode.Ok;

        long WriteFile(Stream stream)
        {
            if ((result.GetValue(_format) ?? EmbeddingWriter.FormatOf(path)) is (EmbeddingWriter.Npy or EmbeddingWriter.Parquet) and { } format)
            {
                return WriteAsync(EmbeddingWriter.Binary(format, stream, columns)).GetAwaiter().GetResult();
            }

            using StreamWriter writer = new(stream, new UTF8Encoding(false), bufferSize: -1, leaveOpen: true);
            return WriteAsync(EmbeddingWriter.Lines(writer)).GetAwaiter().GetResult();
        }

        async Task<long> WriteAsync(EmbeddingWriter writer)
        {
            string file = result.GetRequiredValue(_file);
            WorkProgress? progress = shown is null ? null : new(shown);
            if (result.GetValue(_whole))
            {
                using Stream text = InputFile.Open(file, terminal, shown, stop);
                writer.Write(default, await InputFile.NamingAsync(file, () => embedder.EmbedAsync(text, options, stop)).ConfigureAwait(false));
            }
            else
            {
                foreach (ListedText text in TextList.Read(file, result.GetValue(_embedding.TextColumn), terminal, stop))
                {
                    writer.Write(text, await InputFile.NamingAsync(file, () => embedder.EmbedAsync(text.Text, options, stop)).ConfigureAwait(false));
                    progress?.Show("embedding", writer.Count, 0, "text");
                }
            }

            writer.Complete();
            return writer.Count;
        }
    }
}
